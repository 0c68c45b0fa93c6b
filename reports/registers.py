"""The registers that go with a statement: their columns, and the rows that its own lists make.

In: a statement, and rows that only the ledger has (gifts, bank lines, movements of the fund). Out: CSV files and the
table schemas that describe them. Guaranteed: the same rows give the same bytes; no cell can run as a formula; small
counts stay hidden.

Source:
    Statements, section 6; RFC 4180; Frictionless Data, "Tabular Data Package"; OWASP ASVS 5.0, 1.2.10.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import rfc8785

from ledger.cells import BYTE_ORDER_MARK, guarded
from ledger.export.registers import Cell, Column
from reports.statement import AttachmentRecord, Name

if TYPE_CHECKING:
    from reports.statement import SpendingTable, Statement

EMBEDDED_MAX: Final = 10 * 1024 * 1024
"""A larger file is served and named by its digest (docs/statements.md says what was measured)."""

Row = tuple[Cell, ...]


class Register(NamedTuple):
    """One file of rows.

    Attributes:
        file: Its name.
        title: What it holds.
        columns: Name, type, Chinese title and meaning of each; amounts end in `_fen`.
    """

    file: str
    title: Name
    columns: tuple[Column, ...]


class RegisterFile(NamedTuple):
    """A register that was written.

    Attributes:
        register: Which.
        path: Where it lies.
        rows: Without the header.
        size: Bytes.
        sha256: Of its bytes, hexadecimal.
    """

    register: Register
    path: Path
    rows: int
    size: int
    sha256: str


def _c(name: str, kind: str, title: str, description: str) -> Column:
    return Column(name, kind, title, description)


_ENTRY = _c("entry_no", "integer", "分录", "Number of the entry in the ledger, from 0")
_AMOUNT = _c("amount_fen", "integer", "金额（分）", "Amount, whole minor units (fen for CNY)")
_NET = _c(
    "net_fen", "integer", "净额（分）", "What the platform owes after its share and deductions"
)
_GROSS = _c("gross_fen", "integer", "总额（分）", "What viewers paid")

GIFTS: Final = Register(
    "gifts.csv",
    Name("打赏明细", "Register of gifts"),
    (
        _c(
            "gift_no", "integer", "打赏编号", "Counted over the fund's whole life, from 1, no gaps"
        ),
        _ENTRY,
        _c("at", "datetime", "时间", "The platform's gift time, to the minute"),
        _c("platform", "string", "平台", "Key of the channel"),
        _c("broadcast_entry", "integer", "直播场次分录", "Entry that opened the broadcast"),
        _c("number_in_broadcast", "integer", "场内序号", "Counter 1..n within the broadcast"),
        _GROSS,
        _c("refund_fen", "integer", "退款（分）", "Given back by the end of the period"),
        _c(
            "net_fen",
            "integer",
            "净额（分）",
            "Its part of its settlements' net; empty if unsettled",
        ),
        _c("settlement_no", "string", "结算编号", "Entries of its settlements; two if cut in two"),
        _c(
            "status",
            "string",
            "状态",
            "standing, void (before settlement) or charged_back (after)",
        ),
    ),
)
SETTLEMENTS: Final = Register(
    "settlements.csv",
    Name("平台结算单", "Settlements by platforms"),
    (
        _c("settlement_no", "integer", "结算编号", "The settlement's entry"),
        _c("platform", "string", "平台", "Name of the platform"),
        _c("platform_ref", "string", "平台单号", "The platform's own number of the sheet"),
        _c("from", "date", "打赏从", "First day of the gifts that it covers"),
        _c("to", "date", "到", "Last day"),
        _GROSS,
        _c("refund_fen", "integer", "退款（分）", "Refunds that it takes off"),
        _c("share_fen", "integer", "分成（分）", "The platform's share"),
        _c("deduction_fen", "integer", "代扣（分）", "Tax and fees"),
        _NET,
        _c("received_entry", "integer", "到账分录", "Entry of its payment, if paid in the period"),
        _c("received_on", "date", "到账日", "The bank's day of it"),
    ),
)
BANK_LINES: Final = Register(
    "bank_lines.csv",
    Name("银行流水", "Lines of the banks"),
    (
        _c("line_no", "integer", "序号", "Running number in this file, from 1"),
        _c("account", "string", "账户", "Name of the account and last four digits"),
        _c("on", "date", "日期", "Day on which the bank booked it"),
        _AMOUNT,
        _c("direction", "string", "方向", "in or out"),
        _c("kind", "string", "种类", "What the bank's file says that it is"),
        _c("matched_to", "integer", "对上的分录", "Entry that explains it; empty if none did"),
        _c("reference", "string", "参考号", "References that it carries; no names"),
    ),
)
TRANSFERS: Final = Register(
    "transfers.csv",
    Name("划转", "Transfers to the fund"),
    (
        _c("transfer_no", "integer", "次", "The fund's running number"),
        _ENTRY,
        _c("sent_on", "date", "转出日", "Day on which it left the collection account"),
        _AMOUNT,
        _c("bank_ref", "string", "银行流水号", "The bank's reference, else our own"),
        _c("proposed_by", "string", "经办", "Role"),
        _c("approved_by", "string", "批准", "Role"),
        _c("ended_entry", "integer", "到账分录", "Entry of its arrival or return"),
        _c("arrived_on", "date", "到账日", "Day on which it reached the fund"),
        _c("returned_on", "date", "退回日", "Day on which it came back"),
    ),
)
FUND_MOVEMENTS: Final = Register(
    "fund_movements.csv",
    Name("基金分录", "Movements of the fund"),
    (
        _ENTRY,
        _c("on", "date", "日期", "Day on which it happened"),
        _c("line", "string", "行", "Line of the statement, F1 to F7"),
        _c("amount_fen", "integer", "金额（分）", "Signed as it changes the fund"),
        _c(
            "restricted",
            "string",
            "限定性",
            "yes or no; a movement that both sides pay has two rows",
        ),
        _c("description", "string", "说明", "What it was, in codes"),
    ),
)
_SPENDING = (
    _c("code", "string", "代码", "Code of the list"),
    _c("name_zh", "string", "名称", "Chinese name"),
    _c("name_en", "string", "英文名称", "English name"),
    _c("amount_fen", "integer", "金额（分）", "Spent, reversals of the period taken off"),
    _c("person_times", "string", "人次", "Visits; * where hidden to protect another"),
    _c("persons", "string", "人数", "People; <5 or * where hidden"),
)
BY_GROUP: Final = Register(
    "spending_by_group.csv", Name("支出按人群", "Spending by group"), _SPENDING
)
BY_DISEASE: Final = Register(
    "spending_by_disease.csv", Name("支出按病种", "Spending by disease"), _SPENDING
)
BY_PROVIDER: Final = Register(
    "spending_by_provider.csv",
    Name("支出按机构", "Spending by provider"),
    (
        _c("name_zh", "string", "名称", "Name of the provider"),
        _c("name_en", "string", "英文名称", "English name"),
        _c("amount_fen", "integer", "金额（分）", "Spent, reversals of the period taken off"),
    ),
)
EXCEPTIONS: Final = Register(
    "exceptions.csv",
    Name("未达与差异", "Open items"),
    (
        _c("no", "integer", "编号", "Number of the exception"),
        _c("kind", "string", "种类", "Kind, in codes"),
        _c("opened_on", "date", "发现日", "Day"),
        _AMOUNT,
        _c("age_days", "integer", "天数", "Days open at the period's end"),
        _c("owner", "string", "负责", "Role"),
        _c("state", "string", "状态", "State"),
        _c("plan", "string", "打算", "What is done about it, in codes; empty: to be explained"),
        _c("until", "date", "期限", "Day by which it has to be explained"),
    ),
)
CORRECTIONS: Final = Register(
    "corrections.csv",
    Name("更正", "Corrections of published months"),
    (
        _ENTRY,
        _c("corrects_entry_no", "integer", "更正的分录", "Entry that it corrects"),
        _c("document", "string", "报告", "Number of the published statement"),
        _c("line", "string", "行", "Code of the line"),
        _c("amount_fen", "integer", "变动（分）", "Change of the line, signed"),
        _c("reason", "string", "原因", "In the words of the entry"),
    ),
)

ADJUSTMENTS: Final = Register(
    "adjustments.csv",
    Name("调整与冲正", "Adjustments and reversals"),
    (
        _ENTRY,
        _c("kind", "string", "种类", "Kind of the entry"),
        _c("corrects_entry_no", "string", "涉及的分录", "Entries that it is about"),
        _AMOUNT,
        _c("commodity", "string", "币种", "ISO 4217 code of the amount"),
        _c("reason", "string", "原因", "In the words of the entry"),
        _c("proposed_by", "string", "提出", "Role"),
        _c("approved_by", "string", "批准", "Roles"),
        _c(
            "documents", "string", "涉及的报告", "Published statements that cover what it is about"
        ),
    ),
)

ALL: Final = (
    ADJUSTMENTS,
    BANK_LINES,
    CORRECTIONS,
    EXCEPTIONS,
    FUND_MOVEMENTS,
    GIFTS,
    SETTLEMENTS,
    BY_DISEASE,
    BY_GROUP,
    BY_PROVIDER,
    TRANSFERS,
)
"""All registers, by file name."""


def own_rows(statement: Statement) -> dict[str, Iterable[Row]]:
    """Give the rows of the registers that the statement's own lists make, by file name.

    Args:
        statement: Its lists are complete, also where less is printed.

    Returns:
        Rows in the order of their numbers.
    """
    return {
        SETTLEMENTS.file: _settlements(statement),
        TRANSFERS.file: _transfers(statement),
        BY_GROUP.file: _spending(statement.spending.by_group),
        BY_DISEASE.file: _spending(statement.spending.by_disease),
        BY_PROVIDER.file: (
            (name.zh, name.en or None, amount) for name, amount in statement.spending.by_provider
        ),
        EXCEPTIONS.file: _exceptions(statement),
        ADJUSTMENTS.file: (
            (
                one.entry,
                one.kind,
                " ".join(map(str, one.corrects)) or None,
                one.amount_minor,
                one.commodity or None,
                one.reason or None,
                one.proposed_by,
                " ".join(one.approved_by) or None,
                " ".join(one.statements) or None,
            )
            for one in statement.adjustments
        ),
        CORRECTIONS.file: (
            (
                one.entry,
                one.corrects_entry,
                one.document,
                one.line,
                one.amount_minor,
                one.reason,
            )
            for one in statement.corrections
        ),
    }


def _settlements(statement: Statement) -> Iterator[Row]:
    for one in sorted(statement.due.settlements, key=lambda one: one.number):
        yield (
            one.number,
            one.platform.zh,
            one.platform_ref,
            _day(one.covers_first),
            _day(one.covers_last),
            one.gross_minor,
            one.refund_minor,
            one.share_minor,
            one.deduction_minor,
            one.net_minor,
            one.received_entry,
            _day(one.received_on),
        )


def _transfers(statement: Statement) -> Iterator[Row]:
    for one in sorted(statement.transit.transfers, key=lambda one: one.number):
        yield (
            one.number,
            one.entry,
            _day(one.sent_on),
            one.amount_minor,
            one.bank_ref,
            one.proposed_by,
            one.approved_by,
            one.ended_entry,
            _day(one.arrived_on),
            _day(one.returned_on),
        )


def _spending(table: SpendingTable) -> Iterator[Row]:
    for row in sorted(table.rows, key=lambda row: (row.code == "unclassified", row.code)):
        yield (
            row.code,
            row.name.zh,
            row.name.en or None,
            row.amount_minor,
            row.person_times,
            row.persons,
        )


def _exceptions(statement: Statement) -> Iterator[Row]:
    for one in sorted(statement.open.items, key=lambda one: (one.number, one.kind)):
        yield (
            one.number,
            one.kind,
            _day(one.opened_on),
            one.amount_minor,
            one.age_days,
            one.owner,
            one.state,
            one.plan or None,
            _day(one.until),
        )


def _day(on: object) -> str | None:
    return None if on is None else str(on)


def write_register(folder: Path, register: Register, rows: Iterable[Row]) -> RegisterFile:
    """Write a register, row by row.

    Args:
        folder: Where to.
        register: Which.
        rows: In the order of the file; they are read once.

    Returns:
        The file.
    """
    path = folder / register.file
    texts = [at for at, column in enumerate(register.columns) if column.type == "string"]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(BYTE_ORDER_MARK)
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([column.name for column in register.columns])
        for row in rows:
            writer.writerow(_safe(row, texts))
            count += 1
    with path.open("rb") as written:
        digest = file_digest(written, "sha256").hexdigest()
    return RegisterFile(register, path, count, path.stat().st_size, digest)


def _safe(row: Row, texts: Sequence[int]) -> Row | list[Cell]:
    """Return a row of which no text can run as a formula.

    Args:
        row: Its numbers, days and times are ours.
        texts: Places of its texts.
    """
    cells: Row | list[Cell] = row
    for at in texts:
        cell = row[at]
        if isinstance(cell, str) and (safe := guarded(cell)) is not cell:
            cells = list(cells)
            cells[at] = safe
    return cells


def datapackage(number: str, commodity: str, files: Sequence[RegisterFile]) -> bytes:
    """Describe the registers: columns with Chinese titles, units, rows and digests.

    Args:
        number: Of the statement.
        commodity: Of the amounts.
        files: All registers, by name.

    Returns:
        Canonical JSON, a Frictionless data package.
    """
    package: dict[str, Any] = {
        "name": number.lower(),
        "profile": "tabular-data-package",
        "unit": f"minor units of {commodity}",
        "resources": [
            {
                "name": one.register.file.removesuffix(".csv"),
                "path": one.register.file,
                "title": f"{one.register.title.zh} {one.register.title.en}",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "header": True},
                "bytes": one.size,
                "hash": f"sha256:{one.sha256}",
                "rows": one.rows,
                "schema": {"fields": [column._asdict() for column in one.register.columns]},
            }
            for one in files
        ],
    }
    return rfc8785.dumps(package)


def record(file: RegisterFile, url: str) -> AttachmentRecord:
    """Describe a register as section 13 lists it.

    Args:
        file: As written.
        url: Where a file too large to embed is served.

    Returns:
        Its record; `url` is kept only where it is not embedded.
    """
    return AttachmentRecord(
        file.register.file,
        file.register.title,
        file.rows,
        file.size,
        file.sha256,
        "Data",
        url if file.size > EMBEDDED_MAX else "",
    )
