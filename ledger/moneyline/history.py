"""Read the money line: fronts, voids, holes, and the segments that an interval left by."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.db import Prepared
from ledger.moneyline.intervals import Line, Segment
from ledger.moneyline.tables import fills, holes, segments, voids


class OpenHole(NamedTuple):
    """Room that a settlement left for gifts found later.

    Attributes:
        start: Raw position of the first free unit.
        room: Free units.
        until_ms: Gifts given before this belong into it.
        seq: The settlement.
    """

    start: int
    room: int
    until_ms: int
    seq: int


def _on(table: sa.Table, fund_id: int, account_id: int, commodity: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.fund_id == fund_id,
        table.c.account_id == account_id,
        table.c.commodity == commodity,
    )


def platform_front(
    connection: sa.Connection, fund_id: int, account_id: int, commodity: str
) -> int:
    """Return the raw end of the last settlement of a platform's line, 0 before the first."""
    row = connection.execute(
        sa.select(segments.c.stop)
        .where(
            segments.c.fund_id == fund_id,
            segments.c.source_id == account_id,
            segments.c.source_commodity == commodity,
        )
        .order_by(segments.c.start.desc(), segments.c.seq.desc())
        .limit(1)
    ).first()
    return 0 if row is None else int(row.stop)


def voids_between(
    connection: sa.Connection, fund_id: int, account_id: int, commodity: str, span: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the voids that begin in a raw interval, as start and length, oldest first."""
    rows = connection.execute(
        sa.select(voids.c.start, voids.c.length)
        .where(
            _on(voids, fund_id, account_id, commodity),
            voids.c.start >= span[0],
            voids.c.start < span[1],
        )
        .order_by(voids.c.start)
    )
    return [(row.start, row.length) for row in rows]


def is_void(
    connection: sa.Connection, fund_id: int, account_id: int, commodity: str, start: int
) -> bool:
    """Tell whether the gift at a raw position was reversed before it was settled."""
    return bool(voids_between(connection, fund_id, account_id, commodity, (start, start + 1)))


class _Hole(NamedTuple):
    start: int
    length: int
    until_ms: int
    seq: int


_HOLES = Prepared(
    sa.select(holes.c.start, holes.c.length, holes.c.until_ms, holes.c.seq)
    .where(
        holes.c.fund_id == sa.bindparam("fund_id"),
        holes.c.account_id == sa.bindparam("account_id"),
        holes.c.commodity == sa.bindparam("commodity"),
    )
    .order_by(holes.c.start)
)
"""Built once: every commit of gifts asks it."""


def open_holes(
    connection: sa.Connection, fund_id: int, account_id: int, commodity: str
) -> list[OpenHole]:
    """Return the holes of a platform's line that still have room, oldest first."""
    found = []
    rows = _HOLES.rows(connection, fund_id=fund_id, account_id=account_id, commodity=commodity)
    for hole in map(_Hole._make, rows):
        filled = connection.execute(
            sa.select(sa.func.coalesce(sa.func.sum(fills.c.length), 0)).where(
                _on(fills, fund_id, account_id, commodity),
                fills.c.start >= hole.start,
                fills.c.start < hole.start + hole.length,
            )
        ).scalar_one()
        if filled < hole.length:
            found.append(
                OpenHole(
                    hole.start + int(filled), hole.length - int(filled), hole.until_ms, hole.seq
                )
            )
    return found


def filled_by(connection: sa.Connection, fund_id: int, settled_seq: int) -> int | None:
    """Return the entry that filled the last of a settlement's hole; None while there is room, or was no hole.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        settled_seq: Entry of the settlement.

    Returns:
        A gift that was found later.
    """
    hole = connection.execute(
        sa.select(holes.c.account_id, holes.c.commodity, holes.c.start, holes.c.length).where(
            holes.c.fund_id == fund_id, holes.c.seq == settled_seq
        )
    ).first()
    if hole is None:
        return None
    filled, last = connection.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(fills.c.length), 0), sa.func.max(fills.c.seq)
        ).where(
            _on(fills, fund_id, hole.account_id, hole.commodity),
            fills.c.start >= hole.start,
            fills.c.start < hole.start + hole.length,
        )
    ).one()
    return int(last) if filled == hole.length else None


class LineReader:
    """Reads segments and voids by account name, for tracing.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        names: Account names by id.
    """

    def __init__(self, connection: sa.Connection, fund_id: int, names: dict[int, str]) -> None:
        self._connection = connection
        self._fund_id = fund_id
        self._names = names
        self._ids = {name: account_id for account_id, name in names.items()}

    def find(self, line: Line, lo: int, hi: int) -> list[Segment]:
        """Return the segments by which any part of a raw interval left its line, in order.

        Args:
            line: The line.
            lo: First raw position.
            hi: Raw position after the last.

        Returns:
            Segments, by start. The index is entered at the last segment that starts at or before `lo`.
        """
        account_id = self._ids.get(line.account)
        if account_id is None:
            return []
        on_line = sa.and_(
            segments.c.fund_id == self._fund_id,
            segments.c.source_id == account_id,
            segments.c.source_commodity == line.commodity,
        )
        first = self._connection.execute(
            sa.select(segments.c.start)
            .where(on_line, segments.c.start <= lo)
            .order_by(segments.c.start.desc())
            .limit(1)
        ).scalar()
        rows = self._connection.execute(
            sa.select(segments)
            .where(
                on_line,
                segments.c.start >= (lo if first is None else first),
                segments.c.start < hi,
            )
            .order_by(segments.c.start, segments.c.seq)
        )
        return [self.segment(row) for row in rows if row.stop > lo]

    def segment(self, row: Any) -> Segment:
        """Turn a row into a segment."""
        source = None
        if row.source_id is not None:
            source = Line(self._names[row.source_id], row.source_commodity)
        target = Line(self._names[row.target_id], row.target_commodity)
        return Segment(
            source=source,
            start=row.start,
            end=row.stop,
            length=row.length,
            target=target,
            to_start=row.to_start,
            to_length=row.to_length,
            seq=row.seq,
        )

    def reversals(self, line: Line, lo: int, hi: int, most: int) -> list[int] | None:
        """Return the entries that made the voids of a raw interval; None where there are more than `most`."""
        rows = (
            self._connection.execute(
                sa.select(voids.c.seq)
                .where(
                    _on(voids, self._fund_id, self._ids.get(line.account, -1), line.commodity),
                    voids.c.start >= lo,
                    voids.c.start < hi,
                )
                .order_by(voids.c.start)
                .limit(most + 1)
            )
            .scalars()
            .all()
        )
        return None if len(rows) > most else [int(seq) for seq in rows]

    def voids(self, line: Line, lo: int, hi: int) -> list[tuple[int, int]]:
        """Return the voids that touch a raw interval, as start and length."""
        account_id = self._ids.get(line.account)
        if account_id is None:
            return []
        before = self._connection.execute(
            sa.select(voids.c.start, voids.c.length)
            .where(_on(voids, self._fund_id, account_id, line.commodity), voids.c.start < lo)
            .order_by(voids.c.start.desc())
            .limit(1)
        ).first()
        found = voids_between(
            self._connection, self._fund_id, account_id, line.commodity, (lo, hi)
        )
        if before is not None and before.start + before.length > lo:
            found.insert(0, (before.start, before.length))
        return found
