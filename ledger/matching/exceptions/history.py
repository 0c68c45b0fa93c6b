"""Read exceptions: one, a page of them, their ages, their threads and their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from ledger.clock import from_ms, local_date, to_ms
from ledger.db import lower_hex
from ledger.decisions.tables import decision_ends, decision_versions, decisions
from ledger.errors import NotFoundError
from ledger.keyset import Listing, Sort
from ledger.matching.exceptions.kinds import (
    BRACKET_DAYS,
    BRACKETS,
    ENDED,
    KINDS,
    STILL_OPEN,
    age_days,
    first_due,
    line_subject,
    standing,
)
from ledger.matching.exceptions.tables import exception_files, exception_notes, exception_texts
from ledger.matching.tables import bank_lines, open_items

PAGE_MAX = 500
"""Most exceptions that one page has."""

_LINE_PARTS = 3
_HASH_DIGITS, _ROW_DIGITS = 64, 9
"""Of a subject that names a line: the word, the file, the row."""


class Item(NamedTuple):
    """An exception as it stands.

    Attributes:
        raised_seq: Entry that raised it: its number.
        kind: One of `kinds.KINDS`; older ones may have others.
        subject: What it is about, such as `settlement/Kuaishou/KS-1`, `line/<file>/<row>`, `transfer/3`.
        amount: Minor units.
        commodity: Of the amount.
        raised_ms: When it was raised.
        resolved_seq: Entry that closed it; None while it is open.
        since: Day on which it was observed, as `2026-10-08`.
        due: Day by which it is to be explained.
        state: One of `kinds.STATES`.
        owner: Member who looks after it; None until somebody is named.
        disputed: Day since when it is contested.
        paused: Day since when an outside party is waited for.
        decision: Number of the open decision about it.
    """

    raised_seq: int
    kind: str
    subject: str
    amount: int
    commodity: str
    raised_ms: int
    resolved_seq: int | None
    since: str
    due: str
    state: str
    owner: str | None
    disputed: str | None
    paused: str | None
    decision: int | None

    @property
    def is_open(self) -> bool:
        """Tell whether it still has to be explained."""
        return self.resolved_seq is None

    @property
    def role(self) -> str:
        """Return the role that looks after its kind; finance after one of another version."""
        return KINDS[self.kind].owner if self.kind in KINDS else "finance"

    def age(self, today: date) -> int:
        """Return its age in calendar days."""
        return age_days(date.fromisoformat(self.since), today)

    def is_overdue(self, today: date) -> bool:
        """Tell whether its day has passed: the clock stands while an outside party is waited for."""
        return self.is_open and self.paused is None and self.due < today.isoformat()


_COLUMNS = [open_items.c[name] for name in Item._fields]
_OPEN = open_items.c.resolved_seq.is_(None)


class Filter(NamedTuple):
    """Which exceptions are wanted. What is None is not asked about.

    Attributes:
        states: Any of these; `("open", …)` are the names of `kinds.STATES`.
        kinds: Any of these.
        owner: Member; an empty text for those that nobody looks after.
        overdue_on: Only those that are overdue on this day.
        since_first: Observed on this day or later.
        since_last: Observed on this day or earlier.
        least: Smallest amount, minor units.
        most: Largest amount.
        text: Part of the subject.
        is_open: Whether it is still open.
    """

    states: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    owner: str | None = None
    overdue_on: date | None = None
    since_first: date | None = None
    since_last: date | None = None
    least: int | None = None
    most: int | None = None
    text: str | None = None
    is_open: bool | None = None


def item(connection: sa.Connection, fund_id: int, raised_seq: int) -> Item:
    """Return an exception.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        raised_seq: Its number.

    Returns:
        The exception.

    Raises:
        NotFoundError: There is none of this number.
    """
    found = connection.execute(
        sa.select(*_COLUMNS).where(
            open_items.c.fund_id == fund_id, open_items.c.raised_seq == raised_seq
        )
    ).first()
    if found is None:
        raise NotFoundError(what="exception", number=raised_seq)
    return Item(*found)


def page(
    connection: sa.Connection,
    fund_id: int,
    wanted: Filter = Filter(is_open=True),  # noqa: B008  # a value, never changed
    *,
    after: int | None = None,
    limit: int = PAGE_MAX,
    newest: bool = False,
) -> list[Item]:
    """Return exceptions by number, some at a time.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        wanted: Which.
        after: Number of the last one of the page before.
        limit: How many at most; never above `PAGE_MAX`.
        newest: The newest first.

    Returns:
        Exceptions, the oldest first unless asked otherwise.
    """
    number = open_items.c.raised_seq
    query = sa.select(*_COLUMNS).where(open_items.c.fund_id == fund_id, *_conditions(wanted))
    if after is not None:
        query = query.where(number < after if newest else number > after)
    query = query.order_by(number.desc() if newest else number).limit(min(limit, PAGE_MAX))
    return [Item(*row) for row in connection.execute(query)]


def listing(fund_id: int, wanted: Filter) -> Listing[Item]:
    """Return exceptions as a list that the database sorts and cuts, newest first.

    Args:
        fund_id: The fund.
        wanted: Which.

    Returns:
        The list; orders `number`, `kind`, `since`, `due`, `amount`, `owner` and `state`.
    """
    c = open_items.c
    alone = c.raised_seq
    return Listing(
        query=sa.select(*_COLUMNS).where(c.fund_id == fund_id, *_conditions(wanted)),
        orders={
            "number": (alone,),
            "kind": (c.kind, alone),
            "since": (c.since, alone),
            "due": (c.due, alone),
            "amount": (c.amount, alone),
            "owner": (sa.func.coalesce(c.owner, ""), alone),
            "state": (c.state, alone),
        },
        usual=Sort("number", descending=True),
        read=lambda _connection, rows: [
            Item(*(row[name] for name in Item._fields)) for row in rows
        ],
        commodity=c.commodity,
    )


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    c, late, today = open_items.c, wanted.overdue_on, wanted.overdue_on or date.min
    asked: tuple[tuple[object, sa.ColumnElement[bool]], ...] = (
        (wanted.is_open, c.state.in_(STILL_OPEN)),
        (None if wanted.is_open is None else not wanted.is_open, c.state.in_(ENDED)),
        (wanted.states, c.state.in_(wanted.states or ())),
        (wanted.kinds, c.kind.in_(wanted.kinds or ())),
        (wanted.owner, c.owner == wanted.owner),
        (wanted.owner == "", c.owner.is_(None)),
        (late, sa.and_(_OPEN, c.paused.is_(None), c.due < today.isoformat())),
        (wanted.since_first, c.since >= (wanted.since_first or date.min).isoformat()),
        (wanted.since_last, c.since <= (wanted.since_last or date.max).isoformat()),
        (wanted.least is not None, c.amount >= (wanted.least or 0)),
        (wanted.most is not None, c.amount <= (wanted.most or 0)),
        (wanted.text, c.subject.contains(wanted.text or "", autoescape=True)),
    )
    return [condition for value, condition in asked if value]


def known(connection: sa.Connection, fund_id: int, kind: str, subject: str) -> Item | None:
    """Return the newest exception of a kind about a subject, open or not; None where there was never one."""
    found = connection.execute(
        sa.select(*_COLUMNS)
        .where(
            open_items.c.fund_id == fund_id,
            open_items.c.kind == kind,
            open_items.c.subject == subject,
        )
        .order_by(open_items.c.raised_seq.desc())
        .limit(1)
    ).first()
    return None if found is None else Item(*found)


def open_numbers(connection: sa.Connection, fund_id: int, numbers: Sequence[int]) -> set[int]:
    """Return which of some exceptions are open."""
    found: set[int] = set()
    for start in range(0, len(numbers), SUBJECTS_A_QUERY):
        query = sa.select(open_items.c.raised_seq).where(
            open_items.c.fund_id == fund_id,
            open_items.c.raised_seq.in_(numbers[start : start + SUBJECTS_A_QUERY]),
            _OPEN,
        )
        found.update(connection.execute(query).scalars())
    return found


SUBJECTS_A_QUERY = 500
"""Asked for at once: databases limit the parameters of a statement."""


def known_subjects(
    connection: sa.Connection, fund_id: int, kind: str, subjects: Sequence[str]
) -> set[str]:
    """Return about which of some subjects there is or was an exception of a kind."""
    found: set[str] = set()
    for start in range(0, len(subjects), SUBJECTS_A_QUERY):
        query = sa.select(open_items.c.subject).where(
            open_items.c.fund_id == fund_id,
            open_items.c.kind == kind,
            open_items.c.subject.in_(subjects[start : start + SUBJECTS_A_QUERY]),
        )
        found.update(connection.execute(query).scalars())
    return found


def entries_of_lines(
    connection: sa.Connection, fund_id: int, subjects: Sequence[str]
) -> dict[str, int]:
    """Return the entries that explain lines which exceptions name.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        subjects: As `kinds.line_subject` makes them; others are passed over.

    Returns:
        Entries by subject, of the lines that are explained.
    """
    files = {
        parts[1]
        for one in subjects
        if len(parts := one.split("/")) == _LINE_PARTS and parts[0] == "line"
    }
    rows = connection.execute(
        sa.select(bank_lines.c.sha256, bank_lines.c.line_no, bank_lines.c.matched_seq).where(
            bank_lines.c.fund_id == fund_id,
            bank_lines.c.sha256.in_([bytes.fromhex(one) for one in files]),
            bank_lines.c.matched_seq.is_not(None),
        )
    )
    found = {line_subject(bytes(sha).hex(), row): int(seq) for sha, row, seq in rows}
    return {one: found[one] for one in subjects if one in found}


class SubjectLine(NamedTuple):
    """A bank line that an exception names.

    Attributes:
        account: Our name of its account.
        identity: What makes it count once.
        day: That the bank booked it on, ISO 8601.
        row: Of its file.
        references: As found, with spaces between.
        counterparty: Personal.
        text: Personal.
    """

    account: str
    identity: str
    day: str
    row: int
    references: str
    counterparty: str
    text: str


def lines_of(
    connection: sa.Connection, fund_id: int, subjects: Sequence[str]
) -> dict[str, SubjectLine]:
    """Return the lines that exceptions name.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        subjects: As `kinds.line_subject` makes them; others are passed over.

    Returns:
        Lines by subject.
    """
    named: dict[bytes, dict[int, str]] = {}
    for one in subjects:
        parts = one.split("/")
        if len(parts) == _LINE_PARTS and parts[0] == "line" and _is_place(parts[1], parts[2]):
            named.setdefault(bytes.fromhex(parts[1]), {})[int(parts[2])] = one
    c = bank_lines.c
    found: dict[str, SubjectLine] = {}
    for sha256, rows in named.items():
        query = sa.select(
            c.account, c.identity, c.day, c.line_no, c.refs, c.counterparty, c.text
        ).where(c.fund_id == fund_id, c.sha256 == sha256, c.line_no.in_(list(rows)))
        # Sorted here: asked to sort, SQLite reads all lines of the fund in that order.
        for line in sorted(map(SubjectLine._make, connection.execute(query))):
            found.setdefault(rows[line.row], line)
    return found


def _is_place(sha256: str, row: str) -> bool:
    is_hash = len(sha256) == _HASH_DIGITS and all(one in "0123456789abcdef" for one in sha256)
    return is_hash and row.isascii() and row.isdigit() and len(row) <= _ROW_DIGITS


class Aged(NamedTuple):
    """Open exceptions of one kind and age.

    Attributes:
        kind: Of the exceptions.
        commodity: Of the amounts.
        bracket: One of `kinds.BRACKETS`.
        items: How many.
        amount: Their sum, minor units.
        overdue: How many of them are past their day.
    """

    kind: str
    commodity: str
    bracket: str
    items: int
    amount: int
    overdue: int


def ageing(connection: sa.Connection, fund_id: int, today: date) -> list[Aged]:
    """Sum open exceptions by kind, currency and age.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        today: In the fund's zone.

    Returns:
        By kind and currency, the youngest first.
    """
    c = open_items.c
    firsts = [(today - timedelta(days=days)).isoformat() for days in BRACKET_DAYS]
    bracket = sa.case(
        *((c.since >= first, at) for at, first in enumerate(firsts)), else_=len(firsts)
    ).label("bracket")
    late = sa.case((sa.and_(c.paused.is_(None), c.due < today.isoformat()), 1), else_=0)
    rows = connection.execute(
        sa.select(
            c.kind, c.commodity, bracket, sa.func.count(), sa.func.sum(c.amount), sa.func.sum(late)
        )
        .where(c.fund_id == fund_id, c.state.in_(STILL_OPEN))
        .group_by(c.kind, c.commodity, sa.text("bracket"))
        .order_by(c.kind, c.commodity, sa.text("bracket"))
    )
    return [
        Aged(kind, commodity, BRACKETS[at], int(items), int(amount), int(overdue))
        for kind, commodity, at, items, amount, overdue in rows
    ]


def blocking_sums(connection: sa.Connection, fund_id: int) -> dict[str, int]:
    """Sum the open exceptions that block a month, less those about a line that no entry explains: lines count alone.

    Args:
        connection: In a transaction.
        fund_id: The fund.

    Returns:
        Minor units by currency; those of `kinds.blocks`.
    """
    c, lines = open_items.c, bank_lines.c
    open_line = sa.select(
        sa.literal("line/") + lower_hex(lines.sha256) + "/" + sa.cast(lines.line_no, sa.Text)
    ).where(lines.fund_id == fund_id, lines.matched_seq.is_(None))
    rows = connection.execute(
        sa.select(c.commodity, sa.func.sum(c.amount))
        .where(
            c.fund_id == fund_id,
            c.state.in_(STILL_OPEN),
            sa.not_(_HARMLESS),
            c.subject.not_in(open_line),
        )
        .group_by(c.commodity)
    )
    return {commodity: int(amount) for commodity, amount in rows}


_HARMLESS = sa.or_(
    open_items.c.kind.in_([one.name for one in KINDS.values() if not one.blocks]),
    *(
        sa.and_(
            open_items.c.kind == one.name,
            open_items.c.commodity == "CNY",
            open_items.c.amount <= one.blocks_above,
        )
        for one in KINDS.values()
        if one.blocks and one.blocks_above
    ),
)
"""What `kinds.blocks` says no to."""


class Note(NamedTuple):
    """A step of a thread.

    Attributes:
        number: Counted in the exception from 1.
        at_ms: When.
        member_id: Who.
        step: One of `booking.STEPS`.
        value: Member, day or hash that the step names; may be empty.
        text: In their own words, or the name of a file: personal. None where it was erased.
    """

    number: int
    at_ms: int
    member_id: str
    step: str
    value: str
    text: str | None


def thread(connection: sa.Connection, fund_id: int, raised_seq: int) -> list[Note]:
    """Return the thread of an exception, oldest first."""
    columns = [exception_notes.c[name] for name in Note._fields if name != "text"]
    rows = connection.execute(
        sa.select(*columns, exception_texts.c.text)
        .select_from(exception_notes.outerjoin(exception_texts))
        .where(exception_notes.c.fund_id == fund_id, exception_notes.c.raised_seq == raised_seq)
        .order_by(exception_notes.c.number)
    )
    return [Note._make(row) for row in rows]


class Evidence(NamedTuple):
    """A file that somebody brought for an exception.

    Attributes:
        sha256: Of its bytes, hexadecimal.
        name: As it may be shown; empty where it was erased.
        kind: What it is by its bytes.
        member_id: Who brought it.
        taken_ms: When.
        bytes: How large.
    """

    sha256: str
    name: str
    kind: str
    member_id: str
    taken_ms: int
    bytes: int


def evidence(connection: sa.Connection, fund_id: int, raised_seq: int) -> list[Evidence]:
    """Return the files of an exception, in the order they were brought."""
    c = exception_files.c
    rows = connection.execute(
        sa.select(c.sha256, c.kind, c.member_id, c.taken_ms, sa.func.length(c.body))
        .where(c.fund_id == fund_id, c.raised_seq == raised_seq)
        .order_by(c.taken_ms, c.sha256)
    )
    names = {
        one.value: one.text or ""
        for one in reversed(thread(connection, fund_id, raised_seq))
        if one.step == "evidence"
    }
    return [
        Evidence(bytes(sha256).hex(), names.get(bytes(sha256).hex(), ""), *rest)
        for sha256, *rest in rows
    ]


def evidence_file(
    connection: sa.Connection, fund_id: int, raised_seq: int, sha256: str
) -> tuple[str, bytes]:
    """Return the name and bytes of a file of evidence.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        raised_seq: Number of the exception.
        sha256: Of the file, hexadecimal.

    Returns:
        Name, or one made of its hash where the name was erased, and bytes.

    Raises:
        NotFoundError: The exception has no such file.
    """
    for one in evidence(connection, fund_id, raised_seq):
        if one.sha256 == sha256:
            body = connection.execute(
                sa.select(exception_files.c.body).where(
                    exception_files.c.fund_id == fund_id,
                    exception_files.c.raised_seq == raised_seq,
                    exception_files.c.sha256 == bytes.fromhex(sha256),
                )
            ).scalar_one()
            return one.name or f"{sha256[:16]}.bin", bytes(body)
    raise NotFoundError(what="evidence", number=raised_seq)


# --- as it stood ----------------------------------------------------------------------------------


class Stood(NamedTuple):
    """Where an exception stood at some moment.

    Attributes:
        owner: Member who looked after it; None while nobody was named.
        state: One of `kinds.STATES`, of those that are not the end.
        due: Day by which it had to be explained, ISO 8601.
        plan: What was done about it: `resolution` or `write-off` while a decision of that kind waited, `waiting` while
            an outside party was waited for; else empty.
    """

    owner: str | None
    state: str
    due: str
    plan: str


class Moment(NamedTuple):
    """When it is asked how exceptions stood.

    Attributes:
        size: How many entries there were.
        at: The instant.
        zone: In which days are told.
    """

    size: int
    at: datetime
    zone: str


class _Steps:
    """What the steps of a thread make of an exception."""

    def __init__(self, due: date) -> None:
        self.owner: str | None = None
        self.disputed: str | None = None
        self.paused: date | None = None
        self.due = due

    def take(self, step: str, value: str, day: date) -> None:
        """Take a step, as `booking.work` takes it."""
        if step == "assigned":
            self.owner = value or None
        elif step == "due":
            self.due = date.fromisoformat(value)
        elif step == "paused":
            self.paused = day
        elif step == "resumed" and self.paused is not None:
            self.due += day - self.paused
            self.paused = None
        elif step in ("disputed", "settled"):
            self.disputed = step if step == "disputed" else None


def stood_at(
    connection: sa.Connection, fund_id: int, raised: Sequence[int], moment: Moment
) -> dict[int, Stood]:
    """Return where exceptions that were open stood: by their threads, and by the decisions that waited.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        raised: Numbers of exceptions.
        moment: When.

    Returns:
        By number.
    """
    found = _threads(connection, fund_id, raised, moment)
    waiting = _waiting(connection, fund_id, moment.size)
    return {
        number: Stood(
            one.owner,
            standing(
                decision=waiting.get(number, (None, ""))[0],
                disputed=one.disputed,
                owner=one.owner,
            ),
            one.due.isoformat(),
            waiting.get(number, (None, ""))[1] or ("waiting" if one.paused else ""),
        )
        for number, one in found.items()
    }


def _threads(
    connection: sa.Connection, fund_id: int, raised: Sequence[int], moment: Moment
) -> dict[int, _Steps]:
    found: dict[int, _Steps] = {}
    for at in range(0, len(raised), SUBJECTS_A_QUERY):
        some = raised[at : at + SUBJECTS_A_QUERY]
        c = open_items.c
        rows = connection.execute(
            sa.select(c.raised_seq, c.kind, c.raised_ms).where(
                c.fund_id == fund_id, c.raised_seq.in_(some)
            )
        )
        for number, kind, raised_ms in rows:
            found[number] = _Steps(first_due(kind, local_date(from_ms(raised_ms), moment.zone)))
        c = exception_notes.c
        steps = connection.execute(
            sa.select(c.raised_seq, c.step, c.value, c.at_ms)
            .where(c.fund_id == fund_id, c.raised_seq.in_(some), c.at_ms <= to_ms(moment.at))
            .order_by(c.raised_seq, c.number)
        )
        for number, step, value, at_ms in steps:
            found[number].take(step, value, local_date(from_ms(at_ms), moment.zone))
    return found


def _waiting(connection: sa.Connection, fund_id: int, size: int) -> dict[int, tuple[int, str]]:
    """Return the decisions about exceptions that waited in a log of a size, and their kind, by the exception."""
    ended = sa.select(decision_ends.c.number).where(
        decision_ends.c.fund_id == fund_id, decision_ends.c.seq < size
    )
    rows = connection.execute(
        sa.select(decision_versions.c.number, decision_versions.c.content, decisions.c.kind)
        .select_from(
            decision_versions.join(
                decisions,
                sa.and_(
                    decisions.c.fund_id == decision_versions.c.fund_id,
                    decisions.c.number == decision_versions.c.number,
                ),
            )
        )
        .where(
            decision_versions.c.fund_id == fund_id,
            decision_versions.c.seq < size,
            decisions.c.kind.in_(("resolution", "write-off")),
            decision_versions.c.number.not_in(ended),
        )
    )
    return {orjson.loads(content)["raised"]: (number, kind) for number, content, kind in rows}
