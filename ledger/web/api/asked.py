"""What an address asks for: its parameters, read one by one, and a body that is a file as it is.

Each error names the parameter, as those of `bodies` name the field of a JSON body.
"""

from __future__ import annotations

from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from ledger.errors import FieldError
from ledger.web.api.bodies import TEXT_MAX, is_hash
from ledger.web.uploads import shown_name

BYTES = "application/octet-stream"
DIGITS_MAX = 12
"""Of a number by which a list is paged."""


def wrong(field: str, reason: str, **more: Any) -> NoReturn:
    """Refuse a parameter.

    Raises:
        FieldError: Always.
    """
    raise FieldError(field=field, value=request.args.get(field, "")[:20], reason=reason, **more)


def text(field: str) -> str:
    """Return a parameter, empty where there is none.

    Raises:
        FieldError: It is too long, or cannot be shown.
    """
    value = request.args.get(field, "")
    if len(value) > TEXT_MAX or not value.isprintable():
        wrong(field, "too-long")
    return value


def one_of(field: str, known: tuple[str, ...]) -> str | None:
    """Return one of some words, None where the parameter is left out.

    Raises:
        FieldError: It is another.
    """
    value = request.args.get(field)
    if value is not None and value not in known:
        wrong(field, "unknown", known=known)
    return value


def number(field: str) -> int | None:
    """Return a whole number from 0 on, None where the parameter is left out.

    Raises:
        FieldError: It is none, or has more than `DIGITS_MAX` digits.
    """
    value = request.args.get(field)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= DIGITS_MAX):
        wrong(field, "not-an-integer")
    return int(value)


def hashes(field: str, most: int) -> tuple[str, ...]:
    """Return hashes of files, each once; the parameter may be given again.

    Raises:
        FieldError: Too many, or one that is no SHA-256 in hexadecimal.
    """
    found = request.args.getlist(field)
    if len(found) > most:
        raise FieldError(field=field, value=len(found), reason="too-many")
    for one in found:
        if not is_hash(one):
            raise FieldError(field=field, value=one[:20], reason="not-a-hash")
    return tuple(dict.fromkeys(found))


def file_body(usual: str = "file") -> tuple[str, bytes]:
    """Return the file that is the body: its name as it may be shown, and its bytes.

    Args:
        usual: Its name where the parameter `name` is left out.

    Raises:
        UnsupportedMediaType: The body is not said to be bytes.
        FieldError: The name cannot be used.
    """
    if request.mimetype != BYTES:
        raise UnsupportedMediaType
    return shown_name(text("name") or usual), request.get_data(cache=False)
