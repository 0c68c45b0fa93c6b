from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from ledger.clock import FixedClock
from ledger.db import Database
from tests.desk.counties import County, new_county
from tests.signin.sites import new_site


@pytest.fixture
def county(migrated_sqlite, clock: FixedClock, tmp_path) -> Iterator[County]:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    database = Database(f"sqlite:///{file}")
    site = new_site(database, clock, tmp_path)
    yield new_county(site, site.ledger)
    database.close()
