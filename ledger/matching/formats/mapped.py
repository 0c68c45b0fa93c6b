"""Read any CSV or workbook through a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from ledger.errors import AmountError, FileFormatError
from ledger.matching.formats import mappings, workbooks
from ledger.matching.formats.assembly import by_account
from ledger.matching.formats.mappings import Mapping
from ledger.matching.formats.sheets import (
    YEARS,
    Record,
    Row,
    check_size,
    decode,
    plain,
    records,
    rows_under,
    serial_time,
)
from ledger.matching.formats.words import CURRENCIES, kind_of
from ledger.matching.lines import (
    BankFile,
    BankLine,
    check_chain,
    count_twins,
    normalise_text,
    references_in,
)
from ledger.money import parse_amount

FORMAT_PREFIX = "mapping:"

NO_NUMBER = frozenset(("", "-", "--", "/", "无"))
"""What stands in a column of numbers where there is none."""

_DIGITS = {
    "Y": "4",
    "y": "2",
    "m": "1,2",
    "d": "1,2",
    "H": "1,2",
    "M": "1,2",
    "S": "1,2",
    "f": "1,9",
}
_FIXED = _DIGITS | dict.fromkeys("mdHMS", "2")
_ZONE = r"[+-]\d{2}:?\d{2}|Z"
_OF_WORKBOOK = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?: (\d{2}):(\d{2}):(\d{2}))?", re.ASCII)
_SHORT_YEAR_BASE = 2000


def read(name: str, data: bytes, mapping: Mapping) -> tuple[BankFile, ...]:
    """Read a sheet as a mapping says, and prove that every statement adds up.

    Args:
        name: File name for errors.
        data: The whole file: text or a workbook, at most 20 MiB.
        mapping: What its columns mean.

    Returns:
        One statement for each account and currency, at least one.

    Raises:
        FieldError: The mapping is wrong in itself.
        FileFormatError: The file does not fit the mapping, or has a fault; fields `file`, `line`,
            `field`, `reason`, and `cell` for a workbook.
        BalanceTieError: The balances do not follow from each other.
        TooLargeError: Beyond a limit.
    """
    found = read_unproved(name, data, mapping)
    for file in found:
        check_chain(file, name)
    return found


def read_unproved(name: str, data: bytes, mapping: Mapping) -> tuple[BankFile, ...]:
    """Read a sheet like `read`, but leave it to the caller to prove each statement.

    Args:
        name: File name for errors.
        data: The whole file.
        mapping: What its columns mean.

    Returns:
        One statement for each account and currency, at least one.

    Raises:
        FieldError: The mapping is wrong in itself.
        FileFormatError: The file does not fit the mapping, or has a fault.
        TooLargeError: Beyond a limit.
    """
    mappings.check(mapping)
    check_size(name, data)
    label, given = _table(name, data, mapping)
    lines = lines_under(label, given[0], given[1:], mapping)
    if not lines:
        raise FileFormatError(file=label, line=given[0].line, field="row", reason="no-lines")
    return count_twins(by_account(FORMAT_PREFIX + mapping.name, lines))


def _table(name: str, data: bytes, mapping: Mapping) -> tuple[str, Sequence[Record]]:
    """Return the records from the header on, and what to call the table in errors.

    Raises:
        FileFormatError: No sheet has the mapped columns where the header should be, or several.
    """
    if workbooks.is_workbook(data):
        sheets = [(sheet.name, sheet.records) for sheet in workbooks.visible_sheets(name, data)]
    else:
        text = decode(name, data, mapping.encoding)
        sheets = [(name, records(name, text, delimiter=mapping.delimiter))]
    fitting = [
        (label, given[mapping.skip_rows :])
        for label, given in sheets
        if len(given) > mapping.skip_rows and not _missing(given[mapping.skip_rows], mapping)
    ]
    if len(fitting) > 1:
        raise FileFormatError(file=name, line=0, field="workbook", reason="several-sheets")
    if fitting:
        return fitting[0]
    label, given = sheets[0]
    if len(given) <= mapping.skip_rows:
        raise FileFormatError(file=label, line=0, field="skip_rows", reason="no-header")
    header = given[mapping.skip_rows]
    missing = _missing(header, mapping)[0]
    raise FileFormatError(file=label, line=header.line, field=missing, reason="missing-column")


def _missing(header: Record, mapping: Mapping) -> list[str]:
    there = {plain(cell) for cell in header.cells}
    return [name for name in mapping.columns() if plain(name) not in there]


def lines_under(
    name: str,
    header: Record,
    given: Iterable[Record],
    mapping: Mapping,
    *,
    padded: bool = False,
) -> list[BankLine]:
    """Read the rows under a header as a mapping says.

    Args:
        name: File name for errors.
        header: Has every column of the mapping.
        given: Records after it.
        mapping: Found right by `mappings.check`.
        padded: Whether short rows lack only empty cells.

    Returns:
        Lines in the order of the file; balances not yet checked.

    Raises:
        FileFormatError: A row or a value is wrong.
    """
    starts = tuple(plain(start) for start in mapping.ignored_starts)
    kept = [record for record in given if not (starts and _start(record).startswith(starts))]
    rows = list(rows_under(name, header, kept, plain, padded=padded))
    for row in rows:
        if any("\x00" in cell for cell in row.cells.values()):
            raise row.wrong("row", "nul-character")
    _check_identifiers(rows, mapping)
    return [_line(row, mapping) for row in rows]


def _start(record: Record) -> str:
    return next((plain(cell) for cell in record.cells if cell.strip()), "")


def _line(row: Row, mapping: Mapping) -> BankLine:
    commodity = _commodity(row, mapping)
    word = row.text(plain(mapping.bank_word))
    texts = [word, *(row.text(plain(column)) for column in mapping.text)]
    balance = plain(mapping.balance)
    searched = [*texts, *(row.text(plain(column)) for column in mapping.references)]
    return BankLine(
        line_no=row.line,
        account=_account(row, mapping),
        booked_at=_booked_at(row, mapping),
        amount_minor=_signed(row, mapping, commodity),
        commodity=commodity,
        balance_minor=amount(row, balance, mapping, commodity) if balance else None,
        bank_id=_identifier(row, mapping),
        references=references_in(*searched),
        counterparty=normalise_text(row.text(plain(mapping.counterparty))),
        text=normalise_text(" ".join(texts)),
        kind=kind_of(word),
    )


def _commodity(row: Row, mapping: Mapping) -> str:
    if not mapping.currency_column:
        return mapping.currency
    column = plain(mapping.currency_column)
    commodity = CURRENCIES.get(row.text(column).upper())
    if commodity is None:
        raise row.wrong(column, "unknown-currency")
    return commodity


def _account(row: Row, mapping: Mapping) -> str:
    if not mapping.account_column:
        return mapping.account
    return row.identifier_needed(plain(mapping.account_column))


def _identifier(row: Row, mapping: Mapping) -> str | None:
    """Return the bank's number of a line; one that has a part of zeros or dashes is none."""
    parts = [row.identifier(plain(column)) or "" for column in mapping.id]
    missing = any(part in NO_NUMBER or not part.strip("0") for part in parts)
    return None if missing or not parts else "-".join(parts)


def _check_identifiers(rows: Iterable[Row], mapping: Mapping) -> None:
    seen: set[str] = set()
    for row in rows:
        number = _identifier(row, mapping)
        if number in seen:
            raise row.wrong(plain(mapping.id[-1]), "twice")
        if number is not None:
            seen.add(number)


# --- amounts -----------------------------------------------------------------------------------------


def _signed(row: Row, mapping: Mapping, commodity: str) -> int:
    """Return the amount with our sign.

    Raises:
        FileFormatError: None, in and out at once, or a direction that the mapping does not know.
    """
    if mapping.sign in {"columns", "columns-only"}:
        return _of_columns(row, mapping, commodity)
    column = plain(mapping.amount)
    minor = amount(row, column, mapping, commodity)
    if minor is None:
        raise row.wrong(column, "missing")
    if mapping.sign == "plus-in":
        return minor
    if mapping.sign == "plus-out":
        return -minor
    size = abs(minor) if mapping.sign == "direction-only" else minor
    return size if _comes_in(row, mapping) else -size


def _comes_in(row: Row, mapping: Mapping) -> bool:
    column = plain(mapping.direction)
    word = row.text(column).upper()
    if word in {one.upper() for one in mapping.in_words}:
        return True
    if word in {one.upper() for one in mapping.out_words}:
        return False
    raise row.wrong(column, "unknown-direction")


def _of_columns(row: Row, mapping: Mapping, commodity: str) -> int:
    column = plain(mapping.money_in)
    in_minor = amount(row, column, mapping, commodity)
    out_minor = amount(row, plain(mapping.money_out), mapping, commodity)
    if in_minor is None and out_minor is None:
        raise row.wrong(column, "no-amount")
    if in_minor and out_minor:
        raise row.wrong(column, "in-and-out")
    if mapping.sign == "columns-only":
        return abs(in_minor or 0) - abs(out_minor or 0)
    return (in_minor or 0) - (out_minor or 0)


def amount(row: Row, column: str, mapping: Mapping, commodity: str) -> int | None:
    """Read a cell as an amount in the mapping's way of writing.

    A number of a workbook has a point, whatever the mapping says of texts. A sign may stand only in
    front; whatever else people write (a minus behind, parentheses, full-width digits) is refused,
    because guessing there means guessing which way the money went.

    Args:
        row: The row.
        column: Plain name.
        mapping: Its decimal and thousands signs.
        commodity: Decides the digits after the point.

    Returns:
        Minor units; None for an empty cell.

    Raises:
        FileFormatError: Not an amount, too fine or too large.
    """
    text = row.text(column)
    if text in NO_NUMBER:
        return None
    if not row.is_number(column):
        if not _shape(mapping.decimal, mapping.thousands).fullmatch(text):
            raise row.wrong(column, "not-an-amount")
        text = text.replace(mapping.thousands, "") if mapping.thousands else text
        text = text.replace(mapping.decimal, ".")
    try:
        return parse_amount(text, commodity)
    except AmountError as error:
        raise row.wrong(column, str(error.fields["reason"])) from error


@lru_cache(maxsize=32)
def _shape(decimal: str, thousands: str) -> re.Pattern[str]:
    point, comma = re.escape(decimal), re.escape(thousands)
    grouped = rf"\d{{1,3}}(?:{comma}\d{{3}})+|\d+" if thousands else r"\d+"
    return re.compile(rf"[+-]?(?:{grouped})(?:{point}\d+)?", re.ASCII)


# --- times -------------------------------------------------------------------------------------------


def _booked_at(row: Row, mapping: Mapping) -> datetime:
    column = plain(mapping.date)
    at = _day(row, column, mapping)
    if mapping.time:
        at = datetime.combine(at.date(), _time_of_day(row, mapping), at.tzinfo)
    if at.year not in YEARS:
        raise row.wrong(column, "not-a-time")
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(mapping.zone))


def _day(row: Row, column: str, mapping: Mapping) -> datetime:
    text = row.text(column)
    if not text:
        raise row.wrong(column, "missing")
    if row.is_number(column):
        serial = serial_time(text, row.epoch)
        if serial is not None:
            return serial
    shown = _OF_WORKBOOK.fullmatch(text) if row.epoch is not None else None
    try:
        if shown is not None:
            return datetime(*(int(part or 0) for part in shown.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
        return moment(text, mapping.date_format)
    except (ValueError, OverflowError) as error:
        raise row.wrong(column, "not-a-time") from error


def _time_of_day(row: Row, mapping: Mapping) -> time:
    column = plain(mapping.time)
    text = row.text(column)
    if text in NO_NUMBER:
        return time()
    try:
        if row.is_number(column) and Decimal(text) < 1:
            seconds = round(Decimal(text) * 86_400)
            return (datetime.min + timedelta(seconds=seconds)).time()  # noqa: DTZ901
        shown = row.epoch is not None and re.fullmatch(r"\d{2}:\d{2}:\d{2}", text, re.ASCII)
        return moment(text, "%H:%M:%S" if shown else mapping.time_format).time()
    except (ValueError, OverflowError) as error:
        raise row.wrong(column, "not-a-time") from error


def moment(text: str, date_format: str) -> datetime:
    """Read a text by a format; parts that it lacks are those of 2000-01-01 at midnight.

    Raises:
        ValueError: It does not fit, or there is no such day or time.
    """
    found = _pattern(date_format).fullmatch(text)
    if found is None:
        raise ValueError(date_format)
    parts = found.groupdict()
    year = int(parts.get("Y") or _SHORT_YEAR_BASE + int(parts.get("y") or 0))
    numbers = [int(parts.get(part) or 1) for part in "md"]
    clock = [int(parts.get(part) or 0) for part in "HMS"]
    at = datetime(year, *numbers, *clock)  # type: ignore[arg-type]  # noqa: DTZ001 - the caller has the zone
    return at.replace(tzinfo=_offset(parts["z"])) if parts.get("z") else at


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-size if text[0] == "-" else size)


@lru_cache(maxsize=64)
def _pattern(date_format: str) -> re.Pattern[str]:
    """Return the pattern of a format; numbers that touch the next one have all their digits."""
    pieces = list(_pieces(date_format))
    made = []
    for at, (name, literal) in enumerate(pieces):
        if name == "z":
            made.append(f"(?P<z>{_ZONE})")
        elif name:
            touching = any(
                0 <= near < len(pieces) and pieces[near][0] not in {"", "z"}
                for near in (at - 1, at + 1)
            )
            made.append(rf"(?P<{name}>\d{{{(_FIXED if touching else _DIGITS)[name]}}})")
        else:
            made.append(r"\s+" if literal.isspace() else re.escape(literal))
    return re.compile("".join(made), re.ASCII)


def _pieces(date_format: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"%(.)|(\s+|[^%])", date_format):
        yield found[1] or "", found[2] or ""
