"""Lists that the database filters, sorts and cuts by key: a page reads its own rows, however long the list is.

In: a filtered query, and the orders in which it can be read. Out: a page with its place in the whole, or all rows in
stretches. Guaranteed: no row twice and none left out while a list stands still; no more than `most` rows, or one
stretch, in memory.

A door offers a `Listing` of its table; pages, exports and the interface read it without knowing SQL.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
import sqlalchemy as sa

Row = TypeVar("Row")
Place = tuple[int | str, ...]
"""Values of the columns of an order in one row; bytes as hexadecimal."""

STRETCH_ROWS = 2_000
"""Rows that `Listing.each` holds in memory at a time."""

PLACE_CHARS_MAX = 2_000
INT_MAX = 2**63 - 1


class Sort(NamedTuple):
    """In which order a list is read.

    Attributes:
        name: Of one of the list's orders.
        descending: Whether the largest comes first.
    """

    name: str
    descending: bool = False


class Cut(NamedTuple):
    """Where a page begins or ends.

    Attributes:
        place: Of a row.
        before: Whether the page ends before it; else it begins after it.
    """

    place: Place
    before: bool = False


class Page(NamedTuple, Generic[Row]):
    """Some rows of a list, and where they stand in it.

    Attributes:
        rows: In order.
        first: Number of the first one in the whole list, from 1; 0 where the list is empty.
        total: Rows of the whole list.
        start: Place of the first row, for the page before; None where there is none.
        end: Place of the last row, for the next page; None at the end.
    """

    rows: tuple[Row, ...]
    first: int
    total: int
    start: Place | None
    end: Place | None

    @property
    def last(self) -> int:
        """Return the number of the last row in the whole list."""
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A list that can be read page by page.

    Attributes:
        query: Filtered, without an order and without a limit.
        orders: By name, the columns of an order; none is ever NULL, and together they tell every two rows apart.
        usual: The order where none is asked for.
        read: Makes rows of what the query gives; may read what belongs to them.
        commodity: Column of the rows' currency, where they have amounts.
    """

    query: sa.Select[Any]
    orders: Mapping[str, tuple[sa.ColumnElement[Any], ...]]
    usual: Sort
    read: Callable[[sa.Connection, Sequence[sa.RowMapping]], Sequence[Row]]
    commodity: sa.ColumnElement[str] | None = None

    def page(
        self,
        connection: sa.Connection,
        sort: Sort | None = None,
        cut: Cut | None = None,
        most: int = 50,
    ) -> Page[Row]:
        """Return one page.

        Args:
            connection: In a transaction.
            sort: In which order; the usual one unless given.
            cut: Where it begins or ends; the first page unless given.
            most: Rows at most.

        Returns:
            The page; the first one where nothing lies beyond the cut.
        """
        sort = sort or self.usual
        rows = self._cut(connection, sort, cut, most)
        if not rows and cut is not None:
            rows = self._cut(connection, sort, None, most)
        if not rows:
            return Page((), 0, 0, None, None)
        first, last = self._place(sort, rows[0]), self._place(sort, rows[-1])
        if cut is None and len(rows) < most:
            before, total = 0, len(rows)
        else:
            before, total = self._counts(connection, sort, first, cut)
        return Page(
            tuple(self.read(connection, rows)),
            before + 1,
            total,
            first if before else None,
            last if before + len(rows) < total else None,
        )

    def each(self, connection: sa.Connection, sort: Sort | None = None) -> Iterator[Row]:
        """Go through the whole list, holding one stretch of it in memory.

        Args:
            connection: In a transaction that stays open meanwhile.
            sort: In which order; the usual one unless given.

        Yields:
            Each row once.
        """
        sort = sort or self.usual
        cut: Cut | None = None
        while True:
            rows = self._cut(connection, sort, cut, STRETCH_ROWS)
            yield from self.read(connection, rows)
            if len(rows) < STRETCH_ROWS:
                return
            cut = Cut(self._place(sort, rows[-1]))

    def count(self, connection: sa.Connection) -> int:
        """Return how many rows the list has."""
        counted = self.query.with_only_columns(sa.func.count(), maintain_column_froms=True)
        return int(connection.execute(counted).scalar_one())

    def commodities(self, connection: sa.Connection) -> tuple[str, ...]:
        """Return the currencies that rows of the list have, in order."""
        if self.commodity is None:
            return ()
        found = self.query.with_only_columns(self.commodity, maintain_column_froms=True).distinct()
        return tuple(sorted(one for one in connection.execute(found).scalars() if one))

    def cut(self, sort: Sort, text: str, *, before: bool = False) -> Cut | None:
        """Read a cut from an address.

        Args:
            sort: The order.
            text: As `place_text` made it; whatever else it is asks for the first page.
            before: Whether the page ends there.

        Returns:
            The cut, or None.
        """
        place = _read_place(text)
        columns = self.orders[sort.name]
        if place is None or len(place) != len(columns):
            return None
        fits = all(_fits(one, value) for one, value in zip(columns, place, strict=True))
        return Cut(place, before) if fits else None

    # --- the queries ----------------------------------------------------------------------------

    def _cut(
        self, connection: sa.Connection, sort: Sort, cut: Cut | None, most: int
    ) -> list[sa.RowMapping]:
        columns = self.orders[sort.name]
        backward = cut is not None and cut.before
        query = self.query.add_columns(*(one.label(_key(at)) for at, one in enumerate(columns)))
        if cut is not None:
            query = query.where(self._beyond(sort, cut.place, before=cut.before))
        falling = sort.descending is not backward
        query = query.order_by(*(one.desc() if falling else one.asc() for one in columns))
        rows = list(connection.execute(query.limit(most)).mappings())
        return rows[::-1] if backward else rows

    def _beyond(self, sort: Sort, place: Place, *, before: bool) -> sa.ColumnElement[bool]:
        """Compare with a place as a whole, so that an index serves it."""
        columns = self.orders[sort.name]
        values = [_bound(one, value) for one, value in zip(columns, place, strict=True)]
        if len(columns) == 1:
            return (
                columns[0] < values[0] if sort.descending is not before else columns[0] > values[0]
            )
        left, right = sa.tuple_(*columns), sa.tuple_(*values)
        return left < right if sort.descending is not before else left > right

    def _counts(
        self, connection: sa.Connection, sort: Sort, first: Place, cut: Cut | None
    ) -> tuple[int, int]:
        """Return how many rows stand before a row, and how many there are."""
        before: sa.ColumnElement[int] = sa.literal(0)
        if cut is not None:
            is_before = self._beyond(sort, first, before=True)
            before = sa.func.coalesce(sa.func.sum(sa.case((is_before, 1), else_=0)), 0)
        counted = self.query.with_only_columns(before, sa.func.count(), maintain_column_froms=True)
        row = connection.execute(counted).one()
        return int(row[0]), int(row[1])

    def _place(self, sort: Sort, row: sa.RowMapping) -> Place:
        values = (row[_key(at)] for at in range(len(self.orders[sort.name])))
        return tuple(
            bytes(one).hex() if isinstance(one, bytes | memoryview) else one for one in values
        )


def _key(at: int) -> str:
    return f"order_key_{at}"


def _bound(column: sa.ColumnElement[Any], value: int | str) -> sa.ColumnElement[Any]:
    if isinstance(column.type, sa.LargeBinary):
        return sa.literal(bytes.fromhex(str(value)), column.type)
    return sa.literal(value, column.type)


def _fits(column: sa.ColumnElement[Any], value: object) -> bool:
    if isinstance(column.type, sa.Integer):
        return type(value) is int and abs(value) <= INT_MAX
    if not isinstance(value, str) or "\0" in value:
        return False
    if isinstance(column.type, sa.LargeBinary):
        return len(value) % 2 == 0 and all(one in "0123456789abcdef" for one in value)
    return True


def place_text(place: Place) -> str:
    """Write a place for an address: letters, digits, `-` and `_`."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _read_place(text: str) -> Place | None:
    if not text or len(text) > PLACE_CHARS_MAX:
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None
    return tuple(found) if isinstance(found, list) else None
