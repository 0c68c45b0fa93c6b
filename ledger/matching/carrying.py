"""Which expectations a line names by a reference: looked up, so that thousands of lines are not held against thousands
of expectations. Pure.

A reference of one run, such as `WD20261101`, is looked up among the line's runs. A purpose of several words is looked
up by its longest run of ASCII letters and digits, which the line's text must have as a whole; one without such a run,
as most Chinese purposes are, is searched for in every text. What is looked up is then held against `items.carries`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from ledger.matching.items import carries
from ledger.matching.lines import comparable, is_number, normalise_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.matching.items import Expectation, Observation

_RUN = re.compile(r"[A-Z0-9-]+")
"""What `carries_reference` bounds a purpose by: a run of a purpose is a whole run of every text that has it."""


class References:
    """Expectations by what they may be named by.

    Args:
        expectations: In any order.
    """

    def __init__(self, expectations: Iterable[Expectation]) -> None:
        self._exact: dict[str, list[Expectation]] = defaultdict(list)
        self._by_run: dict[str, list[tuple[str, Expectation]]] = defaultdict(list)
        self._anywhere: list[tuple[str, Expectation]] = []
        for one in expectations:
            for reference in one.references:
                self._add(comparable(reference), reference, one)

    def _add(self, wanted: str, reference: str, one: Expectation) -> None:
        self._exact[wanted].append(one)
        if is_number(reference):
            return
        runs = _RUN.findall(wanted)
        if runs:
            self._by_run[max(runs, key=len)].append((wanted, one))
        else:
            self._anywhere.append((wanted, one))

    def carried_by(self, other: Observation) -> list[Expectation]:
        """Return the expectations that a line carries a reference of, by their ids; of whichever side and day."""
        line = other.line
        numbers = {comparable(run) for run in line.references}
        if line.bank_id is not None:
            numbers.add(comparable(line.bank_id))
        near = {one.id: one for number in numbers for one in self._exact.get(number, ())}
        if self._by_run or self._anywhere:
            text = normalise_text(line.text).upper()
            named = [pair for run in set(_RUN.findall(text)) for pair in self._by_run.get(run, ())]
            near |= {one.id: one for wanted, one in (*named, *self._anywhere) if wanted in text}
        return [one for _, one in sorted(near.items()) if carries(one, other)]
