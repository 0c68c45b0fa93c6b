"""The file that workers share: who comes first makes it, and nobody is refused meanwhile."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from ledger.scratch import Scratch

_SCHEMA = "CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY) STRICT"


def test_all_who_open_a_new_file_at_once_have_it(tmp_path: Path):
    start = Barrier(4)

    def opened(path: Path) -> sqlite3.Connection:
        start.wait()
        return Scratch(path, _SCHEMA).connection()

    with ThreadPoolExecutor(4) as pool:
        for turn in range(40):
            for connection in list(pool.map(opened, [tmp_path / f"{turn}.db"] * 4)):
                connection.execute("INSERT OR IGNORE INTO things VALUES ('one')")
                connection.close()


def test_its_owner_alone_reads_it(tmp_path: Path):
    Scratch(tmp_path / "new" / "a.db", _SCHEMA).connection().close()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}
