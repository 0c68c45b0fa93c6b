"""Take files: keep their bytes, let their lines count or hold them.

A file is kept once, with its bytes. Each of its statements is taken, so that its lines count from then on, or held: its
lines wait beside the others, an exception says so, and nothing is matched with them until an officer lets them in, a
missing file makes them join, or a corrected one replaces them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from ledger.actors import Actor
from ledger.clock import to_ms
from ledger.errors import StateError
from ledger.funds.history import MoneyAccount
from ledger.matching import file_history as history
from ledger.matching import joins, store
from ledger.matching.exceptions import booking as exceptions
from ledger.matching.file_again import withdraw
from ledger.matching.file_history import KeptStatement
from ledger.matching.file_inspecting import (
    SHOWN_MAX,
    TIES,
    Held,
    Inspected,
    Inspection,
    Shelf,
    inspect,
    span_of,
)
from ledger.matching.file_reading import Reading
from ledger.matching.file_takers import Taker
from ledger.matching.joins import Span
from ledger.sequencer.books import Books


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


def take(
    books: Books,
    taker: Taker,
    accounts: Sequence[MoneyAccount],
    reading: Reading,
    chosen: MoneyAccount | None = None,
    again: str | None = None,
) -> Taken:
    """Keep a file; let the lines of its statements count, or hold them.

    Args:
        books: The fund's books.
        taker: Who brings it.
        accounts: All of the fund's accounts at banks and wallets.
        reading: The file.
        chosen: Account that somebody chose for it.
        again: Why bytes that were taken before are to be taken by this reading; None leaves them as they are.

    Returns:
        What came of it.

    Raises:
        UnknownNameError: As `inspect`.
        FieldError: As `inspect`, or no reason.
        StateError: It cannot be taken again, as `file_again.withdraw`.
    """
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    first = history.kept_file(connection, fund_id, reading.sha256)
    if first is not None and again is not None:
        withdraw(books, taker, first, (reading.parser, chosen), again)
    elif first is not None:
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
    keep = store.keep_file if found.first is None else store.keep_file_again
    keep(
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
    shelf = Shelf(connection, fund_id, one.account)
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
