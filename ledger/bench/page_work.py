"""Pages are made in a process of its own, so that their statements and their processor time can be counted.

In: addresses on standard input, a line for each page with all that are looked at. Out: a line each on standard output.
"""

from __future__ import annotations

import importlib
import statistics
import sys
from http import HTTPStatus
from time import process_time
from typing import Any

import orjson
import sqlalchemy as sa

APP = "wsgi"
"""Loaded by its name, as the server does: what is measured stands above this package."""


class _Counting:
    """Counts statements of every engine of this process."""

    def __init__(self) -> None:
        self.asked = 0
        sa.event.listen(sa.Engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.asked += 1


def _cost(client: Any, counting: _Counting, paths: list[str]) -> dict[str, float]:
    """Return the medians of processor time, seconds, and of statements."""
    spent, asked = [], []
    for path in paths:
        before, start = counting.asked, process_time()
        answer = client.get(path)
        spent.append(process_time() - start)
        asked.append(counting.asked - before)
        assert answer.status_code == HTTPStatus.OK, (answer.status_code, path)
    return {"cpu": statistics.median(spent), "asked": statistics.median(asked)}


def main() -> None:
    """Make pages as ordered, one order after the other."""
    client = importlib.import_module(APP).app.test_client()
    counting = _Counting()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(orjson.dumps(_cost(client, counting, orjson.loads(line))) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
