"""Sections 4 to 6: the collection account (B), transfers (T) and the fund (F)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from ledger.clock import local_date
from ledger.decisions.history import limit_in_force
from ledger.journal import accounts as names
from ledger.journal.entries import OPENED
from ledger.privacy.numbers import public_references
from ledger.projections.month import Loose, Month, Movement
from ledger.projections.stages import (
    BANK,
    BANK_FEES,
    FUND,
    FUND_FEES,
    PAYOUT,
    PROGRAMME,
    REFUNDED_BANK,
    REFUNDED_FUND,
    TRANSIT,
    joined_key,
)
from ledger.statements.lines.changes import balance, change
from ledger.statements.lines.restriction import columns
from reports.statement import (
    BankLines,
    Cost,
    CostLimit,
    FundColumn,
    FundLines,
    Name,
    Outstanding,
    Transfer,
    TransitLines,
)
from reports.statement import Movement as ListedMovement

EXPENSES = "Expenses:"
REVERSED = "reversed"
"""What a statement calls a reversal in a list of receipts or payments; its amount stands against the first."""

_FUND_FEES = Name("基金账户的银行收费", "Kept by the bank of the fund")
_FUND_FEES_CODE = "FundFees"

_LINE_OF_CLASS = {"donation": "f3", "returned-grant": "f7"}
_LINE_OF_ACCOUNT = {names.DONATIONS: "f3", names.RETURNED_GRANTS: "f7"}
"""Lines that receipts of the fund belong to, and those that reversals are taken off; all others are F4."""


def _opened_with(month: Month, prefix: str) -> int:
    """Return what accounts held when the books of a fund's first month were opened."""
    if month.cut.previous is not None:
        return 0
    return sum(one.to_length for one in month.outside(prefix) if one.kind in OPENED)


def _kind(one: Movement) -> str:
    """Name why money came to an account."""
    if one.kind in OPENED:
        return joined_key(names.OPENING)
    if one.kind == "transfer.returned":
        return "returned-transfer"
    return str(one.body.get("class", "other"))


def bank_lines(month: Month) -> BankLines:
    """Make the lines B."""
    zone = month.details.zone
    opened = _opened_with(month, BANK)
    other = [
        one
        for one in (*month.outside(BANK), *_returns(month))
        if not (opened and one.kind in OPENED)
    ]
    receipts = [
        ListedMovement(one.seq, local_date(one.at, zone), _kind(one), one.to_length)
        for one in other
    ]
    receipts += [
        ListedMovement(one.seq, local_date(one.at, zone), REVERSED, -one.to_length)
        # What a release takes back of a return goes on its way again.
        for one in (*month.taken_back(BANK), *month.released(BANK, TRANSIT))
    ]
    payments = [
        ListedMovement(
            one.seq,
            local_date(one.at, zone),
            str(one.body.get("class", REVERSED)),
            one.length if one.target.startswith(EXPENSES) else -one.length,
        )
        for account in (names.OTHER_PAYMENTS, REFUNDED_BANK)
        for one in month.paid_out(BANK, account)
    ]
    sides = month.bank_sides(BANK)
    loose = [item for side in sides or () for item in month.loose(side)]
    return BankLines(
        b1=month.opening.balance(BANK) + opened,
        b2=month.moved(PAYOUT, BANK),
        b3=sum(one.amount_minor for one in receipts),
        b4=month.moved(BANK, TRANSIT),
        b5=balance(month, BANK_FEES),
        b6=balance(month, names.OTHER_PAYMENTS) + balance(month, REFUNDED_BANK),
        b7=month.closing.balance(BANK),
        b8=None if sides is None else sum(side.balance for side in sides),
        b8_on=None if sides is None else local_date(max(side.at for side in sides), zone),
        other_receipts=tuple(sorted(receipts, key=lambda one: one.entry)),
        other_payments=tuple(sorted(payments, key=lambda one: one.entry)),
        outstanding=tuple(_outstanding(item, zone) for item in loose),
    )


def _returns(month: Month) -> list[Movement]:
    return [one for one in month.movements if one.kind == "transfer.returned"]


def _outstanding(item: Loose, zone: str) -> Outstanding:
    return Outstanding(local_date(item.at, zone), item.kind, item.amount, item.seq)


def transit_lines(month: Month, roles: dict[str, str]) -> TransitLines:
    """Make the lines T.

    Args:
        month: A closed span.
        roles: What members are called in print, by id.

    Returns:
        The lines and every transfer under way in the span.
    """
    found = month.transfers()
    when = month.occurred([seq for _, one in found for seq in (one.sent_seq, one.ended_seq)])
    zone = month.details.zone

    def day(seq: int | None) -> date | None:
        return None if seq is None else local_date(when[seq], zone)

    rows = [*_steps_back(month, roles)]
    for one, part in found:
        ended = part.ended_seq
        rows.append(
            Transfer(
                number=one.number,
                entry=part.sent_seq,
                sent_on=local_date(when[part.sent_seq], zone),
                amount_minor=part.amount,
                bank_ref=_reference(month, part.sent_seq, one.reference),
                proposed_by=roles.get(one.proposed_by, one.proposed_by),
                approved_by=roles.get(one.approved_by or "", one.approved_by or ""),
                arrived_on=None if part.came_back else day(ended),
                returned_on=day(ended) if part.came_back else None,
                ended_entry=ended,
            )
        )
    return TransitLines(
        t1=month.opening.balance(TRANSIT),
        t2=month.moved(TRANSIT, FUND),
        t2r=month.moved(TRANSIT, BANK),
        t3=month.closing.balance(TRANSIT),
        transfers=tuple(sorted(rows, key=lambda row: row.number)),
    )


def _reference(month: Month, seq: int, own: str) -> str:
    """Return the bank's reference of a transfer, else our own."""
    return (*public_references(month.references(seq)), own)[0]


def _steps_back(month: Month, roles: dict[str, str]) -> Iterator[Transfer]:
    """List the steps of earlier spans that releases of this one took back, each against what it had moved.

    Yields:
        Rows with negative amounts.
    """
    undone = month.steps_back()
    seqs: list[int | None] = [seq for _, step, back in undone for seq in (step.seq, back.seq)]
    when, zone = month.occurred(seqs), month.details.zone
    for one, step, back in undone:
        on = local_date(when[back.seq], zone)
        yield Transfer(
            number=one.number,
            # A sending that is taken back is counted where it is taken back, an arrival where it had been sent.
            entry=back.seq if step.step == "sent" else step.seq,
            sent_on=local_date(when[step.seq], zone),
            # What the sending bank had kept was never on its way.
            amount_minor=(step.fee if step.step == "sent" else 0) - step.amount,
            bank_ref=_reference(month, step.seq, one.reference),
            proposed_by=roles.get(one.proposed_by, one.proposed_by),
            approved_by=roles.get(one.approved_by or "", one.approved_by or ""),
            arrived_on=on if step.step == "confirmed" else None,
            returned_on=on if step.step == "returned" else None,
            ended_entry=back.seq,
        )


def _cost_limit(month: Month) -> CostLimit:
    """Return the limit on management cost that held at the end of the span."""
    found = limit_in_force(month.connection, month.fund.fund_id, size=month.cut.size)
    return CostLimit(found.permyriad, found.source, found.entry)


def fund_lines(month: Month) -> FundLines:
    """Make the lines F."""
    opened = _opened_with(month, FUND)
    outside = [one for one in month.outside(FUND) if not (opened and one.kind in OPENED)]
    came: dict[str, int] = defaultdict(int)
    for one in outside:
        came[_LINE_OF_CLASS.get(one.body.get("class", ""), "f4")] += one.to_length
    for one in month.taken_back(FUND):
        came[_LINE_OF_ACCOUNT.get(one.target, "f4")] -= one.to_length
    sides = month.bank_sides(FUND)
    loose = [item for side in sides or () for item in month.loose(side)]
    known = sides is not None
    restricted, unrestricted, restriction = columns(month)
    return FundLines(
        restricted=restricted,
        unrestricted=unrestricted,
        restriction=restriction,
        total=FundColumn(
            f1=month.opening.balance(FUND) + opened,
            f2=month.moved(TRANSIT, FUND),
            # What was donated and given back is no donation of the fund.
            f3=came["f3"] - balance(month, REFUNDED_FUND),
            f4=came["f4"],
            f5=balance(month, PROGRAMME),
            f6=balance(month, names.MANAGEMENT) + balance(month, FUND_FEES),
            f7=came["f7"],
            f8=month.closing.balance(FUND),
        ),
        f9=sum(side.balance for side in sides) if sides is not None else None,
        f9_on=local_date(max(side.at for side in sides), month.details.zone) if sides else None,
        f10_receivable=sum(max(0, one.amount) for one in loose) if known else None,
        f10_payable=sum(max(0, -one.amount) for one in loose) if known else None,
        limit=_cost_limit(month),
        costs=tuple(_costs(month)),
    )


def _costs(month: Month) -> Iterator[Cost]:
    """Divide management cost by kind.

    Yields:
        A row for each account that the span moved: the fund's list first, what its bank kept last.
    """
    for start, shown in ((names.MANAGEMENT, None), (FUND_FEES, _FUND_FEES)):
        for account, _ in month.closing.below(start):
            amount = change(month, account).balance
            if amount:
                code = account.removeprefix(start) if shown is None else _FUND_FEES_CODE
                yield Cost(code, shown or Name(*month.lists.names("cost", code)), amount)
