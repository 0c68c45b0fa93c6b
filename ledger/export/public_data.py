"""A fund's public data as tables for everybody: what each entry of a kind says in public, without a limit of rows.

In: the journal, read in short pieces. Out: CSV row by row, XLSX or Parquet into a file. Guaranteed: up to one entry
that the file's name says; no personal data, as entries hold none; the same rows and columns in all three; bounded
memory, and no snapshot of the database is held while somebody downloads slowly.

Amounts are whole minor units in columns ending `_minor`, beside the currency.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from ledger.cells import BYTE_ORDER_MARK, guarded
from ledger.db import Database
from ledger.export.sheets import Column as SheetColumn
from ledger.export.sheets import Table as Sheet
from ledger.export.sheets import write_xlsx
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.history import Fund, StoredEntry
from ledger.journal.receipt_numbers import receipt_number

PIECE = 2_000
"""Entries read in one transaction."""

Cell = str | int | None
Row = tuple[Cell, ...]


class Column(NamedTuple):
    """A column.

    Attributes:
        name: In the file.
        type: `string` or `integer`, as Frictionless has it.
        zh: Title.
        en: What it means.
    """

    name: str
    type: str
    zh: str
    en: str


class PublicTable(NamedTuple):
    """A table.

    Attributes:
        name: In addresses.
        zh: Title.
        en: Title.
        kinds: Entries that make a row each.
        columns: After `entry` and `at`, which every table has.
        row: Their values.
    """

    name: str
    zh: str
    en: str
    kinds: tuple[str, ...]
    columns: tuple[Column, ...]
    row: Callable[[StoredEntry, Mapping[str, Any]], Row]


_COMMON = (
    Column("entry", "integer", "账本条号", "Number of the entry that says so."),
    Column(
        "at",
        "string",
        "时间",
        "When it happened, RFC 3339 in the fund's zone; gifts to the minute.",
    ),
)


def _plain(*names: str) -> Callable[[StoredEntry, Mapping[str, Any]], Row]:
    """Take columns from the body as they stand; what a body has not got does not apply."""

    def row(_stored: StoredEntry, body: Mapping[str, Any]) -> Row:
        return tuple(_cell(body.get(name)) for name in names)

    return row


def _cell(value: object) -> Cell:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return value if isinstance(value, str | int) else None


def _gift(stored: StoredEntry, body: Mapping[str, Any]) -> Row:
    receipt = receipt_number(stored.seq, stored.leaf_hash).compact
    names = ("channel", "session", "n", "amount", "commodity", "units", "unit")
    return (receipt, *(_cell(body.get(name)) for name in names))


_AMOUNT = Column("amount_minor", "integer", "金额（最小单位）", "Minor units of the currency.")
_CURRENCY = Column("currency", "string", "币种", "ISO 4217 code.")
_CHANNEL = Column("channel", "string", "直播间", "Channel, as in account names.")
_KIND = Column("kind", "string", "种类", "Kind of the entry.")
_NUMBER = Column("number", "integer", "第几次", "Number of the transfer.")

TABLES: Mapping[str, PublicTable] = {
    one.name: one
    for one in (
        PublicTable(
            "gifts",
            "打赏",
            "Gifts",
            ("gift",),
            (
                Column("receipt", "string", "凭证号", "Number that the giver holds."),
                _CHANNEL,
                Column("broadcast", "integer", "直播场次", "Entry that opened the broadcast."),
                Column("number_in_broadcast", "integer", "场内编号", "1 to n, without a gap."),
                _AMOUNT,
                _CURRENCY,
                Column(
                    "units", "integer", "平台币数", "What the giver paid in units of the platform."
                ),
                Column("unit", "string", "平台币", "That unit."),
            ),
            _gift,
        ),
        PublicTable(
            "reversals",
            "退回和更正",
            "Reversals and corrections",
            ("gift.reversed", "spend.reversed", "match.released", "adjustment"),
            (
                _KIND,
                Column("reverses", "string", "更正哪条", "Entries that it reverses."),
                _AMOUNT,
                _CURRENCY,
                Column("reason", "string", "原因", "As recorded."),
            ),
            lambda stored, body: (
                stored.kind,
                None if body.get("reverses") is None else str(_cell(body["reverses"])),
                _cell(body.get("amount")),
                _cell(body.get("commodity")),
                _cell(body.get("reason")),
            ),
        ),
        PublicTable(
            "settlements",
            "平台结算",
            "Settlements",
            ("settlement",),
            (
                _CHANNEL,
                Column("period", "string", "结算期", "As the platform names it."),
                Column("statement_no", "string", "结算单号", "The platform's number."),
                Column("gross_minor", "integer", "总额", "What the platform states as gifts."),
                Column("refund_minor", "integer", "退款", "Refunds charged to it."),
                Column("share_minor", "integer", "平台分成", "What the platform keeps."),
                Column("tax_minor", "integer", "代扣税费", "Tax withheld."),
                Column("net_minor", "integer", "净额", "What is due to the fund."),
                _CURRENCY,
            ),
            _plain(
                "channel",
                "period",
                "statement_no",
                "gross",
                "refund",
                "share",
                "tax",
                "net",
                "net_commodity",
            ),
        ),
        PublicTable(
            "transfers",
            "划转的每一步",
            "Steps of transfers",
            (
                "transfer.proposed",
                "transfer.approved",
                "transfer.rejected",
                "transfer.sent",
                "transfer.confirmed",
                "transfer.returned",
            ),
            (
                _KIND,
                _NUMBER,
                _AMOUNT,
                Column("fee_minor", "integer", "手续费", "What a bank kept."),
            ),
            lambda stored, body: (
                stored.kind,
                _cell(body.get("number")),
                _cell(body.get("amount")),
                _cell(body.get("fee")),
            ),
        ),
        PublicTable(
            "spending",
            "用款",
            "Spending",
            ("spend",),
            (
                Column("disease", "string", "病种", "Code of the fund's list."),
                Column("group", "string", "人群", "Code of the fund's list."),
                Column("provider", "string", "机构", "Who was paid."),
                Column("batch", "string", "批号", "Of the medicine."),
                _AMOUNT,
                _CURRENCY,
            ),
            _plain("disease", "people", "provider", "batch", "amount", "commodity"),
        ),
    )
}
"""Every table. Numbers of people are in none: small ones would point at somebody."""


def columns_of(table: PublicTable) -> tuple[Column, ...]:
    """Return all columns of a table."""
    return (*_COMMON, *table.columns)


def rows(
    database: Database, fund: Fund, zone: str, table: PublicTable, stop: int
) -> Iterator[Row]:
    """Read a table's rows, a piece in each transaction: entries never change, so the pieces fit.

    Args:
        database: Where from.
        fund: The fund.
        zone: Of the times.
        table: Which.
        stop: Entry before which it ends.

    Yields:
        Rows by rising entry.
    """
    local = ZoneInfo(zone)
    first = 0
    while first < stop:
        with database.reading() as connection:
            found = list(
                journal_history.of_kinds(
                    connection, fund.fund_id, table.kinds, first, stop, most=PIECE
                )
            )
        yield from (row_of(table, stored, local) for stored in found)
        if len(found) < PIECE:
            return
        first = found[-1].seq + 1


def row_of(table: PublicTable, stored: StoredEntry, zone: ZoneInfo) -> Row:
    """Return the row that an entry makes.

    Args:
        table: Has the entry's kind.
        stored: The entry.
        zone: Of the times.

    Returns:
        The values of `columns_of`.
    """
    value = decode(stored.entry)
    at = datetime.fromisoformat(value["occurred_at"]).astimezone(zone)
    told = at.isoformat(timespec="minutes" if stored.kind == "gift" else "seconds")
    return (stored.seq, told, *table.row(stored, value["body"]))


def csv_lines(table: PublicTable, found: Iterator[Row]) -> Iterator[bytes]:
    """Write rows as CSV, a few hundred at a time.

    Args:
        table: Whose columns.
        found: Rows.

    Yields:
        UTF-8 with a byte order mark, lines ended by CRLF (RFC 4180).
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow([one.name for one in columns_of(table)])
    for count, row in enumerate(found, start=1):
        writer.writerow([guarded(one) if isinstance(one, str) else one for one in row])
        if count % 500 == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_workbook(file: Path, table: PublicTable, found: Iterator[Row], zone: str) -> None:
    """Write rows as a workbook; beyond a million it goes on on further sheets."""
    columns = [
        SheetColumn(one.name, "number" if one.type == "integer" else "text")
        for one in columns_of(table)
    ]
    with file.open("wb") as out:
        write_xlsx(out, Sheet(columns, found, {}, zone))


def write_parquet(file: Path, table: PublicTable, found: Iterator[Row]) -> None:
    """Write rows as Parquet, in groups of `PIECE` times ten."""
    columns = columns_of(table)
    schema = pa.schema(
        [
            pa.field(
                one.name,
                pa.int64() if one.type == "integer" else pa.string(),
                metadata={"zh": one.zh, "en": one.en},
            )
            for one in columns
        ]
    )
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        group: list[Row] = []
        for row in found:
            group.append(row)
            if len(group) == 10 * PIECE:
                writer.write_table(_arrow(group, schema))
                group = []
        writer.write_table(_arrow(group, schema))


def _arrow(group: list[Row], schema: pa.Schema) -> pa.Table:
    named = [dict(zip(schema.names, row, strict=True)) for row in group]
    return pa.Table.from_pylist(named, schema=schema)


def dictionary(
    fund: str, addresses: Mapping[str, str], licence: tuple[str, str]
) -> dict[str, Any]:
    """Describe all tables as a tabular data package (Frictionless).

    Args:
        fund: Slug.
        addresses: Of each table's CSV, by name.
        licence: Its name and its address.

    Returns:
        `datapackage.json`.
    """
    return {
        "profile": "tabular-data-package",
        "name": fund,
        "licenses": [{"name": licence[0], "path": licence[1]}],
        "resources": [
            {
                "name": table.name,
                "title": f"{table.zh} {table.en}",
                "path": addresses[table.name],
                "format": "csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": [
                        {
                            "name": one.name,
                            "type": one.type,
                            "title": one.zh,
                            "description": one.en,
                        }
                        for one in columns_of(table)
                    ],
                    "primaryKey": "entry",
                },
            }
            for table in TABLES.values()
        ],
    }
