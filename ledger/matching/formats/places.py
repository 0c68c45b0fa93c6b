"""A place in a file, and exact values read there.

The readers of statements that are no tables use it; a table's rows have the same in `sheets`. A
value is not repeated in an error, because accounts and names are personal data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ledger.errors import AmountError, FileFormatError, TooLargeError
from ledger.money import exponent, parse_amount

IDENTIFIER_LENGTH_MAX = 128
"""Far beyond any bank's numbers, short enough for an index."""

TEXT_LENGTH_MAX = 4_000
"""Of the purpose of a line, in characters; what a batch lists beyond that stays in the file."""

REFERENCES_MAX = 1_000
"""References that are kept of a line: a batch names one for each payment."""

LINES_MAX = 100_000
"""Lines of one file: twenty times a busy month."""

_YEARS = range(1970, 2100)
_PLAIN = re.compile(r"\d{1,18}(?:\.\d{0,5})?|\.\d{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands.

    Attributes:
        file: File name for errors.
        line: Line, from 1.
    """

    file: str
    line: int

    def wrong(self, field: str, reason: str) -> FileFormatError:
        """Return the error for a value here, to be raised."""
        return FileFormatError(file=self.file, line=self.line, field=field, reason=reason)

    def commodity(self, field: str, text: str) -> str:
        """Return a currency.

        Args:
            field: As the format calls it.
            text: ISO 4217 code.

        Returns:
            The code.

        Raises:
            FileFormatError: Not a currency.
        """
        code = text.strip()
        if not (len(code) == 3 and code.isascii() and code.isupper()):  # noqa: PLR2004 - ISO 4217
            raise self.wrong(field, "unknown-currency")
        try:
            exponent(code)
        except AmountError as error:
            raise self.wrong(field, "unknown-currency") from error
        return code

    def unsigned(self, field: str, text: str, commodity: str) -> int:
        """Read an amount that is written without a sign, with a decimal point.

        Args:
            field: As the format calls it.
            text: Digits and at most one point: no thousands separators, no sign, no currency.
            commodity: Decides the digits after the point; further ones must be zeros.

        Returns:
            Minor units.

        Raises:
            FileFormatError: Signed, not an amount, too fine or too large.
        """
        if text[:1] in ("-", "+"):
            raise self.wrong(field, "signed")
        if not _PLAIN.fullmatch(text):
            raise self.wrong(field, "not-an-amount")
        whole, _, fraction = text.partition(".")
        try:
            return parse_amount(f"{whole or 0}.{fraction or 0}", commodity)
        except AmountError as error:
            raise self.wrong(field, str(error.fields["reason"])) from error

    def day(self, field: str, year: int, month: int, day: int) -> date:
        """Return a day of the years 1970 to 2099.

        Raises:
            FileFormatError: There is no such day.
        """
        try:
            found = date(year, month, day)
        except ValueError as error:
            raise self.wrong(field, "no-such-day") from error
        if year not in _YEARS:
            raise self.wrong(field, "no-such-day")
        return found

    def identifier(self, field: str, text: str) -> str:
        """Return a number of an account or line as text, single spaces; it may be empty.

        Raises:
            FileFormatError: Longer than any bank's.
        """
        found = " ".join(text.split())
        if len(found) > IDENTIFIER_LENGTH_MAX:
            raise self.wrong(field, "too-long")
        return found


def check_lines(file: str, count: int) -> None:
    """Refuse a file with more lines than anybody has.

    Raises:
        TooLargeError: It has; fields `file`, `what`, `limit`, `found`.
    """
    if count > LINES_MAX:
        raise TooLargeError(file=file, what="lines", limit=LINES_MAX, found=count)


def midnight(day: date) -> datetime:
    """Return the instant of a day without a time: midnight UTC, so that its date is the bank's."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def shortened(text: str) -> str:
    """Return a purpose cut to `TEXT_LENGTH_MAX` characters."""
    return text[:TEXT_LENGTH_MAX].rstrip()
