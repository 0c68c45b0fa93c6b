"""What a closed month did to every account, and what happened in it: the figures of its statement.

In: a closed month. Out: totals at its two ends, its movements, its gifts one at a time.
Guaranteed: each figure is summed from entries or balances on its own, none from another; memory
does not grow with the number of gifts.

A month ends with the commit that closed it, so that a signed checkpoint stands at its end; the
next month begins behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.clock import from_ms, from_text
from ledger.db import written
from ledger.errors import NotFoundError
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.history import Channel, MoneyAccount
from ledger.funds.lists import Lists
from ledger.journal import history as journal_history
from ledger.journal.codec import decode, decode_kept
from ledger.journal.history import Fund
from ledger.journal.months import month_after
from ledger.journal.tables import accounts as account_table
from ledger.journal.tables import entries
from ledger.log import history as log_history
from ledger.matching.exceptions.history import Moment, Stood, stood_at
from ledger.matching.exceptions.kinds import KINDS, line_subject
from ledger.matching.tables import bank_lines, open_items, settlement_lines
from ledger.moneyline.history import LineReader
from ledger.moneyline.intervals import Line, effective_offset
from ledger.moneyline.tables import segments, voids
from ledger.periods import history as periods
from ledger.projections.accounts import Accounts
from ledger.projections.dates import occurred
from ledger.projections.known_then import explained_then, matched_later, paid_then
from ledger.projections.reversals import NEWEST_MAX, reversed_spends
from ledger.projections.spending import Sum, sums
from ledger.projections.stages import FUND, PLATFORM
from ledger.spending.tables import spends
from ledger.transfers import history as transfer_history
from ledger.transfers.history import Part, Step, Transfer, parts_of

RELEASED = "match.released"
"""Kind of the entry that takes back what a match had posted."""

_PAGE = 1000
_MINUTE = 60


class Cut(NamedTuple):
    """Which entries a month covers.

    Attributes:
        month: `2026-10`.
        first: First entry.
        size: Number after the last entry: the size of its checkpoint.
        note: The signed checkpoint of that size.
        previous: The month closed before it; None for the first.
    """

    month: str
    first: int
    size: int
    note: bytes
    previous: str | None


def cut_of(connection: sa.Connection, fund_id: int, month: str) -> Cut:
    """Find which entries a closed month covers.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        month: `2026-10`.

    Returns:
        Its entries and its checkpoint.

    Raises:
        NotFoundError: It is not closed.
    """
    wanted = periods.period(connection, fund_id, month)
    before = [
        one for one in periods.closed(connection, fund_id) if one.closed_seq < wanted.closed_seq
    ]
    first = 0
    if before:
        first, _ = log_history.checkpoint_covering(connection, fund_id, before[-1].closed_seq)
    size, note = log_history.checkpoint_covering(connection, fund_id, wanted.closed_seq)
    return Cut(month, first, size, note, before[-1].month if before else None)


def running_cut(
    connection: sa.Connection, fund_id: int, month: str, size: int | None = None
) -> Cut:
    """Find which entries a month covers that is closed, or the one that is open, as far as its entries go.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        month: `2026-10`.
        size: Of an open month: a size that was signed; the newest one unless given.

    Returns:
        Its entries and the checkpoint behind the last of them.

    Raises:
        NotFoundError: It is neither closed nor the open one, or that size was never signed in it.
    """
    closed = periods.closed(connection, fund_id)
    if any(one.month == month for one in closed):
        return cut_of(connection, fund_id, month)
    if not closed or month != month_after(closed[-1].month):
        raise NotFoundError(what="closed-month", month=month[:20])
    first, _ = log_history.checkpoint_covering(connection, fund_id, closed[-1].closed_seq)
    if size is None:
        size, note = log_history.latest_note(connection, fund_id)
    else:
        note = log_history.checkpoint_note(connection, fund_id, size)
    if size <= first:
        raise NotFoundError(what="checkpoint", size=size)
    return Cut(month, first, size, note, closed[-1].month)


def cuts_of(connection: sa.Connection, fund_id: int, months: Sequence[str]) -> list[Cut]:
    """Find the entries of the closed months among some that follow each other.

    A fund may have begun among them, or have closed two months as one: what is missing before the last is passed over.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        months: Oldest first, at least one.

    Returns:
        A cut for each closed one, the last month always.

    Raises:
        NotFoundError: The last one is not closed.
    """
    closed = {one.month for one in periods.closed(connection, fund_id)}
    wanted = [one for one in months if one in closed or one == months[-1]]
    return [cut_of(connection, fund_id, one) for one in wanted]


def joined_cut(cuts: Sequence[Cut]) -> Cut:
    """Join closed months that follow each other into one span.

    Args:
        cuts: At least one, oldest first.

    Returns:
        From the first entry of the first to the last of the last; `month` is that of the last.
    """
    first, last = cuts[0], cuts[-1]
    return Cut(last.month, first.first, last.size, last.note, first.previous)


def document_cut(
    connection: sa.Connection,
    fund_id: int,
    months: Sequence[str],
    size: int | None = None,
    *,
    runs: bool = False,
) -> Cut:
    """Find the entries of a document.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        months: That it covers, oldest first.
        size: As `running_cut` takes it.
        runs: It may be about a month that is still open: a correction notice.

    Returns:
        The entries of its closed months; or of its one month, as far as it goes.

    Raises:
        NotFoundError: A month of it is not closed.
    """
    if runs:
        return running_cut(connection, fund_id, months[-1], size)
    return joined_cut(cuts_of(connection, fund_id, months))


class Movement(NamedTuple):
    """Money that a segment moved.

    Attributes:
        seq: Entry.
        kind: Its kind.
        at: When it happened.
        body: Its body.
        source: Account, None for money from outside.
        target: Account.
        length: Taken, minor units of the source.
        to_length: Arrived, minor units of the target.
        commodity: Of the target.
        role: Role of whoever acted.
    """

    seq: int
    kind: str
    at: datetime
    body: dict[str, Any]
    source: str | None
    target: str
    length: int
    to_length: int
    commodity: str
    role: str


class MonthGift(NamedTuple):
    """One gift of a month.

    Attributes:
        number: Counted over the fund's whole life, from 1.
        seq: Entry.
        at: To the minute.
        body: The entry's body.
    """

    number: int
    seq: int
    at: datetime
    body: dict[str, Any]


class BankSide(NamedTuple):
    """What a bank says of an account.

    Attributes:
        account: Our name of it.
        balance: After its newest line of the month, minor units.
        at: When that line was booked.
    """

    account: str
    balance: int
    at: datetime


class Loose(NamedTuple):
    """A difference between an account's ledger and its bank at the end of a month.

    Attributes:
        at: When the side that has it booked it.
        kind: What it is.
        amount: What the ledger has more than the bank, minor units.
        seq: Its entry; None when it has none.
    """

    at: datetime
    kind: str
    amount: int
    seq: int | None


class Item(NamedTuple):
    """Something that was open at the end of the month.

    Attributes:
        number: Of the exception, or the line of its file.
        kind: What it is.
        at: When it was raised or booked.
        amount: Minor units.
        commodity: Of the amount.
        owner: A role: of the member who looked after it then, else the one that its kind is given to.
        state: In which it stood then.
        plan: What was done about it then; see `Stood`.
        due: Day by which it had to be explained, as text; None where none was set.
    """

    number: int
    kind: str
    at: datetime
    amount: int
    commodity: str
    owner: str = "finance"
    state: str = "open"
    plan: str = ""
    due: str | None = None


class Settled(NamedTuple):
    """A settlement's net and when it was settled and paid: entries; and the platform's number of it."""

    channel: str
    commodity: str
    net: int
    settled_seq: int
    paid_seq: int | None
    statement_no: str


class Month:
    """One closed month of a fund, read in one snapshot.

    Args:
        connection: In a transaction.
        fund: The fund.
        month: A closed month; or the entries of several that follow each other (`joined_cut`).

    Attributes:
        cut: Which entries it covers.
        fund: The fund.
        details: The fund's names, currency and zone.
        channels: Its channels, as of its last entry.
        money_accounts: Its bank and fund accounts, likewise.
        opening: Accounts before its first entry.
        closing: Accounts behind its last.
        movements: What moved in it, oldest first: settlements, payouts, transfers, spending, money from outside.
        lists: The fund's lists, as of its last entry.
    """

    def __init__(self, connection: sa.Connection, fund: Fund, month: str | Cut) -> None:
        self._connection = connection
        self._fund_id = fund.fund_id
        self.fund = fund
        self.cut = cut_of(connection, fund.fund_id, month) if isinstance(month, str) else month
        self.details = funds.details(connection, fund.fund_id)
        size = self.cut.size
        self.channels: list[Channel] = funds.all_channels(connection, fund.fund_id, size)
        self.money_accounts: list[MoneyAccount] = funds.money_account_list(
            connection, fund.fund_id, size
        )
        commodity = self.details.commodity
        self.opening = Accounts(connection, fund.fund_id, commodity, self.cut.first)
        self.closing = Accounts(connection, fund.fund_id, commodity, self.cut.size)
        self.movements = list(self._movements(segments.c.seq >= self.cut.first, self.cut.size))
        self.lists: Lists = list_history.lists(connection, fund.fund_id, self.cut.size)

    @property
    def connection(self) -> sa.Connection:
        """Return the snapshot that it is read from."""
        return self._connection

    def debits(self, prefix: str) -> int:
        """Sum what was debited in the month to accounts whose name begins so, minor units."""
        return self.closing.debits(prefix) - self.opening.debits(prefix)

    def credits(self, prefix: str) -> int:
        """Sum what was credited, likewise."""
        return self.closing.credits(prefix) - self.opening.credits(prefix)

    def moved(self, source: str, target: str) -> int:
        """Sum what arrived in the month from one stage at another, by the beginnings of their names.

        What the release of a match moves back is taken off the way on which it had come.
        """
        return sum(
            one.to_length for one in self._between(source, target) if one.kind != RELEASED
        ) - sum(one.to_length for one in self.released(target, source))

    def released(self, source: str, target: str) -> list[Movement]:
        """Return what releases of matches moved back from one stage to another, by the beginnings of their names."""
        return [one for one in self._between(source, target) if one.kind == RELEASED]

    def _between(self, source: str, target: str) -> list[Movement]:
        return [
            one
            for one in self.movements
            if one.source is not None
            and one.source.startswith(source)
            and one.target.startswith(target)
            and one.commodity == self.details.commodity
        ]

    def outside(self, target: str) -> list[Movement]:
        """Return what came from outside to accounts whose name begins so.

        A fee that a bank had kept and that a release takes back is none of it: it is taken off the fees.
        """
        return [
            one
            for one in self.movements
            if one.source is None
            and one.target.startswith(target)
            and one.kind != RELEASED
            and one.commodity == self.details.commodity
        ]

    def taken_back(self, source: str) -> list[Movement]:
        """Return reversals of what came from outside to accounts whose name begins so."""
        return [
            one
            for one in self._between(source, "Income:")
            if one.kind in ("movement.reversed", RELEASED)
        ]

    def paid_out(self, source: str, target: str) -> list[Movement]:
        """Return what went from one stage to an expense, and, with both ends changed, what of it was reversed."""
        return [
            one
            for one in self.movements
            if one.source is not None
            and one.commodity == self.details.commodity
            and (
                (one.source.startswith(source) and one.target.startswith(target))
                or (one.source.startswith(target) and one.target.startswith(source))
            )
        ]

    @property
    def first_stop(self) -> int:
        """Return the number after the last entry of the fund's first closed month; 0 where none is closed."""
        closed = periods.closed(self._connection, self._fund_id)
        if not closed:
            return 0
        return log_history.checkpoint_covering(
            self._connection, self._fund_id, closed[0].closed_seq
        )[0]

    def fund_movements_before(self) -> Iterator[Movement]:
        """Read every movement of the fund's accounts before the month, oldest first: a few for each payment."""
        if not self.cut.first:
            return iter(())
        mine = [number for name, number in self.closing.ids.items() if name.startswith(FUND)]
        return self._movements(
            sa.or_(segments.c.source_id.in_(mine), segments.c.target_id.in_(mine)), self.cut.first
        )

    def _movements(self, chosen: sa.ColumnElement[bool], stop: int) -> Iterator[Movement]:
        names = {
            row.account_id: row.name
            for row in self._connection.execute(
                sa.select(account_table.c.account_id, account_table.c.name).where(
                    account_table.c.fund_id == self._fund_id
                )
            )
        }
        rows = self._connection.execute(
            sa.select(
                segments.c.seq,
                segments.c.source_id,
                segments.c.length,
                segments.c.target_id,
                segments.c.to_length,
                segments.c.target_commodity,
                entries.c.kind,
                entries.c.entry,
            )
            .select_from(
                segments.join(
                    entries,
                    sa.and_(
                        entries.c.fund_id == segments.c.fund_id, entries.c.seq == segments.c.seq
                    ),
                )
            )
            .where(
                segments.c.fund_id == self._fund_id,
                chosen,
                segments.c.seq < stop,
            )
            .order_by(segments.c.seq, segments.c.part)
        )
        for row in rows:
            value = decode(bytes(row.entry))
            yield Movement(
                row.seq,
                row.kind,
                from_text(value["occurred_at"]),
                value["body"],
                None if row.source_id is None else names[row.source_id],
                names[row.target_id],
                row.length,
                row.to_length,
                row.target_commodity,
                value["actor"]["role"],
            )

    # --- gifts --------------------------------------------------------------------------------

    def gifts_before(self) -> int:
        """Count the gifts of all earlier months."""
        return int(
            self._connection.execute(
                sa.select(sa.func.count()).where(
                    entries.c.fund_id == self._fund_id,
                    entries.c.kind == "gift",
                    entries.c.seq < self.cut.first,
                )
            ).scalar_one()
        )

    def gifts(self) -> Iterator[MonthGift]:
        """Read the month's gifts, some at a time.

        Yields:
            Gifts, oldest first.
        """
        number = self.gifts_before()
        after = self.cut.first - 1
        # Gifts are told to the minute: a busy minute is read once.
        instants: dict[str, datetime] = {}
        while True:
            rows = self._connection.execute(
                sa.select(entries.c.seq, entries.c.entry)
                .where(
                    entries.c.fund_id == self._fund_id,
                    entries.c.kind == "gift",
                    entries.c.seq > after,
                    entries.c.seq < self.cut.size,
                )
                .order_by(entries.c.seq)
                .limit(_PAGE)
            ).all()
            if not rows:
                return
            for seq, entry in rows:
                number += 1
                value = decode_kept(entry)
                text = value["occurred_at"]
                at = instants.get(text)
                if at is None:
                    at = instants[text] = from_text(text)
                yield MonthGift(number, seq, at, value["body"])
            after = rows[-1].seq

    def reversals(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the month's reversals of gifts: entry and body."""
        rows = self._connection.execute(
            sa.select(entries.c.seq, entries.c.entry)
            .where(
                entries.c.fund_id == self._fund_id,
                entries.c.kind == "gift.reversed",
                entries.c.seq >= self.cut.first,
                entries.c.seq < self.cut.size,
            )
            .order_by(entries.c.seq)
        )
        return [(row.seq, decode(bytes(row.entry))["body"]) for row in rows]

    # --- what platforms owe -------------------------------------------------------------------

    def unsettled(self, channel: str, size: int) -> int:
        """Measure the gifts of a channel's line that no settlement has taken, in a log of a size; minor units."""
        at = self.opening if size == self.cut.first else self.closing
        return self.unsettled_of(channel, size, [at])[0]

    def unsettled_of(self, channel: str, size: int, ends: Sequence[Accounts]) -> list[int]:
        """Measure how much of what no settlement of a channel has taken was on its line already at some earlier times.

        From the line itself: its length then less what settlements have taken and what is void behind their front.

        Args:
            channel: Its name.
            size: Of the log.
            ends: Accounts at these times, none behind the log's end.

        Returns:
            Minor units, for each time.
        """
        account = PLATFORM + channel
        account_id = self.closing.ids.get(account)
        if account_id is None:
            return [0 for _ in ends]
        line = Line(account, self.details.commodity)
        front = self._connection.execute(
            sa.select(sa.func.max(segments.c.stop)).where(
                segments.c.fund_id == self._fund_id,
                segments.c.source_id == account_id,
                segments.c.source_commodity == line.commodity,
                segments.c.seq < size,
            )
        ).scalar()
        start = int(front or 0)
        stops = [max(start, at[account].debits) for at in ends]
        if max(stops) == start:
            return [0 for _ in ends]
        reader = LineReader(self._connection, self._fund_id, {account_id: account})
        void_after = self._voids_after(account_id, size)
        empty = [one for one in reader.voids(line, start, max(stops)) if one[0] not in void_after]
        return [effective_offset(start, stop, empty) for stop in stops]

    def before_day(self, day: date) -> Accounts:
        """Return the accounts as they were behind the month's last entry that was recorded before a day."""
        midnight = datetime.combine(day, time(), tzinfo=ZoneInfo(self.details.zone))
        size = journal_history.size_before(self._connection, self._fund_id, midnight)
        return Accounts(
            self._connection, self._fund_id, self.details.commodity, min(size, self.cut.size)
        )

    def _voids_after(self, account_id: int, size: int) -> set[int]:
        """Return where the gifts lie that were reversed only later."""
        return set(
            self._connection.execute(
                sa.select(voids.c.start).where(
                    voids.c.fund_id == self._fund_id,
                    voids.c.account_id == account_id,
                    voids.c.seq >= size,
                )
            ).scalars()
        )

    def unpaid(self, size: int) -> list[Settled]:
        """Return the settlements that were booked and not paid in a log of a size."""
        columns = [settlement_lines.c[name] for name in Settled._fields]
        rows = self._connection.execute(
            sa.select(*columns)
            .where(
                settlement_lines.c.fund_id == self._fund_id,
                settlement_lines.c.settled_seq < size,
                sa.or_(settlement_lines.c.paid_seq.is_(None), settlement_lines.c.paid_seq >= size),
            )
            .order_by(settlement_lines.c.settled_seq)
        )
        paid = paid_then(self._connection, self._fund_id, size)
        return [Settled(*row) for row in rows if (row.channel, row.statement_no) not in paid]

    # --- the bank's side ----------------------------------------------------------------------

    def bank_sides(self, prefix: str) -> list[BankSide] | None:
        """Return what the banks say of the accounts whose name begins so, when the month was closed.

        Args:
            prefix: `Assets:Bank:` or `Assets:Fund:`.

        Returns:
            None unless for each account a line that was booked since the last closing states it.
        """
        first, _ = self.span_ms()
        sides = []
        for one in self.money_accounts:
            if not one.name.startswith(prefix) or one.commodity != self.details.commodity:
                continue
            row = self._connection.execute(
                sa.select(bank_lines.c.balance, bank_lines.c.booked_ms)
                .where(
                    self.known_lines(),
                    bank_lines.c.account == one.name,
                    bank_lines.c.balance.is_not(None),
                    bank_lines.c.booked_ms >= first,
                )
                .order_by(bank_lines.c.booked_ms.desc(), bank_lines.c.line_no.desc())
                .limit(1)
            ).first()
            if row is None:
                return None
            sides.append(BankSide(one.name, int(row.balance), from_ms(row.booked_ms)))
        return sides or None

    def span_ms(self) -> tuple[int, int]:
        """Return when the month's entries were recorded: a bank's line booked later cannot be among them."""
        ends = [self.cut.first - 1, self.cut.size - 1]
        rows = self._connection.execute(
            sa.select(entries.c.seq, entries.c.recorded_at).where(
                entries.c.fund_id == self._fund_id, entries.c.seq.in_(ends)
            )
        )
        when = {row.seq: (row.recorded_at + _MINUTE) * 1000 for row in rows}
        return when.get(ends[0], 0), when[ends[1]]

    def known_lines(self) -> sa.ColumnElement[bool]:
        """Choose the bank lines that the ledger knew when the month was closed: later files change nothing in it."""
        _, stop = self.span_ms()
        return sa.and_(
            bank_lines.c.fund_id == self._fund_id,
            bank_lines.c.booked_ms < stop,
            bank_lines.c.taken_ms < stop,
        )

    @cached_property
    def _explained_then(self) -> dict[tuple[str, str], int | None]:
        _, stop = self.span_ms()
        return explained_then(self._connection, self._fund_id, self.cut.size, stop)

    def explained_by(self, line: tuple[str, str], seq: int | None) -> int | None:
        """Return the entry that explained a bank line when the month was closed.

        Args:
            line: Its account and identity.
            seq: The entry that explains it now.

        Returns:
            None when none did.
        """
        if line in self._explained_then:
            return self._explained_then[line]
        return seq if seq is not None and seq < self.cut.size else None

    def loose(self, side: BankSide) -> list[Loose]:
        """List what makes an account's balance by the ledger differ from the bank's.

        Args:
            side: What the bank says.

        Returns:
            Bank lines that no entry of the log explained by then, and lines that the ledger has
            and the bank had not yet; what they leave over, if anything, as one item of its own.
        """
        rows = self._connection.execute(
            sa.select(
                bank_lines.c.account,
                bank_lines.c.identity,
                bank_lines.c.booked_ms,
                bank_lines.c.line_no,
                bank_lines.c.amount,
                bank_lines.c.matched_seq,
            ).where(self.known_lines(), bank_lines.c.account == side.account)
        )
        found: list[Loose] = []
        for row in rows:
            at = from_ms(row.booked_ms)
            explained = self.explained_by((row.account, row.identity), row.matched_seq)
            in_bank = at <= side.at
            if in_bank and explained is None:
                found.append(Loose(at, "bank-not-booked", -row.amount, None))
            elif explained is not None and not in_bank:
                kind = "received-not-credited" if row.amount > 0 else "sent-not-debited"
                found.append(Loose(at, kind, row.amount, explained))
        found += self._spent_unseen(side.account)
        found += self._moved_unseen(side.account)
        rest = self.closing[side.account].balance - side.balance - sum(one.amount for one in found)
        if rest:
            found.append(Loose(side.at, "amount-differs", rest, None))
        return sorted(found, key=lambda one: (one.at, one.amount))

    def _spent_unseen(self, account: str) -> list[Loose]:
        """Return spending from an account that no bank line explains: one item for each payment."""
        if not account.startswith("Assets:Fund:"):
            return []
        seen = self._seen(account)
        undone = [
            spend
            for spend, reversal in reversed_spends(self._connection, self._fund_id).items()
            if reversal < self.cut.size
        ]
        rows = self._connection.execute(
            sa.select(
                spends.c.reference,
                sa.func.max(spends.c.seq),
                sa.func.max(spends.c.spent_ms),
                sa.func.sum(sa.case((spends.c.seq.in_(undone), 0), else_=spends.c.amount)),
            )
            .where(spends.c.fund_id == self._fund_id, spends.c.seq < self.cut.size)
            .group_by(spends.c.reference)
        ).all()
        mine = self._spent_from(account, [row[1] for row in rows if row[1] not in seen])
        return [
            Loose(from_ms(row[2]), "sent-not-debited", -int(row[3]), row[1])
            for row in rows
            if row[1] in mine and int(row[3])
        ]

    def _moved_unseen(self, account: str) -> list[Loose]:
        """Return receipts and payments that evidence alone proves, and reversals of others, that no bank line shows.

        A reversal whose original no line shows stands against it: both are left out.
        """
        found: dict[int, Loose] = {}
        reversals: list[tuple[int, int, Loose]] = []
        for kind in ("income", "expense", "movement.reversed"):
            for stored in journal_history.of_kind(
                self._connection, self._fund_id, kind, newest=NEWEST_MAX
            ):
                value = decode(stored.entry)
                signed = sum(
                    line["amount"] for line in value["postings"] if line["account"] == account
                )
                if stored.seq >= self.cut.size or not signed:
                    continue
                word = "received-not-credited" if signed > 0 else "sent-not-debited"
                one = Loose(from_text(value["occurred_at"]), word, signed, stored.seq)
                if kind == "movement.reversed":
                    reversals.append((value["body"]["reverses"], stored.seq, one))
                else:
                    found[stored.seq] = one
        seen = self._seen(account)
        for original, seq, one in reversals:
            if original in seen:
                found[seq] = one
            else:
                found.pop(original, None)
        return [one for seq, one in found.items() if seq not in seen]

    def _seen(self, account: str) -> set[int]:
        """Return the entries that lines of an account explain."""
        rows = self._connection.execute(
            sa.select(bank_lines.c.account, bank_lines.c.identity, bank_lines.c.matched_seq).where(
                bank_lines.c.fund_id == self._fund_id,
                bank_lines.c.account == account,
                bank_lines.c.matched_seq < self.cut.size,
            )
        )
        seen = {self.explained_by((row.account, row.identity), row.matched_seq) for row in rows}
        seen |= {seq for (of, _), seq in self._explained_then.items() if of == account}
        return {seq for seq in seen if seq is not None}

    def _spent_from(self, account: str, seqs: list[int]) -> set[int]:
        if not seqs:
            return set()
        return set(
            self._connection.execute(
                sa.select(segments.c.seq).where(
                    segments.c.fund_id == self._fund_id,
                    segments.c.seq.in_(seqs),
                    segments.c.source_id == self.closing.ids[account],
                )
            ).scalars()
        )

    # --- transfers, open items, the log -------------------------------------------------------

    def transfers(self) -> list[tuple[Transfer, Part]]:
        """Return what left before the month's end and did not end before its beginning, by transfer and part.

        What ended later is not known yet: the same statement comes out whenever it is made.
        """
        found = []
        for one in transfer_history.all_transfers(self._connection, self._fund_id):
            # One that was sent by then may have been released since: its steps tell.
            if (
                one.ended_seq is not None and one.ended_seq < self.cut.first
            ) or one.commodity != self.details.commodity:
                continue
            steps = transfer_history.steps(self._connection, self._fund_id, one.number)
            parts = parts_of([step for step in steps if step.seq < self.cut.size])
            found += [
                (one, part)
                for part in parts
                if part.ended_seq is None or part.ended_seq >= self.cut.first
            ]
        return found

    def steps_back(self) -> list[tuple[Transfer, Step, Step]]:
        """Return the steps of transfers before the month that its releases took back, each with the release."""
        connection, fund_id = self._connection, self._fund_id
        span = (self.cut.first, self.cut.size)
        found = []
        for number in transfer_history.released_between(connection, fund_id, *span):
            one = transfer_history.transfer(connection, fund_id, number)
            steps = transfer_history.steps(connection, fund_id, number)
            by_seq = {step.seq: step for step in steps}
            found += [
                (one, by_seq[back.reverses], back)
                for back in steps
                if back.reverses is not None
                and back.reverses < self.cut.first <= back.seq < self.cut.size
                and one.commodity == self.details.commodity
            ]
        return found

    def providers(self) -> list[tuple[str, int]]:
        """Return the month's spending by provider, largest first, reversals taken off."""
        return [(one.code, one.amount) for one in self.spending("provider")]

    def spending(self, by: str) -> list[Sum]:
        """Return the month's spending by `disease`, `people` or `provider`, likewise; counts are not hidden yet."""
        span = (self.cut.first, self.cut.size)
        return sums(self._connection, self._fund_id, self.details.commodity, by, span)

    def items(self) -> list[Item]:
        """Return what was open at the month's end, oldest first: exceptions, and bank lines without an entry."""
        rows = self._connection.execute(
            sa.select(open_items).where(
                open_items.c.fund_id == self._fund_id,
                open_items.c.raised_seq < self.cut.size,
                sa.or_(
                    open_items.c.resolved_seq.is_(None), open_items.c.resolved_seq >= self.cut.size
                ),
            )
        )
        raised = rows.all()
        stood = self._stood([row.raised_seq for row in raised])
        members = funds.roles_then(self._connection, self._fund_id, self.cut.size)
        found = [
            Item(
                row.raised_seq,
                row.kind,
                from_ms(row.raised_ms),
                row.amount,
                row.commodity,
                _owner_role(row.kind, members.get(stood[row.raised_seq].owner or "")),
                stood[row.raised_seq].state,
                stood[row.raised_seq].plan,
                stood[row.raised_seq].due,
            )
            for row in raised
        ]
        named = {row.subject for row in raised}
        lines = self._connection.execute(
            sa.select(*written(bank_lines)).where(
                self.known_lines(),
                sa.or_(
                    bank_lines.c.matched_seq.is_(None),
                    bank_lines.c.matched_seq >= self.cut.size,
                    bank_lines.c.identity.in_(
                        matched_later(self._fund_id, self.cut.size, self.span_ms()[1])
                    ),
                ),
            )
        )
        found += [
            Item(
                row.line_no,
                "unmatched-bank-line",
                from_ms(row.booked_ms),
                abs(row.amount),
                row.commodity,
            )
            for row in lines
            if self.explained_by((row.account, row.identity), row.matched_seq) is None
            # An exception that names the line tells of the same money.
            and line_subject(bytes(row.sha256).hex(), row.line_no) not in named
        ]
        return sorted(found, key=lambda one: (one.at, one.number))

    def _stood(self, raised: list[int]) -> dict[int, Stood]:
        last = self.cut.size - 1
        closed = self.occurred([last])[last]
        moment = Moment(self.cut.size, closed, self.details.zone)
        return stood_at(self._connection, self._fund_id, raised, moment)

    def counted(self) -> tuple[int, int]:
        """Recount the month's entries: how many there are, and how many different numbers they have."""
        row = self._connection.execute(
            sa.select(sa.func.count(), sa.func.count(sa.distinct(entries.c.seq))).where(
                entries.c.fund_id == self._fund_id,
                entries.c.seq >= self.cut.first,
                entries.c.seq < self.cut.size,
            )
        ).one()
        return int(row[0]), int(row[1])

    def root_at(self, size: int) -> bytes:
        """Recompute the root of a size from the tiles."""

        def leaves(first: int, stop: int) -> list[bytes]:
            return journal_history.leaf_hashes(self._connection, self._fund_id, first, stop)

        return log_history.root_at(self._connection, self._fund_id, leaves, size)

    def occurred(self, seqs: list[int | None]) -> dict[int, datetime]:
        """Read when some entries happened."""
        return occurred(self._connection, self._fund_id, seqs)

    def references(self, seq: int | None) -> tuple[str, ...]:
        """Return the references on the bank lines that explained an entry when the month was closed."""
        then = [key for key, at in self._explained_then.items() if at == seq]
        rows = self._connection.execute(
            sa.select(
                bank_lines.c.account,
                bank_lines.c.identity,
                bank_lines.c.matched_seq,
                bank_lines.c.refs,
            )
            .where(
                bank_lines.c.fund_id == self._fund_id,
                sa.or_(
                    bank_lines.c.matched_seq == seq,
                    *(
                        sa.and_(bank_lines.c.account == of, bank_lines.c.identity == identity)
                        for of, identity in then
                    ),
                ),
            )
            .order_by(bank_lines.c.line_no)
        )
        found = [
            row.refs
            for row in rows
            if self.explained_by((row.account, row.identity), row.matched_seq) == seq
        ]
        return tuple(dict.fromkeys(reference for refs in found for reference in refs.split()))


def _owner_role(kind: str, roles: frozenset[str] | None) -> str:
    """Return the role that an exception's kind is given to, or the first that whoever looks after it has instead."""
    usual = KINDS[kind].owner if kind in KINDS else "finance"
    return usual if roles is None or usual in roles else min(roles, default=usual)
