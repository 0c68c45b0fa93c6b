"""Section 10: the integrity of the ledger (L1 to L6), what the last statement closed with, and the flow picture."""

from __future__ import annotations

import base64

from ledger.log.checkpoints import parse_checkpoint
from ledger.log.notes import split_note
from ledger.projections.month import Month
from ledger.projections.stages import BANK, FUND, PAYOUT, PLATFORM, TRANSIT, stages_at
from ledger.publication.history import Cosignature
from ledger.statements.numbers import statement_number
from reports.flow_data import Flow, FlowStage
from reports.statement import Checkpoint, Closing, LedgerLines


def ledger_lines(month: Month, keys: tuple[str, ...], cosigned: list[Cosignature]) -> LedgerLines:
    """Make the lines L, recounted and recomputed.

    Args:
        month: A closed span.
        keys: Public keys of the log.
        cosigned: Lines of witnesses below the closing checkpoint, or below a later one.

    Returns:
        The lines.
    """
    cut = month.cut
    checkpoint = parse_checkpoint(split_note(cut.note)[0])
    count, different = month.counted()
    expected = cut.size - cut.first
    return LedgerLines(
        l1_first=cut.first,
        l1_last=cut.size - 1,
        l2=count,
        l3_gaps=expected - different,
        l3_duplicates=count - different,
        l4_debits=month.debits(""),
        l4_credits=month.credits(""),
        l5_opening=_base64(month.root_at(cut.first)) if cut.first else None,
        l5_closing=_base64(month.root_at(cut.size)),
        checkpoint=Checkpoint(
            checkpoint.origin,
            checkpoint.size,
            _base64(checkpoint.root),
            (cut.note + b"".join(one.line for one in cosigned if one.size == cut.size)).decode(),
            keys,
        ),
        witnesses=tuple(one.vkey.partition("+")[0] for one in cosigned),
        witnessed_size=cosigned[0].size if cosigned else None,
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def previous_closing(month: Month, *, version: int) -> Closing | None:
    """Recompute the closing figures of the month before, from the ledger as it was then.

    Args:
        month: A closed span.
        version: Of that month's statement.

    Returns:
        None for a fund's first span.
    """
    if month.cut.previous is None:
        return None
    before = Month(month.connection, month.fund, month.cut.previous)
    at = before.closing
    return Closing(
        number=statement_number(month.fund, before.cut.month, "M", version),
        p5=at.balance(PLATFORM) + at.balance(PAYOUT),
        b7=at.balance(BANK),
        t3=at.balance(TRANSIT),
        f8=at.balance(FUND),
        l1_last=before.cut.size - 1,
        l5_closing=_base64(before.root_at(before.cut.size)),
    )


def flow(month: Month) -> Flow:
    """Read the six stages as they stood behind the last entry."""
    stages = stages_at(month.connection, month.fund.fund_id, month.closing, month.channels)
    return Flow(
        month.details.commodity,
        tuple(
            FlowStage(
                key="transit" if stage.key == "sent" else stage.key,
                reached_minor=stage.reached_minor,
                waiting_minor=stage.waiting_minor,
                left=tuple((left.key, left.amount_minor) for left in stage.left),
                joined=tuple((one.key, one.amount_minor) for one in stage.joined),
            )
            for stage in stages
        ),
    )
