"""What a fund's page and the list of funds show.

In: a reading connection. Out: `FundPage` and its kin. Nothing here grows with the number of gifts: balances, the last
rows of an index, and one row for each broadcast, transfer, file line from outside and spend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple, cast

import sqlalchemy as sa

from ledger.clock import from_posix, from_text, local_date, working_days_after
from ledger.decisions.promises import Promises, promises_in_force
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.history import Channel, Details
from ledger.intake.tables import sessions
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.history import Fund, StoredEntry
from ledger.journal.receipt_numbers import receipt_number
from ledger.journal.tables import entries
from ledger.privacy import choices
from ledger.privacy.pseudonyms import mask_nickname
from ledger.privacy.tables import private_parts
from ledger.projections import spending, waits
from ledger.projections.accounts import Accounts
from ledger.projections.dates import (
    days_between,
    first_gift_day,
    occurred,
)
from ledger.projections.published_counts import TOTAL, Published
from ledger.projections.reversals import count_of_kind, reversals_of
from ledger.projections.shapes import (
    AsOf,
    Contact,
    FundCard,
    FundList,
    FundPage,
    GiftLine,
    Stage,
    TransferLine,
    TransferList,
    TransferState,
    Words,
)
from ledger.projections.stages import ACCOUNTS_OF, stages_at
from ledger.projections.statement_list import statement_lines
from ledger.transfers import history as transfers
from ledger.transfers.history import Transfer

FUNDS_A_PAGE = 20
GIFTS_SHOWN = 10
TRANSFERS_SHOWN = 5
STATEMENTS_SHOWN = 6


class View(NamedTuple):
    """What every page of a fund needs.

    Attributes:
        connection: In a transaction.
        fund: The fund.
        details: Its names.
        contact: Who stands behind it.
        now: The current instant.
        promises: What it promises.
    """

    connection: sa.Connection
    fund: Fund
    details: Details
    contact: Contact
    now: datetime
    promises: Promises = Promises()

    @property
    def name(self) -> Words:
        """Return the fund's name."""
        return Words(self.details.name_zh, self.details.name_en)


def view(connection: sa.Connection, slug: str, contact: Contact, now: datetime) -> View:
    """Find a fund.

    Args:
        connection: In a transaction.
        slug: Its name in addresses.
        contact: Who stands behind it; without an operator the fund itself does.
        now: The current instant.

    Returns:
        What every page needs.

    Raises:
        NotFoundError: There is none of this name.
    """
    fund = journal_history.fund_by_slug(connection, slug)
    details = funds.details(connection, fund.fund_id)
    if not contact.operator.zh:
        contact = replace(contact, operator=Words(details.name_zh, details.name_en))
    promises = promises_in_force(connection, fund.fund_id)
    return View(connection, fund, details, contact, now, promises)


def as_of(connection: sa.Connection, fund_id: int) -> AsOf | None:
    """Return up to where the journal reaches; None while it is empty."""
    row = connection.execute(
        sa.select(entries.c.seq, entries.c.recorded_at)
        .where(entries.c.fund_id == fund_id)
        .order_by(entries.c.seq.desc())
        .limit(1)
    ).first()
    return None if row is None else AsOf(row.seq, from_posix(row.recorded_at))


def gift_count(connection: sa.Connection, fund_id: int) -> int:
    """Count gifts, reversed ones left out: the broadcasts' counters less the reversals."""
    counted = connection.execute(
        sa.select(sa.func.coalesce(sa.func.sum(sessions.c.gifts), 0)).where(
            sessions.c.fund_id == fund_id
        )
    ).scalar_one()
    return int(counted) - count_of_kind(connection, fund_id, "gift.reversed")


def fund_list(connection: sa.Connection, text: str = "", first: int = 0) -> FundList:
    """Find funds by a part of their names, some at a time.

    Args:
        connection: In a transaction.
        text: As typed; all funds where it is empty.
        first: How many to pass over.

    Returns:
        A card for each, and how many there are.
    """
    found, total = funds.search(connection, text, first, FUNDS_A_PAGE)
    wanted = set(found)
    known = [one for one in journal_history.all_funds(connection) if one.fund_id in wanted]
    return FundList(tuple(fund_cards(connection, known)), total, first)


def fund_cards(connection: sa.Connection, wanted: Sequence[Fund] | None = None) -> list[FundCard]:
    """Return a card for each fund, by slug; of all funds unless some are given."""
    cards = []
    given = journal_history.all_funds(connection) if wanted is None else wanted
    for fund in sorted(given, key=lambda one: one.slug):
        details = funds.details(connection, fund.fund_id)
        accounts = Accounts(connection, fund.fund_id, details.commodity)
        channels = funds.all_channels(connection, fund.fund_id)
        found = stages_at(connection, fund.fund_id, accounts, channels)
        cards.append(
            FundCard(
                fund.slug,
                Words(details.name_zh, details.name_en),
                Words(details.promise_zh, details.promise_en),
                details.commodity,
                found[0].reached_minor,
                found[-1].reached_minor,
                gift_count(connection, fund.fund_id),
                as_of(connection, fund.fund_id),
            )
        )
    return cards


def fund_page(of: View, counted: Published) -> FundPage:
    """Make a fund's page, but for what comes first on it (`front.front_page` adds that).

    Args:
        of: The fund.
        counted: Counts of people of all closed months.

    Returns:
        The page; its reader adds up the stages and says so when they do not hold.
    """
    connection, fund_id, details = of.connection, of.fund.fund_id, of.details
    accounts = Accounts(connection, fund_id, details.commodity)
    channels = funds.all_channels(connection, fund_id)
    stages = _with_waits(of, accounts, stages_at(connection, fund_id, accounts, channels))
    diseases = spending.sums(connection, fund_id, details.commodity, "disease")
    lists = list_history.lists(connection, fund_id)
    shown, other = spending.public_spending(diseases, lists, counted.diseases)
    times = counted.diseases.get(TOTAL, (0, 0))[0]
    all_transfers = transfers.all_transfers(connection, fund_id)
    return FundPage(
        slug=of.fund.slug,
        name=of.name,
        promise=Words(details.promise_zh, details.promise_en),
        contact=of.contact,
        zone=details.zone,
        commodity=details.commodity,
        as_of=as_of(connection, fund_id),
        since=first_gift_day(connection, fund_id, details.zone),
        gifts=gift_count(connection, fund_id),
        raised_minor=stages[0].reached_minor,
        net_minor=accounts.debits(ACCOUNTS_OF["settled"]),
        spent_minor=stages[-1].reached_minor,
        # Where a month's total is hidden, what the rows show is all that is told.
        person_times=times
        if isinstance(times, int)
        else sum(line.person_times for line in shown if isinstance(line.person_times, int)),
        counted_until=counted.months[-1] if counted.months else None,
        stages=stages,
        unattributed_minor=-accounts.balance("Income:Unattributed:"),
        spending=shown,
        other_spending=other,
        transfers=tuple(transfer_lines(of, all_transfers[-TRANSFERS_SHOWN:])),
        transfers_total=len(all_transfers),
        statements=statement_lines(connection, of.fund, details.zone, of.now)[:STATEMENTS_SHOWN],
        last_gifts=last_gifts(of, channels),
    )


def _with_waits(of: View, accounts: Accounts, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Add how long the oldest money has waited at each stage."""
    connection, fund_id = of.connection, of.fund.fund_id
    oldest = waits.oldest_entries(connection, fund_id, accounts)
    sending = waits.oldest_sending(connection, fund_id)
    oldest[ACCOUNTS_OF["sent"]] = [] if sending is None else [sending]
    when = occurred(connection, fund_id, [seq for seqs in oldest.values() for seq in seqs])
    made = []
    for stage in stages:
        arrivals = [when[seq] for seq in oldest.get(ACCOUNTS_OF[stage.key], ())]
        if not arrivals or not stage.waiting_minor or stage.key == "work":
            made.append(stage)
            continue
        first = min(arrivals)
        late = stage.key == "sent" and is_late(of, first)
        days = days_between(first, of.now, of.details.zone)
        made.append(replace(stage, longest_wait_days=days, late=late))
    return tuple(made)


def is_late(of: View, sent: datetime) -> bool:
    """Tell whether a sending is on its way longer than the fund promises."""
    zone = of.details.zone
    return local_date(of.now, zone) > working_days_after(
        local_date(sent, zone), of.promises.transfer_days
    )


def transfer_lines(of: View, found: Sequence[Transfer]) -> list[TransferLine]:
    """Return the lines of transfers that were read oldest first; the newest comes first."""
    connection, fund_id, zone = of.connection, of.fund.fund_id, of.details.zone
    when = occurred(
        connection,
        fund_id,
        [seq for one in found for seq in (one.proposed_seq, one.sent_seq, one.ended_seq)],
    )

    def day(seq: int | None) -> date | None:
        return None if seq is None else local_date(when[seq], zone)

    lines = []
    for one in reversed(found):
        under_way = one.state == "sent" and one.sent_seq is not None
        arrived = one.state in ("confirmed", "returned")
        lines.append(
            TransferLine(
                number=one.number,
                amount_minor=one.amount,
                state=cast("TransferState", one.state),
                proposed_on=local_date(when[one.proposed_seq], zone),
                sent_on=day(one.sent_seq),
                arrived_on=day(one.ended_seq) if arrived else None,
                days_on_way=days_between(when[one.sent_seq or 0], of.now, zone)
                if under_way
                else None,
                late=under_way and is_late(of, when[one.sent_seq or 0]),
                entry=one.ended_seq or one.sent_seq or one.approved_seq or one.proposed_seq,
            )
        )
    return lines


def transfer_list(of: View) -> TransferList:
    """Make the page of all transfers."""
    return TransferList(
        of.fund.slug,
        of.name,
        of.contact,
        of.details.commodity,
        as_of(of.connection, of.fund.fund_id),
        tuple(
            transfer_lines(of, transfers.all_transfers(of.connection, of.fund.fund_id)),
        ),
    )


def shown_names(connection: sa.Connection, fund_id: int, gifts: list[int]) -> dict[int, str]:
    """Return the masked nicknames of gifts by entry; erased ones, and those that donors hide, are missing."""
    chosen = choices.of(connection, fund_id, gifts)
    rows = connection.execute(
        sa.select(private_parts.c.seq, private_parts.c.nickname).where(
            private_parts.c.fund_id == fund_id, private_parts.c.seq.in_(gifts)
        )
    )
    return {
        row.seq: mask_nickname(row.nickname)
        for row in rows
        if chosen.get(row.seq, choices.Choice()).name != "hidden"
    }


def channel_words(channels: list[Channel], name: str) -> Words:
    """Return a channel's titles; its own name where it has none."""
    for one in channels:
        if one.name == name:
            return Words(one.title_zh or name, one.title_en)
    return Words(name)


def last_gifts(of: View, channels: list[Channel]) -> tuple[GiftLine, ...]:
    """Return the newest gifts, newest first."""
    found = journal_history.of_kind(of.connection, of.fund.fund_id, "gift", newest=GIFTS_SHOWN)
    return gift_lines(of, found, channels)


def gift_lines(
    of: View, found: Sequence[StoredEntry], channels: list[Channel]
) -> tuple[GiftLine, ...]:
    """Return gifts as lines of a list, in the order given."""
    fund_id = of.fund.fund_id
    seqs = [one.seq for one in found]
    shown = shown_names(of.connection, fund_id, seqs)
    undone = reversals_of(of.connection, fund_id, seqs)
    return tuple(_gift_line(one, shown.get(one.seq), channels, one.seq in undone) for one in found)


def _gift_line(
    stored: StoredEntry, name: str | None, channels: list[Channel], undone: bool
) -> GiftLine:
    value = decode(stored.entry)
    body = value["body"]
    return GiftLine(
        entry=stored.seq,
        at=from_text(value["occurred_at"]),
        name=name,
        channel=channel_words(channels, body["channel"]),
        amount_minor=body["amount"],
        units=body.get("units"),
        units_commodity=body.get("unit"),
        reversed=undone,
        receipt=receipt_number(stored.seq, stored.leaf_hash).compact,
    )
