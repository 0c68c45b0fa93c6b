"""Files, statements and lines as machines read them: the same on the command line and in the interface."""

from __future__ import annotations

from typing import Any

from ledger.errors import BalanceTieError
from ledger.matching.file_history import KeptStatement, ListedLine
from ledger.matching.file_inspecting import Inspected, Inspection
from ledger.matching.file_taking import Taken
from ledger.matching.history import KeptFile
from ledger.matching.lines import BankFile, BankLine, check_chain, figures


def untied(name: str, file: BankFile) -> BalanceTieError | None:
    """Return why a statement does not add up; None where it does."""
    try:
        check_chain(file, name)
    except BalanceTieError as error:
        return error
    return None


def told_statement(file: BankFile, why: BalanceTieError | None) -> dict[str, Any]:
    """Return what is shown of a statement.

    Args:
        file: The statement.
        why: Why it is held as a whole, if it is.

    Returns:
        Its figures; `held`: lines that are not booked, and the balance that does not follow;
        `notices`: what an officer should look at.
    """
    held = [_line(line) for line in file.pending]
    difference: object = None if file.ties is None else 0
    if why is not None:
        difference = why.fields["difference_minor"]
        of_balance = {name: why.fields[name] for name in ("line", "field", "expected", "found")}
        reason = str(why.fields.get("reason", why.code))
        held.insert(0, {"reason": reason, **of_balance})
    return {
        "format": file.format,
        "account": file.account,
        "number": file.number,
        **figures(file),
        "ties": False if why is not None else file.ties,
        "difference_minor": difference,
        "pending": len(file.pending),
        "held": held,
        "notices": [notice._asdict() for notice in file.notices],
    }


def _line(line: BankLine) -> dict[str, Any]:
    return {
        "reason": line.state,
        "line": line.line_no,
        "day": line.booked_at.date().isoformat(),
        "amount_minor": line.amount_minor,
    }


def told_inspection(found: Inspection) -> dict[str, Any]:
    """Return what would come of a file, held against what is stored, as machines read it.

    Args:
        found: The inspection.

    Returns:
        `file`, `sha256`, `parser`, `first` (the same bytes, taken before), `can_be_taken` (all of it would count at
        once) and `statements`: each with what the preview tells, and `new`, `known`, `suspicious`, `missing`,
        `overlaps`, `before`, `after`, `would` (`count`, `held`).
    """
    reading, first = found.reading, found.first
    statements = [_told_inspected(reading.name, one) for one in found.statements]
    return {
        "file": reading.name,
        "sha256": reading.sha256.hex(),
        "format": reading.format,
        "parser": reading.parser,
        "first": None
        if first is None
        else {"name": first.name, "taken_ms": first.taken_ms, "taken_by": first.taken_by},
        "fault": None
        if reading.fault is None
        else {name: str(value) for name, value in reading.fault.fields.items()},
        "can_be_taken": reading.fault is None
        and all(one.held is None for one in found.statements),
        "statements": statements,
    }


def _told_inspected(name: str, one: Inspected) -> dict[str, Any]:
    told = told_statement(one.file, untied(name, one.file))
    waiting = told.pop("held")
    return {
        **told,
        "part": one.part,
        "account": one.account.name,
        "lines_held": waiting,
        "new": len(one.new),
        "known": one.known,
        "suspicious": [seen._asdict() for seen in one.suspicious],
        "missing": [seen._asdict() for seen in one.missing],
        "overlaps": [
            {
                "sha256": other.sha256.hex(),
                "part": other.part,
                "first_day": other.first.isoformat(),
                "last_day": other.last.isoformat(),
            }
            for other in one.overlaps
        ],
        "before": one.joined.before._asdict(),
        "after": one.joined.after._asdict(),
        "would": "count" if one.held is None else "held",
        "held": None if one.held is None else one.held._asdict(),
    }


def told_kept(one: KeptStatement) -> dict[str, Any]:
    """Return a statement that was taken or held."""
    told = one._asdict()
    del told["sha256"], told["notices"]
    return told


def told_file(file: KeptFile, statements: tuple[KeptStatement, ...]) -> dict[str, Any]:
    """Return a file that was taken."""
    told = file._asdict() | {"sha256": file.sha256.hex()}
    return {**told, "statements": [told_kept(one) for one in statements]}


def told_line(one: ListedLine) -> dict[str, Any]:
    """Return a line. Its text and counterparty are personal."""
    return one._asdict() | {"references": list(one.references)}


def told_taken(taken: Taken) -> dict[str, Any]:
    """Return what came of a file."""
    return {
        "sha256": taken.sha256.hex(),
        "new": taken.new,
        "lines": taken.lines,
        "added": taken.added,
        "raised": list(taken.raised),
        "ended": list(taken.ended),
        "statements": [told_kept(one) for one in taken.statements],
    }
