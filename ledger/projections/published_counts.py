"""Counts of people as they are published: by closed month, and added up from months, never counted anew over more.

In: closed months. Out: cells. Guaranteed: what covers several months says nothing that the months' own cells do not
say, so neither a page that is looked at twice nor a quarter beside its months tells a count that a month hides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.log import history as log_history
from ledger.periods import history as periods
from ledger.projections.reversals import reversed_spends
from ledger.projections.spending import Sum, sums
from ledger.spending.small_cells import Cell, Counts, combine, protect

TOTAL = ""
"""The row of the totals among the cells of a table; no code is empty."""

Cells = Mapping[str, tuple[Cell, Cell]]
"""By code: person-times and persons; the totals are under `TOTAL`."""


class Span(NamedTuple):
    """A closed month: its first entry and the number after its last."""

    month: str
    first: int
    stop: int


class Published(NamedTuple):
    """What is published of some months.

    Attributes:
        months: Which, oldest first.
        groups: Cells by group of people.
        diseases: Cells by disease, of the same people and visits.
    """

    months: tuple[str, ...]
    groups: Cells
    diseases: Cells


def spans(
    connection: sa.Connection, fund_id: int, first: int = 0, stop: int = 2**62
) -> list[Span]:
    """Return the closed months that lie within a span of entries, oldest first."""
    found: list[Span] = []
    before = 0
    for one in periods.closed(connection, fund_id):
        size, _ = log_history.checkpoint_covering(connection, fund_id, one.closed_seq)
        if before >= first and size <= stop:
            found.append(Span(one.month, before, size))
        before = size
    return found


def published(
    connection: sa.Connection, fund_id: int, commodity: str, months: Sequence[Span]
) -> Published:
    """Return the cells of some closed months together.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        commodity: Of the spending.
        months: Closed months.

    Returns:
        Their cells: of one month as it is protected, of several added up.
    """
    undone = reversed_spends(connection, fund_id)
    groups: list[Cells] = []
    diseases: list[Cells] = []
    for span in months:
        both = [
            sums(connection, fund_id, commodity, by, (span.first, span.stop), undone)
            for by in ("people", "disease")
        ]
        one, other = protect([[counts_of(row) for row in rows] for rows in both])
        for rows, cells, into in ((both[0], one, groups), (both[1], other, diseases)):
            codes = [*(row.code for row in rows), TOTAL]
            into.append(dict(zip(codes, cells, strict=False)))
    return Published(tuple(span.month for span in months), combine(groups), combine(diseases))


def counts_of(row: Sum) -> Counts:
    """Return what a row would say; a month that takes back more than it spent has no counts that mean anything."""
    if row.persons < 0 or row.person_times < row.persons:
        return Counts(None, None)
    return Counts(row.person_times, row.persons)
