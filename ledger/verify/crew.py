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

WAITING_PER_WORKER = 2
"""Tasks handed out beyond those that run: keeps workers busy, and memory bounded."""


class Crew:
    """Some processes, or none: with one worker everything is done here.

    Processes are spawned: a forked one would share open connections and threads' locks with this one.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int) -> None:
        self.workers = max(1, workers)
        self._pool: ProcessPoolExecutor | None = None
        if self.workers > 1:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Do tasks and give their results in order.

        Args:
            function: Of a module, so that another process finds it.
            tasks: Taken as they are needed.

        Yields:
            Results, in the order of the tasks.
        """
        if self._pool is None:
            yield from map(function, tasks)
            return
        waiting: deque[Future[R]] = deque()
        for task in tasks:
            waiting.append(self._pool.submit(function, task))
            if len(waiting) >= self.workers * (1 + WAITING_PER_WORKER):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
