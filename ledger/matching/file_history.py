"""Read what is known of files and their statements, lines for lists, and mappings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_ms
from ledger.db import written
from ledger.errors import NotFoundError, UnknownNameError
from ledger.keyset import Listing, Sort
from ledger.matching.history import KeptFile
from ledger.matching.lines import BankLine
from ledger.matching.tables import bank_lines, file_statements, files, mappings, waiting_lines


def kept_file(connection: sa.Connection, fund_id: int, sha256: bytes) -> KeptFile | None:
    """Return a file by its hash; None where it was not taken."""
    columns = [files.c[name] for name in KeptFile._fields]
    row = connection.execute(
        sa.select(*columns).where(files.c.fund_id == fund_id, files.c.sha256 == sha256)
    ).first()
    return None if row is None else KeptFile(bytes(row[0]), *row[1:])


def file_body(connection: sa.Connection, fund_id: int, sha256: bytes) -> bytes:
    """Return the bytes of a file, as they were uploaded.

    Raises:
        NotFoundError: There is no such file.
    """
    found = connection.execute(
        sa.select(files.c.body).where(files.c.fund_id == fund_id, files.c.sha256 == sha256)
    ).scalar()
    if found is None:
        raise NotFoundError(what="file", key=sha256.hex())
    return bytes(found)


class KeptStatement(NamedTuple):
    """A statement of a file as it stands; balances and sums in minor units.

    Attributes:
        sha256: Of its file.
        part: Which statement of it, from 1.
        account: Our name of it.
        format: What it is.
        number: The bank's.
        commodity: ISO 4217 code.
        first_day: First day that it covers, ISO 8601.
        last_day: Last day.
        opening: Balance before it.
        closing: Balance after it.
        total: Of its booked lines.
        lines: How many are booked.
        pending: How many are not.
        state: `taken`, `held`, `replaced` by a file that came later, or `left-out` by two people.
        why: Why it is or was held; empty if never.
        expected: Balance that was expected, where it is held for that.
        found: Balance that it states.
        joins: How it met what lay before it when it came.
        gap_days: Days between, without a file.
        notices: What an officer should look at, as JSON.
        raised_seq: The exception of a held one.
        ended_seq: The entry that let it in, or with which another one replaced it.
    """

    sha256: bytes
    part: int
    account: str
    format: str
    number: str
    commodity: str
    first_day: str | None
    last_day: str | None
    opening: int | None
    closing: int | None
    total: int
    lines: int
    pending: int
    state: str
    why: str
    expected: int | None
    found: int | None
    joins: str
    gap_days: int | None
    notices: str
    raised_seq: int | None
    ended_seq: int | None


_STATEMENT = [file_statements.c[name] for name in KeptStatement._fields]


def _statement(row: sa.Row[Any]) -> KeptStatement:
    return KeptStatement._make((bytes(row[0]), *row[1:]))


def statements_of(connection: sa.Connection, fund_id: int, *sha256: bytes) -> list[KeptStatement]:
    """Return the statements of files, in the order of their parts."""
    rows = connection.execute(
        sa.select(*_STATEMENT)
        .where(file_statements.c.fund_id == fund_id, file_statements.c.sha256.in_(sha256))
        .order_by(file_statements.c.sha256, file_statements.c.part)
    )
    return [_statement(row) for row in rows]


def statements_of_account(
    connection: sa.Connection, fund_id: int, account: str, state: str
) -> list[KeptStatement]:
    """Return the statements of an account that stand so, oldest days first."""
    rows = connection.execute(
        sa.select(*_STATEMENT)
        .where(
            file_statements.c.fund_id == fund_id,
            file_statements.c.account == account,
            file_statements.c.state == state,
        )
        .order_by(
            file_statements.c.first_day,
            file_statements.c.last_day,
            file_statements.c.sha256,
            file_statements.c.part,
        )
    )
    return [_statement(row) for row in rows]


def held_by_exception(
    connection: sa.Connection, fund_id: int, raised_seq: int
) -> KeptStatement | None:
    """Return the statement that an exception is about; None where it is about something else."""
    row = connection.execute(
        sa.select(*_STATEMENT).where(
            file_statements.c.fund_id == fund_id, file_statements.c.raised_seq == raised_seq
        )
    ).first()
    return None if row is None else _statement(row)


class FilePage(NamedTuple):
    """Files, newest first, and where the next page begins.

    Attributes:
        files: Each with its statements.
        after: What to ask for next; None at the end.
    """

    files: tuple[tuple[KeptFile, tuple[KeptStatement, ...]], ...]
    after: tuple[int, str] | None


def file_page(
    connection: sa.Connection,
    fund_id: int,
    *,
    account: str | None = None,
    state: str | None = None,
    after: tuple[int, str] | None = None,
    most: int = 100,
) -> FilePage:
    """Return files, newest first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        account: Only files with a statement of this account.
        state: Only files with a statement that stands so.
        after: `after` of the page before.
        most: Files at most.

    Returns:
        The page.
    """
    columns = [files.c[name] for name in KeptFile._fields]
    query = sa.select(*columns).where(files.c.fund_id == fund_id)
    if account is not None or state is not None:
        of_file = sa.select(file_statements.c.part).where(
            file_statements.c.fund_id == files.c.fund_id,
            file_statements.c.sha256 == files.c.sha256,
        )
        if account is not None:
            of_file = of_file.where(file_statements.c.account == account)
        if state is not None:
            of_file = of_file.where(file_statements.c.state == state)
        query = query.where(of_file.exists())
    if after is not None:
        taken_ms, sha256 = after[0], bytes.fromhex(after[1])
        query = query.where(
            sa.or_(
                files.c.taken_ms < taken_ms,
                sa.and_(files.c.taken_ms == taken_ms, files.c.sha256 > sha256),
            )
        )
    query = query.order_by(files.c.taken_ms.desc(), files.c.sha256).limit(most + 1)
    found = [KeptFile(bytes(row[0]), *row[1:]) for row in connection.execute(query)]
    page, more = found[:most], len(found) > most
    parts: dict[bytes, list[KeptStatement]] = {one.sha256: [] for one in page}
    for one in statements_of(connection, fund_id, *parts):
        parts[one.sha256].append(one)
    last = (page[-1].taken_ms, page[-1].sha256.hex()) if more else None
    return FilePage(tuple((one, tuple(parts[one.sha256])) for one in page), last)


class ListedFile(NamedTuple):
    """A statement of a file in a list; a settlement sheet has none.

    Attributes:
        file: As it was taken.
        statement: As it stands; None where the file has none.
    """

    file: KeptFile
    statement: KeptStatement | None


def file_listing(
    fund_id: int, *, account: str = "", state: str = "", text: str = ""
) -> Listing[ListedFile]:
    """Return files with their statements as a list that the database sorts and cuts, newest first.

    Args:
        fund_id: The fund.
        account: Only statements of this account.
        state: Only statements that stand so.
        text: Stands in the file's name.

    Returns:
        The list; orders `taken`, `name`, `lines` and `period`.
    """
    f, s = files.c, file_statements.c
    of_file = sa.and_(s.fund_id == f.fund_id, s.sha256 == f.sha256)
    columns = [f[name].label(f"file_{name}") for name in KeptFile._fields]
    columns += [s[name].label(f"statement_{name}") for name in KeptStatement._fields]
    query = (
        sa.select(*columns)
        .select_from(files.outerjoin(file_statements, of_file))
        .where(f.fund_id == fund_id)
    )
    if account:
        query = query.where(s.account == account)
    if state:
        query = query.where(s.state == state)
    if text:
        query = query.where(f.name.icontains(text, autoescape=True))
    alone = (f.sha256, sa.func.coalesce(s.part, 0))
    return Listing(
        query=query,
        orders={
            "taken": (f.taken_ms, *alone),
            "name": (f.name, *alone),
            "lines": (sa.func.coalesce(s.lines, f.lines), *alone),
            "period": (sa.func.coalesce(s.first_day, f.first_day, ""), *alone),
        },
        usual=Sort("taken", descending=True),
        read=lambda _connection, rows: [_listed_file(row) for row in rows],
        commodity=s.commodity,
    )


def _listed_file(row: sa.RowMapping) -> ListedFile:
    kept = [row[f"file_{name}"] for name in KeptFile._fields]
    stated = [row[f"statement_{name}"] for name in KeptStatement._fields]
    statement = None
    if stated[0] is not None:
        statement = KeptStatement._make((bytes(stated[0]), *stated[1:]))
    return ListedFile(KeptFile(bytes(kept[0]), *kept[1:]), statement)


# --- lines, for lists -----------------------------------------------------------------------------

PLACES_MAX = 1_000_000
"""More lines than any statement may have."""

EARLIEST_MS = -(2**62)
"""Before every line."""

LINE_STATES = ("open", "matched", "held", "pending", "information")
"""`open` and `matched` lines count; the others wait, and nothing is matched with them."""


class LineFilter(NamedTuple):
    """Which lines are asked for; None and empty texts ask for all.

    Attributes:
        state: One of `LINE_STATES`; None for all that count.
        account: Our name of it.
        first_day: From this day on, ISO 8601.
        last_day: Until this day.
        amount: Minor units, with or without its sign.
        text: Stands in text, counterparty or references, without regard to case; one or two characters are enough.
        file: SHA-256 of the file, hexadecimal.
    """

    state: str | None = None
    account: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    amount: int | None = None
    text: str = ""
    file: str | None = None


class ListedLine(NamedTuple):
    """A line in a list.

    Attributes:
        account: Our name of it.
        identity: What makes it count once; empty while it is not booked.
        file: SHA-256 of its file, hexadecimal.
        part: Statement of the file.
        row: Line of the file.
        day: That the bank booked it on, ISO 8601.
        booked_ms: The same to the second, where the bank says it.
        amount: Signed minor units.
        commodity: ISO 4217 code.
        balance: After it, where the file has it.
        bank_id: The bank's own number.
        kind: `ordinary`, `fee` or `interest`.
        references: As found.
        counterparty: Personal.
        text: Personal.
        state: One of `LINE_STATES`.
        matched_seq: The entry that explains it.
    """

    account: str
    identity: str
    file: str
    part: int
    row: int
    day: str
    booked_ms: int
    amount: int
    commodity: str
    balance: int | None
    bank_id: str | None
    kind: str
    references: tuple[str, ...]
    counterparty: str
    text: str
    state: str
    matched_seq: int | None


class LinePage(NamedTuple):
    """Lines, newest first, and where the next page begins.

    Attributes:
        lines: At most as many as asked for.
        after: What to ask for next; None at the end.
    """

    lines: tuple[ListedLine, ...]
    after: tuple[int, str, str, int] | None


def line_page(
    connection: sa.Connection,
    fund_id: int,
    wanted: LineFilter,
    *,
    after: tuple[int, str, str, int] | None = None,
    most: int = 100,
) -> LinePage:
    """Return lines, newest first; filtered and cut by the database.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        wanted: Which.
        after: `after` of the page before.
        most: Lines at most.

    Returns:
        The page.
    """
    waiting = wanted.state in ("held", "pending", "information")
    table = waiting_lines if waiting else bank_lines
    # Lines of one instant are told apart by account, then by identity, or by file and place while they have none.
    key = table.c.sha256 if waiting else table.c.identity
    place = (table.c.part * PLACES_MAX + table.c.place) if waiting else sa.literal(0)
    query = sa.select(*written(table), key.label("order_key"), place.label("order_place"))
    query = query.where(table.c.fund_id == fund_id, *_chosen(table, wanted))
    if after is not None:
        ms, account, last, number = after
        at = bytes.fromhex(last) if waiting else last
        beyond = sa.or_(key > at, sa.and_(key == at, place > number))
        beyond = sa.or_(table.c.account > account, sa.and_(table.c.account == account, beyond))
        query = query.where(
            sa.or_(table.c.booked_ms < ms, sa.and_(table.c.booked_ms == ms, beyond))
        )
    query = query.order_by(table.c.booked_ms.desc(), table.c.account, key, place).limit(most + 1)
    rows = list(connection.execute(query).mappings())
    page = rows[:most]
    end = page[-1] if len(rows) > most else None
    lines = tuple(_listed(row) for row in page)
    if end is None:
        return LinePage(lines, None)
    last_key = bytes(end["order_key"]).hex() if waiting else end["order_key"]
    return LinePage(lines, (end["booked_ms"], end["account"], last_key, end["order_place"]))


def _chosen(table: sa.Table, wanted: LineFilter) -> list[sa.ColumnElement[bool]]:
    """Return what a filter asks for.

    SQLite reads words beside the key of the usual order, five times faster than from wide rows. Where they are looked
    for it must not enter by anything else, so accounts and matches are added to.
    """
    searched = bool(wanted.text)
    found = list(_with_words(table, wanted.text)) if searched else []
    if wanted.account is not None:
        account: sa.ColumnElement[str] = table.c.account + "" if searched else table.c.account
        found.append(account == wanted.account)
    if wanted.file is not None:
        found.append(table.c.sha256 == bytes.fromhex(wanted.file))
    if wanted.state is not None:
        found.append(_stands(table, wanted.state, searched=searched))
    if wanted.first_day is not None:
        found.append(table.c.day >= wanted.first_day)
    if wanted.last_day is not None:
        found.append(table.c.day <= wanted.last_day)
    if wanted.amount is not None:
        found.append(table.c.amount.in_([wanted.amount, -wanted.amount]))
    return found


def _stands(table: sa.Table, state: str, *, searched: bool) -> sa.ColumnElement[bool]:
    if table is waiting_lines:
        return table.c.state == state
    matched: sa.ColumnElement[int] = table.c.matched_seq
    is_open = (matched + 0 if searched else matched).is_(None)
    return is_open if state == "open" else sa.not_(is_open)


def _with_words(table: sa.Table, text: str) -> Iterator[sa.ColumnElement[bool]]:
    yield table.c.words.contains(sa.func.lower(_literally(text)), escape="/")
    yield table.c.booked_ms >= EARLIEST_MS


def _literally(text: str) -> str:
    """Return a text for LIKE, in which nothing stands for something else."""
    return re.sub(r"([/%_])", r"/\1", text)


def _listed(row: sa.RowMapping) -> ListedLine:
    matched = row.get("matched_seq")
    return ListedLine(
        account=row["account"],
        identity=row["identity"],
        file=bytes(row["sha256"]).hex(),
        part=row["part"],
        row=row["line_no"],
        day=row["day"],
        booked_ms=row["booked_ms"],
        amount=row["amount"],
        commodity=row["commodity"],
        balance=row["balance"],
        bank_id=row["bank_id"],
        kind=row["kind"],
        references=tuple(row["refs"].split()),
        counterparty=row["counterparty"],
        text=row["text"],
        state=row.get("state") or ("open" if matched is None else "matched"),
        matched_seq=matched,
    )


def line_listing(fund_id: int, wanted: LineFilter) -> Listing[ListedLine]:
    """Return lines as a list that is sorted and cut by the database, newest first.

    Args:
        fund_id: The fund.
        wanted: Which.

    Returns:
        The list; orders `day`, `account`, `amount` and, of booked lines, `state`.
    """
    waiting = wanted.state in ("held", "pending", "information")
    table = waiting_lines if waiting else bank_lines
    c = table.c
    alone: tuple[sa.ColumnElement[Any], ...] = (
        (c.sha256, c.part, c.place) if waiting else (c.account, c.identity)
    )
    orders = {
        "day": (c.booked_ms, *alone),
        "account": (c.account, c.booked_ms, *alone),
        "amount": (c.amount, *alone),
    }
    if not waiting:
        orders["state"] = (sa.func.coalesce(c.matched_seq, -1), *alone)
    return Listing(
        query=sa.select(*written(table)).where(c.fund_id == fund_id, *_chosen(table, wanted)),
        orders=orders,
        usual=Sort("day", descending=True),
        read=lambda _connection, rows: [_listed(row) for row in rows],
        commodity=c.commodity,
    )


def listed_line(connection: sa.Connection, fund_id: int, sha256: str, row: int) -> ListedLine:
    """Return the line that stands in a row of a file, whether it counts or waits.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        sha256: Of the file, hexadecimal.
        row: Line of the file.

    Returns:
        The line.

    Raises:
        NotFoundError: There is none.
    """
    for table in (bank_lines, waiting_lines):
        query = sa.select(*written(table)).where(
            table.c.fund_id == fund_id,
            table.c.sha256 == bytes.fromhex(sha256),
            table.c.line_no == row,
        )
        found = connection.execute(query.limit(1)).mappings().first()
        if found is not None:
            return _listed(found)
    raise NotFoundError(what="bank-line", file=sha256, row=row)


# --- what is known of an account, for the next file ------------------------------------------------

CHUNK = 5_000
"""Identities asked for at once: databases limit the parameters of a statement."""


def known_identities(
    connection: sa.Connection, fund_id: int, account: str, identities: Sequence[str]
) -> set[str]:
    """Return which lines of an account are known."""
    known: set[str] = set()
    for start in range(0, len(identities), CHUNK):
        known.update(
            connection.execute(
                sa.select(bank_lines.c.identity).where(
                    bank_lines.c.fund_id == fund_id,
                    bank_lines.c.account == account,
                    bank_lines.c.identity.in_(identities[start : start + CHUNK]),
                )
            ).scalars()
        )
    return known


def totals_by_day(connection: sa.Connection, fund_id: int, account: str) -> dict[str, int]:
    """Return the sum of an account's lines on each day, ISO 8601, minor units."""
    rows = connection.execute(
        sa.select(bank_lines.c.day, sa.func.sum(bank_lines.c.amount))
        .where(bank_lines.c.fund_id == fund_id, bank_lines.c.account == account)
        .group_by(bank_lines.c.day)
    )
    return {day: int(total) for day, total in rows}


def balances_on(connection: sa.Connection, fund_id: int, account: str, day: str) -> set[int]:
    """Return the balances that an account's lines have on a day."""
    return set(
        connection.execute(
            sa.select(bank_lines.c.balance).where(
                bank_lines.c.fund_id == fund_id,
                bank_lines.c.account == account,
                bank_lines.c.day == day,
                bank_lines.c.balance.is_not(None),
            )
        ).scalars()
    )


class KnownLine(NamedTuple):
    """What is looked at to tell whether a line is one that is known under another name."""

    identity: str
    day: str
    amount: int
    bank_id: str | None
    sha256: bytes
    line_no: int


def lines_between(
    connection: sa.Connection, fund_id: int, account: str, first_day: str, last_day: str
) -> list[KnownLine]:
    """Return the lines of an account that were booked on these days."""
    columns = [bank_lines.c[name] for name in KnownLine._fields]
    rows = connection.execute(
        sa.select(*columns)
        .where(
            bank_lines.c.fund_id == fund_id,
            bank_lines.c.account == account,
            bank_lines.c.day >= first_day,
            bank_lines.c.day <= last_day,
        )
        .order_by(bank_lines.c.day, bank_lines.c.line_no, bank_lines.c.identity)
    )
    return [KnownLine._make((*row[:4], bytes(row[4]), row[5])) for row in rows]


def held_lines(
    connection: sa.Connection, fund_id: int, sha256: bytes, part: int
) -> list[tuple[str, BankLine]]:
    """Return identity and line of each booked line of a statement that is held, in their order."""
    rows = connection.execute(
        sa.select(*written(waiting_lines))
        .where(
            waiting_lines.c.fund_id == fund_id,
            waiting_lines.c.sha256 == sha256,
            waiting_lines.c.part == part,
            waiting_lines.c.state == "held",
        )
        .order_by(waiting_lines.c.place)
    ).mappings()
    return [(row["identity"], _as_booked(row)) for row in rows]


def _as_booked(row: sa.RowMapping) -> BankLine:
    """Return a line whose date is the day that the bank printed, wherever its zone was."""
    at = from_ms(row["booked_ms"])
    shift = date.fromisoformat(row["day"]) - at.date()
    zone = timezone(timedelta(0) if not shift else _offset(at, shift.days))
    return BankLine(
        line_no=row["line_no"],
        account="",
        booked_at=at.astimezone(zone),
        amount_minor=row["amount"],
        commodity=row["commodity"],
        balance_minor=row["balance"],
        bank_id=row["bank_id"],
        references=tuple(row["refs"].split()),
        counterparty=row["counterparty"],
        text=row["text"],
        kind=row["kind"],
    )


def _offset(at: datetime, days: int) -> timedelta:
    """Return the least offset that carries an instant into the day after, or before."""
    midnight = datetime.combine(at.date(), time(), at.tzinfo)
    return midnight + timedelta(days=1) - at if days > 0 else midnight - timedelta(seconds=1) - at


# --- mappings -------------------------------------------------------------------------------------


class SavedMapping(NamedTuple):
    """A version of a mapping that two people decided.

    Attributes:
        name: What the officers call it.
        version: From 1; the highest counts.
        content: JSON.
        decision: Number of the decision.
    """

    name: str
    version: int
    content: str
    decision: int


def saved_mappings(connection: sa.Connection, fund_id: int) -> list[SavedMapping]:
    """Return all versions of all mappings, by name, newest first."""
    columns = [mappings.c[name] for name in SavedMapping._fields]
    rows = connection.execute(
        sa.select(*columns)
        .where(mappings.c.fund_id == fund_id)
        .order_by(mappings.c.name, mappings.c.version.desc())
    )
    return [SavedMapping(*row) for row in rows]


def saved_mapping(connection: sa.Connection, fund_id: int, name: str) -> SavedMapping:
    """Return the version of a mapping that counts.

    Raises:
        UnknownNameError: There is none of this name.
    """
    found = saved_mappings(connection, fund_id)
    for one in found:
        if one.name == name:
            return one
    raise UnknownNameError(
        what="mapping", name=name[:40], known=sorted({one.name for one in found})
    )
