"""Files of banks and wallets: read, held against what is stored, and taken.

A file is kept once, with its bytes. Each of its statements is taken, so that its lines count from then on, or held: its
lines wait beside the others, an exception says so, and nothing is matched with them until an officer lets them in, a
missing file makes them join, or a corrected one replaces them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from ledger.actors import Actor
from ledger.clock import to_ms
from ledger.errors import BalanceTieError, FieldError, StateError, UnknownNameError
from ledger.funds.history import MoneyAccount
from ledger.matching import file_history as history
from ledger.matching import joins, store
from ledger.matching.exceptions import booking as exceptions
from ledger.matching.file_history import KeptStatement, SavedMapping
from ledger.matching.formats import mapped
from ledger.matching.formats.detect import read_unproved
from ledger.matching.formats.mappings import Mapping, from_json, to_json
from ledger.matching.history import KeptFile
from ledger.matching.joins import Joined, Span
from ledger.matching.lines import BankFile, BankLine, check_chain, line_identities
from ledger.sequencer.books import Books

READERS_VERSION = 1
"""Of all readers together: raised when one of them reads a line otherwise than before."""

TAIL = 4
"""So many last characters of an account's number tell it again where it was chosen by hand."""

TIES = ("balance-tie", "other-currency", "no-currency")
"""Why a statement is held that does not add up by itself; `beside` says that another one of its account does not."""

HELD_FOR = (*TIES, "beside", "join", "overlap", "totals")
"""Every reason. `overlap`: another format covers the same days, and names lines otherwise. `totals`: what the file
states of itself differs from what it holds, so that its lines cannot be told."""

SHOWN_MAX = 200
"""Lines of one kind that are shown in a preview and kept as notices."""


class Reading(NamedTuple):
    """A file as it was read, before anything is compared.

    Attributes:
        name: As uploaded.
        data: Its bytes.
        statements: In the order of the file; none where its totals differ.
        parser: Which reader, and its version.
        fault: Why no statement can be told, though the format is known; None where they can.
    """

    name: str
    data: bytes
    statements: tuple[BankFile, ...]
    parser: str
    fault: BalanceTieError | None = None

    @property
    def sha256(self) -> bytes:
        """Return the hash that the file is kept under."""
        return sha256(self.data).digest()

    @property
    def format(self) -> str:
        """Return what the file is."""
        return self.statements[0].format if self.statements else "unknown"


def read(name: str, data: bytes, mapping: SavedMapping | None = None) -> Reading:
    """Read a file in any known format, or by a mapping.

    Args:
        name: As uploaded.
        data: The whole file.
        mapping: Decided by two people; None to find the format from the bytes.

    Returns:
        What it holds; balances are not held to anything yet.

    Raises:
        FileFormatError: None of the formats, a fault in it, or it does not fit the mapping.
        TooLargeError: Beyond a limit.
    """
    try:
        if mapping is None:
            found = read_unproved(name, data)
            parser = f"{found[0].format}/{READERS_VERSION}"
        else:
            found = mapped.read_unproved(name, data, from_json(mapping.content))
            parser = f"mapping:{mapping.name}/{mapping.version}/{READERS_VERSION}"
    except BalanceTieError as error:
        return Reading(name, data, (), f"unknown/{READERS_VERSION}", error)
    return Reading(name, data, found, parser)


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
    shelves: dict[str, _Shelf] = {}
    found = []
    broken = _broken_accounts(reading, owners)
    for part, (file, account) in enumerate(zip(reading.statements, owners, strict=True), start=1):
        shelf = shelves.setdefault(account.name, _Shelf(connection, fund_id, account.name))
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


# --- one account ----------------------------------------------------------------------------------


class _Shelf:
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


# --- taking ---------------------------------------------------------------------------------------


class Taken(NamedTuple):
    """What came of a file.

    Attributes:
        sha256: Of its bytes.
        new: Whether it was not taken before; else all that follows is of the first time.
        statements: As they stand now.
        lines: How many are booked in it.
        added: How many of them were not known and count now.
        raised: Exceptions, by their numbers.
        ended: Exceptions about other statements that this file explained: they join now, or were replaced.
    """

    sha256: bytes
    new: bool
    statements: tuple[KeptStatement, ...]
    lines: int
    added: int
    raised: tuple[int, ...]
    ended: tuple[int, ...]

    @property
    def held(self) -> tuple[KeptStatement, ...]:
        """Return the statements that do not count."""
        return tuple(one for one in self.statements if one.state == "held")


class Taker(NamedTuple):
    """Who brings a file.

    Attributes:
        actor: As entries say it.
        member_id: Member; None for whoever has the machine.
    """

    actor: Actor
    member_id: str | None = None


def take(
    books: Books,
    taker: Taker,
    accounts: Sequence[MoneyAccount],
    reading: Reading,
    chosen: MoneyAccount | None = None,
) -> Taken:
    """Keep a file; let the lines of its statements count, or hold them.

    Args:
        books: The fund's books.
        taker: Who brings it.
        accounts: All of the fund's accounts at banks and wallets.
        reading: The file.
        chosen: Account that somebody chose for it.

    Returns:
        What came of it.

    Raises:
        UnknownNameError: As `inspect`.
        FieldError: As `inspect`.
    """
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    first = history.kept_file(connection, fund_id, reading.sha256)
    if first is not None:
        stated = history.statements_of(connection, fund_id, reading.sha256)
        return Taken(reading.sha256, False, tuple(stated), first.lines, 0, (), ())
    found = inspect(connection, fund_id, accounts, reading, chosen)
    _keep_file(books, taker, found, chosen)
    raised, added = [], 0
    if reading.fault is not None:
        raised.append(_hold_unread(books, taker.actor, reading, chosen))
    for one in found.statements:
        if one.held is None:
            added += len(one.new)
            _let_in(books, reading, one)
        else:
            raised.append(_hold(books, taker.actor, reading, one))
    names = dict.fromkeys(one.account.name for one in found.statements if one.held is None)
    ended = [seq for name in names for seq in _look_again(books, taker.actor, name)]
    return Taken(
        reading.sha256,
        True,
        tuple(history.statements_of(connection, fund_id, reading.sha256)),
        sum(len(one.file.lines) for one in found.statements),
        added,
        tuple(raised),
        tuple(ended),
    )


def _keep_file(books: Books, taker: Taker, found: Inspection, chosen: MoneyAccount | None) -> None:
    reading = found.reading
    files = reading.statements
    owners = {one.account.name for one in found.statements}
    if not files and chosen is not None:
        owners = {chosen.name}
    days = [day for file in files for day in (file.first_day, file.last_day) if day is not None]
    single = files[0] if len(files) == 1 else None
    store.keep_file(
        books.connection,
        books.fund.fund_id,
        store.NewFile(
            reading.sha256,
            reading.name,
            reading.format,
            owners.pop() if len(owners) == 1 else "",
            single.opening_minor if single else None,
            single.closing_minor if single else None,
            sum(len(file.lines) for file in files),
            to_ms(books.clock.now()),
            reading.data,
            reading.parser,
            taker.member_id,
            min(days).isoformat() if days else None,
            max(days).isoformat() if days else None,
        ),
    )


def _let_in(books: Books, reading: Reading, one: Inspected) -> None:
    """Keep a statement whose lines count from now on."""
    _keep_statement(books, reading, one, "taken")
    connection, fund_id = books.connection, books.fund.fund_id
    place = store.Placed(one.account.name, reading.sha256, one.part)
    lines = [(one.identities[at], one.file.lines[at]) for at in one.new]
    store.keep_lines(connection, fund_id, place, lines, to_ms(books.clock.now()))
    waiting = [(line.state, "", line) for line in one.file.pending]
    store.keep_waiting(connection, fund_id, place, waiting)


def _hold(books: Books, actor: Actor, reading: Reading, one: Inspected) -> int:
    """Keep a statement whose lines wait, and say so; return the exception."""
    held = one.held
    assert held is not None
    seq = _raise(books, actor, (reading.sha256, one.part), held.amount, one.file.commodity)
    _keep_statement(books, reading, one, "held", seq)
    place = store.Placed(one.account.name, reading.sha256, one.part)
    waiting = [
        *(
            ("held", identity, line)
            for identity, line in zip(one.identities, one.file.lines, strict=True)
        ),
        *((line.state, "", line) for line in one.file.pending),
    ]
    store.keep_waiting(books.connection, books.fund.fund_id, place, waiting)
    return seq


def _hold_unread(books: Books, actor: Actor, reading: Reading, chosen: MoneyAccount | None) -> int:
    """Keep a file whose own totals differ from its lines: its bytes are all that there is to show."""
    assert reading.fault is not None
    fields = reading.fault.fields
    expected, found = (fields.get(name) for name in ("expected", "found"))
    held = Held(
        "totals",
        expected if isinstance(expected, int) else None,
        found if isinstance(found, int) else None,
    )
    commodity = chosen.commodity if chosen else str(fields.get("currency") or "CNY")
    seq = _raise(books, actor, (reading.sha256, 1), held.amount, commodity)
    place = {name: fields[name] for name in ("line", "field") if name in fields}
    store.keep_statement(
        books.connection,
        fund_id=books.fund.fund_id,
        sha256=reading.sha256,
        part=1,
        account=chosen.name if chosen else "",
        format=reading.format,
        number="",
        commodity=commodity,
        total=0,
        lines=0,
        pending=0,
        state="held",
        why=held.why,
        expected=held.expected,
        found=held.found,
        joins=joins.UNKNOWN,
        notices=json.dumps([{"reason": "totals-differ", **place}]),
        raised_seq=seq,
    )
    return seq


def _raise(
    books: Books, actor: Actor, statement: tuple[bytes, int], amount: int, commodity: str
) -> int:
    found = exceptions.Found("balance_break", subject_of(*statement), amount, commodity)
    return exceptions.raise_one(books, actor, found)


def subject_of(digest: bytes, part: int) -> str:
    """Return what an exception about a statement names: hash of the file and number of the statement."""
    return f"{digest.hex()}/{part}"


def _keep_statement(
    books: Books, reading: Reading, one: Inspected, state: str, raised_seq: int | None = None
) -> None:
    file, held = one.file, one.held
    store.keep_statement(
        books.connection,
        fund_id=books.fund.fund_id,
        sha256=reading.sha256,
        part=one.part,
        account=one.account.name,
        format=file.format,
        number=file.number,
        commodity=file.commodity,
        first_day=file.first_day.isoformat() if file.first_day else None,
        last_day=file.last_day.isoformat() if file.last_day else None,
        opening=file.opening_minor,
        closing=file.closing_minor,
        total=file.sum_minor,
        lines=len(file.lines),
        pending=len(file.pending),
        state=state,
        why=held.why if held else "",
        expected=held.expected if held else None,
        found=held.found if held else None,
        joins=one.joined.before.verdict,
        gap_days=one.joined.before.gap_days,
        notices=json.dumps(notices_of(one)),
        raised_seq=raised_seq,
    )


def notices_of(one: Inspected) -> list[dict[str, object]]:
    """Return what an officer should look at: the reader's notices, and lines that are suspicious or missing."""
    found: list[dict[str, object]] = [notice._asdict() for notice in one.file.notices[:SHOWN_MAX]]
    for reason, lines in (("looks-known", one.suspicious), ("gone", one.missing)):
        found += [
            {"line_no": seen.line_no, "field": "row", "reason": reason, "day": seen.day}
            for seen in lines[:SHOWN_MAX]
        ]
    return found


# --- what was held, again -------------------------------------------------------------------------


def _look_again(books: Books, actor: Actor, account: str) -> list[int]:
    """Let in what joins now, and end what a file that was taken replaces; return the exceptions that ended.

    Each statement that is let in may be the neighbour that another one lacked, so this goes on until nothing changes.
    So the order in which files come does not matter.
    """
    connection, fund_id = books.connection, books.fund.fund_id
    ended = _end_replaced(books, actor, account)
    while True:
        for one in history.statements_of_account(connection, fund_id, account, "held"):
            if one.why == "join" and _joins_now(connection, fund_id, one):
                ended.append(_end(books, actor, one, "joined", _count_lines))
                break
        else:
            return ended


def _joins_now(connection: sa.Connection, fund_id: int, one: KeptStatement) -> bool:
    shelf = _Shelf(connection, fund_id, one.account)
    lines = history.held_lines(connection, fund_id, one.sha256, one.part)
    known = shelf.known([identity for identity, _ in lines])
    fresh = [line for identity, line in lines if identity not in known]
    return not shelf.join(span_of(one), fresh).is_broken


def _end_replaced(books: Books, actor: Actor, account: str) -> list[int]:
    """End what was held because it does not add up, for days that a statement covers which was taken since."""
    connection, fund_id = books.connection, books.fund.fund_id
    spans = [
        span_of(one)
        for one in history.statements_of_account(connection, fund_id, account, "taken")
    ]
    ended = []
    for one in history.statements_of_account(connection, fund_id, account, "held"):
        mine = span_of(one)
        if one.why in (*TIES, "beside") and any(_covers(other, mine) for other in spans):
            ended.append(_end(books, actor, one, "replaced", partial(_end_as, "replaced")))
    return ended


def _covers(other: Span, mine: Span) -> bool:
    if other.family != mine.family or other.sha256 == mine.sha256:
        return False
    if not (other.first and other.last and mine.first and mine.last):
        return False
    return other.first <= mine.first and mine.last <= other.last


def _end(
    books: Books,
    actor: Actor,
    one: KeptStatement,
    how: str,
    effect: Callable[[Books, KeptStatement, int | None], None],
) -> int:
    """Close the exception about a statement, and do with its lines what follows."""
    assert one.raised_seq is not None
    seq = exceptions.close_by_file(books, actor, one.raised_seq, how)
    effect(books, one, seq)
    return one.raised_seq


def _end_as(state: str, books: Books, one: KeptStatement, seq: int | None) -> None:
    store.change_statement(
        books.connection, books.fund.fund_id, one.sha256, one.part, state=state, ended_seq=seq
    )


def _count_lines(books: Books, one: KeptStatement, seq: int | None) -> None:
    """Let the lines of a held statement count from now on."""
    connection, fund_id = books.connection, books.fund.fund_id
    lines = history.held_lines(connection, fund_id, one.sha256, one.part)
    known = history.known_identities(
        connection, fund_id, one.account, [identity for identity, _ in lines]
    )
    place = store.Placed(one.account, one.sha256, one.part)
    fresh = [(identity, line) for identity, line in lines if identity not in known]
    store.keep_lines(connection, fund_id, place, fresh, to_ms(books.clock.now()))
    store.forget_waiting(connection, fund_id, one.sha256, one.part)
    store.change_statement(connection, fund_id, one.sha256, one.part, state="taken", ended_seq=seq)


def check_held(books: Books, raised_seq: int) -> None:
    """Hold that an exception is about a statement whose lines could count.

    Args:
        books: The fund's books.
        raised_seq: Number of the exception.

    Raises:
        StateError: It is about something else, its statement is not held, or its lines cannot be told.
    """
    books.settle()
    found = history.held_by_exception(books.connection, books.fund.fund_id, raised_seq)
    if found is None or found.state != "held":
        state = "another-subject" if found is None else found.state
        raise StateError(what="file-statement", key=raised_seq, state=state, needed="held")
    if found.why == "totals":
        raise StateError(what="file-statement", key=raised_seq, state="totals", needed="lines")


def end_held(books: Books, actor: Actor, closed: tuple[int, int], *, counts: bool) -> None:
    """Do with a held statement what two people decided about its exception; nothing where it is about something else.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        closed: Number of the exception, and the entry that closed it.
        counts: Whether its lines count from now on; else they are left out, and are kept and shown as they are.

    Raises:
        StateError: Its lines cannot be told.
    """
    raised_seq, ended_seq = closed
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    found = history.held_by_exception(connection, fund_id, raised_seq)
    if found is None or found.state != "held":
        return
    if not counts:
        _end_as("left-out", books, found, ended_seq)
        return
    check_held(books, raised_seq)
    _count_lines(books, found, ended_seq)
    _look_again(books, actor, found.account)


# --- mappings -------------------------------------------------------------------------------------

MAPPING = "mapping"
"""Names, in the content of a decision of kind `rule`, that it is about a mapping."""


def mapping_content(mapping: Mapping) -> dict[str, object]:
    """Return a mapping as its decision says it: every field, so that a later default changes nothing."""
    found: dict[str, object] = json.loads(to_json(mapping))
    return found


def check_public(mapping: Mapping) -> None:
    """Hold that anyone may read a mapping.

    Args:
        mapping: Found right in itself.

    Raises:
        FieldError: It names an account: that is chosen when a file is taken.
    """
    if mapping.account:
        raise FieldError(field="account", value="", reason="public", do="--account NAME")


def keep_mapping(books: Books, content: dict[str, object], decision: int) -> None:
    """Keep the next version of a mapping that two people decided.

    Args:
        books: The fund's books.
        content: As the decision says it.
        decision: Its number.
    """
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
    name = from_json(text).name
    versions = [
        one.version for one in history.saved_mappings(connection, fund_id) if one.name == name
    ]
    store.add_mapping(
        connection,
        fund_id=fund_id,
        name=name,
        version=max(versions, default=0) + 1,
        content=text,
        decision=decision,
    )
