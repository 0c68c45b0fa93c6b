"""Tasks shared among processes: each is done once, results come in order, and only a few wait."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool

import pytest

from ledger.verify.crew import HANDED_OUT, KEPT, Crew


def who(number: int) -> tuple[int, int]:
    """Say which process has done a task, in some time."""
    time.sleep(0.02)
    return number, os.getpid()


def end_elsewhere(pid: int) -> None:
    """End the process as one without memory is ended, unless it is the one that asks."""
    if os.getpid() != pid:
        os._exit(1)
    time.sleep(0.02)


def test_alone_everything_is_done_here() -> None:
    with Crew(1) as crew:
        assert list(crew.map(who, range(3))) == [(at, os.getpid()) for at in range(3)]


def test_results_come_in_order_from_this_process_and_from_helpers() -> None:
    with Crew(2) as crew:
        done = list(crew.map(who, range(100)))
    assert [number for number, _ in done] == list(range(100))
    pids = [pid for _, pid in done]
    assert pids[0] == os.getpid(), "nothing waits for a helper to start"
    assert len(set(pids)) == 2


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(60):
            taken.append(number)
            yield number

    with Crew(2) as crew:
        for got, (number, _) in enumerate(crew.map(who, tasks())):
            assert number == got
            assert len(taken) - got <= KEPT * 2 + HANDED_OUT + 1


def test_a_helper_that_ends_is_an_error_and_no_missing_result() -> None:
    with Crew(2) as crew:
        list(crew.map(who, range(40)))  # until there is a helper
        with pytest.raises(BrokenProcessPool):
            list(crew.map(end_elsewhere, [os.getpid()] * 10))
