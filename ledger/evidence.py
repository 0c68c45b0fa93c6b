"""A file that somebody brings to prove something: an exception's cause, a spend, a movement of the fund."""

from __future__ import annotations

from typing import NamedTuple

FILE_MAX = 20 * 1024 * 1024
"""Bytes of one file on the command line: a scan of some pages."""


class Brought(NamedTuple):
    """A file that somebody brings as evidence.

    Attributes:
        name: As it may be shown.
        kind: What it is by its bytes.
        data: Its bytes.
    """

    name: str
    kind: str
    data: bytes
