"""What a period moved: each stage from its first to its last balance, gifts by channel, and day by day.

In: a first and a last day. Out: differences of balances at the ends of days. Guaranteed: every figure is taken from
the accounts' own totals at two places of the journal, never from another figure; who shows them adds them up again.
Days are those on which the ledger recorded something, in the fund's zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.funds import history as funds
from ledger.projections.accounts import Accounts
from ledger.projections.books.days import DAY, Days
from ledger.projections.books.head import Head, head
from ledger.projections.dates import next_month
from ledger.projections.fund_page import View, channel_words
from ledger.projections.shapes import StageKey, Words
from ledger.projections.stages import (
    ACCOUNTS_OF,
    BANK,
    FUND,
    GIFTS,
    PAYOUT,
    PROGRAMME,
    TRANSIT,
    UNATTRIBUTED,
)

DAYS_MAX = 62
"""A longer period is shown by month."""

MONTHS_MAX = 240


@dataclass(frozen=True, slots=True)
class StageMoved:
    """What a period moved at a stage, minor units.

    Attributes:
        key: Which stage.
        before: Balance when the period began.
        came: Everything that was put there.
        went: Everything that was taken from there.
        after: Balance when it ended, read from the accounts and not computed.
    """

    key: StageKey
    before: int
    came: int
    went: int
    after: int

    @property
    def holds(self) -> bool:
        """Tell whether the balances and the movements are the same story."""
        return self.before + self.came - self.went == self.after


@dataclass(frozen=True, slots=True)
class ChannelMoved:
    """Gifts of a channel in a period, minor units.

    Attributes:
        account: That its gifts are summed in.
        name: The channel's titles.
        given: What was given.
        taken_back: What was reversed.
    """

    account: str
    name: Words
    given: int
    taken_back: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A day or a month of a period, minor units.

    Attributes:
        first: First day.
        last: Last day.
        given: Gifts.
        taken_back: Gifts that were reversed.
        settled: What settlements brought, net.
        banked: What reached the bank of it.
        sent: What left for the fund.
        arrived: What reached the fund.
        spent: What was paid for, less what was taken back.
    """

    first: date
    last: date
    given: int
    taken_back: int
    settled: int
    banked: int
    sent: int
    arrived: int
    spent: int


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """A period.

    Attributes:
        head: Whose.
        first: First day.
        last: Last day.
        entry: First entry recorded in it.
        stop: Entry after the last.
        stages: The six stages.
        channels: Those that had gifts, largest first.
        unattributed: What settlements stated without a gift, less what was found later.
        by_month: Whether the stretches are months.
        stretches: Newest first; only those in which something was recorded.
    """

    head: Head
    first: date
    last: date
    entry: int
    stop: int
    stages: tuple[StageMoved, ...]
    channels: tuple[ChannelMoved, ...]
    unattributed: int
    by_month: bool
    stretches: tuple[Stretch, ...]

    @property
    def given(self) -> int:
        """Add up the channels' gifts."""
        return sum(one.given for one in self.channels)

    @property
    def taken_back(self) -> int:
        """Add up what was reversed."""
        return sum(one.taken_back for one in self.channels)


def period_page(of: View, first: date, last: date) -> PeriodPage:
    """Make the page of a period.

    Args:
        of: The fund.
        first: First day.
        last: Last day, not before the first.

    Returns:
        The page.
    """
    days = Days(of)
    by_month = (last - first).days >= DAYS_MAX
    parts = _parts(first, last, by_month=by_month)
    days.fill({first - DAY, last, *(one - DAY for one, _ in parts), *(end for _, end in parts)})
    before, after = days.accounts(first - DAY), days.accounts(last)
    return PeriodPage(
        head(of),
        first,
        last,
        days.size(first - DAY),
        days.size(last),
        tuple(_stage(key, prefix, before, after) for key, prefix in ACCOUNTS_OF.items()),
        _channels(of, before, after),
        (after.balance(UNATTRIBUTED) - before.balance(UNATTRIBUTED)) * -1,
        by_month,
        tuple(_stretches(days, parts)),
    )


def _stage(key: StageKey, prefix: str, before: Accounts, after: Accounts) -> StageMoved:
    return StageMoved(
        key,
        before.balance(prefix),
        after.debits(prefix) - before.debits(prefix),
        after.credits(prefix) - before.credits(prefix),
        after.balance(prefix),
    )


def _channels(of: View, before: Accounts, after: Accounts) -> tuple[ChannelMoved, ...]:
    known = funds.all_channels(of.connection, of.fund.fund_id)
    found = [
        ChannelMoved(
            account,
            channel_words(known, account.removeprefix(GIFTS)),
            then.credits - before[account].credits,
            then.debits - before[account].debits,
        )
        for account, then in after.below(GIFTS)
    ]
    moved = [one for one in found if one.given or one.taken_back]
    return tuple(sorted(moved, key=lambda one: (-one.given, one.account)))


def _parts(first: date, last: date, *, by_month: bool) -> list[tuple[date, date]]:
    """Cut a period into days or calendar months, the newest first."""
    parts: list[tuple[date, date]] = []
    while first <= last:
        end = min(last, next_month(first) - DAY) if by_month else first
        parts.append((first, end))
        first = end + DAY
    return parts[::-1][:MONTHS_MAX]


def _stretches(days: Days, parts: list[tuple[date, date]]) -> Iterator[Stretch]:
    """Compare the accounts at both ends of each part.

    Yields:
        Those in which something was recorded.
    """
    for first, last in parts:
        if days.size(first - DAY) == days.size(last):
            continue
        one, other = days.accounts(first - DAY), days.accounts(last)
        yield Stretch(
            first,
            last,
            other.credits(GIFTS) - one.credits(GIFTS),
            other.debits(GIFTS) - one.debits(GIFTS),
            other.debits(PAYOUT) - one.debits(PAYOUT),
            other.debits(BANK) - one.debits(BANK),
            other.debits(TRANSIT) - one.debits(TRANSIT),
            other.debits(FUND) - one.debits(FUND),
            other.balance(PROGRAMME) - one.balance(PROGRAMME),
        )
