"""Read files, lines, settlements and open items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_ms
from ledger.db import written
from ledger.errors import NotFoundError
from ledger.keyset import Listing, Sort
from ledger.matching.evidence import Evidence
from ledger.matching.lines import BankLine
from ledger.matching.matches import releases_of
from ledger.matching.tables import (
    bank_lines,
    files,
    open_items,
    settlement_lines,
)


class StoredLine(NamedTuple):
    """A bank line with its place.

    Attributes:
        account: Our name of the account.
        identity: What makes it count once.
        line: As read.
        evidence: File and row.
        matched_seq: The entry that explains it; None while it is open.
        releases: How often a match of it was released.
    """

    account: str
    identity: str
    line: BankLine
    evidence: Evidence
    matched_seq: int | None
    releases: int = 0


KEYS_A_QUERY = 500
"""Lines asked for at once: databases limit the parameters of a statement."""

_LINES = sa.select(
    *written(bank_lines),
    releases_of(bank_lines.c.account, bank_lines.c.identity).label("releases"),
)


def _stored(values: sa.RowMapping) -> StoredLine:
    line = BankLine(
        line_no=values["line_no"],
        account="",
        booked_at=from_ms(values["booked_ms"]),
        amount_minor=values["amount"],
        commodity=values["commodity"],
        balance_minor=values["balance"],
        bank_id=values["bank_id"],
        references=tuple(values["refs"].split()),
        counterparty=values["counterparty"],
        text=values["text"],
        kind=values["kind"],
    )
    evidence = Evidence(bytes(values["sha256"]).hex(), values["line_no"])
    return StoredLine(
        values["account"],
        values["identity"],
        line,
        evidence,
        values["matched_seq"],
        values["releases"],
    )


def open_lines(
    connection: sa.Connection, fund_id: int, account: str | None = None
) -> list[StoredLine]:
    """Return the bank lines that no entry explains, oldest first."""
    query = _LINES.where(bank_lines.c.fund_id == fund_id, bank_lines.c.matched_seq.is_(None))
    if account is not None:
        query = query.where(bank_lines.c.account == account)
    query = query.order_by(bank_lines.c.booked_ms, bank_lines.c.account, bank_lines.c.line_no)
    return [_stored(row) for row in connection.execute(query).mappings()]


def open_lines_count(connection: sa.Connection, fund_id: int) -> int:
    """Return how many bank lines no entry explains."""
    query = sa.select(sa.func.count()).where(
        bank_lines.c.fund_id == fund_id, bank_lines.c.matched_seq.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def line_by_row(connection: sa.Connection, fund_id: int, account: str, row: int) -> StoredLine:
    """Find the newest bank line of an account that stands in a given row of its file.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        account: Our name of the account.
        row: Line of the file.

    Returns:
        The line.

    Raises:
        NotFoundError: There is none.
    """
    found = (
        connection.execute(
            _LINES.where(
                bank_lines.c.fund_id == fund_id,
                bank_lines.c.account == account,
                bank_lines.c.line_no == row,
            )
            .order_by(bank_lines.c.booked_ms.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    if found is None:
        raise NotFoundError(what="bank-line", row=row)
    return _stored(found)


def lines_by_key(
    connection: sa.Connection, fund_id: int, keys: Iterable[tuple[str, str]]
) -> list[StoredLine]:
    """Return the bank lines of some accounts and identities, in the order given.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        keys: Account and identity of each.

    Returns:
        The lines, explained or not.

    Raises:
        NotFoundError: There is none of that account and identity.
    """
    wanted = list(keys)
    of_account: dict[str, list[str]] = {}
    for account, identity in wanted:
        of_account.setdefault(account, []).append(identity)
    found: dict[tuple[str, str], StoredLine] = {}
    for account, identities in of_account.items():
        for start in range(0, len(identities), KEYS_A_QUERY):
            query = _LINES.where(
                bank_lines.c.fund_id == fund_id,
                bank_lines.c.account == account,
                bank_lines.c.identity.in_(identities[start : start + KEYS_A_QUERY]),
            )
            for row in connection.execute(query).mappings():
                found[row["account"], row["identity"]] = _stored(row)
    for key in wanted:
        if key not in found:
            raise NotFoundError(what="bank-line", account=key[0][:60])
    return [found[key] for key in wanted]


def lines_between(
    connection: sa.Connection, fund_id: int, first_ms: int, stop_ms: int
) -> list[StoredLine]:
    """Return the bank lines of a span of time, explained or not, oldest first."""
    query = _LINES.where(
        bank_lines.c.fund_id == fund_id,
        bank_lines.c.booked_ms >= first_ms,
        bank_lines.c.booked_ms < stop_ms,
    ).order_by(bank_lines.c.booked_ms, bank_lines.c.account, bank_lines.c.line_no)
    return [_stored(row) for row in connection.execute(query).mappings()]


def takers(connection: sa.Connection, fund_id: int, lines: Iterable[StoredLine]) -> frozenset[str]:
    """Return the members who brought the files of some lines."""
    digests = {bytes.fromhex(line.evidence.file) for line in lines}
    found = connection.execute(
        sa.select(files.c.taken_by).where(
            files.c.fund_id == fund_id,
            files.c.sha256.in_(digests),
            files.c.taken_by.is_not(None),
        )
    ).scalars()
    return frozenset(found)


def explaining(connection: sa.Connection, fund_id: int, account: str) -> set[int]:
    """Return the entries that explain lines out of an account."""
    return set(
        connection.execute(
            sa.select(bank_lines.c.matched_seq).where(
                bank_lines.c.fund_id == fund_id,
                bank_lines.c.account == account,
                bank_lines.c.amount < 0,
                bank_lines.c.matched_seq.is_not(None),
            )
        ).scalars()
    )


class StoredSettlement(NamedTuple):
    """A settlement and the entries it became."""

    statement_no: str
    channel: str
    period: str
    commodity: str
    gross: int
    refund: int
    share: int
    tax: int
    net: int
    settled_seq: int
    paid_seq: int | None
    payout_fee: int = 0


def settlements(
    connection: sa.Connection, fund_id: int, *, unpaid: bool = False
) -> list[StoredSettlement]:
    """Return settlements in the order they were booked."""
    columns = [settlement_lines.c[name] for name in StoredSettlement._fields]
    query = sa.select(*columns).where(settlement_lines.c.fund_id == fund_id)
    if unpaid:
        # A settlement whose deductions took everything is never paid out.
        query = query.where(settlement_lines.c.paid_seq.is_(None), settlement_lines.c.net > 0)
    return [
        StoredSettlement(*row)
        for row in connection.execute(query.order_by(settlement_lines.c.settled_seq))
    ]


def settlement_listing(
    fund_id: int, *, channel: str = "", state: str = "", text: str = ""
) -> Listing[StoredSettlement]:
    """Return settlements as a list that the database sorts and cuts, the newest period first.

    Args:
        fund_id: The fund.
        channel: Only of this channel.
        state: `paid`, or `unpaid`: its money is still to come.
        text: Stands in its number or period.

    Returns:
        The list; orders `period`, `number`, `gross` and `net`.
    """
    c = settlement_lines.c
    query = sa.select(*(c[name] for name in StoredSettlement._fields)).where(c.fund_id == fund_id)
    if channel:
        query = query.where(c.channel == channel)
    if state == "paid":
        query = query.where(c.paid_seq.is_not(None))
    if state == "unpaid":
        query = query.where(c.paid_seq.is_(None), c.net > 0)
    if text:
        like = (one.icontains(text, autoescape=True) for one in (c.statement_no, c.period))
        query = query.where(sa.or_(*like))
    alone = (c.channel, c.statement_no)
    return Listing(
        query=query,
        orders={
            "period": (c.period, *alone),
            "number": (c.statement_no, c.channel),
            "gross": (c.gross, *alone),
            "net": (c.net, *alone),
        },
        usual=Sort("period", descending=True),
        read=lambda _connection, rows: [StoredSettlement(*row.values()) for row in _only(rows)],
        commodity=c.commodity,
    )


def _only(rows: Iterable[sa.RowMapping]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in StoredSettlement._fields} for row in rows]


class OpenItem(NamedTuple):
    """Something that waits for an explanation, or was explained."""

    raised_seq: int
    kind: str
    subject: str
    amount: int
    commodity: str
    raised_ms: int
    resolved_seq: int | None


def items(connection: sa.Connection, fund_id: int, *, only_open: bool = True) -> list[OpenItem]:
    """Return open items, oldest first."""
    columns = [open_items.c[name] for name in OpenItem._fields]
    query = sa.select(*columns).where(open_items.c.fund_id == fund_id)
    if only_open:
        query = query.where(open_items.c.resolved_seq.is_(None))
    return [OpenItem(*row) for row in connection.execute(query.order_by(open_items.c.raised_seq))]


class KeptFile(NamedTuple):
    """A file that was taken.

    Attributes:
        sha256: Of its bytes.
        name: As it was uploaded.
        format: What it is.
        account: Our name of it; empty for settlements, and where there are several.
        opening: Balance before it, of a file with one statement.
        closing: Balance after it, likewise.
        lines: How many are booked.
        taken_ms: When.
        parser: Which reader, and its version.
        taken_by: Member; None for whoever has the machine.
        first_day: First day that it covers, ISO 8601.
        last_day: Last day.
    """

    sha256: bytes
    name: str
    format: str
    account: str
    opening: int | None
    closing: int | None
    lines: int
    taken_ms: int
    parser: str = ""
    taken_by: str | None = None
    first_day: str | None = None
    last_day: str | None = None


def kept_files(connection: sa.Connection, fund_id: int) -> list[KeptFile]:
    """Return the files that were taken, oldest first."""
    columns = [files.c[name] for name in KeptFile._fields]
    rows = connection.execute(
        sa.select(*columns)
        .where(files.c.fund_id == fund_id)
        .order_by(files.c.taken_ms, files.c.name)
    )
    return [KeptFile(bytes(row[0]), *row[1:]) for row in rows]


def references_of_entry(
    connection: sa.Connection, fund_id: int, seq: int | None
) -> tuple[str, ...]:
    """Return the references on the bank lines that an entry explains."""
    found = connection.execute(
        sa.select(bank_lines.c.refs)
        .where(bank_lines.c.fund_id == fund_id, bank_lines.c.matched_seq == seq)
        .order_by(bank_lines.c.line_no)
    ).scalars()
    return tuple(dict.fromkeys(reference for refs in found for reference in refs.split()))


def line_count(connection: sa.Connection, fund_id: int, account: str) -> int:
    """Return how many bank lines of an account are known."""
    return int(
        connection.execute(
            sa.select(sa.func.count()).where(
                bank_lines.c.fund_id == fund_id, bank_lines.c.account == account
            )
        ).scalar_one()
    )
