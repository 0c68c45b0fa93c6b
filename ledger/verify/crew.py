"""Share tasks among processes, and take their results in order with only a few waiting."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")

HANDED_OUT = 2
"""Tasks that a helper has at once: one that it does, one that it finds when it is done."""

KEPT = 2
"""Results for each worker that may wait for an earlier one: keeps memory bounded."""


class Crew:
    """This process and some helpers, or this process alone.

    A helper needs a third of a second to start. Until the first one is there, this process does all tasks itself,
    and afterwards those that no helper is free for: so nothing waits for a start, and two cores need one helper.

    Helpers are spawned: a forked one would share open connections and threads' locks with this one.

    Args:
        workers: Processes that work, this one among them.
    """

    def __init__(self, workers: int) -> None:
        self.workers = max(1, workers)
        self._helpers: ProcessPoolExecutor | None = None
        if self.workers > 1:
            context = multiprocessing.get_context("spawn")
            self._helpers = ProcessPoolExecutor(self.workers - 1, mp_context=context)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._helpers is not None:
            self._helpers.shutdown(cancel_futures=True)

    def map(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Do tasks and give their results in order.

        Args:
            function: Of a module, so that another process finds it.
            tasks: Taken as they are needed.

        Yields:
            Results, in the order of the tasks.

        Raises:
            BrokenProcessPool: A helper ended before its task did.
        """
        if self._helpers is None:
            yield from map(function, tasks)
            return
        ready = self._helpers.submit(_be_ready, function)
        waiting: deque[Future[R]] = deque()
        for task in tasks:
            if ready.done() and self._undone(waiting) < HANDED_OUT * (self.workers - 1):
                ready.result()
                waiting.append(self._helpers.submit(function, task))
            else:
                own: Future[R] = Future()
                own.set_result(function(task))
                waiting.append(own)
            while waiting and (waiting[0].done() or len(waiting) >= KEPT * self.workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    @staticmethod
    def _undone(waiting: Iterable[Future[R]]) -> int:
        return sum(not one.done() for one in waiting)


def _be_ready(_function: Callable[[T], R]) -> None:
    """Load, in a helper, what the tasks need: it came with the function."""
