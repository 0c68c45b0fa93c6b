"""What somebody typed into a form: kept as it was typed, with what is wrong beside each field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

from ledger.errors import (
    AmountError,
    FieldError,
    InputError,
    InsufficientError,
    MatchedFileError,
    PeriodClosedError,
    StateError,
)
from ledger.money import parse_amount

T = TypeVar("T")

CHARS_MAX = 4_000


class Typed:
    """A form's texts and what is wrong with them.

    Args:
        texts: By field, as sent.

    Attributes:
        kept: What the form has brought already and need not bring again, by field.
        errors: By field, a key of the sentences and its placeholders.
    """

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        # No database of text takes a NUL, and no person types one.
        self._texts = {name: text.replace("\0", "") for name, text in (texts or {}).items()}
        self.kept: dict[str, tuple[str, ...]] = {}
        self.errors: dict[str, tuple[str, Mapping[str, object]]] = {}

    def __getitem__(self, field: str) -> str:
        """Return what was typed, without white space around it; nothing where nothing was."""
        return self._texts.get(field, "")[:CHARS_MAX].strip()

    def with_text(self, field: str, text: str) -> Typed:
        """Return the same form with another text in a field."""
        made = Typed({**self._texts, field: text})
        made.errors = self.errors
        return made

    def whole(self, field: str) -> str:
        """Return what was typed into a field of several lines, as it was."""
        return self._texts.get(field, "")

    @property
    def status(self) -> HTTPStatus:
        """Return what a page with this form is answered with."""
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.errors else HTTPStatus.OK

    def read(self, field: str, reader: Callable[[str], T]) -> T | None:
        """Read a field; what cannot be read is kept as an error.

        Args:
            field: Its name.
            reader: Text to value; raises `InputError`.

        Returns:
            The value, or None.
        """
        if not self[field]:
            self.errors[field] = ("error.missing", {})
            return None
        try:
            return reader(self[field])
        except InputError as error:
            self._say(field, error)
            return None

    def refuse(self, error: InputError) -> None:
        """Put an error of the ledger beside the field that it names."""
        self._say(str(error.fields.get("field", "")), error)

    def refuse_file(self, error: InputError) -> None:
        """Say beside the field `file` what is wrong with a file: line, field and reason."""
        if isinstance(error, MatchedFileError):
            numbers = str(error.fields["matches"]).strip("[]")
            found = "error.file.explained" if numbers == "0" else "error.file.matched"
            self.errors["file"] = (found, {"numbers": numbers})
            return
        reason = str(error.fields.get("reason"))
        if error.fields.get("field") == "account" and reason in ("missing", "another-account"):
            key = "account" if reason == "missing" else reason
            self.errors["account"] = (f"error.file.{key}", {})
            return
        if reason in ("unknown-kind", "other-kind"):
            self.errors["file"] = ("error.file.kind", {})
            return
        where = [
            str(error.fields[name])
            for name in ("line", "field", "reason")
            if error.fields.get(name) not in (None, "", 0)
        ]
        self.errors["file"] = ("error.file", {"where": " · ".join(where) or error.code})

    def _say(self, field: str, error: InputError) -> None:
        reason = str(error.fields.get("reason", ""))
        if isinstance(error, InsufficientError):
            found = ("error.available", {"minor": error.fields.get("available", 0)})
            self.errors["amount"] = found
        elif isinstance(error, AmountError):
            self.errors[field or "amount"] = ("error.amount", {})
        elif (str(error.fields.get("field", "")), reason) == ("evidence", "missing"):
            self.errors[field] = ("error.evidence", {})
        elif isinstance(error, PeriodClosedError):
            self.errors["month"] = (f"error.month.{error.fields.get('state', 'closed')}", {})
        elif isinstance(error, StateError) and error.fields.get("what") == "month":
            self.errors["month"] = (f"error.month.{error.fields.get('state')}", {})
        elif (field, reason) == ("month", "not-a-month"):
            self.errors[field] = ("error.month.not-a-month", {})
        elif reason in (
            "missing",
            "length",
            "roles-conflict",
            "checks-fail",
            "not-soon",
            "personal-number",
        ):
            self.errors[field] = (f"error.{reason}", {})
        else:
            self.errors[field] = ("error.other", {"reason": reason or error.code})


def money(commodity: str) -> Callable[[str], int]:
    """Return a reader of amounts.

    Args:
        commodity: Of the amount.

    Returns:
        Text to minor units; a thousands' comma is read over.
    """
    return lambda text: parse_amount(text.replace(",", "").replace("，", ""), commodity)


def whole_number(text: str) -> int:
    """Read a whole number.

    Raises:
        FieldError: It is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 12):  # noqa: PLR2004 -- any longer is a slip
        raise FieldError(field="", reason="not-a-number", value=text[:20])
    return int(text)
