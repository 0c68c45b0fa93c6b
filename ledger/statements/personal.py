"""Look for phone and identity numbers in what a statement would publish, before anything is printed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ledger.errors import PersonalDataError
from ledger.privacy.numbers import personal_number
from reports.registers import GIFTS, SETTLEMENTS, RegisterFile
from reports.statement import Statement, figures_json

FIGURES = "figures.json"

_OURS: Final = frozenset({"issuer", "ledger", "previous", "attachments"})
"""Parts of the figures in which nobody's words stand: the fund's own contact, and hashes, notes and keys."""

_SHEETS: Final = frozenset({"due.settlements.platform_ref", "due.received.bank_ref"})
"""Numbers that platforms give their settlement sheets; nobody writes into them."""


def check_personal(statement: Statement, files: Iterable[RegisterFile]) -> None:
    """Refuse a statement in which a person's number would be published.

    Args:
        statement: Filled.
        files: Its registers, written. That of gifts holds codes and numbers of entries, and no words.

    Raises:
        PersonalDataError: There is one: file, row and field, and never the number.

    Source:
        Statements, section 9, check 7.
    """
    for one in files:
        if one.register is not GIFTS:
            _check_register(one)
    figures = json.loads(figures_json(statement))
    words = {name: part for name, part in figures.items() if name not in _OURS}
    for field, text in _texts(words):
        if field not in _SHEETS:
            _check(text, file=FIGURES, row=None, field=field)


def _check_register(one: RegisterFile) -> None:
    texts = [
        column.name
        for column in one.register.columns
        if column.type == "string"
        and (one.register is not SETTLEMENTS or column.name != "platform_ref")
    ]
    with one.path.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=1):
            for name in texts:
                _check(row[name], file=one.register.file, row=number, field=name)


def _check(text: str, *, file: str, row: int | None, field: str) -> None:
    what = personal_number(text)
    if what:
        raise PersonalDataError(file=file, row=row or "", field=field, what=what)


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Walk every text, each with the names that lead to it.

    Yields:
        Path with dots, and text.
    """
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, path)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(one, f"{path}.{name}" if path else name)
