"""The spending sheet: bytes to rows. All rows or none."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from ledger.errors import AmountError, FieldError, FileFormatError
from ledger.journal.accounts import UNCLASSIFIED
from ledger.money import AMOUNT_MAX, parse_amount
from ledger.spending.lists import DISEASES, GROUPS

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
BYTES_MAX = 20 * 1024 * 1024
ROWS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class SpendRow:
    """What was paid for one disease, group and batch.

    Attributes:
        line_no: Line of the file, from 1.
        spent_on: Day of the payment.
        disease: Code of the list, or `Unclassified`.
        people: Code of the group, or `Unclassified`.
        provider: Who was paid: an institution.
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


def read_sheet(name: str, data: bytes) -> list[SpendRow]:
    """Read a spending sheet.

    Args:
        name: Of the file, for errors.
        data: UTF-8 CSV with the header of `COLUMNS`, with or without byte-order mark.

    Returns:
        Its rows.

    Raises:
        FileFormatError: Anything that is not as it should be; names file, line and field.
    """
    if len(data) > BYTES_MAX:
        raise FileFormatError(file=name, line=0, field="", reason="too-large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileFormatError(file=name, line=line, field="", reason="not-utf-8") from error
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise FileFormatError(
                file=name, line=1, field="header", reason="columns", expected=",".join(COLUMNS)
            )
        rows: list[SpendRow] = []
        for row in reader:
            if len(rows) >= ROWS_MAX:
                raise FileFormatError(
                    file=name, line=reader.line_num, field="", reason="too-many-rows"
                )
            rows.append(_row(name, reader.line_num, row))
    except csv.Error as error:
        raise FileFormatError(
            file=name, line=reader.line_num, field="", reason="bad-quoting"
        ) from error
    if not rows:
        raise FileFormatError(file=name, line=1, field="", reason="empty")
    return rows


COUNT_DIGITS_MAX = 9
TEXT_CHARS_MAX = {"provider": 80, "batch": 40, "reference": 80}


def _row(name: str, line_no: int, row: dict[str, str | None]) -> SpendRow:
    """Check one row; a `FieldError` names field and reason, and this adds where it stands.

    Raises:
        FileFormatError: The row is not as it should be.
    """
    if None in row or None in row.values():
        raise FileFormatError(file=name, line=line_no, field="", reason="column-count")
    cells = {key: (value or "").strip() for key, value in row.items()}
    try:
        _check_codes(cells)
        _check_texts(cells)
        persons, person_times = _counts(cells)
        return SpendRow(
            line_no,
            _day(cells["spent_on"]),
            cells["disease"],
            cells["group"],
            cells["provider"],
            cells["batch"],
            persons,
            person_times,
            _amount(cells["amount_cny"]),
            cells["reference"],
        )
    except FieldError as error:
        field = str(error.fields["field"])
        raise FileFormatError(
            file=name,
            line=line_no,
            field=field,
            reason=error.fields["reason"],
            value=cells[field][:40],
        ) from error


def _check_codes(cells: dict[str, str]) -> None:
    for field, known in (("disease", DISEASES), ("group", GROUPS)):
        if cells[field] not in known and cells[field] != UNCLASSIFIED:
            raise FieldError(field=field, reason="not-on-the-list")


def _check_texts(cells: dict[str, str]) -> None:
    for field, longest in TEXT_CHARS_MAX.items():
        text = cells[field]
        if not text or len(text) > longest or not text.isprintable():
            raise FieldError(field=field, reason="not-a-text" if text else "missing")


def _counts(cells: dict[str, str]) -> tuple[int, int]:
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
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(field="spent_on", reason="not-a-date") from error
