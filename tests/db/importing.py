"""What child processes do: import gifts, and crash where they are told."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy as sa

from ledger.intake.booking import Recorded
from ledger.log import signer as signing
from ledger.sequencer import groups
from tests.db.ledgers import gift, give, reopen


def import_until_killed(url: str, keys: Path, prefix: str, acknowledged: Path) -> None:
    """Import gifts for ever, by one and by five, and write down each id once its decision came back."""
    ledger = reopen(url, keys)
    file = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in itertools.count():
        ids = [f"{prefix}-{number}-{part}" for part in range(5 if number % 2 else 1)]
        verdicts = give(ledger, *[gift(one) for one in ids]).value
        lines = [f"{one} {verdict.seq}\n" for one, verdict in zip(ids, verdicts, strict=True)]
        os.write(file, "".join(lines).encode())


def import_some(url: str, keys: Path, own: str, count: int, report: Path) -> None:
    """Import gifts that only this process has, and in between those that every process has."""
    ledger = reopen(url, keys)
    lines = []
    for number in range(count):
        for one in (f"{own}-{number}", f"shared-{number}"):
            [verdict] = give(ledger, gift(one)).value
            lines.append(f"{one} {verdict.seq} {type(verdict) is Recorded}\n")
    report.write_text("".join(lines))
    ledger.close()


def _die(*_: Any, **__: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _die_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def act(*arguments: Any) -> None:
        function(*arguments)
        _die()

    return act


def _half_a_slot(file: int, data: bytes, offset: int) -> None:
    os.pwrite(file, data[: len(data) // 2], offset)
    _die()


def crash_at(url: str, keys: Path, point: str) -> None:
    """Import one gift, and be killed at a point of its commit."""
    ledger = reopen(url, keys)
    give(ledger, gift("before the crash"))
    if point == "rows inserted":
        groups.log.add_checkpoint = _die_after(groups.log.add_checkpoint)
    elif point == "all but the commit":
        sa.event.listen(ledger.database.engine, "commit", _die)
    elif point == "committed":
        signing.LogSigner.record_released = _die  # type: ignore[method-assign]
    elif point == "slot half written":
        signing._write_whole = _half_a_slot
    elif point == "slot written":
        os.fdatasync = _die
    give(ledger, gift("during the crash"))


POINTS = {
    "rows inserted": False,
    "all but the commit": False,
    "committed": True,
    "slot half written": True,
    "slot written": True,
}
"""Where to crash, and whether the gift is there afterwards."""
