"""Read WeChat Pay's fund bill 资金账单: every movement of a merchant's account (text, UTF-8)."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.sheets import Record, Row, check_unique, compact, rows_under
from ledger.matching.lines import (
    BankFile,
    BankLine,
    closing_of,
    normalise_text,
    oldest_first,
    opening_of,
    references_in,
)

FORMAT = "wechat_fundflow"
COMMODITY = "CNY"

TIME = "记账时间"
BUSINESS_ID = "微信支付业务单号"
LINE_ID = "资金流水单号"
NAME = "业务名称"
TYPE = "业务类型"
DIRECTION = "收支类型"
AMOUNT = "收支金额"
BALANCE = "账户结余"
REMARK = "备注"
VOUCHER = "业务凭证号"

REQUIRED = (TIME, BUSINESS_ID, LINE_ID, TYPE, DIRECTION, AMOUNT, BALANCE, REMARK)
SUMMARY = ("资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额")

SIGNS = {"收入": 1, "支出": -1}
FEES = ("扣除交易手续费", "手续费", "退还手续费")


@dataclass(frozen=True, slots=True)
class _Totals:
    """What the last line of the bill states; sums in fen."""

    count: int
    in_count: int
    in_minor: int
    out_count: int
    out_minor: int


def recognises(text: str) -> bool:
    """Return whether text starts with the header of this bill."""
    first = text.lstrip().split("\n", 1)[0]
    return set(REQUIRED) <= {compact(cell) for cell in first.split(",")}


def read(name: str, text: str) -> BankFile:
    """Read the fund bill of one account.

    1. Every value has a backtick in front, and commas in remarks are not quoted: a row is split at
    comma + backtick.
    2. Amounts have no sign; 收支类型 says which way the money went.
    3. The last two lines are a summary, which must agree with the lines; without it the file was
    cut.

    Args:
        name: File name for errors.
        text: The whole bill, without byte order marks.

    Returns:
        Lines oldest first, `account` empty, because the bill does not name it. Balances not yet
        checked.

    Raises:
        FileFormatError: A column or a value is wrong, or the summary is missing.
        BalanceTieError: The summary differs from the lines.

    Source:
        Inputs, section 5.3; WeChat Pay, "资金账单" format.
    """
    given = [
        Record(number, cells_of(line))
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip()
    ]
    if not recognises(text):
        raise FileFormatError(file=name, line=1, field="header", reason="not-a-fund-bill")
    if len(given) < 3 or tuple(map(compact, given[-2].cells)) != SUMMARY:  # noqa: PLR2004 - header and summary
        raise FileFormatError(file=name, line=given[-1].line, field="row", reason="cut-off")
    rows = list(rows_under(name, given[0], given[1:-2]))
    check_unique(rows, LINE_ID)
    lines = oldest_first([_line(row) for row in rows])
    _check_totals(name, given[-1].line, _totals(name, given[-2], given[-1]), lines)
    days = sorted(line.booked_at.date() for line in lines)
    return BankFile(
        format=FORMAT,
        account="",
        commodity=COMMODITY,
        opening_minor=opening_of(lines),
        closing_minor=closing_of(lines),
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        lines=lines,
    )


def cells_of(line: str) -> tuple[str, ...]:
    """Split a row of a merchant's bill at comma + backtick; a header at commas."""
    stripped = line.strip()
    if stripped.startswith("`"):
        return tuple(stripped[1:].split(",`"))
    return tuple(stripped.split(","))


def _line(row: Row) -> BankLine:
    amount_minor = row.amount_needed(AMOUNT, COMMODITY)
    if amount_minor < 0:
        raise row.wrong(AMOUNT, "negative")
    sign = SIGNS.get(row.text(DIRECTION))
    if sign is None:
        raise row.wrong(DIRECTION, "unknown-direction")
    remark, voucher = _unescaped(row.text(REMARK)), _unescaped(row.text(VOUCHER))
    return BankLine(
        line_no=row.line,
        account="",
        booked_at=row.instant(TIME),
        amount_minor=sign * amount_minor,
        commodity=COMMODITY,
        balance_minor=row.amount_needed(BALANCE, COMMODITY),
        bank_id=row.identifier_needed(LINE_ID),
        references=references_in(row.identifier(BUSINESS_ID) or "", remark, voucher),
        counterparty="",
        text=normalise_text(f"{row.text(NAME)} {remark} {voucher}"),
        kind="fee" if row.text(TYPE) in FEES else "ordinary",
    )


def _unescaped(text: str) -> str:
    # Line ends in remarks are spelled out; left in, their letter would grow onto a reference.
    return text.replace("\\r", " ").replace("\\n", " ")


def _totals(name: str, header: Record, record: Record) -> _Totals:
    row = next(rows_under(name, header, [record]))
    counts = {}
    for field in ("资金流水总笔数", "收入笔数", "支出笔数"):
        whole, _, fraction = row.text(field).partition(".")
        if not (whole.isascii() and whole.isdigit() and len(whole) < 10) or fraction.strip("0"):  # noqa: PLR2004
            raise row.wrong(field, "not-a-count")
        counts[field] = int(whole)
    return _Totals(
        count=counts["资金流水总笔数"],
        in_count=counts["收入笔数"],
        in_minor=row.amount_needed("收入金额", COMMODITY),
        out_count=counts["支出笔数"],
        out_minor=row.amount_needed("支出金额", COMMODITY),
    )


def _check_totals(name: str, line_no: int, stated: _Totals, lines: tuple[BankLine, ...]) -> None:
    ins = [line.amount_minor for line in lines if line.amount_minor > 0]
    outs = [-line.amount_minor for line in lines if line.amount_minor < 0]
    counted = _Totals(len(lines), len(ins), sum(ins), len(outs), sum(outs))
    if counted != stated:
        raise BalanceTieError(
            file=name, line=line_no, field="summary", expected=str(counted), found=str(stated)
        )
