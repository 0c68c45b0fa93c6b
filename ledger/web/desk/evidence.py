"""Files of evidence that a form brings along."""

from __future__ import annotations

from flask import request

from ledger.desk import spending
from ledger.errors import InputError
from ledger.evidence import Brought
from ledger.web import uploads
from ledger.web.desk.frame import Desk
from ledger.web.desk.typed import Typed


def brought(desk: Desk, typed: Typed, field: str) -> tuple[str, ...]:
    """Keep the files of the form's field `proof`.

    Args:
        desk: Who brings them.
        typed: The form.
        field: Beside which it stands what is wrong with one.

    Returns:
        Their SHA-256, hexadecimal, each once.
    """
    found = []
    for file in request.files.getlist("proof"):
        if not file.filename:
            continue
        try:
            upload = uploads.received(file, *uploads.KINDS)
        except InputError as error:
            typed.refuse_file(error)
            typed.errors[field] = typed.errors.pop("file")
            continue
        one = Brought(upload.shown_name, upload.kind, upload.data)
        found.append(spending.bring(desk.ledger.sequencer, desk.fund, desk.member.member_id, one))
    return tuple(dict.fromkeys(found))
