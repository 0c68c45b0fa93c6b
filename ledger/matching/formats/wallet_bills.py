"""What the personal bills of Alipay and WeChat share: totals above the table, and pockets.

A personal bill lists payments, and not the movements of one account: what was paid with a bank
card never was in the wallet. Lines are made only of what moved the wallet's own money (its balance
and its savings pocket together); a row from which that cannot be told is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import Enum
from typing import NamedTuple

from ledger.errors import AmountError, BalanceTieError, FileFormatError
from ledger.matching.formats.sheets import Record, Row
from ledger.matching.lines import normalise_text
from ledger.money import parse_amount

COMMODITY = "CNY"

LEFT_OUT = "not-the-wallets-money"
"""Reason of the notice for a row that makes no line, so that nothing is left out unseen."""

_COUNT = re.compile(r"共(\d{1,9})笔记录", re.ASCII)
_TOTAL = re.compile(r"(收入|支出|不计收支|中性交易):(\d{1,9})笔(-?[\d,.]{1,24})元", re.ASCII)
_DAY = r"\[?(\d{4})-(\d{2})-(\d{2})[^\]]*\]?"
_PERIOD = re.compile(rf"起始时间:{_DAY}终止时间:{_DAY}", re.ASCII)
_CARD = re.compile(r"银行|信用卡|储蓄卡|信用社|花呗|借呗|分付|网商贷|\(\d{4}\)")


class Pocket(Enum):
    """Where a row's money was: in the wallet, in somebody else's books, or not told."""

    WALLET = "wallet"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


def pocket_of(row: Row, column: str, own: Iterable[str]) -> Pocket:
    """Return where a row's money was, by its means of payment.

    Args:
        row: The row.
        column: Its means of payment; several are joined by `&`.
        own: Names of the wallet's pockets.

    Returns:
        `UNKNOWN` for an empty cell, `/` and means that nobody knows.

    Raises:
        FileFormatError: Partly the wallet's money: how much is not told.
    """
    parts = [part.strip() for part in normalise_text(row.text(column)).split("&")]
    pockets = {_pocket(part, frozenset(own)) for part in parts}
    if len(pockets) > 1:
        raise row.wrong(column, "mixed-payment")
    return pockets.pop()


def _pocket(means: str, own: frozenset[str]) -> Pocket:
    if means in own:
        return Pocket.WALLET
    return Pocket.ELSEWHERE if _CARD.search(means) else Pocket.UNKNOWN


class Note(NamedTuple):
    """A line above the header: its number, and its text in half width and without spaces."""

    line: int
    text: str


def notes_above(given: Sequence[Record]) -> list[Note]:
    """Return the lines above the header."""
    return [
        Note(record.line, "".join(normalise_text(",".join(record.cells)).split()))
        for record in given
    ]


def account_above(notes: Iterable[Note], label: str) -> str:
    """Return what follows `label:` in a line above the header; empty if nothing does."""
    for _, text in notes:
        if text.startswith(f"{label}:"):
            return text.removeprefix(f"{label}:").rstrip(",").strip("[]")
    return ""


def period_above(name: str, notes: Iterable[Note]) -> list[date]:
    """Return the first and the last day that the bill states, if it does.

    Raises:
        FileFormatError: They are no days.
    """
    for line, text in notes:
        found = _PERIOD.search(text)
        if found is None:
            continue
        numbers = [int(part) for part in found.groups()]
        try:
            return [date(*numbers[:3]), date(*numbers[3:])]
        except ValueError as error:
            raise FileFormatError(
                file=name, line=line, field="起始时间", reason="not-a-time"
            ) from error
    return []


def check_totals(
    name: str,
    notes: Sequence[Note],
    rows: Sequence[Row],
    direction: Callable[[Row], str],
    amount: Callable[[Row], int],
) -> None:
    """Prove that a bill is whole: the number of its rows, and count and sum of each direction.

    Args:
        name: File name for errors.
        notes: Of `notes_above`.
        rows: All rows of the bill.
        direction: Which total a row belongs to: `收入`, `支出`, or what the bill calls the rest.
        amount: Its amount in minor units, without sign.

    Raises:
        FileFormatError: The number of rows is not stated, or a total is not an amount.
        BalanceTieError: A number or a sum differs.
    """
    counted = False
    for line, text in notes:
        count, total = _COUNT.match(text), _TOTAL.match(text)
        if count is not None:
            counted = True
            _tie((name, line, "共N笔记录"), len(rows), int(count[1]))
        if total is not None:
            place = (name, line, total[1])
            side = [amount(row) for row in rows if direction(row) == total[1]]
            _tie(place, (len(side), sum(side)), (int(total[2]), _stated(place, total[3])))
    if not counted:
        raise FileFormatError(file=name, line=0, field="共N笔记录", reason="missing")


def _stated(place: tuple[str, int, str], text: str) -> int:
    try:
        return parse_amount(text, COMMODITY)
    except AmountError as error:
        reason = str(error.fields["reason"])
        name, line, field = place
        raise FileFormatError(file=name, line=line, field=field, reason=reason) from error


def _tie(place: tuple[str, int, str], expected: object, found: object) -> None:
    if expected != found:
        name, line, field = place
        raise BalanceTieError(file=name, line=line, field=field, expected=expected, found=found)


def check_identities(numbered: Iterable[tuple[Row, str]], field: str) -> None:
    """Refuse a bill that has the same number twice for the same direction.

    Raises:
        FileFormatError: At the second row.
    """
    seen: set[str] = set()
    for row, number in numbered:
        if number in seen:
            raise row.wrong(field, "twice")
        seen.add(number)
