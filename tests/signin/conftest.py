from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from ledger.clock import FixedClock
from ledger.db import Database
from ledger.signin.gate import Gate
from tests.signin.gates import new_gate
from tests.signin.sites import Site, new_site


@pytest.fixture
def gate(database, clock: FixedClock, tmp_path) -> Gate:
    return new_gate(database, clock, tmp_path)


@pytest.fixture
def site(migrated_sqlite, clock: FixedClock, tmp_path) -> Iterator[Site]:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    database = Database(f"sqlite:///{file}")
    yield new_site(database, clock, tmp_path)
    database.close()
