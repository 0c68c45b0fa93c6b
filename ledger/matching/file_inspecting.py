"""Hold a file that was read against what is stored: whose it is, what is new in it, and what keeps it from counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from ledger.errors import BalanceTieError, FieldError, UnknownNameError
from ledger.funds.history import MoneyAccount
from ledger.matching import file_history as history
from ledger.matching import joins
from ledger.matching.file_history import KeptStatement
from ledger.matching.file_reading import Reading
from ledger.matching.history import KeptFile
from ledger.matching.joins import Joined, Span
from ledger.matching.lines import BankFile, BankLine, check_chain, line_identities

TAIL = 4
"""So many last characters of an account's number tell it again where it was chosen by hand."""


TIES = ("balance-tie", "other-currency", "no-currency")
"""Why a statement is held that does not add up by itself; `beside` says that another one of its account does not."""


HELD_FOR = (*TIES, "beside", "join", "overlap", "totals")
"""Every reason. `overlap`: another format covers the same days, and names lines otherwise. `totals`: what the file
states of itself differs from what it holds, so that its lines cannot be told."""


SHOWN_MAX = 200
"""Lines of one kind that are shown in a preview and kept as notices."""


class Held(NamedTuple):
    """Why a statement is held.

    Attributes:
        why: One of `HELD_FOR`.
        expected: Balance that was expected, minor units; None where no balance is in question.
        found: What it states.
        line_no: Line of the file, where one is to be named.
    """

    why: str
    expected: int | None = None
    found: int | None = None
    line_no: int | None = None

    @property
    def amount(self) -> int:
        """Return by how much balances differ, never below 0."""
        return abs((self.found or 0) - (self.expected or 0))


class Seen(NamedTuple):
    """A line that an officer should look at before a file is taken.

    Attributes:
        line_no: Line of the new file; of a missing line, of the file that had it.
        day: ISO 8601.
        amount: Signed minor units.
    """

    line_no: int
    day: str
    amount: int


class Overlap(NamedTuple):
    """A statement that was taken and covers some of the same days."""

    sha256: bytes
    part: int
    first: date
    last: date
    family: str


class Inspected(NamedTuple):
    """A statement, held against what is stored.

    Attributes:
        part: Which statement of its file, from 1.
        file: As read.
        account: Ours.
        identities: Of its booked lines.
        new: Positions of lines that are not known.
        suspicious: New lines that may be known under another name: a line of the same day, amount and direction is
            stored, and this file does not have it.
        missing: Lines that are stored for days within this statement and that it does not have.
        overlaps: Statements that were taken for some of the same days.
        joined: How it meets its neighbours.
        held: Why it will not count at once; None where it will.
    """

    part: int
    file: BankFile
    account: MoneyAccount
    identities: tuple[str, ...]
    new: tuple[int, ...]
    suspicious: tuple[Seen, ...]
    missing: tuple[Seen, ...]
    overlaps: tuple[Overlap, ...]
    joined: Joined
    held: Held | None

    @property
    def known(self) -> int:
        """Return how many of its lines are known."""
        return len(self.file.lines) - len(self.new)


class Inspection(NamedTuple):
    """A file, held against what is stored.

    Attributes:
        reading: The file.
        first: The same bytes as they were taken before; None where they were not.
        statements: One for each of the file's.
    """

    reading: Reading
    first: KeptFile | None
    statements: tuple[Inspected, ...]


def inspect(
    connection: sa.Connection,
    fund_id: int,
    accounts: Sequence[MoneyAccount],
    reading: Reading,
    chosen: MoneyAccount | None = None,
) -> Inspection:
    """Hold a file against what is stored; nothing is written.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        accounts: All of the fund's accounts at banks and wallets.
        reading: The file.
        chosen: Account that somebody chose for it.

    Returns:
        What would come of it.

    Raises:
        UnknownNameError: A statement is of an account that the fund does not have.
        FieldError: The file names no account and none was chosen, names another than was chosen, or is in another
            currency.
    """
    owners = [account_of(accounts, file, reading.name, chosen) for file in reading.statements]
    shelves: dict[str, Shelf] = {}
    found = []
    broken = _broken_accounts(reading, owners)
    for part, (file, account) in enumerate(zip(reading.statements, owners, strict=True), start=1):
        shelf = shelves.setdefault(account.name, Shelf(connection, fund_id, account.name))
        found.append(shelf.inspected(part, file, account, reading, broken.get(part)))
    first = history.kept_file(connection, fund_id, reading.sha256)
    return Inspection(reading, first, tuple(found))


def account_of(
    accounts: Sequence[MoneyAccount], file: BankFile, name: str, chosen: MoneyAccount | None
) -> MoneyAccount:
    """Return whose statement it is.

    Args:
        accounts: Of the fund.
        file: The statement.
        name: Of the file, for errors.
        chosen: Account that somebody chose; its number must end as the file's account does, where the file names one.

    Returns:
        The account.

    Raises:
        UnknownNameError: None of the fund's.
        FieldError: No account is named and none was chosen, another was chosen, or the currency is another.
    """
    ending = file.account[-TAIL:]
    if chosen is not None:
        # A bank keeps several currencies under one number: each is an account of ours.
        found = [chosen, *(one for one in accounts if one.number == chosen.number)]
        if file.account and not _names(file.account, chosen.number, by_tail=True):
            raise FieldError(
                file=name,
                field="account",
                value=ending,
                reason="another-account",
                expected=chosen.number[-TAIL:],
            )
    elif not file.account:
        raise FieldError(file=name, field="account", reason="missing", do="--account NAME")
    else:
        found = [one for one in accounts if _names(file.account, one.number, by_tail=False)]
    if not found:
        known = [one.name for one in accounts]
        raise UnknownNameError(what="account", file=name, name=ending, known=known)
    fitting = [one for one in found if one.commodity == file.commodity]
    if not fitting:
        raise FieldError(
            field="commodity", value=file.commodity, expected=found[0].commodity, file=name
        )
    return fitting[0]


def _names(written: str, number: str, *, by_tail: bool) -> bool:
    """Tell whether what a file calls its account is a number of ours: whole, or masked by stars in the middle."""
    mine, theirs = (text.replace(" ", "").upper() for text in (number, written))
    if mine == theirs:
        return True
    start, star, end = theirs.partition("*")
    if star:
        end = end.lstrip("*")
        return bool(end) and mine.startswith(start) and mine.endswith(end)
    return by_tail and mine[-TAIL:] == theirs[-TAIL:]


def _broken_accounts(reading: Reading, owners: Sequence[MoneyAccount]) -> dict[int, Held]:
    """Return which statements cannot count by what the file itself says, by part.

    Where one statement of an account does not add up, those beside it are held too: equal lines are counted over all
    of them, and the next one begins where this one should have ended.
    """
    faults: dict[int, Held] = {}
    for part, file in enumerate(reading.statements, start=1):
        try:
            check_chain(file, reading.name)
        except BalanceTieError as error:
            fields = error.fields
            why = str(fields.get("reason", error.code))
            faults[part] = Held(
                why,
                int(str(fields["expected"])),
                int(str(fields["found"])),
                int(str(fields["line"])),
            )
    accounts = {owners[part - 1].name for part in faults}
    return {
        part: faults.get(part, Held("beside"))
        for part, account in enumerate(owners, start=1)
        if account.name in accounts
    }


class Shelf:
    """What is known of an account, growing with each statement of a file that would be taken."""

    def __init__(self, connection: sa.Connection, fund_id: int, account: str) -> None:
        self._connection = connection
        self._fund_id = fund_id
        self._account = account
        self._spans = [
            span_of(one)
            for one in history.statements_of_account(connection, fund_id, account, "taken")
        ]
        self._totals: Counter[date] = Counter()
        for day, total in history.totals_by_day(connection, fund_id, account).items():
            self._totals[date.fromisoformat(day)] = total
        self._added: set[str] = set()
        self._balances: dict[date, set[int]] = {}

    def inspected(
        self,
        part: int,
        file: BankFile,
        account: MoneyAccount,
        reading: Reading,
        held: Held | None,
    ) -> Inspected:
        """Hold a statement against the account, and keep it in mind if it would be taken."""
        identities = line_identities(file)
        known = self.known(identities)
        new = tuple(at for at, one in enumerate(identities) if one not in known)
        span = Span(
            file.first_day,
            file.last_day,
            file.opening_minor,
            file.closing_minor,
            joins.family_of(file.format),
            reading.sha256,
            part,
            len(file.lines),
        )
        fresh = [file.lines[at] for at in new]
        joined = self.join(span, fresh)
        overlaps = joins.overlapping(span, self._spans)
        suspicious, missing = self._compared(file, identities, new)
        if held is None:
            held = _held_for(span, joined, fresh, overlaps)
        if held is None:
            self.add(span, identities, fresh)
        return Inspected(
            part,
            file,
            account,
            identities,
            new,
            suspicious,
            missing,
            tuple(
                Overlap(one.sha256, one.part, one.first, one.last, one.family)
                for one in overlaps
                if one.first and one.last
            ),
            joined,
            held,
        )

    def known(self, identities: Sequence[str]) -> set[str]:
        """Return which lines are known."""
        stored = history.known_identities(
            self._connection, self._fund_id, self._account, identities
        )
        return stored | self._added.intersection(identities)

    def join(self, span: Span, fresh: Sequence[BankLine]) -> Joined:
        """Hold a statement to its neighbours, with the lines that it would add."""
        totals = self._totals.copy()
        for line in fresh:
            totals[line.booked_at.date()] += line.amount_minor
        others = [one for one in self._spans if (one.sha256, one.part) != (span.sha256, span.part)]
        return joins.join(span, joins.Account(others, totals, self._balances_on))

    def add(self, span: Span, identities: Iterable[str], fresh: Iterable[BankLine]) -> None:
        """Keep in mind that a statement counts."""
        self._spans.append(span)
        self._added.update(identities)
        for line in fresh:
            day = line.booked_at.date()
            self._totals[day] += line.amount_minor
            if line.balance_minor is not None:
                self._balances.setdefault(day, set(self._balances_on(day))).add(line.balance_minor)

    def _balances_on(self, day: date) -> set[int]:
        if day not in self._balances:
            self._balances[day] = history.balances_on(
                self._connection, self._fund_id, self._account, day.isoformat()
            )
        return self._balances[day]

    def _compared(
        self, file: BankFile, identities: Sequence[str], new: Sequence[int]
    ) -> tuple[tuple[Seen, ...], tuple[Seen, ...]]:
        """Return new lines that may be known under another name, and known lines that the file does not have."""
        if not file.lines or file.first_day is None or file.last_day is None:
            return (), ()
        days = (file.first_day.isoformat(), file.last_day.isoformat())
        stored = history.lines_between(self._connection, self._fund_id, self._account, *days)
        here = set(identities)
        gone = [one for one in stored if one.identity not in here]
        waiting = Counter((one.day, one.amount) for one in gone)
        with_id = {(one.day, one.amount) for one in gone if one.bank_id is not None}
        suspicious = []
        for at in new:
            line = file.lines[at]
            like = (line.booked_at.date().isoformat(), line.amount_minor)
            # Two lines that the bank numbered differently are two, whatever else is equal.
            if waiting[like] > 0 and not (line.bank_id is not None and like in with_id):
                waiting[like] -= 1
                suspicious.append(Seen(line.line_no, *like))
        # A first or last day may have been cut by the bank: what is missing there says nothing.
        missing = [
            Seen(one.line_no, one.day, one.amount) for one in gone if days[0] < one.day < days[1]
        ]
        return tuple(suspicious), tuple(missing)


def span_of(one: KeptStatement) -> Span:
    """Return a stored statement as its neighbours see it."""
    return Span(
        date.fromisoformat(one.first_day) if one.first_day else None,
        date.fromisoformat(one.last_day) if one.last_day else None,
        one.opening,
        one.closing,
        joins.family_of(one.format),
        one.sha256,
        one.part,
        one.lines,
    )


def _held_for(
    span: Span, joined: Joined, fresh: Sequence[BankLine], overlaps: Sequence[Span]
) -> Held | None:
    """Return why a statement that adds up is held beside what was taken."""
    days = {line.booked_at.date() for line in fresh}
    for other in overlaps:
        # One without booked lines, such as an interim report, names no money that could count twice.
        if (
            other.lines
            and other.family != span.family
            and any(
                other.first <= day <= other.last  # type: ignore[operator]
                for day in days
            )
        ):
            # Each names the lines in its own way, so the same money would count twice.
            return Held("overlap", 0, sum(line.amount_minor for line in fresh))
    if not joined.is_broken:
        return None
    before = joined.before.verdict == joins.BREAKS
    side = joined.before if before else joined.after
    return Held("join", side.expected, span.opening if before else span.closing)
