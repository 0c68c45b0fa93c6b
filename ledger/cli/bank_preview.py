"""What a bank file holds, told before it is taken. Nothing is opened but the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.cli.session import Session, print_problem
from ledger.errors import InputError
from ledger.matching.file_history import SavedMapping
from ledger.matching.formats import mapped
from ledger.matching.formats.detect import read_unproved
from ledger.matching.formats.mappings import from_json
from ledger.matching.formats.sheets import FILE_BYTES_MAX
from ledger.matching.lines import BankFile
from ledger.matching.telling import told_statement, untied
from ledger.money import plain_amount


def show(session: Session, path: Path, mapping: SavedMapping | None = None) -> bool:
    """Print the statements of a file, or what is wrong with it.

    With `--json` it is one object: `file`, `statements`, `problem` where there is one, and the
    fields of the statement beside them where there is one statement only.

    Args:
        session: Says whether a machine reads it.
        path: The file.
        mapping: Reads it; None to find the format from the bytes.

    Returns:
        Whether it can be taken: it was read whole, and every statement in it ties.
    """
    with path.open("rb") as opened:
        # One byte more than a file may have, so that a larger one is refused without being read.
        data = opened.read(FILE_BYTES_MAX + 1)
    found: dict[str, Any] = {"file": path.name}
    try:
        files = (
            read_unproved(path.name, data)
            if mapping is None
            else mapped.read_unproved(path.name, data, from_json(mapping.content))
        )
    except InputError as error:
        print_problem(error, as_json=session.as_json, **found)
        return False
    held = [untied(path.name, file) for file in files]
    statements = [told_statement(file, why) for file, why in zip(files, held, strict=True)]
    found |= statements[0] if len(statements) == 1 else {"format": files[0].format}
    found["statements"] = statements
    problem = next((why for why in held if why is not None), None)
    if problem is not None:
        print_problem(problem, as_json=session.as_json, **found)
        return False
    for file in files:
        session.note(_sentence(path.name, file))
    if session.as_json:
        session.say("", **found)
    return True


def _sentence(name: str, file: BankFile) -> str:
    total = plain_amount(file.sum_minor, file.commodity)
    parts = [f"{name}: {file.format}"]
    if file.account:
        parts.append(f"account …{file.account[-4:]}")
    if file.first_day is not None:
        parts.append(f"{file.first_day} to {file.last_day}")
    for called, balance in (("opening", file.opening_minor), ("closing", file.closing_minor)):
        if balance is not None:
            parts.append(f"{called} {plain_amount(balance, file.commodity)}")
    parts += [f"{len(file.lines)} lines", f"{total} {file.commodity}"]
    parts.append("ties" if file.ties else "no opening or no closing balance")
    if file.pending:
        parts.append(f"{len(file.pending)} pending and not taken")
    if file.notices:
        parts.append(f"{len(file.notices)} to look at (--json shows them)")
    return ", ".join(parts)
