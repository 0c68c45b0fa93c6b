"""Days in each stage: average, median, slowest, and the age of the oldest money. Exact, without reading a gift.

Every unit has a position on its line. It came when the account's debits passed its position, and it left with the
segment that covers it. So of a segment that took the positions from `start` to `stop` on some day, what had waited at
most T days is what lies behind the account's debits T days earlier. Segments are gone through with the days on which
their units came: that gives how much waited how long, and from it average, median and slowest.

Days are calendar days in the fund's zone between the recording of the two entries.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from ledger.clock import from_posix, local_date
from ledger.journal.history import account_names
from ledger.journal.tables import entries
from ledger.matching import history as matching
from ledger.moneyline.history import LineReader
from ledger.moneyline.intervals import Line, Segment, effective_offset
from ledger.moneyline.tables import segments
from ledger.projections import waits
from ledger.projections.accounts import Accounts
from ledger.projections.books.days import DAY, Days
from ledger.projections.books.head import Head, head
from ledger.projections.dates import days_between, month_last, occurred
from ledger.projections.fund_page import View, is_late
from ledger.projections.shapes import StageKey
from ledger.projections.stages import ACCOUNTS_OF, BANK, FUND, PAYOUT, PLATFORM, PROGRAMME, TRANSIT

WINDOW_DAYS = 90
_BEFORE_DAYS = 10
_AT_ONCE = 500
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_ONWARD: tuple[tuple[StageKey, str, str], ...] = (
    ("raised", PLATFORM, PAYOUT),
    ("settled", PAYOUT, BANK),
    ("bank", BANK, TRANSIT),
    ("sent", TRANSIT, FUND),
    ("fund", FUND, PROGRAMME),
)


class Departure(NamedTuple):
    """Units of a line that moved on together.

    Attributes:
        account: That they left.
        day: On which it was recorded.
        start: First raw position.
        stop: Raw position after the last.
        voids: Starts and lengths of what has no value between them.
        entry: By which they left.
    """

    account: str
    day: date
    start: int
    stop: int
    voids: tuple[tuple[int, int], ...]
    entry: int

    def value(self, first: int) -> int:
        """Return the units of value from a position on."""
        return effective_offset(first, self.stop, self.voids) if first < self.stop else 0


class Moved(NamedTuple):
    """What moved on from a stage within the window, and how long it had waited there.

    Attributes:
        moved_minor: How much.
        median: Days within which half of it had moved on; None where nothing moved.
        slowest: Days within which all of it had.
        slowest_entry: One of the entries that took the slowest.
        average_tenths: Average days, weighed by amount, in tenths of a day; half of a tenth counts as one.
    """

    moved_minor: int
    median: int | None
    slowest: int | None
    slowest_entry: int | None
    average_tenths: int | None


NOTHING_MOVED = Moved(0, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Waited:
    """How long money stays at a stage.

    Attributes:
        key: Which stage.
        moved_minor: As of `Moved`, with the four behind it.
        median: Likewise.
        slowest: Likewise.
        slowest_entry: Likewise.
        average_tenths: Likewise.
        waiting_minor: What stands there now.
        oldest: Age of the oldest of it in days; None where nothing stands there.
        oldest_entry: Entry that brought it.
        promised: Days that the fund promises; None where it promises none.
        working: Whether these are working days.
        late: Whether something there is beyond the promise.
    """

    key: StageKey
    moved_minor: int
    median: int | None
    slowest: int | None
    slowest_entry: int | None
    average_tenths: int | None
    waiting_minor: int
    oldest: int | None
    oldest_entry: int | None
    promised: int | None = None
    working: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class WaitPage:
    """How long money stays at each stage.

    Attributes:
        head: Whose.
        first: First day of the window.
        stages: The five that money leaves.
    """

    head: Head
    first: date
    stages: tuple[Waited, ...]


def wait_page(of: View, moved: Mapping[StageKey, Moved] | None = None) -> WaitPage:
    """Make the page of waits.

    Args:
        of: The fund.
        moved: What `moved_on` gives, where it was read already: it changes when money moves on, so it may be kept.

    Returns:
        The page.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    moved = moved_on(of) if moved is None else moved
    accounts = Accounts(connection, fund_id, of.details.commodity)
    oldest = waits.oldest_entries(connection, fund_id, accounts)
    sending = waits.oldest_sending(connection, fund_id)
    oldest[TRANSIT] = [] if sending is None else [sending]
    when = occurred(connection, fund_id, [seq for seqs in oldest.values() for seq in seqs])
    found = []
    for key, prefix, _ in _ONWARD:
        stands = sorted(oldest.get(ACCOUNTS_OF[key], ()), key=lambda seq: when[seq])
        found.append(
            _promise(
                of,
                Waited(
                    key,
                    *moved.get(key, NOTHING_MOVED),
                    accounts.balance(prefix),
                    days_between(when[stands[0]], of.now, of.details.zone) if stands else None,
                    stands[0] if stands else None,
                ),
                when[stands[0]] if stands else None,
            )
        )
    return WaitPage(head(of), _window(of), tuple(found))


def moved_on(of: View) -> dict[StageKey, Moved]:
    """Return what moved on from each stage within the window, with the days that it had waited there."""
    days = Days(of)
    left = departures(of, days.size(_window(of) - DAY))
    came = _arrivals([one for mine in left.values() for one in mine], days, _begun(of))
    return {key: _moved(mine, came) for key, mine in left.items()}


def _window(of: View) -> date:
    return local_date(of.now, of.details.zone) - WINDOW_DAYS * DAY


def last_moved(of: View) -> int | None:
    """Return the entry by which money last moved on; None before. Until the next one, and midnight, averages stand."""
    return of.connection.execute(
        sa.select(sa.func.max(segments.c.seq)).where(segments.c.fund_id == of.fund.fund_id)
    ).scalar()


def _begun(of: View) -> date:
    """Return the day of the fund's first entry: nothing has waited longer."""
    at = of.connection.execute(
        sa.select(entries.c.recorded_at).where(
            entries.c.fund_id == of.fund.fund_id, entries.c.seq == 0
        )
    ).scalar()
    return local_date(of.now if at is None else from_posix(int(at)), of.details.zone)


def departures(of: View, first: int) -> dict[StageKey, list[Departure]]:
    """Read what moved on from each stage since an entry.

    Args:
        of: The fund.
        first: Entry.

    Returns:
        By stage: a row of the money line for each settlement, payout, transfer and spend, however many gifts are in it.
    """
    connection, fund_id, commodity = of.connection, of.fund.fund_id, of.details.commodity
    names = account_names(connection, fund_id)
    reader = LineReader(connection, fund_id, names)
    rows = connection.execute(
        sa.select(segments)
        .where(
            segments.c.fund_id == fund_id,
            segments.c.seq >= first,
            segments.c.source_commodity == commodity,
        )
        .order_by(segments.c.seq, segments.c.part)
    ).all()
    read = [reader.segment(row) for row in rows]
    # Asked by number, and not joined: a join may be read from end to end.
    recorded = _recorded(connection, fund_id, sorted({one.seq for one in read}))
    voids = _voids(reader, read)
    found: dict[StageKey, list[Departure]] = {key: [] for key, _, _ in _ONWARD}
    for segment in read:
        for key, source, target in _ONWARD:
            if (
                segment.source is not None
                and segment.source.account.startswith(source)
                and segment.target.account.startswith(target)
            ):
                day = local_date(from_posix(recorded[segment.seq]), of.details.zone)
                found[key].append(
                    Departure(
                        segment.source.account,
                        day,
                        segment.start,
                        segment.end,
                        _between(voids.get(segment.source, ()), segment),
                        segment.seq,
                    )
                )
    return found


def _voids(reader: LineReader, read: Sequence[Segment]) -> dict[Line, Sequence[tuple[int, int]]]:
    """Read what has no value on the lines that segments left, one stretch a line."""
    spans: dict[Line, tuple[int, int]] = {}
    for one in read:
        if one.source is not None and one.end - one.start > one.length:
            first, last = spans.get(one.source, (one.start, one.end))
            spans[one.source] = (min(first, one.start), max(last, one.end))
    return {line: tuple(reader.voids(line, *span)) for line, span in spans.items()}


def _between(voids: Sequence[tuple[int, int]], one: Segment) -> tuple[tuple[int, int], ...]:
    """Return the voids that a segment passed over, of all of its line, by position."""
    if one.end - one.start == one.length:
        return ()
    first = max(0, bisect_right(voids, (one.start, 0)) - 1)
    stop = bisect_left(voids, (one.end, 0))
    return tuple(void for void in voids[first:stop] if void[0] + void[1] > one.start)


def _recorded(connection: sa.Connection, fund_id: int, seqs: list[int]) -> dict[int, int]:
    """Return when entries were recorded, POSIX seconds, by number."""
    found: dict[int, int] = {}
    for at in range(0, len(seqs), _AT_ONCE):
        rows = connection.execute(
            sa.select(entries.c.seq, entries.c.recorded_at).where(
                entries.c.fund_id == fund_id, entries.c.seq.in_(seqs[at : at + _AT_ONCE])
            )
        )
        found |= {row.seq: row.recorded_at for row in rows}
    return found


class Arrivals(NamedTuple):
    """What accounts had received by the end of each of some days.

    Attributes:
        days: That follow each other.
        debits: By account: of each day.
    """

    days: list[date]
    debits: dict[str, list[int]]


def _arrivals(left: Sequence[Departure], days: Days, begun: date) -> Arrivals:
    """Read the days on which the units of departures came, as far back as any of them did: some statements for all."""
    if not left:
        return Arrivals([], {})
    starts: dict[str, int] = {}
    for one in left:
        starts[one.account] = min(one.start, starts.get(one.account, one.start))
    first, last = min(one.day for one in left), max(one.day for one in left)
    back, nothing = _BEFORE_DAYS, begun - DAY
    while True:
        since = max(nothing, first - back * DAY)
        known = [since + at * DAY for at in range((last - since).days + 1)]
        days.fill(known)
        earliest = days.accounts(since)
        if since == nothing or all(earliest[name].debits <= at for name, at in starts.items()):
            break
        back *= 4
    held = [days.accounts(day) for day in known]
    return Arrivals(known, {name: [one[name].debits for one in held] for name in starts})


def waited(one: Departure, came: Arrivals) -> Iterator[tuple[int, int]]:
    """Tell how long the units of a departure had waited.

    Args:
        one: The departure.
        came: Of its account, as far back as its first unit.

    Yields:
        Days, and units that waited so many.
    """
    debits, position = came.debits[one.account], one.start
    at = bisect_right(debits, position)
    while position < one.stop:
        behind = min(one.stop, debits[at])
        units = one.value(position) - one.value(behind)
        if units:
            yield (one.day - came.days[at]).days, units
        position, at = behind, at + 1


def _moved(left: Sequence[Departure], came: Arrivals) -> Moved:
    """Add up how long departures had waited, and find an entry that took the slowest."""
    spread: Counter[int] = Counter()
    slowest, slowest_entry = -1, None
    for one in left:
        for taken, units in waited(one, came):
            spread[taken] += units
            if taken > slowest:
                slowest, slowest_entry = taken, one.entry
    whole = spread.total()
    if not whole:
        return NOTHING_MOVED
    weighed = sum(taken * units for taken, units in spread.items())
    by = 0
    for median in sorted(spread):
        by += spread[median]
        if 2 * by >= whole:
            break
    average = (2 * 10 * weighed + whole) // (2 * whole)
    return Moved(whole, median, slowest, slowest_entry, average)


def _promise(of: View, found: Waited, since: datetime | None) -> Waited:
    """Hold what stands at a stage against what the fund promises."""
    values = {name: getattr(found, name) for name in Waited.__slots__}
    if found.key == "sent":
        values |= {
            "promised": of.promises.transfer_days,
            "working": True,
            "late": since is not None and is_late(of, since),
        }
    elif found.key == "settled":
        values |= {"promised": of.promises.settlement_days, "late": bool(overdue_settlements(of))}
    return Waited(**values)


class Overdue(NamedTuple):
    """A settlement that a platform has not paid in time.

    Attributes:
        channel: Whose.
        number: Of the settlement.
        amount_minor: Its net.
        due: Day by which it was promised.
        entry: That booked it.
    """

    channel: str
    number: str
    amount_minor: int
    due: date
    entry: int


def overdue_settlements(of: View) -> list[Overdue]:
    """Return the settlements that are beyond what the fund promises, oldest first."""
    connection, fund_id = of.connection, of.fund.fund_id
    unpaid = matching.settlements(connection, fund_id, unpaid=True)
    booked = occurred(connection, fund_id, [one.settled_seq for one in unpaid])
    today = local_date(of.now, of.details.zone)
    found = []
    for one in unpaid:
        since = local_date(booked[one.settled_seq], of.details.zone)
        if _MONTH.fullmatch(one.period):
            since = max(since, month_last(one.period))
        due = since + of.promises.settlement_days * DAY
        if due < today and one.commodity == of.details.commodity:
            found.append(Overdue(one.channel, one.statement_no, one.net, due, one.settled_seq))
    return sorted(found, key=lambda one: (one.due, one.entry))
