"""The folder of everything the service keeps."""

from __future__ import annotations

import stat
from pathlib import Path

from ledger.settings import load_settings
from ledger.wiring import open_ledger


def test_a_new_one_is_for_its_owner_alone(tmp_path: Path) -> None:
    opened = open_ledger(load_settings({"LEDGER_HOME": str(tmp_path / "new" / "home")}))
    opened.database.close()
    assert stat.S_IMODE((tmp_path / "new" / "home").stat().st_mode) == 0o700
