"""The spending sheet: bytes to rows. All rows or none."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from ledger.errors import AmountError, FileFormatError
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


def _row(name: str, line_no: int, row: dict[str, str | None]) -> SpendRow:
    def refuse(field: str, reason: str) -> FileFormatError:
        return FileFormatError(
            file=name, line=line_no, field=field, reason=reason, value=str(row.get(field))[:40]
        )

    if None in row or None in row.values():
        raise FileFormatError(file=name, line=line_no, field="", reason="column-count")
    cells = {key: (value or "").strip() for key, value in row.items()}
    for field, known in (("disease", DISEASES), ("group", GROUPS)):
        if cells[field] not in known and cells[field] != UNCLASSIFIED:
            raise refuse(field, "not-on-the-list")
    for field, longest in (("provider", 80), ("batch", 40), ("reference", 80)):
        if not cells[field] or len(cells[field]) > longest or not cells[field].isprintable():
            raise refuse(field, "missing" if not cells[field] else "not-a-text")
    counts = {}
    for field in ("persons", "person_times"):
        if not cells[field].isascii() or not cells[field].isdigit() or len(cells[field]) > 9:
            raise refuse(field, "not-an-integer")
        counts[field] = int(cells[field])
    if counts["person_times"] < counts["persons"]:
        raise refuse("person_times", "fewer-than-persons")
    try:
        amount = parse_amount(cells["amount_cny"], "CNY")
        spent_on = date.fromisoformat(cells["spent_on"])
    except AmountError as error:
        raise refuse("amount_cny", str(error.fields["reason"])) from error
    except ValueError as error:
        raise refuse("spent_on", "not-a-date") from error
    if not 0 < amount <= AMOUNT_MAX:
        raise refuse("amount_cny", "not-positive")
    return SpendRow(
        line_no,
        spent_on,
        cells["disease"],
        cells["group"],
        cells["provider"],
        cells["batch"],
        counts["persons"],
        counts["person_times"],
        amount,
        cells["reference"],
    )
