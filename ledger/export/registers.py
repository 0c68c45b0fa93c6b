"""The journal as registers for spreadsheets and auditors' tools: entries, postings, and what their columns mean.

In: the journal. Out: `entries.csv`, `postings.csv`, `datapackage.json`. Guaranteed: complete, in the order of the
entries; no cell can run as a formula.

Amounts are whole minor units of the row's commodity, in columns ending `_minor`: a ledger may hold coins and yen
beside fen.

Source:
    RFC 4180; Frictionless Data, "Tabular Data Package".
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy as sa

from ledger.cells import BYTE_ORDER_MARK, guarded
from ledger.export.entries import TOLD_EVERY, Entry, read_entries
from ledger.export.files import replaced
from ledger.funds import history as funds
from ledger.journal import history as journal_history
from ledger.journal.history import Fund
from ledger.journal.receipt_numbers import receipt_number

PACKAGE = "datapackage.json"

Cell = str | int | None
"""Empty means that it does not apply; 0 means nil."""

Progress = Callable[[int, int], object]
"""Is told how many entries are written, and how many there are."""


class CsvWriter(Protocol):
    """What `csv.writer` gives; its own type has no name at run time."""

    def writerow(self, row: Sequence[Cell], /) -> object:
        """Write one row."""


class Column(NamedTuple):
    """One column: its name in the file, its type (Frictionless), its title and its meaning."""

    name: str
    type: str
    title: str
    description: str


class Register(NamedTuple):
    """One file: its columns, and the rows of an entry."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Callable[[Entry, ZoneInfo], Iterator[tuple[Cell, ...]]]


class Written(NamedTuple):
    """What an export holds: entries, and lines of postings."""

    entries: int
    lines: int


def write_registers(
    connection: sa.Connection,
    fund: Fund,
    folder: Path,
    progress: Progress = lambda _done, _total: None,
) -> Written:
    """Write the registers of a fund.

    Args:
        connection: In a transaction: one snapshot for all files.
        fund: The fund.
        folder: Made if it is missing; earlier registers in it are replaced, each whole.
        progress: Is told how far it is.

    Returns:
        What was written.
    """
    zone = ZoneInfo(funds.details(connection, fund.fund_id).zone)
    size = journal_history.size(connection, fund.fund_id)
    counts = [0] * len(REGISTERS)
    with ExitStack() as files:
        writers = [
            _begin(files.enter_context(replaced(folder / f"{register.name}.csv")), register)
            for register in REGISTERS
        ]
        for entry in read_entries(connection, fund):
            for place, (register, writer) in enumerate(zip(REGISTERS, writers, strict=True)):
                for row in register.rows(entry, zone):
                    writer.writerow([guarded(one) if isinstance(one, str) else one for one in row])
                    counts[place] += 1
            if entry.seq % TOLD_EVERY == 0 or entry.seq + 1 == size:
                progress(entry.seq + 1, size)
    _write_package(fund, folder, counts)
    return Written(*counts)


def _begin(out: TextIO, register: Register) -> CsvWriter:
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in register.columns])
    return writer


def _entry_rows(entry: Entry, zone: ZoneInfo) -> Iterator[tuple[Cell, ...]]:
    is_gift = entry.kind == "gift"
    yield (
        entry.seq,
        entry.kind,
        _local(entry.occurred_at, zone),
        _local(entry.recorded_at, zone),
        entry.actor["role"],
        entry.actor["id"],
        receipt_number(entry.seq, entry.leaf_hash).compact if is_gift else None,
        entry.body.get("reverses"),
        entry.leaf_hash.hex(),
        orjson.dumps(entry.body, option=orjson.OPT_SORT_KEYS).decode(),
    )


def _posting_rows(entry: Entry, zone: ZoneInfo) -> Iterator[tuple[Cell, ...]]:
    for number, line in enumerate(entry.lines, start=1):
        yield (
            entry.seq,
            number,
            str(entry.on),
            _local(entry.recorded_at, zone),
            entry.kind,
            line.account,
            line.commodity,
            line.amount if line.amount > 0 else None,
            -line.amount if line.amount < 0 else None,
        )


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


_ENTRY_NO = Column("entry_no", "integer", "分录号", "Number of the entry, from 0, without gaps")
_KIND = Column("kind", "string", "种类", "Kind of the entry")
_RECORDED = Column("recorded_at", "datetime", "入账时间", "When it was recorded, to the minute")

ENTRY_COLUMNS = (
    _ENTRY_NO,
    _KIND,
    Column("occurred_at", "datetime", "发生时间", "When it happened; a gift to the minute"),
    _RECORDED,
    Column("role", "string", "角色", "Role of whoever acted"),
    Column("actor", "string", "经办", "Pseudonymous id of whoever acted"),
    Column("receipt", "string", "凭据号", "A gift's receipt number"),
    Column("reverses", "integer", "冲销分录号", "Entry that this one reverses"),
    Column("leaf_hash", "string", "叶哈希", "RFC 6962 leaf hash of the entry, hexadecimal"),
    Column("body", "string", "内容", "What the kind says, as JSON"),
)
POSTING_COLUMNS = (
    _ENTRY_NO,
    Column("line", "integer", "行号", "Line of the entry, from 1"),
    Column("on", "date", "日期", "Day on which it happened, in the fund's time zone"),
    _RECORDED,
    _KIND,
    Column("account", "string", "科目", "Account"),
    Column("commodity", "string", "币种", "ISO 4217 code, or a platform's unit"),
    Column("debit_minor", "integer", "借方", "Debit, minor units of the commodity (fen for CNY)"),
    Column("credit_minor", "integer", "贷方", "Credit, minor units of the commodity"),
)
REGISTERS = (
    Register("entries", "分录 Entries", ENTRY_COLUMNS, _entry_rows),
    Register("postings", "记账明细 Postings", POSTING_COLUMNS, _posting_rows),
)


def _write_package(fund: Fund, folder: Path, counts: Sequence[int]) -> None:
    package = {
        "name": f"{fund.slug}-journal",
        "homepage": f"https://{fund.origin}",
        "resources": [
            _resource(register, folder / f"{register.name}.csv", count)
            for register, count in zip(REGISTERS, counts, strict=True)
        ],
    }
    with replaced(folder / PACKAGE) as out:
        out.write(json.dumps(package, ensure_ascii=False, indent=1) + "\n")


def _resource(register: Register, path: Path, rows: int) -> dict[str, object]:
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    return {
        "name": register.name,
        "title": register.title,
        "path": path.name,
        "format": "csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "rows": rows,
        "schema": {"fields": [column._asdict() for column in register.columns]},
    }
