"""Write the registers of a statement into a folder, one row at a time.

In: a closed span and its lines. Out: files. Guaranteed: memory does not grow with the number of gifts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.clock import local_date
from ledger.privacy.numbers import public_references
from ledger.projections.month import Month
from ledger.projections.register_rows import GiftEnds, bank_rows
from ledger.statements.lines.restriction import split
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
            " ".join(public_references(one.reference.split())) or None,
        )


def _fund(month: Month) -> Iterator[Row]:
    """List what moved the fund's accounts, each with the line that counts it; two rows where both sides pay.

    Yields:
        Rows.
    """
    zone = month.details.zone
    for one, line, restricted, unrestricted in split(month):
        on = local_date(one.at, zone).isoformat()
        for amount, word in ((restricted, "yes"), (unrestricted, "no")):
            if amount:
                yield (one.seq, on, line, amount, word, one.kind)
