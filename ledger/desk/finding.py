"""Find what does not match, and see what explains it by now: what an officer looks at in the evening.

Each thing is raised once, whoever looks and however often. What is closed here names the entry that explains it; nobody
has to decide that. What is found by taking files and by comparing gifts is raised there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from ledger.actors import Actor
from ledger.clock import (
    from_ms,
    from_text,
    local_date,
    local_month,
    month_end,
    working_days_after,
)
from ledger.decisions.promises import promises_in_force
from ledger.desk import sealed_lines
from ledger.desk.expected import gifts_of
from ledger.funds import history as funds
from ledger.intake import history as intake
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.matching import history as matching
from ledger.matching.carrying import References
from ledger.matching.exceptions import booking, history
from ledger.matching.exceptions.booking import Found
from ledger.matching.exceptions.history import Filter, Item
from ledger.matching.exceptions.kinds import (
    gifts_subject,
    line_subject,
    settlement_of,
    settlement_subject,
    transfer_subject,
)
from ledger.matching.history import StoredLine, StoredSettlement
from ledger.matching.items import Expectation, Observation, Outcome
from ledger.matching.officers_rules import rules_in_force
from ledger.matching.passes import match
from ledger.moneyline.history import filled_by
from ledger.periods import history as periods
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer
from ledger.transfers import history as transfers

LOOKING = Actor("system", "matching")

REVERSALS_MAX = 1_000
"""So many of the newest reversals are looked at: a refund is found within days or by its settlement."""

NOT_OPEN = ("guest", "conflict")
"""Why a gift is held that waits for no value: it went to somebody else, or it contradicts one that is booked."""

_ALWAYS = (date(2000, 1, 1), date(2200, 1, 1))
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
_LINE_KINDS = (
    "unknown_receipt",
    "duplicate_receipt",
    "short_settlement",
    "over_settlement",
    "ambiguous",
    "period_violation",
)


class Looked(NamedTuple):
    """What looking did.

    Attributes:
        raised: Exceptions that are new.
        explained: Exceptions that an entry explains by now.
    """

    raised: int
    explained: int


def look(sequencer: Sequencer, fund: Fund) -> Looked:
    """Raise what does not match by now, and close what is explained by now.

    Args:
        sequencer: The writer.
        fund: The fund.

    Returns:
        How many of each.
    """

    def decide(books: Books) -> Looked:
        books.settle()
        looking = _Looking(books.connection, fund.fund_id, books.clock.now())
        explained = booking.explain(books, LOOKING, list(looking.explained()))
        raised = booking.raise_all(books, LOOKING, looking.found())
        return Looked(len(raised), len(explained))

    return sequencer.decide(fund, decide).value


@dataclass(frozen=True, slots=True)
class _Closed:
    """A closed month and when it was closed."""

    month: str
    seq: int
    at: datetime


class _Looking:
    """What one fund's tables show at an instant."""

    def __init__(self, connection: sa.Connection, fund_id: int, now: datetime) -> None:
        self._connection = connection
        self._fund_id = fund_id
        self._zone = funds.details(connection, fund_id).zone
        self._today = local_date(now, self._zone)
        self._promises = promises_in_force(connection, fund_id)
        self._settlements = matching.settlements(connection, fund_id)
        self._by_id = {
            settlement_subject(one.channel, one.statement_no): one for one in self._settlements
        }
        self._taken = {
            one.sha256.hex(): from_ms(one.taken_ms)
            for one in matching.kept_files(connection, fund_id)
        }

    def found(self) -> Iterator[Found]:
        """Give everything that does not match, whether it is known or not.

        Yields:
            Findings: by date, of bank lines, of gifts.
        """
        yield from self._overdue_settlements()
        yield from self._late_transfers()
        yield from self._lines()
        yield from self._late_refunds()
        yield from self._held_gifts()

    # --- by date ------------------------------------------------------------------------------

    def _overdue_settlements(self) -> Iterator[Found]:
        for one in self._settlements:
            if one.paid_seq is not None or one.net <= 0:
                continue
            known_on = self._day_of(one.settled_seq)
            last = max(self._period_end(one, known_on), known_on) + timedelta(
                days=self._promises.settlement_days
            )
            if self._today > last:
                subject = settlement_subject(one.channel, one.statement_no)
                yield Found("overdue_settlement", subject, one.net, one.commodity, last)

    def _period_end(self, one: StoredSettlement, known_on: date) -> date:
        if not _MONTH.fullmatch(one.period):
            return known_on
        return local_date(month_end(one.period, self._zone), self._zone) - timedelta(days=1)

    def _late_transfers(self) -> Iterator[Found]:
        for one in transfers.all_transfers(self._connection, self._fund_id, "sent"):
            if one.sent_seq is None or not one.under_way:
                continue
            last = working_days_after(self._day_of(one.sent_seq), self._promises.transfer_days)
            if self._today > last:
                yield Found(
                    "unallocated_transfer",
                    transfer_subject(one.number),
                    one.under_way,
                    one.commodity,
                    last,
                )

    # --- bank lines ---------------------------------------------------------------------------

    def _lines(self) -> Iterator[Found]:
        lines = matching.open_lines(self._connection, self._fund_id)
        outcome = self._outcome(lines)
        suggested = {name for one in outcome.suggested for name in one.observations}
        ambiguous = {name for one in outcome.ambiguous for name in one.observations}
        confirmed = {name for one in outcome.confirmed for name in one.observations}
        closed = self._closed()
        held = sealed_lines.held(self._connection, self._fund_id, lines)
        paid, unpaid = (self._numbers(paid=one) for one in (True, False))
        for line in lines:
            name = _name(line)
            if (line.account, line.identity) in held:
                yield self._of_line("period_violation", line)
                continue
            if name in confirmed or line.line.kind in ("interest", "pending"):
                continue  # the next matching books it
            if self._violated(line, closed):
                yield self._of_line("period_violation", line)
            elif self._named(line, paid):
                # Whatever else has the same sum: it says itself what it was paid for.
                yield self._of_line("duplicate_receipt", line)
            elif name in ambiguous:
                yield self._of_line("ambiguous", line)
            elif name not in suggested:
                yield self._without_expectation(line, unpaid)

    def _outcome(self, lines: Sequence[StoredLine]) -> Outcome:
        """Return what the passes make of open settlements and lines."""
        collecting = tuple(
            one.name
            for one in funds.money_account_list(self._connection, self._fund_id)
            if one.name.startswith("Assets:Bank:")
        )
        unpaid = [one for one in self._settlements if one.paid_seq is None and one.net > 0]
        gifts = gifts_of(self._connection, self._fund_id, unpaid, lines)
        rules, _ = rules_in_force(self._connection, self._fund_id)
        return match(
            [
                replace(_expected(one, collecting), gifts=gifts.get(one.settled_seq))
                for one in unpaid
            ],
            [Observation(_name(one), one.account, one.line) for one in lines],
            rules,
        )

    def _closed(self) -> Sequence[_Closed]:
        return [
            _Closed(one.month, one.closed_seq, self._at(one.closed_seq))
            for one in periods.closed(self._connection, self._fund_id)
        ]

    def _violated(self, line: StoredLine, closed: Sequence[_Closed]) -> bool:
        """Tell whether a line is dated in a month that was closed before it came."""
        month = local_month(line.line.booked_at, self._zone)
        taken = self._taken.get(line.evidence.file)
        return any(one.month == month and taken is not None and taken > one.at for one in closed)

    def _numbers(self, *, paid: bool) -> References:
        """Return the settlements that are paid, or that are not, to be looked up by their numbers."""
        return References(
            _expected(one, ()) for one in self._settlements if (one.paid_seq is not None) is paid
        )

    def _named(self, line: StoredLine, numbers: References) -> StoredSettlement | None:
        """Return the first settlement that a line names."""
        seen = Observation(_name(line), line.account, line.line)
        ids = {one.id for one in numbers.carried_by(seen)}
        return next((self._by_id[id_] for id_ in self._by_id if id_ in ids), None) if ids else None

    def _without_expectation(self, line: StoredLine, unpaid: References) -> Found:
        """Say what is wrong with a line that nothing explains: whether it names a settlement of another sum."""
        one = self._named(line, unpaid)
        difference = 0 if one is None else line.line.amount_minor - one.net
        if difference and line.line.amount_minor > 0:
            kind = "over_settlement" if difference > 0 else "short_settlement"
            return self._of_line(kind, line, abs(difference))
        return self._of_line("unknown_receipt", line)

    def _of_line(self, kind: str, line: StoredLine, amount: int | None = None) -> Found:
        return Found(
            kind,
            line_subject(line.evidence.file, line.evidence.row),
            abs(line.line.amount_minor) if amount is None else amount,
            line.line.commodity,
            local_date(line.line.booked_at, self._zone),
        )

    # --- gifts --------------------------------------------------------------------------------

    def _late_refunds(self) -> Iterator[Found]:
        closed = {one.month: one.seq for one in self._closed()}
        for stored in journal.of_kind(
            self._connection, self._fund_id, "gift.reversed", newest=REVERSALS_MAX
        ):
            body = decode(stored.entry)["body"]
            given = journal.entry(self._connection, self._fund_id, body["reverses"])
            month = local_month(from_text(decode(given.entry)["occurred_at"]), self._zone)
            if closed.get(month, stored.seq) < stored.seq:
                yield Found(
                    "late_refund",
                    f"gift/{given.seq}",
                    body["amount"],
                    body["commodity"],
                    self._day_of(stored.seq),
                )

    def _held_gifts(self) -> Iterator[Found]:
        sums: dict[tuple[str, str, date, str], int] = {}
        for one in intake.held_list(self._connection, self._fund_id):
            day = local_date(from_ms(one.held_ms), self._zone)
            if one.reason == "conflict" and one.first_seq is not None:
                yield Found("gift_amount", f"gift/{one.first_seq}", one.amount, one.commodity, day)
            elif one.reason not in NOT_OPEN:
                key = (one.channel, one.reason, day, one.commodity)
                sums[key] = sums.get(key, 0) + one.amount
        for (channel, reason, day, commodity), amount in sums.items():
            subject = f"held/{channel}/{reason}/{commodity}/{day.isoformat()}"
            yield Found("unvalued_gift", subject, amount, commodity, day)

    # --- what explains it ---------------------------------------------------------------------

    def explained(self) -> Iterator[tuple[int, int]]:
        """Give the open exceptions that an entry explains by now.

        Yields:
            Number of the exception, and the entry.
        """
        settled = {(one.channel, one.statement_no): one for one in self._settlements}
        # Exceptions of before name the number alone.
        by_gifts = {one.statement_no: one for one in self._settlements}
        by_gifts |= {
            gifts_subject(one.channel, one.statement_no): one for one in self._settlements
        }
        ended = {
            transfer_subject(one.number): one.ended_seq
            for one in transfers.all_transfers(self._connection, self._fund_id)
            if one.state in ("confirmed", "returned")
        }
        items = list(self._open_items())
        lines = history.entries_of_lines(
            self._connection,
            self._fund_id,
            [one.subject for one in items if one.kind in _LINE_KINDS],
        )
        for item in items:
            entry: int | None = None
            if item.kind == "overdue_settlement":
                one = settled.get(settlement_of(item.subject))
                entry = None if one is None else one.paid_seq
            elif item.kind == "unallocated_transfer":
                entry = ended.get(item.subject)
            elif item.kind == "missing_gift" and item.subject in by_gifts:
                entry = filled_by(
                    self._connection, self._fund_id, by_gifts[item.subject].settled_seq
                )
            elif item.kind in _LINE_KINDS:
                entry = lines.get(item.subject)
            if entry is not None:
                yield item.raised_seq, entry

    def _open_items(self) -> Iterator[Item]:
        after: int | None = None
        while True:
            rows = history.page(self._connection, self._fund_id, Filter(is_open=True), after=after)
            yield from rows
            if len(rows) < history.PAGE_MAX:
                return
            after = rows[-1].raised_seq

    # --- days ---------------------------------------------------------------------------------

    def _at(self, seq: int) -> datetime:
        stored = journal.entry(self._connection, self._fund_id, seq)
        return from_text(decode(stored.entry)["occurred_at"])

    def _day_of(self, seq: int) -> date:
        return local_date(self._at(seq), self._zone)


def _name(line: StoredLine) -> str:
    return f"{line.account}/{line.identity}"


def _expected(one: StoredSettlement, accounts: tuple[str, ...]) -> Expectation:
    return Expectation(
        settlement_subject(one.channel, one.statement_no),
        "R3",
        accounts,
        one.commodity,
        one.net,
        (one.statement_no,),
        *_ALWAYS,
        fee_minor=one.payout_fee or None,
    )
