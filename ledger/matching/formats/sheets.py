"""Text and tables: bytes to rows of named cells, and cells to exact values.

Every reader here goes the same way: decode, split into records, find the header by its names, take
cells by name. Whatever is wrong is a `FileFormatError` with file, line, field and reason; a cell's
value is not repeated in it, because accounts and names are personal data.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ledger.errors import AmountError, FileFormatError, TooLargeError
from ledger.money import parse_amount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

FILE_BYTES_MAX = 20 * 2**20
"""A month of a busy merchant is a few MiB."""

CHINA = ZoneInfo("Asia/Shanghai")
"""Chinese bills are local time without saying so (inputs, section 1, rule 7)."""

HEADER_WITHIN = 40
"""A header comes after at most this many records of preamble."""

HEADER_CELLS_MAX = 1_000
"""No statement has so many columns; guessing among 100,000 names took 13 seconds, and grows with them."""

YEARS = range(2000, 2100)
"""A statement of another year has a slipped digit."""
_IN_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_UNIT = re.compile(r"/[^/]*$")
_TIME = re.compile(
    r"(\d{4})([-/]?)(\d{2})\2(\d{2})(?:[ T]+(\d{2}):(\d{2})(?::(\d{2}))?)?", re.ASCII
)
_RUINED = re.compile(r"-?\d(?:\.\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
_SERIAL = re.compile(r"(\d{5})(\.\d{1,20})?", re.ASCII)
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a table.

    Attributes:
        line: Line of the text where it ends, or row of the worksheet, from 1.
        cells: As written.
        epoch: Day zero of a workbook's serial dates; None for text, where a number is no date.
        numbers: Places, from 0, of cells that the workbook holds as numbers; their text always has
            a point before the decimals.
    """

    line: int
    cells: tuple[str, ...]
    epoch: date | None = None
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """One row under a header.

    Attributes:
        file: File name for errors.
        line: Line where the row ends, from 1.
        cells: Trimmed cells by the header's name.
        columns: Places of the names, from 0.
        epoch: As in its record.
        numbers: As in its record.
    """

    file: str
    line: int
    cells: Mapping[str, str]
    columns: Mapping[str, int] = field(default_factory=dict)
    epoch: date | None = None
    numbers: frozenset[int] = frozenset()

    def text(self, field: str) -> str:
        """Return a cell, empty if the file has no such column."""
        return self.cells.get(field, "")

    def is_number(self, field: str) -> bool:
        """Return whether a workbook holds the cell as a number."""
        return self.columns.get(field, -1) in self.numbers

    def wrong(self, field: str, reason: str) -> FileFormatError:
        """Return the error for a cell of this row, to be raised; a worksheet's names the cell too."""
        if self.epoch is None or field not in self.columns:
            return FileFormatError(file=self.file, line=self.line, field=field, reason=reason)
        cell = f"{column_letters(self.columns[field])}{self.line}"
        return FileFormatError(
            file=self.file, line=self.line, cell=cell, field=field, reason=reason
        )

    def amount(self, field: str, commodity: str) -> int | None:
        """Read a cell as an exact decimal amount.

        Args:
            field: Column.
            commodity: Decides the digits after the point.

        Returns:
            Minor units; None for an empty cell.

        Raises:
            FileFormatError: Not an amount, too fine or too large.
        """
        text = self.text(field)
        if not text:
            return None
        try:
            return parse_amount(text, commodity)
        except AmountError as error:
            raise self.wrong(field, str(error.fields["reason"])) from error

    def amount_needed(self, field: str, commodity: str) -> int:
        """Return a cell as minor units; it must be there.

        Raises:
            FileFormatError: Empty, not an amount, too fine or too large.
        """
        value = self.amount(field, commodity)
        if value is None:
            raise self.wrong(field, "missing")
        return value

    def instant(self, field: str) -> datetime:
        """Read a cell as Chinese local time.

        Known are `20261103 09:00:00`, `2026-11-03 09:00:00`, and a day alone; in a workbook also
        the serial number of a day.

        Returns:
            Aware, in Asia/Shanghai.

        Raises:
            FileFormatError: Not a time of the years 2000 to 2099.
        """
        serial = serial_time(self.text(field), self.epoch) if self.is_number(field) else None
        if serial is not None:
            return serial.replace(tzinfo=CHINA)
        found = _TIME.fullmatch(self.text(field))
        if found is None:
            raise self.wrong(field, "not-a-time")
        year, _, *rest = found.groups()
        numbers = [int(year), *(int(part or 0) for part in rest)]
        try:
            at = datetime(*numbers, tzinfo=CHINA)  # type: ignore[arg-type,misc]
        except ValueError as error:
            raise self.wrong(field, "not-a-time") from error
        if at.year not in YEARS:
            raise self.wrong(field, "not-a-time")
        return at

    def identifier(self, field: str) -> str | None:
        """Read a cell that is a number of an account or a line, kept as text.

        Returns:
            The text; None for an empty cell.

        Raises:
            FileFormatError: The number was ruined by a spreadsheet (`2.02E+27`), or is longer than
                128 characters.
        """
        text = self.text(field)
        if _RUINED.fullmatch(text):
            raise self.wrong(field, "ruined-number")
        if len(text) > 128:  # noqa: PLR2004 - far beyond any bank's numbers, short enough for an index
            raise self.wrong(field, "too-long")
        return text or None

    def identifier_needed(self, field: str) -> str:
        """Return a number, as text, that must be there.

        Raises:
            FileFormatError: Empty, ruined or too long.
        """
        text = self.identifier(field)
        if text is None:
            raise self.wrong(field, "missing")
        return text


def check_size(file: str, data: bytes) -> None:
    """Refuse a file above `FILE_BYTES_MAX` before anything else looks at it.

    Raises:
        TooLargeError: It is; fields `file`, `limit` (bytes), `found`.
    """
    if len(data) > FILE_BYTES_MAX:
        raise TooLargeError(file=file, what="file", limit=FILE_BYTES_MAX, found=len(data))


def decode(file: str, data: bytes, encoding: str = "auto") -> str:
    """Turn bytes into text: what a byte order mark says, else UTF-8 if they are, else GB18030.

    Chinese text in GB18030 is practically never valid UTF-8, so the order decides; the header is
    looked for afterwards anyway. Marks at the start (BOM), of which WeChat Pay may write two, are
    dropped. A file that says what it is and then is not is refused: it was glued together.

    Args:
        file: File name for errors.
        data: The whole file.
        encoding: Of a file without a mark, where somebody knows it.

    Returns:
        Text without byte order marks at its start.

    Raises:
        FileFormatError: No encoding fits, or another than the mark says.
    """
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if marked is not None:
        return _decoded(file, data, marked, f"not-{marked}")
    if encoding != "auto":
        return _decoded(file, data, encoding, f"not-{encoding}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(file, data, "gb18030", "not-utf-8-nor-gb18030")


def _decoded(file: str, data: bytes, encoding: str, reason: str) -> str:
    try:
        return data.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileFormatError(file=file, line=line, field="encoding", reason=reason) from error


def column_letters(index: int) -> str:
    """Return how a spreadsheet calls a column: 0 is A, 26 is AA."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def serial_time(text: str, epoch: date | None) -> datetime | None:
    """Read the serial number of a day, as workbooks hold dates whose cells are not formatted.

    Args:
        text: Five digits, perhaps with a fraction of the day.
        epoch: Day zero; None for text files, where numbers are no dates.

    Returns:
        Naive local time to the second; None if it is no serial number of the years 2000 to 2099.
    """
    found = _SERIAL.fullmatch(text)
    if epoch is None or found is None:
        return None
    seconds = round(Decimal(f"0{found[2] or ''}") * _SECONDS_OF_A_DAY)
    at = datetime.combine(epoch, datetime.min.time()) + timedelta(
        days=int(found[1]), seconds=seconds
    )
    return at if at.year in YEARS else None


def compact(name: str) -> str:
    """Return a header cell without spaces, parentheses and units.

    Of `借方发生额/元(支取)` that is the first word.

    Source:
        Inputs, section 6.5, last paragraph.
    """
    plain = "".join(unicodedata.normalize("NFKC", name).split())
    return _UNIT.sub("", _IN_PARENTHESES.sub("", plain))


def records(file: str, text: str, *, delimiter: str = ",", strict: bool = True) -> list[Record]:
    """Return the records of CSV text; blank ones are left out.

    Args:
        file: File name for errors.
        text: The whole text.
        delimiter: Between cells.
        strict: Whether text after a closing quote is a fault; WeChat Pay writes tabs there.

    Raises:
        FileFormatError: Quotes do not close, or a cell is longer than 128 KiB.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    found = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(Record(reader.line_num, tuple(cells)))  # noqa: PERF401 - line_num moves with the reader
    except csv.Error as error:
        raise FileFormatError(
            file=file, line=reader.line_num, field="row", reason="broken-csv"
        ) from error
    return found


def plain(name: str) -> str:
    """Return a header cell without spaces, in half width; parentheses and units stay.

    Needed where only they tell columns apart: `记账金额(收入)` and `记账金额(支出)`.
    """
    return "".join(unicodedata.normalize("NFKC", name).split())


def header_at(
    given: Sequence[Record], required: Iterable[str], naming: Callable[[str], str] = compact
) -> int | None:
    """Find the header: the first record that has all required names.

    Only the first `HEADER_WITHIN` records are looked at.

    Args:
        given: Records of the file.
        required: Names as `naming` makes them.
        naming: `compact` or `plain`.

    Returns:
        Its index in `given`, or None.
    """
    needed = set(required)
    for index, record in enumerate(given[:HEADER_WITHIN]):
        if len(record.cells) > HEADER_CELLS_MAX:
            continue
        if needed <= {naming(cell) for cell in record.cells}:
            return index
    return None


def rows_under(
    file: str,
    header: Record,
    given: Iterable[Record],
    naming: Callable[[str], str] = compact,
    *,
    padded: bool = False,
) -> Iterator[Row]:
    """Name the cells of records by their header.

    Args:
        file: File name for errors.
        header: Its names are the keys.
        given: Records after it.
        naming: `compact` or `plain`.
        padded: Whether a short row lacks only empty cells at its end, as in every worksheet.

    Yields:
        Rows with trimmed cells.

    Raises:
        FileFormatError: Two columns have one name, a row is shorter than the header, or has text
            beyond it.
    """
    names = [naming(cell) for cell in header.cells]
    while names and not names[-1]:
        names.pop()
    filled = [name for name in names if name]
    if len(set(filled)) != len(filled):
        raise FileFormatError(file=file, line=header.line, field="header", reason="column-twice")
    columns = {name: index for index, name in enumerate(names)}
    for record in given:
        cells = [cell.strip() for cell in record.cells]
        if padded or record.epoch is not None:
            cells += [""] * (len(names) - len(cells))
        if len(cells) < len(names) or any(cells[len(names) :]):
            raise FileFormatError(
                file=file, line=record.line, field="row", reason="wrong-number-of-cells"
            )
        named = dict(zip(names, cells, strict=False))
        yield Row(file, record.line, named, columns, record.epoch, record.numbers)


def check_unique(rows: Iterable[Row], field: str) -> None:
    """Refuse a file that has the same number twice in a column; empty cells do not count.

    Raises:
        FileFormatError: At the second row that has it.
    """
    seen: set[str] = set()
    for row in rows:
        value = row.text(field)
        if value and value in seen:
            raise row.wrong(field, "twice")
        seen.add(value)
