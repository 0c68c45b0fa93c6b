"""Lines G3a and G3b: which refunds were for minors, from the reasons that entries give.

A gift given back before it was settled is a refund of its own entry. One given back later is charged by a settlement,
which states a sum and names no gift: charges take the gifts that were given back late in the order in which they were,
first in, first out, as money does everywhere here. What is charged beyond the gifts known by then is counted among the
others, for good: so months add up to their quarter and their year.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.projections.month import Month
from ledger.projections.refunds import RefundEvent, refund_events
from reports.statement import RefundQueue


@dataclass
class Queue:
    """Gifts of a channel that were given back late and that no settlement has charged yet.

    Attributes:
        waiting: Amount, and whether it was a minor's, oldest first.
        ahead: What settlements charged before a gift was known for it, minor units.
    """

    waiting: deque[tuple[int, bool]] = field(default_factory=deque)
    ahead: int = 0

    def push(self, amount: int, *, is_minor: bool) -> None:
        """Add a gift; what was charged ahead of it is charged already."""
        charged = min(amount, self.ahead)
        self.ahead -= charged
        if amount > charged:
            self.waiting.append((amount - charged, is_minor))

    def pop(self, amount: int) -> int:
        """Charge an amount; return how much of it was for minors."""
        minors = 0
        while amount and self.waiting:
            first, is_minor = self.waiting.popleft()
            taken = min(first, amount)
            amount -= taken
            minors += taken if is_minor else 0
            if first > taken:
                self.waiting.appendleft((first - taken, is_minor))
        self.ahead += amount
        return minors


@dataclass(frozen=True)
class Refunds:
    """What was refunded in a span, by channel, minor units.

    Attributes:
        minors: For minors.
        others: For others, charges of channels kept in another currency left out.
        queues: Where each channel that was charged stood before the span.
    """

    minors: dict[str, int]
    others: dict[str, int]
    queues: tuple[RefundQueue, ...]


def refunds_of(month: Month) -> Refunds:
    """Tell the refunds of a span apart.

    Args:
        month: A closed span.

    Returns:
        By channel. The past is read only where a settlement of the span takes something back.
    """
    connection, fund_id = month.connection, month.fund.fund_id
    commodity, cut = month.details.commodity, month.cut
    events = refund_events(connection, fund_id, commodity, cut.first, cut.size)
    charged = sorted({one.channel for one in events if one.step == "charge"})
    past = refund_events(connection, fund_id, commodity, 0, cut.first) if charged else []
    queues: dict[str, Queue] = defaultdict(Queue)
    _walk(past, queues)
    before = tuple(
        RefundQueue(name, tuple(queues[name].waiting), queues[name].ahead) for name in charged
    )
    minors, others = _walk(events, queues)
    return Refunds(minors, others, before)


def _walk(
    events: Iterable[RefundEvent], queues: dict[str, Queue]
) -> tuple[dict[str, int], dict[str, int]]:
    minors: dict[str, int] = defaultdict(int)
    others: dict[str, int] = defaultdict(int)
    for one in events:
        if one.step == "late":
            queues[one.channel].push(one.amount, is_minor=one.is_minor)
            continue
        part = one.amount if one.is_minor else 0
        if one.step == "charge":
            part = queues[one.channel].pop(one.amount)
        minors[one.channel] += part
        others[one.channel] += one.amount - part
    return minors, others
