"""A fund's figures in short, for other people's pages: totals, what a broadcast has brought, and what happened.

In: a view of a fund. Out: values that cost a few look-ups, however many gifts there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from ledger.clock import local_date
from ledger.funds import history as funds
from ledger.intake.tables import sessions
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.log.tables import checkpoints
from ledger.money import exponent
from ledger.privacy import choices
from ledger.projections.accounts import Accounts, accounts_at
from ledger.projections.dates import occurred
from ledger.projections.fund_page import View, as_of, gift_count, shown_names
from ledger.projections.notices import notices as notices_of
from ledger.projections.reversals import count_of_kind, reversals_of
from ledger.projections.shapes import AsOf, Stage, Words
from ledger.projections.stages import ACCOUNTS_OF, GIFTS, INCOME, UNATTRIBUTED, stages_at

BROADCASTS_MAX = 200
"""The newest that are looked at for what began today."""

THANKED_MAX = 5
THANKED_FOR = timedelta(hours=12)
HAPPENED_MAX = 40
MILESTONES_TOLD = 5
MILESTONES = tuple(step * 10**power for power in range(4, 10) for step in (1, 2, 5))
"""Sums of gifts, whole units of the fund's currency, at which a feed says so."""


@dataclass(frozen=True, slots=True)
class Totals:
    """A fund's figures at one moment.

    Attributes:
        slug: The fund's name in addresses.
        name: Its full name.
        promise: One sentence.
        zone: Its time zone.
        commodity: ISO 4217 code of the amounts.
        as_of: Up to where the journal was read; None while it is empty.
        gifts: Number of gifts, reversed ones not counted.
        reversed: Number of gifts that were taken back.
        raised_minor: Everything ever received.
        net_minor: What reached `settled`.
        spent_minor: What is at work.
        stages: The six stages.
    """

    slug: str
    name: Words
    promise: Words
    zone: str
    commodity: str
    as_of: AsOf | None
    gifts: int
    reversed: int
    raised_minor: int
    net_minor: int
    spent_minor: int
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Broadcasts:
    """What today's broadcasts have brought.

    Attributes:
        gifts: Their gifts.
        total_minor: Their sum.
        running: Whether one of them is not closed yet.
    """

    gifts: int
    total_minor: int
    running: bool


def totals(of: View) -> Totals:
    """Sum a fund's figures."""
    connection, fund_id, details = of.connection, of.fund.fund_id, of.details
    accounts = Accounts(connection, fund_id, details.commodity)
    stages = stages_at(connection, fund_id, accounts, funds.all_channels(connection, fund_id))
    return Totals(
        of.fund.slug,
        of.name,
        Words(details.promise_zh, details.promise_en),
        details.zone,
        details.commodity,
        as_of(connection, fund_id),
        gift_count(connection, fund_id),
        count_of_kind(connection, fund_id, "gift.reversed"),
        stages[0].reached_minor,
        accounts.debits(ACCOUNTS_OF["settled"]),
        stages[-1].reached_minor,
        stages,
    )


def broadcasts_today(of: View, channel: str | None = None) -> Broadcasts:
    """Sum the broadcasts that began today in the fund's zone, or still run.

    Args:
        of: The fund.
        channel: One channel; None for all that are kept in the fund's currency.

    Returns:
        Their sum; a channel in another currency counts only when it is asked for.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    known = {
        one.name
        for one in funds.all_channels(connection, fund_id)
        if (channel is None and one.commodity == of.details.commodity) or one.name == channel
    }
    rows = connection.execute(
        sa.select(sessions)
        .where(sessions.c.fund_id == fund_id, sessions.c.channel.in_(known))
        .order_by(sessions.c.session_seq.desc())
        .limit(BROADCASTS_MAX)
    ).all()
    began = occurred(connection, fund_id, [row.session_seq for row in rows])
    today = local_date(of.now, of.details.zone)
    now = [
        row
        for row in rows
        if row.closed_seq is None or local_date(began[row.session_seq], of.details.zone) == today
    ]
    return Broadcasts(
        sum(row.gifts for row in now),
        sum(row.total for row in now),
        any(row.closed_seq is None for row in now),
    )


@dataclass(frozen=True, slots=True)
class Thanked:
    """A donor who agreed to be thanked on the stream.

    Attributes:
        name: Masked.
        amount_minor: Of the gift; None where the donor wants it left out.
        commodity: Of the amount.
    """

    name: str
    amount_minor: int | None
    commodity: str


def thanked(of: View) -> list[Thanked]:
    """Return the newest gifts of today whose donors agreed to be thanked, newest first."""
    connection, fund_id = of.connection, of.fund.fund_id
    wanted = dict(choices.to_thank(connection, fund_id, THANKED_MAX))
    names = shown_names(connection, fund_id, list(wanted))
    undone = reversals_of(connection, fund_id, list(wanted))
    found = []
    for seq, choice in wanted.items():
        value = decode(journal_history.entry(connection, fund_id, seq).entry)
        age = of.now - datetime.fromisoformat(value["recorded_at"])
        body = value["body"]
        foreign = choice.thanks == "amount" and body["commodity"] != of.details.commodity
        if age > THANKED_FOR or seq in undone or seq not in names or foreign:
            continue
        amount = body["amount"] if choice.thanks == "amount" else None
        found.append(Thanked(names[seq], amount, body["commodity"]))
    return found


HappenedKey = Literal[
    "transfer.sent",
    "transfer.confirmed",
    "transfer.returned",
    "statement",
    "notice",
    "correction",
    "milestone",
]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that a follower of the fund wants to know.

    Attributes:
        key: What.
        entry: Entry that says so.
        at: When.
        amount_minor: Of a transfer or a milestone; 0 for others.
        number: Of a transfer or a statement; empty for others.
        corrected: Entry that a correction corrects; None for others.
        corrects: Numbers of the statements that a notice corrects; none for others.
    """

    key: HappenedKey
    entry: int
    at: datetime
    amount_minor: int = 0
    number: str = ""
    corrected: int | None = None
    corrects: tuple[str, ...] = ()


_KINDS: dict[str, HappenedKey] = {
    "transfer.sent": "transfer.sent",
    "transfer.confirmed": "transfer.confirmed",
    "transfer.returned": "transfer.returned",
    "statement.published": "statement",
    "adjustment": "correction",
    "spend.reversed": "correction",
    "match.released": "correction",
    "movement.reversed": "correction",
}


def happened(of: View) -> list[Happened]:
    """List what followers want to know, newest first: transfers, statements, corrections, milestones."""
    found = _newest(_entries(of))
    # What was passed before the oldest that is shown would not be shown either.
    since = min(one.entry for one in found) if len(found) == HAPPENED_MAX else 0
    return _newest([*found, *_milestones(of, since)])


def _newest(found: Iterable[Happened]) -> list[Happened]:
    return sorted(found, key=lambda one: (one.at, one.entry), reverse=True)[:HAPPENED_MAX]


def _entries(of: View) -> Iterator[Happened]:
    """Read the newest entries of the kinds that are told.

    Yields:
        One for each; a statement's several files are told once.
    """
    numbers = set()
    notices = {one.number: one.statements for one in notices_of(of.connection, of.fund.fund_id)}
    for kind, key in _KINDS.items():
        for stored in journal_history.of_kind(
            of.connection, of.fund.fund_id, kind, newest=HAPPENED_MAX
        ):
            value = decode(stored.entry)
            body, at = value["body"], datetime.fromisoformat(value["occurred_at"])
            number = str(body.get("number", ""))
            if key == "statement":
                if number in numbers:
                    continue
                numbers.add(number)
            reverses = body.get("reverses")
            corrected = reverses[0] if isinstance(reverses, list) and reverses else reverses
            amount = body.get("amount", 0)
            yield Happened(
                "notice" if number in notices else key,
                stored.seq,
                at,
                amount if isinstance(amount, int) else 0,
                number,
                corrected if isinstance(corrected, int) else None,
                notices.get(number, ()),
            )


def _milestones(of: View, since: int) -> Iterator[Happened]:
    """Find when the sum of gifts first passed round sums: one search over checkpoints for all of them.

    Args:
        of: The fund.
        since: Entry; what was passed before it is left out.

    Yields:
        The last few that were passed.
    """
    connection, fund_id, commodity = of.connection, of.fund.fund_id, of.details.commodity
    unit = 10 ** exponent(commodity)
    latest = _raised(Accounts(connection, fund_id, commodity))
    before = 0
    if since:
        [size] = _signed_sizes(connection, fund_id, [since])
        before = _raised(Accounts(connection, fund_id, commodity, size))
    passed = [one * unit for one in MILESTONES if before < one * unit <= latest]
    passed = passed[-MILESTONES_TOLD:]
    sizes = _first_sizes(of, passed, since)
    when = occurred(connection, fund_id, [size - 1 for size in sizes])
    for sum_minor, size in zip(passed, sizes, strict=True):
        yield Happened("milestone", size - 1, when[size - 1], sum_minor)


def _first_sizes(of: View, sums: Sequence[int], since: int) -> list[int]:
    """Return the first checkpoint's size above an entry by which each sum was raised: two statements a halving."""
    connection, fund_id, commodity = of.connection, of.fund.fund_id, of.details.commodity
    whole = journal_history.size(connection, fund_id)
    spans = [(since, whole) for _ in sums]
    while any(high - low > 1 for low, high in spans):
        middles = [(low + high) // 2 or 1 for low, high in spans]
        signed = _signed_sizes(connection, fund_id, middles)
        at = accounts_at(connection, fund_id, commodity, signed, INCOME)
        spans = [
            (low, middle) if _raised(at[size]) >= wanted else (max(low, min(size, high - 1)), high)
            for (low, high), middle, size, wanted in zip(spans, middles, signed, sums, strict=True)
        ]
    return _signed_sizes(connection, fund_id, [high for _, high in spans])


def _signed_sizes(connection: sa.Connection, fund_id: int, least: Sequence[int]) -> list[int]:
    """Return for each size the first one at or above it that a checkpoint was signed for."""
    found = [
        sa.select(sa.func.min(checkpoints.c.size))
        .where(checkpoints.c.fund_id == fund_id, checkpoints.c.size >= one)
        .scalar_subquery()
        .label(f"at_{place}")
        for place, one in enumerate(least)
    ]
    return [int(one) for one in connection.execute(sa.select(*found)).one()] if found else []


def _raised(accounts: Accounts) -> int:
    return accounts.credits(GIFTS) + accounts.credits(UNATTRIBUTED) - accounts.debits(UNATTRIBUTED)
