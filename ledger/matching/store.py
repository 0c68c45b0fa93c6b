"""Files, their lines, settlements and open items."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.db import insert_rows
from ledger.matching.lines import BankFile, BankLine, line_identities
from ledger.matching.tables import bank_lines, files, settlement_lines


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


def keep_file(connection: sa.Connection, fund_id: int, file: NewFile) -> bool:
    """Keep a file once; return whether it is new."""
    known = connection.execute(
        sa.select(files.c.name).where(files.c.fund_id == fund_id, files.c.sha256 == file.sha256)
    ).first()
    if known is not None:
        return False
    insert_rows(connection, files, ("fund_id", *NewFile._fields), [(fund_id, *file)])
    return True


LINE_COLUMNS = (
    "fund_id",
    "account",
    "identity",
    "sha256",
    "line_no",
    "booked_ms",
    "amount",
    "commodity",
    "balance",
    "kind",
    "refs",
    "counterparty",
    "text",
)


def keep_lines(
    connection: sa.Connection, fund_id: int, account: str, sha256: bytes, file: BankFile
) -> int:
    """Keep the lines of a file that are not known yet.

    Args:
        connection: In a write transaction.
        fund_id: The fund.
        account: Our name of the account.
        sha256: Of the file.
        file: As read.

    Returns:
        How many were new.
    """
    identities = line_identities(file)
    known = set(
        connection.execute(
            sa.select(bank_lines.c.identity).where(
                bank_lines.c.fund_id == fund_id,
                bank_lines.c.account == account,
                bank_lines.c.identity.in_(identities),
            )
        ).scalars()
    )
    rows = [
        _line_row(fund_id, account, identity, sha256, line)
        for identity, line in zip(identities, file.lines, strict=True)
        if identity not in known
    ]
    insert_rows(connection, bank_lines, LINE_COLUMNS, rows)
    return len(rows)


def _line_row(
    fund_id: int, account: str, identity: str, sha256: bytes, line: BankLine
) -> tuple[int | str | bytes | None, ...]:
    return (
        fund_id,
        account,
        identity,
        sha256,
        line.line_no,
        to_ms(line.booked_at),
        line.amount_minor,
        line.commodity,
        line.balance_minor,
        line.kind,
        " ".join(line.references),
        line.counterparty,
        line.text,
    )


def mark_line(
    connection: sa.Connection, fund_id: int, account: str, identity: str, seq: int
) -> None:
    """Join a bank line to the entry that explains it."""
    connection.execute(
        sa.update(bank_lines)
        .where(
            bank_lines.c.fund_id == fund_id,
            bank_lines.c.account == account,
            bank_lines.c.identity == identity,
        )
        .values(matched_seq=seq)
    )


def add_settlement(connection: sa.Connection, **values: int | str) -> None:
    """Insert a settlement that is booked."""
    connection.execute(sa.insert(settlement_lines).values(**values))


def mark_paid(connection: sa.Connection, fund_id: int, statement_no: str, seq: int) -> None:
    """Join a settlement to the entry of its payout."""
    connection.execute(
        sa.update(settlement_lines)
        .where(
            settlement_lines.c.fund_id == fund_id, settlement_lines.c.statement_no == statement_no
        )
        .values(paid_seq=seq)
    )
