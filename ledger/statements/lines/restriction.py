"""Restricted and unrestricted columns of the fund: what its money is bound to, movement by movement.

Bound is what the public appeal or a donor gave for the programme: what the fund held when the books were opened,
transfers of gifts, direct donations, grants that come back. Interest and other receipts are not. Programme spending
takes bound money first, management cost takes the other first; what one side does not hold the other pays. What is
taken back goes to where it came from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from ledger.projections.fund_moves import fund_line
from ledger.projections.month import Month, Movement
from reports.statement import FundColumn, Restriction

_PAID = ("F5", "F6")


@dataclass
class Pools:
    """What the fund holds of each, minor units.

    Attributes:
        restricted: Bound money.
        unrestricted: The rest.
        programme: Programme spending that unrestricted money paid, less what came back.
        management: Management cost that restricted money paid, less what came back.
    """

    restricted: int = 0
    unrestricted: int = 0
    programme: int = 0
    management: int = 0

    def move(self, line: str, amount: int) -> tuple[int, int]:
        """Take a movement.

        Args:
            line: Code of the line that counts it.
            amount: Signed, as it changes the fund.

        Returns:
            What it changes of the restricted and of the unrestricted side.
        """
        if line == "F5":
            rest = self._part(amount, self.restricted, self.programme)
            self.programme -= rest
            parts = (amount - rest, rest)
        elif line == "F6":
            rest = self._part(amount, self.unrestricted, self.management)
            self.management -= rest
            parts = (rest, amount - rest)
        else:
            parts = (0, amount) if line == "F4" else (amount, 0)
        self.restricted += parts[0]
        self.unrestricted += parts[1]
        return parts

    @staticmethod
    def _part(amount: int, first: int, lent: int) -> int:
        """Return the signed part that the other side pays, or gets back of what it lent."""
        if amount >= 0:
            return min(amount, lent)
        return -max(0, -amount - max(0, first))


def walk(moves: Iterable[tuple[str, int]], pools: Pools) -> tuple[dict[str, int], dict[str, int]]:
    """Take movements in their order, and add them up by line on each side."""
    restricted: dict[str, int] = defaultdict(int)
    unrestricted: dict[str, int] = defaultdict(int)
    for line, amount in moves:
        one, other = pools.move(line, amount)
        restricted[line] += one
        unrestricted[line] += other
    return restricted, unrestricted


def pools_before(month: Month) -> Pools:
    """Return what the fund held before a span, from every movement of its accounts until then."""
    pools = Pools()
    walk(_moves(month.fund_movements_before(), month, first_stop=month.first_stop), pools)
    return pools


def columns(month: Month) -> tuple[FundColumn, FundColumn, Restriction]:
    """Make the columns of a span.

    Args:
        month: A closed span.

    Returns:
        Restricted, unrestricted, and what it takes to work them out again from the entries of the span.
    """
    pools = pools_before(month)
    start = Restriction(pools.programme, pools.management)
    opening = (pools.restricted, pools.unrestricted)
    sides = walk(_moves(month.movements, month, first_stop=_first_stop(month)), pools)
    closing = (pools.restricted, pools.unrestricted)
    made = [_column(sums, opening[place], closing[place]) for place, sums in enumerate(sides)]
    return made[0], made[1], start


def split(month: Month) -> Iterator[tuple[Movement, str, int, int]]:
    """Split each movement of a span's fund accounts into both sides.

    Yields:
        The movement, its line, what it changes of the restricted and of the unrestricted side.
    """
    pools = pools_before(month)
    for one in month.movements:
        if one.commodity == month.details.commodity:
            line, amount = fund_line(one, is_first=one.seq < _first_stop(month))
            if line:
                yield one, line, *pools.move(line, amount)


def _first_stop(month: Month) -> int:
    """Return where what opens an account ends to be an opening balance: behind a fund's first span."""
    return month.cut.size if month.cut.previous is None else 0


def _moves(
    movements: Iterable[Movement], month: Month, *, first_stop: int
) -> Iterator[tuple[str, int]]:
    for one in movements:
        if one.commodity == month.details.commodity:
            line, amount = fund_line(one, is_first=one.seq < first_stop)
            if line:
                yield line, amount


def _column(sums: dict[str, int], opening: int, closing: int) -> FundColumn:
    values = {
        field.name: (-1 if field.name.upper() in _PAID else 1) * sums.get(field.name.upper(), 0)
        for field in fields(FundColumn)
    }
    return FundColumn(**values | {"f1": opening + sums.get("F1", 0), "f8": closing})
