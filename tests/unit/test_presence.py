"""Who else has something open: a file that may be lost, and is then made anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ledger.clock import FixedClock
from ledger.presence import FILE, Presence


def test_members_see_each_other_for_a_minute(tmp_path: Path, clock: FixedClock):
    here, there = Presence(tmp_path, clock), Presence(tmp_path, clock)
    assert here.meet(1, "exception/12", "li") == []
    assert there.meet(1, "exception/12", "wang") == ["li"]
    assert there.meet(1, "exception/13", "wang") == []
    assert there.meet(2, "exception/12", "wang") == []
    clock.advance(timedelta(seconds=61))
    assert there.meet(1, "exception/12", "wang") == []


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + bytes(4096)])
def test_a_broken_file_is_made_anew(tmp_path: Path, clock: FixedClock, content: bytes):
    (tmp_path / FILE).write_bytes(content)
    presence = Presence(tmp_path, clock)
    presence.meet(1, "exception/12", "li")
    assert presence.meet(1, "exception/12", "wang") == ["li"]


def test_a_file_that_cannot_be_opened_stops_nobody(tmp_path: Path, clock: FixedClock):
    (tmp_path / FILE).mkdir()
    assert Presence(tmp_path, clock).meet(1, "exception/12", "li") == []
