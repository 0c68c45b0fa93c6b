"""Join runs in order: what a run could not decide alone, and everything that happens once.

In: folded runs, oldest first. Out: findings, totals and facts. Guaranteed: every entry but a plain gift is applied to
the money line (`LineState`, the specification of the store) and held to it; plain gifts are applied as sums. What each
kind of entry must say is in `kinds/`, one module a subject.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.errors import InsufficientError, LedgerError
from ledger.moneyline.intervals import Line, Segment, is_platform, segment_from_json
from ledger.verify.books import Apply, Books, Lookup
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.folding import Event, Folded, Lane
from ledger.verify.kinds.adjustments import Adjustments
from ledger.verify.kinds.broadcasts import Broadcasts
from ledger.verify.kinds.exceptions import Exceptions
from ledger.verify.kinds.gifts import Gifts
from ledger.verify.kinds.movements import Movements
from ledger.verify.kinds.periods import Periods
from ledger.verify.kinds.releases import Releases
from ledger.verify.kinds.settlements import Settlements
from ledger.verify.kinds.setup import Setup
from ledger.verify.kinds.spending import Spending
from ledger.verify.kinds.statements import Statements
from ledger.verify.kinds.transfers import Transfers
from ledger.verify.report import Findings


class Replay:
    """The books of one fund after the runs so far.

    Attributes:
        size: Entries so far.
        totals: Debits and credits by account and commodity.
        facts: What the entries say.
        deciding: What they say of decisions, held to the rule of two.
        first_use: Entry that used or opened an account first.

    Args:
        slug: The fund.
        findings: Where failures go.
        lookup: Gives earlier entries.
        label: What failures call the place.
    """

    def __init__(
        self, slug: str, findings: Findings, lookup: Lookup, label: str = "entries"
    ) -> None:
        self.size = 0
        self._books = books = Books(slug, findings, lookup, label)
        self.totals, self.facts = books.totals, books.facts
        self.deciding, self.first_use = books.deciding, books.first_use
        self.fail = books.fail
        self._recorded = 0
        self._broadcasts, self._settlements = Broadcasts(books), Settlements(books)
        self._periods = Periods(books)
        self._apply: dict[str, Apply] = {
            **Setup(books).kinds(),
            **self._broadcasts.kinds(),
            **Gifts(books).kinds(),
            **self._settlements.kinds(),
            **Transfers(books).kinds(),
            **Spending(books).kinds(),
            **Movements(books).kinds(),
            **Adjustments(books, self._settlements).kinds(),
            **Releases(books).kinds(),
            **Exceptions(books).kinds(),
            **self._periods.kinds(),
            **Statements(books).kinds(),
        }

    def join(self, folded: Folded) -> None:
        """Apply the next run.

        Args:
            folded: It begins where the run before ended.
        """
        self._check_time(folded)
        self._check_offsets(folded)
        closed_before = {seq for seq in folded.sessions if self._broadcasts.is_closed(seq)}
        before = {seq: self._broadcasts.sums(seq) for seq in folded.sessions}
        for event in folded.events:
            self._add_gifts(event.gifts, event.seq)
            self._event(event, before)
        self._add_gifts(folded.gifts_after, folded.stop - 1)
        self.facts.late_gifts += folded.late
        self._periods.check_gifts(folded.earliest_after)
        self._broadcasts.join(folded, before, closed_before)
        for account, seq in folded.first_use.items():
            self.first_use.setdefault(account, seq)
        self._books.findings.take(folded.findings)
        self.size = folded.stop

    @property
    def reversals(self) -> dict[int, int]:
        """Return the reversing entry of each reversed gift or spend."""
        return self._books.reversed

    def finish(self) -> None:
        """Hold what can only be said of the whole."""
        for number, kind in self.deciding.missing():
            self.fail("decisions", self.size - 1, "not-carried-out", kind, f"decision {number}")
        self._finish_settlements()
        for session_seq, session in self.facts.sessions.items():
            if not session.channel:
                self.fail("sessions", session_seq, "no-such-session")
        sums: dict[str, list[int]] = {}
        for (account, commodity), (debits, credits_) in self.totals.items():
            # Income and openings on one side, expenses and what is held on the other; conversion between currencies
            # is on the second, so that each currency closes.
            source = account.startswith(("Income:", "Equity:Opening-Balances", "Liabilities:"))
            side = sums.setdefault(commodity, [0, 0])
            side[0 if source else 1] += credits_ - debits if source else debits - credits_
        for commodity, (came, is_there) in sums.items():
            self._books.findings.count("conservation")
            if came != is_there:
                self.fail(
                    "conservation",
                    self.size - 1,
                    "differs",
                    f"{came} {commodity}",
                    f"{is_there} {commodity}",
                )

    def _finish_settlements(self) -> None:
        """Hold that what came of a settlement in several lines has come whole."""
        for key, paid in self._books.paid.items():
            settled, _, paid_seq = self.facts.settlements[key]
            if paid and paid_seq is None:
                self.fail("settlements", self.size - 1, "paid-in-part", settled.get("net"), paid)

    def _check_time(self, folded: Folded) -> None:
        if folded.recorded_first and folded.recorded_first < self._recorded:
            self.fail(
                "sequence", folded.first, "time-goes-back", self._recorded, folded.recorded_first
            )
        self._recorded = folded.recorded_last or self._recorded

    def _check_offsets(self, folded: Folded) -> None:
        for (channel, commodity), offsets in folded.places.items():
            before = self.totals.get((f"Assets:Platform:{channel}", commodity), (0, 0))[0]
            for seq, offset in offsets:
                if offset != before:
                    self.fail(
                        "gift-places",
                        seq,
                        "differs",
                        f"line {before:+} to the run's",
                        f"{offset:+}",
                    )
                    break
        for session_seq, run in folded.sessions.items():
            counted = self._broadcasts.sums(session_seq)[0]
            for seq, offset in run.offsets:
                if offset != counted:
                    self.fail("sessions", seq, "counter-differs", counted, offset)
                    break

    def _add_gifts(self, gifts: Sequence[tuple[Lane, int]], seq: int) -> None:
        """Put the sums of plain gifts on their platforms' lines."""
        self.deciding.has_moved |= bool(gifts)
        for (channel, commodity), amount in gifts:
            platform = f"Assets:Platform:{channel}"
            self._add(platform, commodity, amount, 0)
            self._add(f"Income:Gifts:{channel}", commodity, 0, amount)
            if self._books.state_holds:
                try:
                    self._books.state.gift(Line(platform, commodity), amount)
                except LedgerError as error:
                    self._books.state_fails(seq, error)

    def _add(self, account: str, commodity: str, debit: int, credit: int) -> None:
        both = self.totals.setdefault((account, commodity), [0, 0])
        both[0] += debit
        both[1] += credit

    def _event(self, event: Event, before: Mapping[int, tuple[int, int]]) -> None:
        value, seq = event.value, event.seq
        if value["kind"] == "session.closed":
            event = event._replace(session=self._broadcasts.closing_sums(event, before))
        self._decide(value, seq)
        self._date(event)
        try:
            self._books.findings.count("segments", 0)
            self._note_evidence(value["body"], seq)
            apply = self._apply.get(value["kind"])
            if apply is not None:
                apply(event)
            self._follow(value, seq)
        except BrokenEntryError as error:
            self.fail(error.check, seq, error.reason, error.expected, error.found)
        lines = value["postings"]
        for line in lines:
            amount = line["amount"]
            self._add(line["account"], line["commodity"], max(0, amount), max(0, -amount))
        self._check_holdings(lines, seq)

    def _date(self, event: Event) -> None:
        """Hold an entry to the month that it is dated in."""
        try:
            self._periods.check(event)
        except BrokenEntryError as error:
            self.fail(error.check, event.seq, error.reason, error.expected, error.found)

    def _decide(self, value: Mapping[str, Any], seq: int) -> None:
        """Hold an entry to the rule of two, with the roles that people have before it."""
        self._books.findings.count("decisions")
        try:
            self.deciding.read(value)
        except BrokenEntryError as error:
            self.fail(error.check, seq, error.reason, error.expected, error.found)

    def _check_holdings(self, lines: Sequence[Mapping[str, Any]], seq: int) -> None:
        """Hold accounts of money to what they have, and the money line to the accounts."""
        for line in lines:
            account, commodity = line["account"], line["commodity"]
            if not account.startswith("Assets:"):
                continue
            debits, credits_ = self.totals[account, commodity]
            self._books.findings.count("holdings")
            if credits_ > debits:
                self.fail(
                    "holdings", seq, "below-zero", debits, f"{credits_} {commodity} from {account}"
                )
            if self._books.state_holds:
                on_line = (
                    self._books.state.debits(Line(account, commodity)),
                    self._books.state.credits(Line(account, commodity)),
                )
                if on_line != (debits, credits_):
                    self.fail(
                        "segments",
                        seq,
                        "line-and-account-differ",
                        (account, debits, credits_),
                        on_line,
                    )

    def _follow(self, value: Mapping[str, Any], seq: int) -> None:
        """Make the movements that an entry states, and hold them to the line.

        Raises:
            BrokenEntryError: Its segments are no list.
        """
        segments = value["body"].get("segments", [])
        if not isinstance(segments, list):
            raise BrokenEntryError("segments", "segment-form", found=segments)
        for stated in segments:
            if not self._books.state_holds:
                return
            try:
                segment = segment_from_json(stated if isinstance(stated, dict) else {}, seq)
                self._move(value, segment)
            except InsufficientError as error:
                self.fail(
                    "holdings",
                    seq,
                    "below-zero",
                    error.fields.get("available"),
                    error.fields.get("asked"),
                )
                self._books.state_fails(seq, error)
            except LedgerError as error:
                self._books.state_fails(seq, error)

    def _move(self, value: Mapping[str, Any], segment: Segment) -> None:
        source = segment.source
        before = 0 if source is None else self._books.state.debits(source)
        unattributed = self._books.state.replay(segment)
        if value["kind"] == "settlement" and source is not None and is_platform(source):
            self._settlements.check_segment(value, segment, unattributed, before)

    def _note_evidence(self, body: Mapping[str, Any], seq: int) -> None:
        if "file" in body:
            self.facts.evidence[seq] = (text(body, "file"), whole(body, "row"))
