"""What is done with many rows of a list at once: one by one, each told of, and none silently.

The rows that were chosen come as fields `chosen` of a form. Each is its own commit: what cannot be done leaves the
others as they are. What came of each is written into the address of the page that follows, so that it is still there
after a reload, and none is done twice by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from flask import request

from ledger.errors import BusyError, FieldError, FourEyesError, LedgerError, StateError
from ledger.web.desk.typed import Typed

MOST = 100
"""Rows at once; a page has 50."""

DONE = ("confirmed", "dismissed", "proposed", "assigned")
NOT_DONE = ("moved", "above", "differs", "evidence", "hands", "failed")

_TOLD = re.compile(r"([a-z]+)\.([0-9a-f]{1,16})(?:\.([0-9]{1,13}))?")
_CHOSEN = re.compile(r"[0-9a-f]{1,16}")


class Told(NamedTuple):
    """What came of one row.

    Attributes:
        how: A word of `DONE` or `NOT_DONE`.
        key: Of the row.
        number: Of what was made of it: a match or a decision; None where nothing was.
    """

    how: str
    key: str
    number: int | None = None

    @property
    def is_done(self) -> bool:
        """Tell whether it was done."""
        return self.how in DONE


def chosen() -> list[str]:
    """Return the rows that a form has chosen, in the order of the page, each once."""
    found = (one for one in request.form.getlist("chosen") if _CHOSEN.fullmatch(one))
    return list(dict.fromkeys(found))[:MOST]


def typed_with(keys: Sequence[str]) -> Typed:
    """Return a form's texts with its chosen rows, so that a page can show them chosen again."""
    texts: Mapping[str, str] = request.form
    return Typed({**request.args, **texts, "chosen": " ".join(keys)})


def one_by_one(keys: Sequence[str], act: Callable[[str], Told]) -> list[Told]:
    """Do something with each row.

    Args:
        keys: Of the rows.
        act: Does it with one; may raise what refuses that one.

    Returns:
        What came of each, in their order.
    """
    return [_told(key, act) for key in keys]


def _told(key: str, act: Callable[[str], Told]) -> Told:
    try:
        return act(key)
    except FourEyesError:
        return Told("hands", key)
    except StateError as error:
        needed = str(error.fields.get("needed"))
        return Told({"match": "above", "adjustment": "differs"}.get(needed, "moved"), key)
    except FieldError as error:
        is_evidence = error.fields.get("field") == "evidence"
        return Told("evidence" if is_evidence else "failed", key)
    except BusyError:
        return Told("failed", key)
    except LedgerError as error:
        return Told("moved" if error.code == "not-found" else "failed", key)


def after(told: Sequence[Told]) -> dict[str, str]:
    """Return the values of the address that follows: the page as it was, and what came of each row."""
    passed = {name: value for name, value in request.args.items() if name not in ("done", "all")}
    return {**passed, "results": address_text(told)}


def address_text(told: Sequence[Told]) -> str:
    """Write what came of all rows for an address."""
    return "~".join(
        ".".join((one.how, one.key, *(() if one.number is None else (str(one.number),))))
        for one in told
    )


def read_told(text: str) -> list[Told]:
    """Read it again; whatever `address_text` did not write is left out."""
    found = []
    for part in text.split("~")[:MOST]:
        match = _TOLD.fullmatch(part)
        if match is not None and match[1] in (*DONE, *NOT_DONE):
            found.append(Told(match[1], match[2], int(match[3]) if match[3] else None))
    return found
