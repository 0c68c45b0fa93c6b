"""The journal for beancount and hledger, so that an engine nobody here wrote can recompute every balance.

In: the journal. Out: one file. Guaranteed: account names one to one, an entry with money is one transaction, and at the
end stands what the ledger says that each account holds, as assertions that the other engine checks.

Source:
    Beancount Language Syntax, "Open", "Transactions", "Balance Assertions"; hledger manual, "Journal format",
    "Balance assertions".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple, TextIO

import sqlalchemy as sa

from ledger.export.entries import TOLD_EVERY, Entry, Outline, outline, read_entries
from ledger.journal.history import Fund
from ledger.money import exponent, plain_amount

Progress = Callable[[int, int], object]
"""Is told how many entries are written, and how many there are."""


class Written(NamedTuple):
    """What an export holds.

    Attributes:
        entries: Entries that were read.
        transactions: Those that moved money; the others have nothing to say to an accounting program.
        accounts: Accounts.
    """

    entries: int
    transactions: int
    accounts: int


class _Language(NamedTuple):
    """How one program wants it: what comes first, one transaction, what comes last."""

    head: Callable[[Outline], Iterator[str]]
    transaction: Callable[[Entry], Iterator[str]]
    tail: Callable[[Outline], Iterator[str]]


def write_beancount(
    connection: sa.Connection,
    fund: Fund,
    out: TextIO,
    progress: Progress = lambda _done, _total: None,
) -> Written:
    """Write the journal for beancount.

    Args:
        connection: In a transaction: one snapshot for the whole file.
        fund: The fund.
        out: Where to.
        progress: Is told how far it is.

    Returns:
        What was written.
    """
    return _write(connection, fund, out, progress, BEANCOUNT)


def write_hledger(
    connection: sa.Connection,
    fund: Fund,
    out: TextIO,
    progress: Progress = lambda _done, _total: None,
) -> Written:
    """Write the journal for hledger.

    Args:
        connection: In a transaction: one snapshot for the whole file.
        fund: The fund.
        out: Where to.
        progress: Is told how far it is.

    Returns:
        What was written.
    """
    return _write(connection, fund, out, progress, HLEDGER)


def _write(
    connection: sa.Connection, fund: Fund, out: TextIO, progress: Progress, language: _Language
) -> Written:
    known = outline(connection, fund)
    out.writelines(f"{line}\n" for line in language.head(known))
    transactions = 0
    for entry in read_entries(connection, fund):
        if entry.lines:
            transactions += 1
            out.writelines(f"{line}\n" for line in language.transaction(entry))
        if entry.seq % TOLD_EVERY == 0 or entry.seq + 1 == known.entries:
            progress(entry.seq + 1, known.entries)
    out.writelines(f"{line}\n" for line in language.tail(known))
    return Written(known.entries, transactions, len(known.opened))


# --- beancount ------------------------------------------------------------------------------------


def _beancount_head(known: Outline) -> Iterator[str]:
    yield f'option "title" {_quoted(known.title)}'
    yield f'option "operating_currency" "{known.commodity}"'
    yield ""
    for commodity, day in sorted(known.commodities.items()):
        yield f"{day} commodity {commodity}"
    for account, day in sorted(known.opened.items()):
        yield f"{day} open {account}"


def _beancount_transaction(entry: Entry) -> Iterator[str]:
    yield ""
    yield f'{entry.on} * "{entry.kind}"'
    yield f"  entry: {entry.seq}"
    for line in entry.lines:
        yield f"  {line.account}  {plain_amount(line.amount, line.commodity)} {line.commodity}"


def _beancount_tail(known: Outline) -> Iterator[str]:
    if not known.totals:
        return
    yield ""
    # An assertion holds at the beginning of its day.
    day = known.last + timedelta(days=1)
    for one in known.totals:
        amount = plain_amount(one.totals.balance, one.commodity)
        yield f"{day} balance {one.account}  {amount} {one.commodity}"


# --- hledger --------------------------------------------------------------------------------------


def _hledger_head(known: Outline) -> Iterator[str]:
    yield f"; {known.title}"
    for commodity in sorted(known.commodities):
        digits = exponent(commodity)
        # The decimal mark has to be there, also where no digit follows it.
        yield f"commodity 1000.{'0' * digits} {commodity}"
    for account in sorted(known.opened):
        yield f"account {account}"


def _hledger_transaction(entry: Entry) -> Iterator[str]:
    yield ""
    yield f"{entry.on} * ({entry.seq}) {entry.kind}"
    for line in entry.lines:
        yield f"    {line.account}  {plain_amount(line.amount, line.commodity)} {line.commodity}"


def _hledger_tail(known: Outline) -> Iterator[str]:
    if not known.totals:
        return
    yield ""
    # Assertions are checked in the order of days, so these come after everything.
    yield f"{known.last + timedelta(days=1)} * what the ledger holds"
    for one in known.totals:
        nothing = plain_amount(0, one.commodity)
        amount = plain_amount(one.totals.balance, one.commodity)
        yield f"    {one.account}  {nothing} {one.commodity} = {amount} {one.commodity}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


BEANCOUNT = _Language(_beancount_head, _beancount_transaction, _beancount_tail)
HLEDGER = _Language(_hledger_head, _hledger_transaction, _hledger_tail)
