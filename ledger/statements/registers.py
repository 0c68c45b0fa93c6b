"""Write the registers of a statement into a folder, one row at a time.

In: a closed span and its lines. Out: files. Guaranteed: memory does not grow with the number of gifts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.clock import local_date
from ledger.journal import accounts as names
from ledger.journal.entries import OPENED
from ledger.projections.month import Month, Movement
from ledger.projections.register_rows import GiftEnds, bank_rows
from ledger.projections.stages import FUND, FUND_FEES, PROGRAMME, REFUNDED_FUND, TRANSIT
from ledger.statements.lines.tally import GiftTally
from reports import registers
from reports.registers import RegisterFile, Row
from reports.statement import Statement

_TAIL = 4


def write_registers(
    month: Month, statement: Statement, folder: Path, gifts: RegisterFile
) -> list[RegisterFile]:
    """Write all registers but that of gifts.

    Args:
        month: The closed span.
        statement: Its lines.
        folder: Where to.
        gifts: The register of gifts, written while they were added up.

    Returns:
        All registers, by name.
    """
    rows = {
        **registers.own_rows(statement),
        registers.BANK_LINES.file: _bank(month),
        registers.FUND_MOVEMENTS.file: _fund(month),
    }
    return [
        gifts
        if register is registers.GIFTS
        else registers.write_register(folder, register, rows[register.file])
        for register in registers.ALL
    ]


def write_corrections(statement: Statement, folder: Path) -> list[RegisterFile]:
    """Write the one register that goes with a notice.

    Args:
        statement: Its rows.
        folder: Where to.

    Returns:
        The register of corrections.
    """
    rows = registers.own_rows(statement)[registers.CORRECTIONS.file]
    return [registers.write_register(folder, registers.CORRECTIONS, rows)]


def write_gifts(month: Month, tally: GiftTally, folder: Path) -> RegisterFile:
    """Write the register of gifts, and add them up on the way: they are read once.

    Args:
        month: The closed span.
        tally: Takes each gift.
        folder: Where to.

    Returns:
        The file.
    """
    return registers.write_register(folder, registers.GIFTS, _gifts(month, tally))


def _gifts(month: Month, tally: GiftTally) -> Iterator[Row]:
    ends = GiftEnds(month)
    zone = ZoneInfo(month.details.zone)
    # Gifts are told to the minute, and most of a settlement follow each other: what they share is written out once.
    shown: dict[datetime, str] = {}
    named: dict[tuple[int, ...], str | None] = {(): None}
    for gift in month.gifts():
        gross = tally.take(gift)
        body = gift.body
        net, settlements, reversal, after_settlement = ends.of(gift)
        at = shown.get(gift.at)
        if at is None:
            at = shown[gift.at] = gift.at.astimezone(zone).isoformat(timespec="minutes")
        if settlements not in named:
            named[settlements] = " ".join(map(str, settlements))
        status = "standing"
        if reversal is not None:
            status = "charged_back" if after_settlement else "void"
        yield (
            gift.number,
            gift.seq,
            at,
            body["channel"],
            body["session"],
            body["n"],
            gross,
            0 if reversal is None else gross,
            net if settlements else None,
            named[settlements],
            status,
        )


def _bank(month: Month) -> Iterator[Row]:
    tails = {one.name: one.number[-_TAIL:] for one in month.money_accounts}
    for one in bank_rows(month):
        if one.commodity != month.details.commodity:
            continue
        yield (
            one.number,
            f"{one.account.rpartition(':')[2]} {tails.get(one.account, '')}".strip(),
            one.on.isoformat(),
            abs(one.amount),
            "in" if one.amount > 0 else "out",
            one.kind,
            one.entry,
            one.reference or None,
        )


def _fund(month: Month) -> Iterator[Row]:
    """List what moved the fund's accounts, each with the line that counts it.

    Yields:
        Rows.
    """
    zone = month.details.zone
    for one in month.movements:
        if one.commodity != month.details.commodity:
            continue
        line, amount = _fund_line(month, one)
        if line:
            yield (one.seq, local_date(one.at, zone).isoformat(), line, amount, None, one.kind)


def _fund_line(month: Month, one: Movement) -> tuple[str, int]:
    """Tell which line of the fund counts a movement, and how it changes the fund; an empty line for none."""
    source = one.source or ""
    if one.target.startswith(FUND):
        if one.source is None:
            return _outside_line(month, one), one.to_length
        return _line_of(source), one.to_length
    if source.startswith(FUND):
        return _line_of(one.target), -one.length
    return "", 0


_LINES = (
    (TRANSIT, "F2"),
    (PROGRAMME, "F5"),
    (names.MANAGEMENT, "F6"),
    (FUND_FEES, "F6"),
    (REFUNDED_FUND, "F3"),
    (names.DONATIONS, "F3"),
    (names.RETURNED_GRANTS, "F7"),
    ("Income:", "F4"),
)


def _line_of(account: str) -> str:
    """Tell which line counts what moves between the fund and another account."""
    return next((line for start, line in _LINES if account.startswith(start)), "")


def _outside_line(month: Month, one: Movement) -> str:
    if one.kind in OPENED:
        # A fund's first statement takes what was there as its opening balance.
        return "F1" if month.cut.previous is None else "F4"
    return {"donation": "F3", "returned-grant": "F7"}.get(one.body.get("class", ""), "F4")
