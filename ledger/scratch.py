"""An SQLite file that all workers of one machine share for what is no part of the ledger.

In: a path and a schema. Out: a connection for each thread of each process. Guaranteed: its owner alone can read it;
nothing waits long for it, and a power failure may take all that is in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

BUSY_S = 0.25
"""Nothing that is kept here is worth a longer wait."""


class Scratch:
    """Such a file.

    Args:
        path: The file; made when it is missing, readable by its owner alone.
        schema: What makes its table, where there is none yet.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._schema = schema
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection; a process that was forked opens its own.

        Raises:
            OperationalError: It is locked, or cannot be opened; another file would not help.
            DatabaseError: It can be neither read nor made.
        """
        found: tuple[int, sqlite3.Connection] | None = getattr(self._local, "connection", None)
        if found is None or found[0] != os.getpid():
            found = (os.getpid(), self._opened())
            self._local.connection = found
        return found[1]

    def _opened(self) -> sqlite3.Connection:
        """Open the file, and make it first where there is none or where it is broken.

        Raises:
            OperationalError: Another file would not help.
        """
        with self._alone():
            try:
                return self._connected()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                for suffix in ("", "-wal", "-shm"):
                    self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
                return self._connected()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Open one after the other: SQLite refuses at once, without waiting, whoever meets the first change to WAL."""
        lock = None
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(
                self._path.with_name(f"{self._path.name}.lock"),
                os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
                0o600,
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if lock is not None:
                fcntl.flock(lock, fcntl.LOCK_UN)  # a process forked meanwhile has it open too
                os.close(lock)

    def _connected(self) -> sqlite3.Connection:
        # Only where there is none: closing any descriptor of a file drops the locks that SQLite has on it here.
        with contextlib.suppress(OSError):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(self._schema)
        return connection
