"""Audit packs to take away: the whole log, or a closed period, as one zip."""

from __future__ import annotations

import tempfile
import threading
from contextlib import ExitStack
from functools import partial
from typing import BinaryIO, cast

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from ledger.errors import BusyError
from ledger.web.desk.frame import Desk, view
from ledger.wiring import Ledger

WHOLE = "all"
WAIT_S = 2.0

_one_at_a_time = threading.Semaphore(1)
"""A pack reads everything: one in each process, others are asked to come again."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the address."""
    at = partial(view, ledger)
    blueprint.add_url_rule("/audit/<fund>/packs/<period>.zip", "pack", at("audit.pack", take))


def take(desk: Desk, period: str) -> Response:
    """Make a pack and hand it out.

    Written whole before the first byte goes out: a reader that is slow holds no snapshot, and what fails in the middle
    is an answer and not half a file.

    Raises:
        BusyError: Somebody else's is being made.
        LedgerError: There is no such period, or it is not closed.
    """
    from ledger.packs.making import make_pack  # documents come with it

    wanted = "" if period == WHOLE else period
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise BusyError(reason="one-at-a-time")
    try:
        desk.saw("audit.pack", f"pack/{period[:20]}")
        with ExitStack() as opened:
            # Beside the ledger: there is room for it, and nobody else reads there.
            desk.ledger.settings.home.mkdir(parents=True, exist_ok=True)
            file = tempfile.TemporaryFile(dir=desk.ledger.settings.home)  # noqa: SIM115 -- the stack closes it
            out = cast("BinaryIO", opened.enter_context(file))
            make_pack(desk.ledger, desk.fund, (wanted, "auditor"), out)
            opened.pop_all()
    finally:
        _one_at_a_time.release()
    out.seek(0)
    name = f"{desk.fund.slug}-audit-pack-{period}.zip"
    answer = send_file(out, "application/zip", as_attachment=True, download_name=name)
    answer.call_on_close(out.close)
    return answer
