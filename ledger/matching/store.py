"""Files, their lines, settlements and open items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.db import insert_rows
from ledger.matching.lines import BankLine
from ledger.matching.match_tables import match_suggestions
from ledger.matching.tables import (
    bank_lines,
    file_statements,
    file_withdrawals,
    files,
    mappings,
    settlement_lines,
    waiting_lines,
)


class NewFile(NamedTuple):
    """A file as it was uploaded."""

    sha256: bytes
    name: str
    format: str
    account: str
    opening: int | None
    closing: int | None
    lines: int
    taken_ms: int
    body: bytes
    parser: str = ""
    taken_by: str | None = None
    first_day: str | None = None
    last_day: str | None = None


def keep_file(connection: sa.Connection, fund_id: int, file: NewFile) -> bool:
    """Keep a file once; return whether it is new."""
    known = connection.execute(
        sa.select(files.c.name).where(files.c.fund_id == fund_id, files.c.sha256 == file.sha256)
    ).first()
    if known is not None:
        return False
    insert_rows(connection, files, ("fund_id", *NewFile._fields), [(fund_id, *file)])
    return True


def keep_file_again(connection: sa.Connection, fund_id: int, file: NewFile) -> bool:
    """Keep what another reading makes of bytes that are kept; return False: they are not new."""
    values = {name: value for name, value in file._asdict().items() if name != "body"}
    connection.execute(
        sa.update(files)
        .where(files.c.fund_id == fund_id, files.c.sha256 == file.sha256)
        .values(**values)
    )
    return False


def add_withdrawal(connection: sa.Connection, **values: Any) -> None:
    """Insert that what came of a file was withdrawn."""
    number = connection.execute(
        sa.select(sa.func.count()).where(
            file_withdrawals.c.fund_id == values["fund_id"],
            file_withdrawals.c.sha256 == values["sha256"],
        )
    ).scalar_one()
    connection.execute(sa.insert(file_withdrawals).values(number=number + 1, **values))


def forget_file(
    connection: sa.Connection, fund_id: int, sha256: bytes, accounts: Iterable[str]
) -> None:
    """Remove lines and statements of a file, and what was suggested on its accounts: each run suggests anew."""
    for table in (bank_lines, waiting_lines, file_statements):
        connection.execute(
            sa.delete(table).where(table.c.fund_id == fund_id, table.c.sha256 == sha256)
        )
    connection.execute(
        sa.delete(match_suggestions).where(
            match_suggestions.c.fund_id == fund_id,
            match_suggestions.c.account.in_(sorted(accounts)),
        )
    )


LINE_COLUMNS = (
    "fund_id",
    "account",
    "identity",
    "sha256",
    "part",
    "line_no",
    "booked_ms",
    "day",
    "amount",
    "commodity",
    "balance",
    "bank_id",
    "kind",
    "refs",
    "counterparty",
    "text",
)


class Placed(NamedTuple):
    """Where lines stand.

    Attributes:
        account: Our name of it.
        sha256: Of the file.
        part: Statement of the file.
    """

    account: str
    sha256: bytes
    part: int


def keep_statement(connection: sa.Connection, **values: Any) -> None:
    """Insert a statement of a file."""
    connection.execute(sa.insert(file_statements).values(**values))


def change_statement(
    connection: sa.Connection, fund_id: int, sha256: bytes, part: int, **values: Any
) -> None:
    """Let a statement stand otherwise."""
    connection.execute(
        sa.update(file_statements)
        .where(
            file_statements.c.fund_id == fund_id,
            file_statements.c.sha256 == sha256,
            file_statements.c.part == part,
        )
        .values(**values)
    )


def keep_lines(
    connection: sa.Connection,
    fund_id: int,
    place: Placed,
    lines: Iterable[tuple[str, BankLine]],
    taken_ms: int,
) -> None:
    """Insert lines that count from now on.

    Args:
        connection: In a write transaction.
        fund_id: The fund.
        place: Where they stand.
        lines: Identity and line; none of them known.
        taken_ms: Now.
    """
    rows = [(*_line_row(fund_id, place, identity, line), taken_ms) for identity, line in lines]
    insert_rows(connection, bank_lines, (*LINE_COLUMNS, "taken_ms"), rows)


def keep_waiting(
    connection: sa.Connection,
    fund_id: int,
    place: Placed,
    lines: Sequence[tuple[str, str, BankLine]],
) -> None:
    """Insert lines that do not count.

    Args:
        connection: In a write transaction.
        fund_id: The fund.
        place: Where they stand.
        lines: State, identity (empty while a line is not booked) and line, in their order.
    """
    rows = [
        (*_line_row(fund_id, place, identity, line), state, number)
        for number, (state, identity, line) in enumerate(lines, start=1)
    ]
    insert_rows(connection, waiting_lines, (*LINE_COLUMNS, "state", "place"), rows)


def forget_waiting(connection: sa.Connection, fund_id: int, sha256: bytes, part: int) -> None:
    """Remove the lines of a statement that were held: they count now, and stand among the bank lines."""
    connection.execute(
        sa.delete(waiting_lines).where(
            waiting_lines.c.fund_id == fund_id,
            waiting_lines.c.sha256 == sha256,
            waiting_lines.c.part == part,
            waiting_lines.c.state == "held",
        )
    )


def add_mapping(connection: sa.Connection, **values: int | str) -> None:
    """Insert a version of a mapping."""
    connection.execute(sa.insert(mappings).values(**values))


def _line_row(
    fund_id: int, place: Placed, identity: str, line: BankLine
) -> tuple[int | str | bytes | None, ...]:
    return (
        fund_id,
        place.account,
        identity,
        place.sha256,
        place.part,
        line.line_no,
        to_ms(line.booked_at),
        line.booked_at.date().isoformat(),
        line.amount_minor,
        line.commodity,
        line.balance_minor,
        line.bank_id,
        line.kind,
        " ".join(line.references),
        line.counterparty,
        line.text,
    )


_MARK = (
    sa.update(bank_lines)
    .where(
        bank_lines.c.fund_id == sa.bindparam("of_fund"),
        bank_lines.c.account == sa.bindparam("of_account"),
        bank_lines.c.identity == sa.bindparam("of_line"),
    )
    .values(matched_seq=sa.bindparam("by_seq"))
)


def mark_lines(
    connection: sa.Connection, fund_id: int, explained: Iterable[tuple[str, str, int]]
) -> None:
    """Join bank lines to the entries that explain them.

    Args:
        connection: In a write transaction.
        fund_id: The fund.
        explained: Account and identity of each, and the entry.
    """
    values = [
        {"of_fund": fund_id, "of_account": account, "of_line": identity, "by_seq": seq}
        for account, identity, seq in explained
    ]
    if values:
        connection.execute(_MARK, values)


def add_settlement(connection: sa.Connection, **values: int | str) -> None:
    """Insert a settlement that is booked."""
    connection.execute(sa.insert(settlement_lines).values(**values))


def mark_paid(
    connection: sa.Connection, fund_id: int, channel: str, statement_no: str, seq: int
) -> None:
    """Join a settlement to the entry of its payout."""
    connection.execute(
        sa.update(settlement_lines)
        .where(
            settlement_lines.c.fund_id == fund_id,
            settlement_lines.c.channel == channel,
            settlement_lines.c.statement_no == statement_no,
        )
        .values(paid_seq=seq)
    )
