"""Transfers as the desk sees them: what is offered, where it comes from, and where each stands.

In: a fund. Out: frozen values. Sums are those of the accounts and of the money line; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text, local_date, working_days_after
from ledger.decisions.promises import promises_in_force
from ledger.funds import history as funds
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.matching import history as matching
from ledger.matching.history import StoredLine
from ledger.moneyline.tables import segments
from ledger.projections.accounts import Accounts
from ledger.transfers import history
from ledger.transfers.history import Transfer
from ledger.transfers.states import PROMISING

APPROVE_DAYS = 2
"""Working days within which somebody is to decide, and within which an approved transfer is to be entered."""

ORIGINS_MAX = 200
"""Origins that a page lists; the rest is summed."""


class Origin(NamedTuple):
    """What came to an account and would leave it with a transfer, or has.

    Attributes:
        seq: The entry that brought it.
        kind: Of the entry.
        body: Of the entry.
        on: Day on which it came.
        came: What it brought, minor units.
        carried: What of it leaves.
    """

    seq: int
    kind: str
    body: Mapping[str, Any]
    on: date
    came: int
    carried: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be transferred from an account.

    Attributes:
        account: Its name.
        commodity: Its currency.
        balance: What it holds by the books: all of it is matched with the bank's lines.
        promised: What is proposed or approved and has not left.
        leaving: What the bank shows as gone and nothing explains yet.
        promises: The transfers that are promised.
        gone: The lines of `leaving`.
    """

    account: str
    commodity: str
    balance: int
    promised: int
    leaving: int
    promises: tuple[Transfer, ...]
    gone: tuple[matching.StoredLine, ...] = ()

    @property
    def amount(self) -> int:
        """Return what is offered, minor units."""
        return max(0, self.balance - self.promised - self.leaving)


def offer_of(connection: sa.Connection, fund: Fund, account: str, commodity: str) -> Offer:
    """Return what can be transferred from an account.

    Args:
        connection: In a transaction.
        fund: The fund.
        account: That collects.
        commodity: Its currency.

    Returns:
        The sums.
    """
    fund_id = fund.fund_id
    promises = tuple(
        one
        for state in PROMISING
        for one in history.all_transfers(connection, fund_id, state)
        if (one.from_account, one.commodity) == (account, commodity) and one.promised
    )
    ours = {one.reference for one in promises}
    gone = tuple(
        line
        for line in matching.open_lines(connection, fund_id, account)
        if line.line.amount_minor < 0
        and line.line.commodity == commodity
        and not any(reference in line.line.text for reference in ours)
    )
    return Offer(
        account,
        commodity,
        Accounts(connection, fund_id, commodity)[account].balance,
        sum(one.promised for one in promises),
        sum(-line.line.amount_minor for line in gone),
        promises,
        gone,
    )


def origins_ahead(
    connection: sa.Connection, fund: Fund, offer: Offer, amount: int, before: int
) -> list[Origin]:
    """Return where the money comes from that would leave next: first in, first out.

    Args:
        connection: In a transaction.
        fund: The fund.
        offer: Of the account.
        amount: What would leave.
        before: What leaves before it.

    Returns:
        Origins, oldest first.
    """
    accounts = Accounts(connection, fund.fund_id, offer.commodity)
    start = accounts[offer.account].credits + before
    return _origins(connection, fund, (offer.account, offer.commodity), [(start, start + amount)])


def origins_gone(connection: sa.Connection, fund: Fund, one: Transfer) -> list[Origin]:
    """Return where the money came from that has left with a transfer."""
    undone = {step.reverses for step in history.steps(connection, fund.fund_id, one.number)}
    seqs = [
        step.seq
        for step in history.steps(connection, fund.fund_id, one.number)
        if step.step == "sent" and step.seq not in undone
    ]
    rows = connection.execute(
        sa.select(segments.c.start, segments.c.stop)
        .where(segments.c.fund_id == fund.fund_id, segments.c.seq.in_(seqs))
        .order_by(segments.c.start)
    )
    spans = [(int(row.start), int(row.stop)) for row in rows]
    return _origins(connection, fund, (one.from_account, one.commodity), spans)


def _origins(
    connection: sa.Connection, fund: Fund, line: tuple[str, str], spans: list[tuple[int, int]]
) -> list[Origin]:
    fund_id = fund.fund_id
    account_id = Accounts(connection, fund_id, line[1]).ids.get(line[0])
    zone = funds.details(connection, fund_id).zone
    found: dict[int, Origin] = {}
    for lo, hi in spans:
        rows = connection.execute(
            sa.select(segments.c.seq, segments.c.to_start, segments.c.to_length)
            .where(
                segments.c.fund_id == fund_id,
                segments.c.target_id == account_id,
                segments.c.target_commodity == line[1],
                segments.c.to_start >= _first(connection, fund_id, (account_id, line[1], lo)),
                segments.c.to_start < hi,
            )
            .order_by(segments.c.to_start)
        )
        for row in rows:
            carried = min(hi, row.to_start + row.to_length) - max(lo, row.to_start)
            if carried <= 0:
                continue
            before = found.get(row.seq)
            if before is None:
                before = _origin(connection, fund_id, (row.seq, int(row.to_length)), zone)
            found[row.seq] = before._replace(carried=before.carried + carried)
    return list(found.values())


def _first(connection: sa.Connection, fund_id: int, at: tuple[int | None, str, int]) -> int:
    """Return where the segment begins in which a position of a line lies."""
    account_id, commodity, position = at
    found = connection.execute(
        sa.select(segments.c.to_start)
        .where(
            segments.c.fund_id == fund_id,
            segments.c.target_id == account_id,
            segments.c.target_commodity == commodity,
            segments.c.to_start <= position,
        )
        .order_by(segments.c.to_start.desc())
        .limit(1)
    ).scalar()
    return 0 if found is None else int(found)


def _origin(connection: sa.Connection, fund_id: int, came: tuple[int, int], zone: str) -> Origin:
    stored = journal.entry(connection, fund_id, came[0])
    value = decode(stored.entry)
    on = local_date(from_text(value["occurred_at"]), zone)
    return Origin(came[0], stored.kind, value["body"], on, came[1], 0)


# --- where it stands --------------------------------------------------------------------------------


class Waiting(NamedTuple):
    """What a transfer waits for, and since when.

    Attributes:
        transfer: Which.
        what: `approval`, `entry`, `leaving`, `arrival`.
        since: Day.
        due: Last day on which that is in time.
    """

    transfer: Transfer
    what: str
    since: date
    due: date

    def is_late(self, today: date) -> bool:
        """Tell whether it is beyond its day."""
        return today > self.due

    def days(self, today: date) -> int:
        """Return for how many days it has waited."""
        return (today - self.since).days


def waiting(connection: sa.Connection, fund: Fund, today: date) -> list[Waiting]:
    """Return the transfers that wait for somebody, those that are late first.

    Args:
        connection: In a transaction.
        fund: The fund.
        today: Where the fund is.

    Returns:
        One for each transfer that is proposed, approved or sent.
    """
    zone = funds.details(connection, fund.fund_id).zone
    promised = promises_in_force(connection, fund.fund_id).transfer_days
    found = [
        _waits(connection, fund, one, zone, promised)
        for state in PROMISING
        for one in history.all_transfers(connection, fund.fund_id, state)
    ]
    return sorted(found, key=lambda one: (not one.is_late(today), one.due, one.transfer.number))


def _waits(
    connection: sa.Connection, fund: Fund, one: Transfer, zone: str, promised: int
) -> Waiting:
    what, seq, days = "arrival", one.sent_seq, promised
    if one.state == "proposed":
        what, seq, days = "approval", one.proposed_seq, APPROVE_DAYS
    elif one.state == "approved":
        entered = one.entered_seq is not None
        what = "leaving" if entered else "entry"
        seq, days = (one.entered_seq if entered else one.approved_seq), APPROVE_DAYS
    since = local_date(moment(connection, fund, seq or one.proposed_seq), zone)
    return Waiting(one, what, since, working_days_after(since, days))


def moment(connection: sa.Connection, fund: Fund, seq: int) -> datetime:
    """Return when an entry happened."""
    stored = journal.entry(connection, fund.fund_id, seq)
    return from_text(str(decode(stored.entry)["occurred_at"]))


def lines_for(connection: sa.Connection, fund: Fund, one: Transfer, step: str) -> list[StoredLine]:
    """Return the open bank lines that could be a step of a transfer, those with its reference first.

    Args:
        connection: In a transaction.
        fund: The fund.
        one: The transfer.
        step: `sent`, `confirmed` or `returned`.

    Returns:
        Lines of the right account and sign, and of no more than is open.
    """
    account = one.to_account if step == "confirmed" else one.from_account
    most = one.rest if step == "sent" else one.under_way
    sign = -1 if step == "sent" else 1
    found = [
        line
        for line in matching.open_lines(connection, fund.fund_id, account)
        if 0 < sign * line.line.amount_minor <= most and line.line.commodity == one.commodity
    ]
    return sorted(found, key=lambda line: one.reference not in line.line.text)
