"""The parts of a running ledger, joined from the settings: for the command line and the web alike."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.clock import Clock, SystemClock
from ledger.db import Database
from ledger.sequencer.groups import Sequencer
from ledger.settings import Settings


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger that can be read and written.

    Attributes:
        settings: What it was opened with.
        database: Where it is kept.
        sequencer: Its one writer in this process.
        clock: Tells the time.
    """

    settings: Settings
    database: Database
    sequencer: Sequencer
    clock: Clock


def open_ledger(settings: Settings, clock: Clock | None = None) -> Ledger:
    """Open the ledger that the settings name.

    Args:
        settings: From the environment.
        clock: The system's, if none is given.

    Returns:
        The ledger. Nothing is read or written yet.
    """
    clock = clock or SystemClock()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url, busy_ms=settings.sqlite_busy_ms)
    sequencer = Sequencer(database, settings.keys, clock)
    return Ledger(settings, database, sequencer, clock)
