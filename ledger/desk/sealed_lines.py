"""Bank lines that are dated in a month which was sealed before they came: no run of the rules books them.

In: lines that are open. Out: those that wait for the controller, whose exception is a `period_violation`. A person may
still say what they are; what comes of it counts in the open month and says so (`journal.months`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from ledger.clock import from_ms, from_text
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.matching import history as matching
from ledger.matching.history import StoredLine
from ledger.periods import history as periods

Key = tuple[str, str]
"""Account and identity."""


def held(connection: sa.Connection, fund_id: int, lines: Iterable[StoredLine]) -> frozenset[Key]:
    """Return which lines came after the month that they are dated in was sealed.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        lines: Lines of the fund.

    Returns:
        Their accounts and identities; none where no month is sealed.
    """
    sealed = [
        (one.ends, one.seq)
        for one in periods.steps(connection, fund_id)
        if one.state == "sealed" and one.ends is not None
    ]
    if not sealed:
        return frozenset()
    ends, _ = max(sealed)
    bound = from_text(ends)
    dated = [one for one in lines if one.line.booked_at < bound]
    if not dated:
        return frozenset()
    taken = _taken(connection, fund_id)
    at = {
        month_ends: from_text(decode(journal.entry(connection, fund_id, seq).entry)["recorded_at"])
        for month_ends, seq in sealed
    }
    found = set()
    for one in dated:
        # The first sealed month that ends after the line: the month that it is dated in, or an earlier gap before it.
        month = min(end for end, _ in sealed if one.line.booked_at < from_text(end))
        came = taken.get(one.evidence.file)
        if came is not None and from_ms(came) > at[month]:
            found.add((one.account, one.identity))
    return frozenset(found)


def _taken(connection: sa.Connection, fund_id: int) -> Mapping[str, int]:
    return {one.sha256.hex(): one.taken_ms for one in matching.kept_files(connection, fund_id)}
