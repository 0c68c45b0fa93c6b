"""The spending sheet: records of text to rows. All rows or none; what is wrong is told for every row.

Bytes become records elsewhere, whether they are CSV or a workbook. The rows that are wrong are given back as a sheet
with the reason in a column more, which this reader ignores: it can be corrected and sent again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ledger.cells import FORMULA_STARTS, guarded
from ledger.errors import AmountError, FieldError, FileFormatError
from ledger.funds.lists import Lists
from ledger.journal.accounts import UNCLASSIFIED
from ledger.money import AMOUNT_MAX, parse_amount
from ledger.privacy.numbers import check_public

COLUMNS = (
    "spent_on",
    "disease",
    "group",
    "provider",
    "batch",
    "persons",
    "person_times",
    "amount_cny",
    "reference",
)
TITLES = ("日期", "病种", "人群", "供应方", "批次", "人数", "人次", "金额", "付款编号")
"""The same columns as an officer's sheet has them."""

REASON = "reason"
ROWS_MAX = 100_000
CELLS_MAX = 40
"""Records with more cells are no rows of this sheet."""

HEADER_WITHIN = 20
"""A title may stand above the header."""

FAULTS_MAX = 5_000
"""Rows that are wrong and told; more of them is another file."""


@dataclass(frozen=True, slots=True)
class SpendRow:
    """What was paid for one disease, group and batch.

    Attributes:
        line_no: Line of the file, from 1.
        spent_on: Day of the payment.
        disease: Code of the list, or `Unclassified`.
        people: Code of the group, or `Unclassified`.
        provider: Who was paid: an institution; a code where the fund has a list of providers.
        batch: Of the medicine.
        persons: Distinct people.
        person_times: Visits.
        amount_minor: Fen.
        reference: Of the payment, as on the bank line.
    """

    line_no: int
    spent_on: date
    disease: str
    people: str
    provider: str
    batch: str
    persons: int
    person_times: int
    amount_minor: int
    reference: str


class Fault(NamedTuple):
    """A row that is not as it should be.

    Attributes:
        line_no: Line of the file, from 1.
        field: Column.
        reason: Code.
        value: The cell, cut.
        cells: All cells of the row, in the order of `COLUMNS`.
    """

    line_no: int
    field: str
    reason: str
    value: str
    cells: tuple[str, ...]


class Reading(NamedTuple):
    """A sheet as read.

    Attributes:
        rows: Those that are as they should be.
        faults: The others; the sheet is taken only when there are none.
    """

    rows: list[SpendRow]
    faults: list[Fault]


Record = tuple[int, Sequence[str]]
"""Line and cells."""


def read_records(name: str, records: Iterable[Record], lists: Lists) -> Reading:
    """Read a spending sheet.

    Args:
        name: Of the file, for errors.
        records: Its lines.
        lists: What the fund's lists hold now.

    Returns:
        Rows and faults.

    Raises:
        FileFormatError: No header, no rows, or too many.
    """
    found = Reading([], [])
    places: list[int] | None = None
    last = 0
    for last, cells in records:
        if places is None:
            places = _header(cells)
            if places is None and last > HEADER_WITHIN:
                break
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(found.rows) + len(found.faults) >= ROWS_MAX or len(found.faults) >= FAULTS_MAX:
            raise FileFormatError(file=name, line=last, field="", reason="too-many-rows")
        _read(found, last, [_cell(cells, at) for at in places], lists)
    if places is None:
        raise FileFormatError(
            file=name, line=1, field="header", reason="columns", expected=",".join(COLUMNS)
        )
    if not found.rows and not found.faults:
        raise FileFormatError(file=name, line=last, field="", reason="empty")
    return found


def _header(cells: Sequence[str]) -> list[int] | None:
    """Return where each column stands; None for a record that is not the header."""
    names = [cell.strip() for cell in cells[:CELLS_MAX]]
    for wanted in (COLUMNS, TITLES):
        if all(names.count(name) == 1 for name in wanted):
            return [names.index(name) for name in wanted]
    return None


def _cell(cells: Sequence[str], at: int) -> str:
    text = cells[at].strip() if at < len(cells) else ""
    # What we gave back ourselves has a quote before what could be a formula.
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA_STARTS else text


def _read(found: Reading, line_no: int, cells: Sequence[str], lists: Lists) -> None:
    try:
        found.rows.append(row_of(line_no, dict(zip(COLUMNS, cells, strict=True)), lists))
    except FieldError as error:
        field = str(error.fields["field"])
        value = cells[COLUMNS.index(field)][:40]
        found.faults.append(
            Fault(line_no, field, str(error.fields["reason"]), value, tuple(cells))
        )


def first_fault(name: str, reading: Reading) -> None:
    """Hold that a sheet has no faults.

    Args:
        name: Of the file.
        reading: The sheet.

    Raises:
        FileFormatError: It has; names file, line, field and reason of the first.
    """
    for one in reading.faults:
        raise FileFormatError(
            file=name, line=one.line_no, field=one.field, reason=one.reason, value=one.value
        )


def faults_csv(
    faults: Iterable[Fault], told: Mapping[tuple[str, str], str] | None = None
) -> bytes:
    """Write the rows that are wrong as a sheet that can be corrected and sent again.

    Args:
        faults: Rows.
        told: By field and reason, a sentence for the last column; the codes where there is none.

    Returns:
        CSV, UTF-8 with byte-order mark, CRLF.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((*COLUMNS, REASON))
    for one in faults:
        why = (told or {}).get((one.field, one.reason), f"{one.field}: {one.reason}")
        writer.writerow([guarded(cell) for cell in (*one.cells, why)])
    return text.getvalue().encode("utf-8-sig")


COUNT_DIGITS_MAX = 9
TEXT_CHARS_MAX = {"provider": 80, "batch": 40, "reference": 80}


def row_of(line_no: int, cells: Mapping[str, str], lists: Lists) -> SpendRow:
    """Check one row.

    Args:
        line_no: Line of the file; 0 for one that was typed.
        cells: Trimmed texts by `COLUMNS`.
        lists: What the fund's lists hold now.

    Returns:
        The row.

    Raises:
        FieldError: Something is not as it should be; names field and reason.
    """
    disease = _code(lists, "disease", cells["disease"], "disease")
    people = _code(lists, "group", cells["group"], "group")
    _check_texts(cells)
    persons, person_times = _counts(cells)
    return SpendRow(
        line_no,
        _day(cells["spent_on"]),
        disease,
        people,
        provider_of(lists, cells["provider"]),
        cells["batch"],
        persons,
        person_times,
        _amount(cells["amount_cny"]),
        cells["reference"],
    )


def _code(lists: Lists, name: str, text: str, field: str) -> str:
    """Return the code that a cell names, by the code itself or by a name on the list.

    Raises:
        FieldError: It names none.
    """
    if text in (UNCLASSIFIED, "未分类"):
        return UNCLASSIFIED
    found = lists.find(name, text)
    if found is None:
        lists.check(name, text, field=field)
    return found or text


def provider_of(lists: Lists, text: str) -> str:
    """Return a provider as entries have it: by its code where the fund has a list, else as it is written.

    Args:
        lists: The fund's.
        text: As given.

    Returns:
        What the entry says.

    Raises:
        FieldError: The fund has a list, and this is not on it.
    """
    if not lists.active("provider"):
        return text
    found = lists.find("provider", text)
    if found is None:
        lists.check("provider", text, field="provider")
    return found or text


def _check_texts(cells: Mapping[str, str]) -> None:
    for field, longest in TEXT_CHARS_MAX.items():
        text = cells[field]
        if not text or len(text) > longest or not text.isprintable():
            raise FieldError(field=field, reason="not-a-text" if text else "missing")
    # A payment's reference is a number of its own; who was paid is printed.
    check_public("provider", cells["provider"])


def _counts(cells: Mapping[str, str]) -> tuple[int, int]:
    for field in ("persons", "person_times"):
        text = cells[field]
        if not text.isascii() or not text.isdigit() or len(text) > COUNT_DIGITS_MAX:
            raise FieldError(field=field, reason="not-an-integer")
    persons, person_times = int(cells["persons"]), int(cells["person_times"])
    if person_times < persons:
        raise FieldError(field="person_times", reason="fewer-than-persons")
    return persons, person_times


def _amount(text: str) -> int:
    try:
        amount = parse_amount(text, "CNY")
    except AmountError as error:
        raise FieldError(field="amount_cny", reason=error.fields["reason"]) from error
    if not 0 < amount <= AMOUNT_MAX:
        raise FieldError(field="amount_cny", reason="not-positive")
    return amount


def _day(text: str) -> date:
    try:
        # A workbook's day comes with a midnight.
        return date.fromisoformat(text.removesuffix(" 00:00:00").replace("/", "-"))
    except ValueError as error:
        raise FieldError(field="spent_on", reason="not-a-date") from error
