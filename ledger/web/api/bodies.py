"""Bodies of requests: JSON objects whose fields are read one by one, each with an error that names it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import orjson
from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from ledger.errors import FieldError, FileFormatError
from ledger.web.api.gifts import JSON

TEXT_MAX = 200
"""Characters of a text, unless more are allowed where it is read."""

ENTRY_MAX = 2**40
"""Entries are numbered below this."""

SHA256_DIGITS = 64
HEX = frozenset("0123456789abcdef")


def json_body() -> Mapping[str, Any]:
    """Return the body, an object.

    Raises:
        UnsupportedMediaType: It is not said to be JSON.
        FileFormatError: It is not.
    """
    if request.mimetype != JSON:
        raise UnsupportedMediaType
    try:
        body = orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError as error:
        raise FileFormatError(field="", reason="not-json", value="") from error
    if not isinstance(body, dict):
        raise FileFormatError(field="", reason="not-an-object", value="")
    return body


class Body:
    """The fields of a proposal: each is read once, and what nobody reads is refused."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = {name: value for name, value in fields.items() if value is not None}
        self._read: set[str] = set()

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text.

        Raises:
            FieldError: It is missing, no text, or too long.
        """
        value = self.words(name, default, TEXT_MAX)
        if not value.isprintable():
            raise FieldError(field=name, reason="too-long", value=value[:20])
        return value

    def words(self, name: str, default: str | None, longest: int) -> str:
        """Return what somebody wrote, on as many lines as they did.

        Raises:
            FieldError: It is missing, no text, or too long.
        """
        self._read.add(name)
        value = self._fields.get(name, default)
        if value is None:
            raise FieldError(field=name, reason="missing", value="")
        if not isinstance(value, str):
            raise FieldError(field=name, reason="not-a-text", value="")
        if len(value) > longest or "\x00" in value:
            raise FieldError(field=name, reason="too-long", value="")
        return value

    def whole(self, name: str) -> int:
        """Return a whole number.

        Raises:
            FieldError: It is missing, or none.
        """
        self._read.add(name)
        value = self._fields.get(name)
        if type(value) is not int:
            reason = "missing" if value is None else "not-an-integer"
            raise FieldError(field=name, reason=reason, value="")
        return value

    def maybe_whole(self, name: str) -> int | None:
        """Return a whole number, or None where the field is left out.

        Raises:
            FieldError: It is none.
        """
        self._read.add(name)
        return self.whole(name) if name in self._fields else None

    def choice(self, name: str, known: Collection[str], default: str | None = None) -> str:
        """Return one of some texts.

        Raises:
            FieldError: It is missing, or another.
        """
        value = self.text(name, default)
        if value not in known:
            raise FieldError(field=name, value=value[:20], reason="unknown", known=tuple(known))
        return value

    def truth(self, name: str, *, default: bool) -> bool:
        """Return yes or no.

        Raises:
            FieldError: It is neither.
        """
        self._read.add(name)
        value = self._fields.get(name, default)
        if type(value) is not bool:
            raise FieldError(field=name, value="", reason="not-yes-or-no")
        return value

    def day(self, name: str) -> date:
        """Return a day, such as `2026-12-04`.

        Raises:
            FieldError: It is missing, or none.
        """
        text = self.text(name)
        try:
            # Only the long form: other ways of writing a day are not told apart from a typing error.
            found = date.fromisoformat(text)
        except ValueError as error:
            raise FieldError(field=name, value=text[:20], reason="not-a-day") from error
        if found.isoformat() != text:
            raise FieldError(field=name, value=text[:20], reason="not-a-day")
        return found

    def maybe_day(self, name: str) -> date | None:
        """Return a day, or None where the field is left out.

        Raises:
            FieldError: It is none.
        """
        self._read.add(name)
        return self.day(name) if name in self._fields else None

    def many(self, name: str, most: int, *, needed: bool = False) -> list[Any]:
        """Return an array, empty where the field is left out.

        Args:
            name: Of the field.
            most: Elements.
            needed: Whether it may not be left out.

        Raises:
            FieldError: It is none, or too long, or left out where it is needed.
        """
        self._read.add(name)
        if needed and name not in self._fields:
            raise FieldError(field=name, value="", reason="missing")
        value = self._fields.get(name, [])
        if not isinstance(value, list):
            raise FieldError(field=name, value="", reason="not-a-list")
        if len(value) > most:
            raise FieldError(field=name, value=len(value), reason="too-many")
        return value

    def hashes(self, name: str, most: int, *, needed: bool = False) -> tuple[str, ...]:
        """Return hashes of files that were brought, each once; none where the field is left out.

        Args:
            name: Of the field.
            most: Hashes.
            needed: Whether it may not be left out.

        Raises:
            FieldError: Too many, or one that is no SHA-256 in hexadecimal.
        """
        found = self.many(name, most, needed=needed)
        for one in found:
            if not isinstance(one, str) or not is_hash(one):
                raise FieldError(field=name, value=str(one)[:20], reason="not-a-hash")
        return tuple(dict.fromkeys(found))

    def inner(self, name: str) -> Mapping[str, Any] | None:
        """Return an object, or None where the field is left out.

        Raises:
            FieldError: It is none.
        """
        self._read.add(name)
        value = self._fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise FieldError(field=name, value="", reason="not-an-object")
        return value

    def check_all_read(self) -> None:
        """Hold that there is nothing more.

        Raises:
            FieldError: There is.
        """
        for name in self._fields.keys() - self._read:
            raise FieldError(field=name[:40], reason="unknown-field", value="")


def is_hash(text: str) -> bool:
    """Tell whether a text is a SHA-256 in lower hexadecimal."""
    return len(text) == SHA256_DIGITS and HEX.issuperset(text)
