"""Counts hold: whoever asks, from however many workers, and whatever happens to their file."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage

from ledger import scratch
from ledger.clock import FixedClock, SystemClock
from ledger.limits import store
from ledger.limits.counting import FILE, Counts, open_counts, wait_s
from ledger.limits.rules import Rule
from ledger.limits.store import SqliteStorage

TEN = Rule("ten", "address", (RateLimitItemPerMinute(10, namespace="ten"),))
BOTH = Rule(
    "both", "address", (RateLimitItemPerMinute(10), RateLimitItemPerHour(15, namespace="b"))
)


@pytest.fixture
def counts(tmp_path: Path, clock: FixedClock) -> Counts:
    return open_counts(tmp_path, "", clock)


def taken(counts: Counts, times: int, whom: str = "a", rule: Rule = TEN) -> int:
    return sum(counts.hit(rule, whom) is None for _ in range(times))


def test_a_limit_holds_and_is_over_after_the_time_it_tells(counts: Counts, clock: FixedClock):
    assert taken(counts, 12) == 10
    waits = counts.hit(TEN, "a")
    assert waits is not None
    clock.advance(timedelta(seconds=waits))
    assert counts.hit(TEN, "a") is None


def test_others_are_not_touched(counts: Counts):
    assert taken(counts, 11) == 10
    assert taken(counts, 11, "b") == 10
    assert counts.hit(BOTH, "a") is None


def test_all_limits_of_a_rule_hold(counts: Counts, clock: FixedClock):
    assert taken(counts, 12, rule=BOTH) == 10
    clock.advance(timedelta(minutes=2))
    assert taken(counts, 12, rule=BOTH) == 5
    clock.advance(timedelta(minutes=2))
    waits = counts.hit(BOTH, "a")
    assert waits is not None
    assert waits > 60


@given(
    moments=st.lists(st.integers(0, 40_000), min_size=1, max_size=60),
    most=st.integers(1, 12),
)
def test_no_minute_ever_holds_more_than_twice_the_limit_and_the_wait_is_right(
    tmp_path_factory, moments, most
):
    """The window slides: what was taken in any minute is bounded, and after the told wait one more fits."""
    clock = FixedClock(SystemClock().now())
    counts = open_counts(tmp_path_factory.mktemp("limits"), "", clock)
    rule = Rule("r", "address", (RateLimitItemPerMinute(most),))
    at_ms, times = 0, []
    for step in moments:
        clock.advance(timedelta(milliseconds=step))
        at_ms += step
        waits = counts.hit(rule, "a")
        if waits is None:
            times.append(at_ms)
            continue
        assert 1 <= waits <= 120
        clock.advance(timedelta(seconds=waits))
        at_ms += waits * 1000
        assert counts.hit(rule, "a") is None
        times.append(at_ms)
    for first in times:
        assert sum(first <= one < first + 60_000 for one in times) <= 2 * most


@given(
    most=st.integers(1, 50),
    before=st.integers(0, 50),
    counted=st.integers(0, 50),
    left=st.integers(1, 60),
)
def test_a_wait_is_long_enough_and_not_a_second_longer(most, before, counted, left):
    before, counted = min(before, most), min(counted, most)

    def fits(after: int) -> bool:
        if after < left:
            return int(before * (left - after) / 60) + counted + 1 <= most
        return int(counted * max(0, 60 - (after - left)) / 60) + 1 <= most

    waits = wait_s(most, 60, before, left if before else 0, counted, left + 60)
    assert fits(waits)
    if not fits(0) and waits > 1:
        assert not fits(waits - 2) or waits == 2


def test_threads_share_one_limit(tmp_path: Path):
    counts, found = open_counts(tmp_path, "", SystemClock()), []
    rule = Rule("r", "address", (RateLimitItemPerHour(50),))

    def hit() -> None:
        found.append(taken(counts, 20, rule=rule))

    threads = [threading.Thread(target=hit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == 50


def _hit_elsewhere(folder: str, times: int) -> int:
    counts = open_counts(Path(folder), "", SystemClock())
    rule = Rule("r", "address", (RateLimitItemPerHour(50),))
    return taken(counts, times, rule=rule)


@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_workers_share_one_limit(tmp_path: Path, method: str):
    context = multiprocessing.get_context(method)
    with context.Pool(3) as pool:
        found = pool.starmap(_hit_elsewhere, [(str(tmp_path), 30)] * 3)
    assert sum(found) == 50


def test_a_forked_worker_opens_its_own_connection(tmp_path: Path):
    storage = SqliteStorage(tmp_path / FILE, SystemClock())
    storage.acquire_sliding_window_entry("a", 10, 60)
    file = storage._file
    first = file.connection()
    file._local.connection = (os.getpid() + 1, first)
    assert file.connection() is not first


def test_the_file_is_its_owners_and_holds_no_address(tmp_path: Path, counts: Counts):
    counts.hit(TEN, "203.0.113.77")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    everything = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert b"203.0.113" not in everything


def test_what_has_ended_is_forgotten_and_there_is_never_too_much(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "ROWS_MAX", 100)
    storage = SqliteStorage(tmp_path / FILE, clock)
    for at in range(300):
        storage.acquire_sliding_window_entry(f"a{at}", 10, 3600)
    clock.advance(timedelta(seconds=31))
    storage.acquire_sliding_window_entry("last", 10, 60)
    assert storage.size() <= 101
    clock.advance(timedelta(hours=3))
    storage.acquire_sliding_window_entry("alone", 10, 60)
    assert storage.size() == 1


@pytest.mark.parametrize(
    "content", [b"", b"not a database" * 100, b"SQLite format 3\0" + bytes(4096)]
)
def test_a_broken_file_is_made_anew(tmp_path: Path, clock: FixedClock, content: bytes):
    (tmp_path / FILE).write_bytes(content)
    assert taken(open_counts(tmp_path, "", clock), 12) == 10


def test_a_store_that_fails_stops_nobody_and_still_limits(
    tmp_path: Path, clock: FixedClock, caplog
):
    (tmp_path / FILE).mkdir()  # cannot be opened, nor made anew
    counts = open_counts(tmp_path, "", clock)
    assert taken(counts, 12) == 10
    (tmp_path / FILE).rmdir()
    clock.advance(timedelta(seconds=11))
    assert taken(counts, 12) == 10  # shared again, from nothing
    assert (tmp_path / FILE).is_file()


def test_a_locked_file_is_not_waited_for(tmp_path: Path, clock: FixedClock, monkeypatch):
    monkeypatch.setattr(scratch, "BUSY_S", 0.05)
    counts = open_counts(tmp_path, "", clock)
    counts.hit(TEN, "a")
    blocker = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert taken(counts, 12) == 10
    blocker.close()


def test_a_redis_that_is_not_there_stops_nobody(tmp_path: Path, clock: FixedClock, free_port: int):
    counts = open_counts(tmp_path, f"redis://127.0.0.1:{free_port}/0", clock)
    assert taken(counts, 12) == 10
    assert list(tmp_path.iterdir()) == []


def test_the_storage_is_one_of_the_library(tmp_path: Path, clock: FixedClock):
    """Its other methods mean what the library's own storage means by them."""
    own, known = SqliteStorage(tmp_path / FILE, clock), MemoryStorage()
    for storage in (own, known):
        assert storage.check()
        assert storage.get("k") == 0
        assert [storage.incr("k", 60) for _ in range(3)] == [1, 2, 3]
        assert storage.get("k") == 3
        storage.clear("k")
        assert storage.get("k") == 0
        storage.incr("k", 60)
        assert storage.reset() == 1
        assert storage.acquire_sliding_window_entry("w", 2, 60)
        assert storage.acquire_sliding_window_entry("w", 2, 60)
        assert not storage.acquire_sliding_window_entry("w", 2, 60)
        assert not storage.acquire_sliding_window_entry("w", 2, 60, amount=3)
        assert storage.get_sliding_window("w", 60)[2] == 2
        storage.clear_sliding_window("w", 60)
        assert storage.get_sliding_window("w", 60)[2] == 0
    known.timer.cancel()


def test_counting_is_quick(counts: Counts):
    """Not a benchmark: a count that asked the disk would take a hundred times as long."""
    import time

    counts.hit(TEN, "a")
    started = time.perf_counter()
    for at in range(500):
        counts.hit(TEN, str(at))
    assert (time.perf_counter() - started) / 500 < 0.002
