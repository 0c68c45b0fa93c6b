"""From lines in the order of a file to statements, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ledger.matching.lines import BankFile, BankLine, closing_of, oldest_first, opening_of


def bank_file(
    format_name: str,
    given: Sequence[BankLine],
    account: str,
    commodity: str,
    period: Iterable[date] = (),
) -> BankFile:
    """Make a statement of one account of lines.

    Args:
        format_name: Name of the reader.
        given: Its lines in the order of the file, newest or oldest first.
        account: As the file names it; empty where it does not.
        commodity: ISO 4217 code of every line.
        period: First and last day that the file states.

    Returns:
        Lines oldest first: by their balances, and without those by their times. Opening and closing
        balance as the lines give them, days as stated and as the lines need them.
    """
    lines = oldest_first(given)
    timed = all(line.balance_minor is None for line in lines)
    if timed and lines and lines[0].booked_at > lines[-1].booked_at:
        lines = lines[::-1]
    days = [*period, *(line.booked_at.date() for line in lines)]
    return BankFile(
        format=format_name,
        account=account,
        commodity=commodity,
        opening_minor=opening_of(lines),
        closing_minor=closing_of(lines),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        lines=lines,
    )


def by_account(format_name: str, given: Iterable[BankLine]) -> tuple[BankFile, ...]:
    """Make one statement for each account and currency, in the order in which they appear."""
    groups: dict[tuple[str, str], list[BankLine]] = {}
    for line in given:
        groups.setdefault((line.account, line.commodity), []).append(line)
    return tuple(bank_file(format_name, lines, *key) for key, lines in groups.items())
