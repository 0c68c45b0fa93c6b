"""Figures as they were known at any size of the log, and as they are known now.

In: a size or a day, and a month. Out: what stood in each stage then, what the month had moved as known then, the
corrections since, and what it had moved as known now. Guaranteed: every balance is an index look-up, however many
entries there are; what is known now is what was known then and the listed corrections, to the fen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.clock import from_posix
from ledger.errors import NotFoundError
from ledger.funds import history as funds
from ledger.journal import history as journal
from ledger.journal.balances import totals
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.journal.late_history import LateEntry, LateOf, late_kinds, late_page, late_sums
from ledger.log.tables import checkpoints
from ledger.periods import history as periods
from ledger.projections.accounts import Accounts
from ledger.projections.corrections import Corrected, corrections_between
from ledger.projections.stages import BANK, FUND, PAYOUT, PLATFORM, PROGRAMME, TRANSIT

STAGES = (
    ("raised", PLATFORM),
    ("settled", PAYOUT),
    ("bank", BANK),
    ("sent", TRANSIT),
    ("fund", FUND),
    ("work", PROGRAMME),
)
"""Stages in order, and how their accounts begin."""

GIFTS = "Income:Gifts:"

LATE_SHOWN = 50
"""Late entries that are listed one by one; the page of late entries lists all."""

LINES: Mapping[str, tuple[str, str]] = {
    "gifts": (GIFTS, "net-credits"),
    "settled": (PAYOUT, "debits"),
    "banked": (PAYOUT, "credits"),
    "sent": (TRANSIT, "debits"),
    "arrived": (TRANSIT, "credits"),
    "spent": (PROGRAMME, "net-debits"),
}
"""What a month moves: accounts, and which side of them counts; `net` less the other side."""


class Point(NamedTuple):
    """A checkpoint.

    Attributes:
        size: Of the log.
        at: When it was signed.
    """

    size: int
    at: datetime


class Late(NamedTuple):
    """Entries of a closed month that came late.

    Attributes:
        entries: How many there are.
        moved: By line of `LINES`, what they moved in the month in which they count.
        first: The oldest of them, `LATE_SHOWN` at most.
    """

    entries: int
    moved: dict[str, int]
    first: tuple[LateEntry, ...]


class MonthKnown(NamedTuple):
    """A month, then and now, minor units.

    Attributes:
        month: `2026-10`.
        first: First entry that it covers.
        stop: Entry after the last that was known then.
        then: By line of `LINES`, as known then.
        now: The same as known now.
        corrections: Of the entries of the month, after what was known then.
        late: What belongs to the month by its own date, was recorded after it was closed, and corrects nothing. It
            counts in another month, and so in none of the figures above.
    """

    month: str
    first: int
    stop: int
    then: dict[str, int]
    now: dict[str, int]
    corrections: tuple[Corrected, ...]
    late: Late


class Known(NamedTuple):
    """What was known at a checkpoint.

    Attributes:
        point: The checkpoint.
        newest: The newest one.
        commodity: Of the amounts.
        stages: Balance of each stage then, minor units.
        stages_now: The same now.
        month: A month, where one is asked for.
    """

    point: Point
    newest: Point
    commodity: str
    stages: dict[str, int]
    stages_now: dict[str, int]
    month: MonthKnown | None


def point_at(connection: sa.Connection, fund_id: int, asked: str, zone: str) -> Point:
    """Return the checkpoint that somebody means.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        asked: A size of the log, or a day in ISO 8601: then the last checkpoint of that day.
        zone: Time zone that decides where a day ends.

    Returns:
        The newest checkpoint that is no larger, or no later.

    Raises:
        NotFoundError: There is none, or it is neither a size nor a day.
    """
    c = checkpoints.c
    query = sa.select(c.size, c.signed_at).where(c.fund_id == fund_id)
    if asked.isascii() and asked.isdigit() and len(asked) <= 15:  # noqa: PLR2004 -- below 2^53
        query = query.where(c.size <= int(asked)).order_by(c.size.desc())
        row = connection.execute(query.limit(1)).first()
        found = None if row is None else (int(row[0]), int(row[1]))
    else:
        found = _of_day(connection, fund_id, asked, zone)
    if found is None:
        raise NotFoundError(what="checkpoint", name=asked[:20])
    return Point(found[0], from_posix(found[1]))


def _of_day(
    connection: sa.Connection, fund_id: int, asked: str, zone: str
) -> tuple[int, int] | None:
    """Find the last checkpoint of a day by halving: times never go back, and few are looked at."""
    try:
        day = date.fromisoformat(asked)
        ends = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    before, low, high = int(ends.timestamp()), 0, journal.size(connection, fund_id)
    found: tuple[int, int] | None = None
    while low < high:
        middle = (low + high) // 2
        row = _next_from(connection, fund_id, middle + 1)
        if row is None or row[1] >= before:
            high = middle
        else:
            found, low = row, row[0]
    return found


def _next_from(connection: sa.Connection, fund_id: int, size: int) -> tuple[int, int] | None:
    """Return the first checkpoint of at least a size."""
    c = checkpoints.c
    row = connection.execute(
        sa.select(c.size, c.signed_at)
        .where(c.fund_id == fund_id, c.size >= size)
        .order_by(c.size)
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def known_at(connection: sa.Connection, fund: Fund, asked: str, month: str | None = None) -> Known:
    """Return what was known at a checkpoint, beside what is known now.

    Args:
        connection: In a transaction.
        fund: The fund.
        asked: A size of the log, or a day.
        month: `2026-10`, a month that was or is closed.

    Returns:
        Figures then and now.

    Raises:
        NotFoundError: No such checkpoint or closed month.
    """
    details = funds.details(connection, fund.fund_id)
    point = point_at(connection, fund.fund_id, asked, details.zone)
    size = journal.size(connection, fund.fund_id)
    newest = point_at(connection, fund.fund_id, str(size), details.zone)
    then = Accounts(connection, fund.fund_id, details.commodity, point.size)
    now = Accounts(connection, fund.fund_id, details.commodity)
    return Known(
        point,
        newest,
        details.commodity,
        {name: then.balance(prefix) for name, prefix in STAGES},
        {name: now.balance(prefix) for name, prefix in STAGES},
        None if month is None else _month(connection, fund, month, (point, details.commodity)),
    )


def _month(connection: sa.Connection, fund: Fund, month: str, at: tuple[Point, str]) -> MonthKnown:
    point, commodity = at
    of = periods.period(connection, fund.fund_id, month)
    stop = max(of.first, min(point.size, of.closed_seq + 1))
    whole = of.closed_seq + 1
    then = _moved(connection, fund.fund_id, commodity, (of.first, stop))
    now = _moved(connection, fund.fund_id, commodity, (of.first, whole))
    since = corrections_between(connection, fund.fund_id, stop, 2**62)
    mine = [one for one in since if any(of.first <= seq <= of.closed_seq for seq in one.corrects)]
    for one in mine:
        if one.seq >= whole:
            value = decode(journal.entry(connection, fund.fund_id, one.seq).entry)
            for name, amount in _effect(value, commodity).items():
                now[name] += amount
    corrected = {one.seq for one in mine}
    late = _late(connection, fund.fund_id, commodity, (month, of.closed_seq), corrected)
    return MonthKnown(month, of.first, stop, then, now, tuple(mine), late)


def _late(
    connection: sa.Connection,
    fund_id: int,
    commodity: str,
    at: tuple[str, int],
    corrections: set[int],
) -> Late:
    """Find what came late for a closed month: gifts by the sums of their runs, the few others one by one."""
    gifts = LateOf(at[0], dated=True, kind="gift", after=at[1])
    sums = late_sums(connection, fund_id, gifts)
    moved = dict.fromkeys(LINES, 0)
    moved["gifts"] = sums.amounts.get(commodity, 0)
    others = 0
    for one in _others(connection, fund_id, gifts._replace(kind=None)):
        if one.seq not in corrections:
            others += 1
            for name, amount in _effect(one.value, commodity, late=True).items():
                moved[name] += amount
    shown = late_page(
        connection, fund_id, gifts._replace(kind=None), most=LATE_SHOWN + len(corrections)
    )
    first = [one for one in shown if one.seq not in corrections]
    return Late(sums.entries + others, moved, tuple(first[:LATE_SHOWN]))


def _others(connection: sa.Connection, fund_id: int, wanted: LateOf) -> Iterator[LateEntry]:
    """Read late entries that are no gifts, some at once.

    Yields:
        They, oldest first.
    """
    for kind in late_kinds(connection, fund_id, wanted):
        if kind == "gift":
            continue
        after = wanted.after
        while found := late_page(connection, fund_id, wanted._replace(kind=kind, after=after)):
            yield from found
            after = found[-1].seq


def _moved(
    connection: sa.Connection, fund_id: int, commodity: str, span: tuple[int, int]
) -> dict[str, int]:
    """Return what the entries of a span moved, by line."""
    first, stop = (_exact(connection, fund_id, commodity, size) if size else {} for size in span)
    found = {}
    for name, (prefix, side) in LINES.items():
        found[name] = _side(stop, prefix, side) - _side(first, prefix, side)
    return found


def _exact(
    connection: sa.Connection, fund_id: int, commodity: str, size: int
) -> dict[str, tuple[int, int]]:
    """Return totals by account in a log of any size, one inside a commit too."""
    found = {}
    for account_id, name in journal.account_names(connection, fund_id).items():
        if name.startswith(tuple(prefix for prefix, _ in LINES.values())):
            both = totals(connection, fund_id, account_id, commodity, size)
            found[name] = (both.debits, both.credits)
    return found


def _side(of: Mapping[str, tuple[int, int]], prefix: str, side: str) -> int:
    mine = [both for name, both in of.items() if name.startswith(prefix)]
    debits, credits_ = sum(one[0] for one in mine), sum(one[1] for one in mine)
    return {
        "debits": debits,
        "credits": credits_,
        "net-debits": debits - credits_,
        "net-credits": credits_ - debits,
    }[side]


def _effect(value: Mapping[str, Any], commodity: str, *, late: bool = False) -> dict[str, int]:
    """Return what an entry changes of each line.

    Args:
        value: The entry.
        commodity: Of the lines.
        late: Whether it came late and moves money itself; a correction takes back, and that counts against the side
            that it came on.

    Returns:
        By line, minor units.
    """
    of: dict[str, tuple[int, int]] = {}
    for line in value["postings"]:
        if line["commodity"] == commodity:
            debits, credits_ = of.get(line["account"], (0, 0))
            amount = line["amount"]
            of[line["account"]] = (debits + max(0, amount), credits_ + max(0, -amount))
    found = {}
    for name, (prefix, side) in LINES.items():
        if late or side.startswith("net"):
            found[name] = _side(of, prefix, side)
        else:
            other = "credits" if side == "debits" else "debits"
            found[name] = -_side(of, prefix, other)
    return found


def known_json(found: Known) -> dict[str, Any]:
    """Return figures then and now for machines."""
    month = found.month
    told: dict[str, Any] = {
        "size": found.point.size,
        "at": found.point.at.isoformat().replace("+00:00", "Z"),
        "newest": found.newest.size,
        "commodity": found.commodity,
        "stages": found.stages,
        "stages_now": found.stages_now,
    }
    if month is not None:
        told["month"] = {
            "month": month.month,
            "first": month.first,
            "stop": month.stop,
            "then": month.then,
            "now": month.now,
            "corrections": [one.seq for one in month.corrections],
            "late": {
                "count": month.late.entries,
                "moved": month.late.moved,
                "entries": [late_json(one) for one in month.late.first],
            },
        }
    return told


def late_json(one: LateEntry) -> dict[str, Any]:
    """Return a late entry for machines."""
    body = one.value["body"]
    return {
        "entry": one.seq,
        "kind": one.run.kind,
        "occurred_at": one.value["occurred_at"],
        "recorded_at": one.value["recorded_at"],
        "month": one.run.month,
        "counts_in": one.run.counts_in,
        "amount": body.get("amount"),
        "commodity": body.get("commodity"),
    }


def year_lines(connection: sa.Connection, fund: Fund, year: str) -> dict[str, dict[str, int]]:
    """Return what each closed month of a year moved, as known at its closing: the columns of the annual statement.

    Args:
        connection: In a transaction.
        fund: The fund.
        year: `2026`.

    Returns:
        By month, in order, the lines of `LINES`, minor units. Nothing is posted at a year's end.
    """
    commodity = funds.details(connection, fund.fund_id).commodity
    return {
        one.month: _moved(connection, fund.fund_id, commodity, (one.first, one.closed_seq + 1))
        for one in sorted(periods.closed(connection, fund.fund_id))
        if one.month[:4] == year
    }
