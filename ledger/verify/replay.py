"""Join runs in order: what a run could not decide alone, and everything that happens once.

In: folded runs, oldest first. Out: findings, totals and facts. Guaranteed: every entry but a plain gift is applied to
the money line (`LineState`, the specification of the store) and held to it; plain gifts are applied as sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.clock import from_posix
from ledger.errors import InsufficientError, LedgerError
from ledger.moneyline.intervals import Line, LineState, Segment, is_platform, segment_from_json
from ledger.moneyline.shares import share
from ledger.verify.deciding import Deciding
from ledger.verify.entries import BrokenEntryError, Gift, posix, read_gift, text, whole
from ledger.verify.facts import Facts, Interval, Item, Session, Transfer
from ledger.verify.folding import Event, Folded, Key, Lane, read_rate
from ledger.verify.report import Findings, failure

Lookup = Callable[[int], dict[str, Any] | None]
"""Gives an earlier entry, decoded, by its number; None when there is none that can be read."""

_NEXT = {
    "transfer.edited": ("proposed",),
    "transfer.approved": ("proposed",),
    "transfer.rejected": ("proposed", "approved"),
    "transfer.withdrawn": ("proposed",),
    "transfer.sent": ("approved",),
    "transfer.confirmed": ("sent",),
    "transfer.returned": ("sent",),
}
"""States of a transfer from which each step may be taken."""

_RELEASED = ("payout", "transfer.sent", "transfer.confirmed")
"""Kinds of entries that the release of a match reverses."""

_DECIDED = ("transfer.edited", "transfer.approved", "transfer.rejected", "transfer.withdrawn")
"""Steps of a transfer that people decide; the others are the bank's."""

_CLOSED = {
    "match": "resolved",
    "file": "resolved",
    "note": "resolved",
    "write-off": "written-off",
}
"""How an exception is closed, and the state that it is in from then on."""

_BY_FILE = ("joined", "replaced")
"""What a file that came later may do for one that was held."""

_EXPLAINING = (
    "payout",
    "income",
    "transfer.sent",
    "transfer.confirmed",
    "transfer.returned",
    "spend",
    "gift",
    "adjustment",
)
"""Kinds of entries that can explain an exception without anybody's decision."""


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
        self.totals: dict[Key, list[int]] = {}
        self.facts = Facts()
        self.deciding = Deciding(self._roles_of)
        self.first_use: dict[str, int] = {}
        self._slug, self._findings, self._lookup, self._label = slug, findings, lookup, label
        self._state = LineState()
        self._state_holds = True
        self._recorded = 0
        self._reversed: dict[int, int] = {}
        self._hole_of: dict[int, tuple[Interval, int]] = {}
        self._filled: dict[int, int] = {}
        self._paid: dict[tuple[str, str], int] = {}
        self._released: dict[int, int] = {}
        self._apply: dict[str, Callable[[Event], None]] = {
            "fund.opened": self._fund_opened,
            "channel.opened": self._channel_opened,
            "account.opened": self._account_opened,
            "rate.set": self._rate_set,
            "session.opened": self._session_opened,
            "session.closed": self._session_closed,
            "gift": self._late_gift,
            "gift.reversed": self._gift_reversed,
            "settlement": self._settlement,
            "payout": self._payout,
            "transfer.proposed": self._transfer_proposed,
            **dict.fromkeys(_NEXT, self._transfer_step),
            "spend": self._spend,
            "spend.reversed": self._spend_reversed,
            "adjustment": self._adjustment,
            "match.released": self._match_released,
            "exception.raised": self._exception_raised,
            "exception.resolved": self._exception_resolved,
            "period.closed": self._period_closed,
            "statement.published": self._statement_published,
            "member.enrolled": self._member_enrolled,
            "member.changed": self._member_changed,
            "member.removed": self._member_removed,
            "key.rotated": self._key_rotated,
            "privacy.erased": self._privacy_erased,
        }

    def join(self, folded: Folded) -> None:
        """Apply the next run.

        Args:
            folded: It begins where the run before ended.
        """
        self._check_time(folded)
        self._check_offsets(folded)
        closed_before = {seq for seq in folded.sessions if self._is_closed(seq)}
        before = {seq: self._session_sums(seq) for seq in folded.sessions}
        for event in folded.events:
            self._add_gifts(event.gifts, event.seq)
            self._event(event, before)
        self._add_gifts(folded.gifts_after, folded.stop - 1)
        self._join_sessions(folded, before, closed_before)
        for account, seq in folded.first_use.items():
            self.first_use.setdefault(account, seq)
        self._findings.take(folded.findings)
        self.size = folded.stop

    @property
    def reversals(self) -> dict[int, int]:
        """Return the reversing entry of each reversed gift or spend."""
        return self._reversed

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
            self._findings.count("conservation")
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
        for key, paid in self._paid.items():
            settled, _, paid_seq = self.facts.settlements[key]
            if paid and paid_seq is None:
                self.fail("settlements", self.size - 1, "paid-in-part", settled.get("net"), paid)

    # --- what a run could not decide alone ----------------------------------------------------

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
            counted = self._session_sums(session_seq)[0]
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
            if self._state_holds:
                try:
                    self._state.gift(Line(platform, commodity), amount)
                except LedgerError as error:
                    self._state_fails(seq, error)

    def _add(self, account: str, commodity: str, debit: int, credit: int) -> None:
        both = self.totals.setdefault((account, commodity), [0, 0])
        both[0] += debit
        both[1] += credit

    # --- one entry ----------------------------------------------------------------------------

    def _event(self, event: Event, before: Mapping[int, tuple[int, int]]) -> None:
        value, seq = event.value, event.seq
        if value["kind"] == "session.closed":
            event = event._replace(session=self._closing_sums(event, before))
        self._decide(value, seq)
        try:
            self._findings.count("segments", 0)
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

    def _decide(self, value: Mapping[str, Any], seq: int) -> None:
        """Hold an entry to the rule of two, with the roles that people have before it."""
        self._findings.count("decisions")
        try:
            self.deciding.read(value)
        except BrokenEntryError as error:
            self.fail(error.check, seq, error.reason, error.expected, error.found)

    def _roles_of(self, member: str) -> frozenset[str]:
        roles, _, removed = self.facts.members.get(member, ("", -1, None))
        return frozenset(roles.split(",")) if roles and removed is None else frozenset()

    def _check_holdings(self, lines: Sequence[Mapping[str, Any]], seq: int) -> None:
        """Hold accounts of money to what they have, and the money line to the accounts."""
        for line in lines:
            account, commodity = line["account"], line["commodity"]
            if not account.startswith("Assets:"):
                continue
            debits, credits_ = self.totals[account, commodity]
            self._findings.count("holdings")
            if credits_ > debits:
                self.fail(
                    "holdings", seq, "below-zero", debits, f"{credits_} {commodity} from {account}"
                )
            if self._state_holds:
                on_line = (
                    self._state.debits(Line(account, commodity)),
                    self._state.credits(Line(account, commodity)),
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
            if not self._state_holds:
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
                self._state_fails(seq, error)
            except LedgerError as error:
                self._state_fails(seq, error)

    def _move(self, value: Mapping[str, Any], segment: Segment) -> None:
        source = segment.source
        before = 0 if source is None else self._state.debits(source)
        unattributed = self._state.replay(segment)
        if value["kind"] == "settlement" and source is not None and is_platform(source):
            self._check_settlement(value, segment, unattributed, before)

    def _state_fails(self, seq: int, error: LedgerError) -> None:
        self._state_holds = False
        fields = error.fields
        self.fail(
            "segments",
            seq,
            str(fields.get("reason", error.code)),
            fields.get("expected", ""),
            f"{fields.get('field', '')} {fields.get('stated', '')} {fields.get('account', '')}".strip(),
        )

    def fail(
        self, check: str, seq: int, reason: str, expected: object = "", found: object = ""
    ) -> None:
        """Name an entry as the place of a failure."""
        self._findings.fail(
            check, failure(self._slug, seq, (self._label, f"seq={seq}"), reason, expected, found)
        )

    def _note_evidence(self, body: Mapping[str, Any], seq: int) -> None:
        if "file" in body:
            self.facts.evidence[seq] = (text(body, "file"), whole(body, "row"))

    # --- setting up ---------------------------------------------------------------------------

    def _fund_opened(self, event: Event) -> None:
        body = event.value["body"]
        if event.seq != 0:
            raise BrokenEntryError("entries", "opened-twice")
        for name in (
            "name_zh",
            "name_en",
            "promise_zh",
            "promise_en",
            "commodity",
            "zone",
            "origin",
            "log_key",
        ):
            text(body, name)
        self.facts.opened = body
        self.facts.keys.append((event.seq, body["log_key"]))

    def _channel_opened(self, event: Event) -> None:
        body = event.value["body"]
        name = text(body, "name")
        if name in self.facts.channels:
            raise BrokenEntryError("entries", "opened-twice", found=name)
        self.facts.channels[name] = (body, event.seq)
        for account in (f"Assets:Platform:{name}", f"Income:Gifts:{name}"):
            self.first_use.setdefault(account, event.seq)

    def _account_opened(self, event: Event) -> None:
        account = text(event.value["body"], "account")
        if account in self.facts.money_accounts:
            raise BrokenEntryError("entries", "opened-twice", found=account)
        self.facts.money_accounts[account] = (event.value["body"], event.seq)
        self.first_use.setdefault(account, event.seq)

    def _rate_set(self, event: Event) -> None:
        body = event.value["body"]
        read_rate(body)
        self.facts.rates[text(body, "unit"), whole(body, "from_ms", "rates"), event.seq] = body
        self.facts.rate_seqs.add(event.seq)

    def _member_enrolled(self, event: Event) -> None:
        body = event.value["body"]
        member = text(body, "member")
        if member in self.facts.members and self.facts.members[member][2] is None:
            raise BrokenEntryError("entries", "enrolled-twice", found=member)
        self.facts.members[member] = (_roles(body), event.seq, None)

    def _member_changed(self, event: Event) -> None:
        member, _, enrolled = self._acting_member(event)
        self.facts.members[member] = (_roles(event.value["body"]), enrolled, None)

    def _member_removed(self, event: Event) -> None:
        member, roles, enrolled = self._acting_member(event)
        self.facts.members[member] = (roles, enrolled, event.seq)

    def _acting_member(self, event: Event) -> tuple[str, str, int]:
        """Return id, roles and entry of enrolling of the member that an entry is about.

        Raises:
            BrokenEntryError: There is none, or they were removed.
        """
        member = text(event.value["body"], "member")
        roles, enrolled, removed = self.facts.members.get(member, ("", -1, None))
        if enrolled < 0 or removed is not None:
            raise BrokenEntryError("entries", "no-such-member", found=member)
        return member, roles, enrolled

    def _key_rotated(self, event: Event) -> None:
        self.facts.keys.append((event.seq, text(event.value["body"], "log_key")))

    def _privacy_erased(self, event: Event) -> None:
        self.facts.erased += whole(event.value["body"], "count")

    # --- broadcasts ---------------------------------------------------------------------------

    def _session_sums(self, session_seq: int) -> tuple[int, int]:
        session = self.facts.sessions.get(session_seq)
        return (0, 0) if session is None else (session.gifts, session.total)

    def _is_closed(self, session_seq: int) -> bool:
        session = self.facts.sessions.get(session_seq)
        return session is not None and session.closed_seq is not None

    def _session_opened(self, event: Event) -> None:
        self.facts.sessions[event.seq] = Session(text(event.value["body"], "channel", "sessions"))

    def _closing_sums(
        self, event: Event, before: Mapping[int, tuple[int, int]]
    ) -> tuple[int, int]:
        """Return gifts and sum of a broadcast at its closing: those before the run, and those in it."""
        session_seq = event.value["body"].get("session")
        if type(session_seq) is not int:
            return (0, 0)
        gifts, total = before.get(session_seq) or self._session_sums(session_seq)
        return gifts + event.session[0], total + event.session[1]

    def _session_closed(self, event: Event) -> None:
        body = event.value["body"]
        session_seq = whole(body, "session", "sessions")
        session = self.facts.sessions.get(session_seq)
        if session is None or session.closed_seq is not None:
            raise BrokenEntryError("sessions", "no-such-session", found=session_seq)
        stated = (
            text(body, "channel", "sessions"),
            whole(body, "gifts", "sessions"),
            whole(body, "total", "sessions"),
        )
        session.closed_seq = event.seq
        if stated != (session.channel, *event.session):
            raise BrokenEntryError(
                "sessions", "differs", (session.channel, *event.session), stated
            )

    def _join_sessions(
        self, folded: Folded, before: Mapping[int, tuple[int, int]], closed_before: set[int]
    ) -> None:
        at_closing = {
            event.value["body"].get("session"): event
            for event in folded.events
            if event.value["kind"] == "session.closed"
            and type(event.value["body"].get("session")) is int
        }
        for session_seq, run in folded.sessions.items():
            session = self.facts.sessions.get(session_seq)
            if session is None or session_seq > run.first_seq:
                self.fail("sessions", run.first_seq, "no-such-session", found=session_seq)
                # Gifts of a broadcast that nobody opened are still counted, once and without a channel.
                session = self.facts.sessions.setdefault(session_seq, Session(run.channel))
            if session.channel != run.channel:
                self.fail("sessions", run.first_seq, "other-channel", session.channel, run.channel)
            closing = at_closing.get(session_seq)
            late = closing is not None and closing.session != (run.gifts, run.total)
            if session_seq in closed_before or late:
                self.fail("sessions", run.first_seq, "gift-after-closing", found=session_seq)
            session.gifts = before[session_seq][0] + run.gifts
            session.total = before[session_seq][1] + run.total
            self._findings.count("sessions", run.gifts)

    # --- gifts --------------------------------------------------------------------------------

    def _late_gift(self, event: Event) -> None:
        """Hold a gift that was found after its period was settled to the hole that it fills.

        Raises:
            BrokenEntryError: It fills none, or not there.
        """
        gift = read_gift(event.value)
        hole = None if gift.fills is None else self._hole_of.get(gift.fills)
        if hole is None or gift.fills is None:
            raise BrokenEntryError("voids", "no-such-hole", found=gift.fills)
        interval, _ = hole
        filled = self._filled.get(gift.fills, 0)
        platform = f"Assets:Platform:{gift.channel}"
        if (interval.account, interval.commodity) != (platform, gift.commodity):
            raise BrokenEntryError("voids", "hole-of-another-line", interval.account, platform)
        if gift.line != interval.start + filled:
            raise BrokenEntryError("gift-places", "differs", interval.start + filled, gift.line)
        if filled + gift.amount > interval.length:
            raise BrokenEntryError(
                "voids", "hole-too-small", interval.length - filled, gift.amount
            )
        self._filled[gift.fills] = filled + gift.amount
        place = (platform, gift.commodity, gift.line)
        self.facts.fills[place] = Interval(*place, gift.amount, event.seq)

    def _reversed_gift(self, seq: int, before: int) -> Gift:
        """Return the gift that a reversal names.

        Raises:
            BrokenEntryError: There is no such gift, or it is reversed already.
        """
        value = self._lookup(seq) if seq < before else None
        if value is None or value["kind"] != "gift":
            raise BrokenEntryError("corrections", "no-such-gift", found=seq)
        if seq in self._reversed:
            raise BrokenEntryError("corrections", "reversed-twice", self._reversed[seq], seq)
        return read_gift(value)

    def _gift_reversed(self, event: Event) -> None:
        body = event.value["body"]
        reverses = whole(body, "reverses", "corrections")
        gift = self._reversed_gift(reverses, event.seq)
        self._reversed[reverses] = event.seq
        self._findings.count("corrections")
        stated = (body.get("amount"), body.get("commodity"), body.get("channel", gift.channel))
        if stated != (gift.amount, gift.commodity, gift.channel):
            raise BrokenEntryError(
                "corrections", "differs", (gift.amount, gift.commodity, gift.channel), stated
            )
        platform = f"Assets:Platform:{gift.channel}"
        line = Line(platform, gift.commodity)
        early = gift.line >= self._state.front(line)
        if self._state_holds and body.get("settled") is not (not early):
            raise BrokenEntryError(
                "corrections", "settled-differs", not early, body.get("settled")
            )
        expected: list[dict[str, Any]] = []
        if not body.get("settled"):
            expected = [
                {
                    "account": f"Income:Gifts:{gift.channel}",
                    "amount": gift.amount,
                    "commodity": gift.commodity,
                },
                {"account": platform, "amount": -gift.amount, "commodity": gift.commodity},
            ]
            self._void(line, gift, event.seq)
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "corrections", "postings-differ", expected, event.value["postings"]
            )

    def _void(self, line: Line, gift: Gift, seq: int) -> None:
        place = (line.account, line.commodity, gift.line)
        self.facts.voids[place] = Interval(*place, gift.amount, seq)
        if self._state_holds:
            try:
                self._state.void(line, gift.line, gift.amount)
            except LedgerError as error:
                self._state_fails(seq, error)

    # --- settlement and payout ----------------------------------------------------------------

    def _settlement(self, event: Event) -> None:
        body = event.value["body"]
        number = text(body, "statement_no", "settlements")
        names = ("gross", "refund", "share", "tax", "net", "unattributed")
        gross, refund, share_, tax, net, _ = (whole(body, name, "settlements") for name in names)
        self._findings.count("settlements")
        key = (text(body, "channel", "settlements"), number)
        if key in self.facts.settlements:
            raise BrokenEntryError(
                "settlements", "settled-twice", self.facts.settlements[key][1], number
            )
        self.facts.settlements[key] = (body, event.seq, None)
        if (
            body.get("commodity") == body.get("net_commodity")
            and gross != refund + share_ + tax + net
        ):
            raise BrokenEntryError(
                "settlements", "parts-differ", gross, refund + share_ + tax + net
            )
        segments = body.get("segments")
        if not isinstance(segments, list) or len(segments) != 1:
            raise BrokenEntryError("settlements", "segment-form", found=segments)

    def _check_settlement(
        self, value: Mapping[str, Any], segment: Segment, unattributed: int, before: int
    ) -> None:
        """Hold a settlement's segment to its figures, and its hole to what the line lacked."""
        body, seq, source = value["body"], segment.seq, segment.source
        assert source is not None
        stated = (body.get("gross"), body.get("net"), body.get("unattributed"))
        if stated != (segment.length, segment.to_length, unattributed):
            self.fail(
                "settlements",
                seq,
                "differs",
                (segment.length, segment.to_length, unattributed),
                stated,
            )
        # Gifts, voids and the hole lie gapless on the line, so the shares of neighbours telescope: it is enough
        # that the first begins at 0 and the last ends at the net.
        ends = (
            share(segment.to_length, 0, segment.length),
            share(segment.to_length, segment.length, segment.length),
        )
        if ends != (0, segment.to_length):
            self.fail("settlements", seq, "shares", (0, segment.to_length), ends)
        channel = source.account.rsplit(":", 1)[-1]
        excess = sum(
            line["amount"]
            for line in value["postings"]
            if line["account"] == source.account and line["amount"] > 0
        )
        payout = f"Assets:Payout:{channel}"
        if (
            excess != unattributed
            or segment.target.account != payout
            or body.get("channel") != channel
        ):
            self.fail(
                "settlements",
                seq,
                "postings-differ",
                (unattributed, payout),
                (excess, segment.target.account),
            )
        if unattributed:
            place = (source.account, source.commodity, before)
            hole = Interval(*place, unattributed, seq)
            until_ms = whole(body, "until_ms", "settlements")
            self.facts.holes[place] = self._hole_of[seq] = (hole, until_ms)

    def _payout(self, event: Event) -> None:
        body = event.value["body"]
        number = text(body, "statement_no", "settlements")
        key = (text(body, "channel", "settlements"), number)
        settled, settled_seq, paid_seq = self.facts.settlements.get(key, ({}, -1, None))
        if settled_seq < 0 or paid_seq is not None:
            raise BrokenEntryError("settlements", "no-such-settlement", found=number)
        amount = whole(body, "amount", "settlements")
        stated = (body.get("commodity"), body.get("channel"), event.value["postings"])
        account = text(body, "account", "settlements")
        commodity = settled.get("net_commodity")
        postings = [
            {"account": account, "amount": amount, "commodity": commodity},
            {"account": f"Assets:Payout:{key[0]}", "amount": -amount, "commodity": commodity},
        ]
        expected = (commodity, settled.get("channel"), postings)
        if stated != expected:
            raise BrokenEntryError("settlements", "payout-differs", expected, stated)
        self._pay(key, amount, event.seq)

    def _pay(self, key: tuple[str, str], amount: int, seq: int) -> None:
        """Count what came of a settlement: several lines may bring it, and a difference may be booked away.

        Raises:
            BrokenEntryError: There is no such settlement, or it is more than its net.
        """
        settled, settled_seq, paid_seq = self.facts.settlements.get(key, ({}, -1, None))
        paid, net = self._paid.get(key, 0) + amount, settled.get("net")
        if settled_seq < 0 or paid_seq is not None:
            raise BrokenEntryError("settlements", "no-such-settlement", found=key[1])
        if type(net) is not int or not 0 < paid <= net:
            raise BrokenEntryError("settlements", "payout-differs", net, paid)
        self._paid[key] = paid
        if paid == net:
            self.facts.settlements[key] = (settled, settled_seq, seq)

    # --- transfers ----------------------------------------------------------------------------

    def _transfer_proposed(self, event: Event) -> None:
        body = event.value["body"]
        number = whole(body, "number", "transfers")
        self._findings.count("transfers")
        if number != len(self.facts.transfers) + 1:
            raise BrokenEntryError("transfers", "number", len(self.facts.transfers) + 1, number)
        self.facts.transfers[number] = Transfer(
            number=number,
            state="proposed",
            from_account=text(body, "from", "transfers"),
            to_account=text(body, "to", "transfers"),
            commodity=text(body, "commodity", "transfers"),
            amount=whole(body, "amount", "transfers"),
            reference=text(body, "reference", "transfers"),
            proposed_by=event.value["actor"]["id"],
            proposed_seq=event.seq,
            decision=whole(body, "decision", "transfers"),
        )

    def _transfer_edited(self, one: Transfer, body: Mapping[str, Any]) -> None:
        one.from_account = text(body, "from", "transfers")
        one.to_account = text(body, "to", "transfers")
        one.commodity = text(body, "commodity", "transfers")
        one.amount = whole(body, "amount", "transfers")
        one.reference = text(body, "reference", "transfers")

    def _transfer_decided(self, one: Transfer, event: Event) -> None:
        """Bring a transfer to where its decision is; the decision itself is held elsewhere.

        Raises:
            BrokenEntryError: The entry names another decision.
        """
        value, seq = event.value, event.seq
        if value["body"].get("decision") != one.decision:
            found = value["body"].get("decision")
            raise BrokenEntryError("transfers", "other-decision", one.decision, found)
        step = value["kind"].removeprefix("transfer.")
        case = self.deciding.cases.get(one.decision)
        if step == "edited":
            self._transfer_edited(one, value["body"])
        elif step != "approved":
            one.state, one.ended_seq = step, seq
        elif case is not None and case.ending == "approved":
            one.state, one.approved_by, one.approved_seq = step, value["actor"]["id"], seq

    def _transfer_step(self, event: Event) -> None:
        value, seq = event.value, event.seq
        kind, body = value["kind"], value["body"]
        number = whole(body, "number", "transfers")
        one = self.facts.transfers.get(number)
        self._findings.count("transfers")
        if one is None or one.state not in _NEXT[kind]:
            raise BrokenEntryError(
                "transfers", "step", _NEXT[kind], "no transfer" if one is None else one.state
            )
        if kind in _DECIDED:
            self._transfer_decided(one, event)
            return
        one.state = kind.removeprefix("transfer.")
        if kind == "transfer.sent":
            one.fee, one.sent_seq = whole(body, "fee", "transfers"), seq
            one.transit_start = self._state.debits(Line(_transit(one), one.commodity))
            route, arrives = (one.from_account, _transit(one)), one.amount - one.fee
            leaves = one.amount
        else:
            one.ended_seq = seq
            back = kind == "transfer.returned"
            route = (_transit(one), one.from_account if back else one.to_account)
            leaves = arrives = one.amount - one.fee
        self._check_route(body, one, route, (leaves, arrives))

    def _check_route(
        self,
        body: Mapping[str, Any],
        one: Transfer,
        route: tuple[str, str],
        amounts: tuple[int, int],
    ) -> None:
        """Hold a step's one movement to the transfer.

        Raises:
            BrokenEntryError: It goes another way, or another sum.
        """
        segments = body.get("segments")
        first = segments[0] if isinstance(segments, list) and len(segments) == 1 else None
        if not isinstance(first, dict):
            raise BrokenEntryError("transfers", "segment-form", found=segments)
        stated = (
            first.get("from"),
            first.get("to"),
            first.get("length"),
            first.get("to_length"),
            body.get("amount"),
        )
        if stated != (*route, *amounts, amounts[0]):
            raise BrokenEntryError("transfers", "differs", (*route, *amounts, amounts[0]), stated)
        if route[0] == _transit(one) and first.get("start") != one.transit_start:
            raise BrokenEntryError(
                "transfers", "other-interval", one.transit_start, first.get("start")
            )

    # --- spending -----------------------------------------------------------------------------

    def _spend(self, event: Event) -> None:
        body = event.value["body"]
        for name in (
            "account",
            "disease",
            "people",
            "provider",
            "batch",
            "commodity",
            "reference",
        ):
            text(body, name)
        amount = whole(body, "amount")
        seconds = posix(event.value["occurred_at"], minute=False)
        self.facts.spends[event.seq] = (body, seconds)
        expected = [
            {
                "account": f"Expenses:Programme:{body['disease']}",
                "amount": amount,
                "commodity": body["commodity"],
            },
            {"account": body["account"], "amount": -amount, "commodity": body["commodity"]},
        ]
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "zero-sums", "not-the-spend's", expected, event.value["postings"]
            )

    def _spend_reversed(self, event: Event) -> None:
        body = event.value["body"]
        reverses = whole(body, "reverses", "corrections")
        self._findings.count("corrections")
        spend = self.facts.spends.get(reverses)
        if spend is None or reverses in self._reversed:
            raise BrokenEntryError("corrections", "no-such-spend", found=reverses)
        self._reversed[reverses] = event.seq
        expected = (spend[0]["amount"], spend[0]["commodity"])
        if (body.get("amount"), body.get("commodity")) != expected:
            raise BrokenEntryError(
                "corrections", "differs", expected, (body.get("amount"), body.get("commodity"))
            )

    # --- exceptions, periods, statements ------------------------------------------------------

    def _adjustment(self, event: Event) -> None:
        """Hold an adjustment to its postings, and a write-off to the settlement that its exception names.

        Raises:
            BrokenEntryError: It takes something else, or nothing was due.
        """
        body = event.value["body"]
        source, target = text(body, "from", "corrections"), text(body, "to", "corrections")
        amount, commodity = whole(body, "amount", "corrections"), text(body, "commodity")
        self._findings.count("corrections")
        expected = [
            {"account": target, "amount": amount, "commodity": commodity},
            {"account": source, "amount": -amount, "commodity": commodity},
        ]
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "corrections", "postings-differ", expected, event.value["postings"]
            )
        if "raised" not in body:
            self._rounded(body, (source, target), event.seq)
            return
        raised, _, resolved, _ = self._item(whole(body, "raised", "corrections"))
        if resolved is not None:
            raise BrokenEntryError("corrections", "no-such-exception", found=body["raised"])
        self._write_off(raised, (source, amount), event.seq)

    def _write_off(self, raised: Mapping[str, Any], taken: tuple[str, int], seq: int) -> None:
        """Mark the settlement that an exception names as written off.

        Raises:
            BrokenEntryError: Nothing, or something else, was due.
        """
        for key, (settled, settled_seq, paid_seq) in self.facts.settlements.items():
            subject = f"settlement/{settled.get('channel')}/{settled.get('statement_no')}"
            if raised.get("subject") == subject and paid_seq is None:
                due = (f"Assets:Payout:{settled['channel']}", settled["net"])
                if due != taken:
                    raise BrokenEntryError("corrections", "differs", due, taken)
                self.facts.settlements[key] = (settled, settled_seq, seq)
                return
        raise BrokenEntryError("corrections", "nothing-due", found=raised.get("subject"))

    def _rounded(self, body: Mapping[str, Any], way: tuple[str, str], seq: int) -> None:
        """Hold the difference between a settlement and its line to what is due.

        Raises:
            BrokenEntryError: It goes elsewhere, or nothing was due.
        """
        key = (text(body, "channel", "corrections"), text(body, "statement_no", "corrections"))
        short = (f"Assets:Payout:{key[0]}", f"Expenses:Rounding:{key[0]}")
        if way == short:
            self._pay(key, whole(body, "amount", "corrections"), seq)
        elif way[0] != f"Income:Rounding:{key[0]}" or not way[1].startswith("Assets:Bank:"):
            raise BrokenEntryError("corrections", "differs", short, way)

    # --- matches ------------------------------------------------------------------------------

    def _match_released(self, event: Event) -> None:
        """Hold the release of a match to the entries that it reverses, each once.

        Raises:
            BrokenEntryError: It reverses something else, or was released already.
        """
        body, seq = event.value["body"], event.seq
        number = whole(body, "match", "corrections")
        reason = text(body, "reason", "corrections")
        self._findings.count("corrections")
        if number in self.facts.releases:
            raise BrokenEntryError("corrections", "released-twice", found=number)
        self.facts.releases[number] = (seq, reason, body.get("decision"))
        reverses = body.get("reverses")
        if not isinstance(reverses, list) or not all(type(one) is int for one in reverses):
            raise BrokenEntryError("corrections", "malformed", found=reverses)
        if "reversal" in body and body["reversal"] not in self._reversed.values():
            raise BrokenEntryError("corrections", "no-such-entry", found=body["reversal"])
        expected: list[dict[str, Any]] = []
        came: dict[Line, int] = {}
        for one in reverses:
            original = self._undone(one, seq)
            expected += [line for pair in _turned(original["postings"]) for line in pair]
            self._undo(original, came)
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "corrections", "postings-differ", expected, event.value["postings"]
            )

    def _undone(self, seq: int, before: int) -> dict[str, Any]:
        """Return an entry that a release reverses.

        Raises:
            BrokenEntryError: There is none that could be, or it is reversed already.
        """
        value = self._lookup(seq) if 0 <= seq < before else None
        if value is None or value["kind"] not in _RELEASED or seq in self._released:
            raise BrokenEntryError("corrections", "no-such-entry", _RELEASED, seq)
        self._released[seq] = before
        return value

    def _undo(self, original: Mapping[str, Any], came: dict[Line, int]) -> None:
        """Let a settlement or a transfer stand where it stood before an entry.

        Raises:
            BrokenEntryError: A transfer has gone on since.
        """
        body, kind = original["body"], original["kind"]
        if kind == "payout":
            key = (text(body, "channel", "settlements"), text(body, "statement_no", "settlements"))
            settled, settled_seq, _ = self.facts.settlements[key]
            self.facts.settlements[key] = (settled, settled_seq, None)
            self._paid[key] -= whole(body, "amount", "settlements")
            return
        one = self.facts.transfers[whole(body, "number", "transfers")]
        if one.state != kind.removeprefix("transfer."):
            raise BrokenEntryError("transfers", "step", kind, one.state)
        if kind == "transfer.sent":
            one.state, one.sent_seq, one.transit_start = "approved", None, None
            return
        line = Line(_transit(one), one.commodity)
        one.state, one.ended_seq = "sent", None
        one.transit_start = self._state.debits(line) + came.get(line, 0)
        came[line] = came.get(line, 0) + whole(body, "amount", "transfers")

    def _item(self, raised: int) -> Item:
        """Return an exception by the entry that raised it.

        Raises:
            BrokenEntryError: There is none.
        """
        if raised not in self.facts.items:
            raise BrokenEntryError("corrections", "no-such-exception", found=raised)
        return self.facts.items[raised]

    def _exception_raised(self, event: Event) -> None:
        body = event.value["body"]
        for name in ("kind", "subject", "commodity"):
            text(body, name)
        at = posix(event.value["occurred_at"], minute=False)
        # Entries of the first version do not say since when.
        since = text(body, "since") if "since" in body else from_posix(at).date().isoformat()
        self.facts.items[event.seq] = Item({**body, "since": since}, at, None, "")

    def _exception_resolved(self, event: Event) -> None:
        body = event.value["body"]
        raised, how = whole(body, "raised", "corrections"), text(body, "how", "corrections")
        item = self._item(raised)
        self._findings.count("corrections")
        if item.resolved is not None:
            raise BrokenEntryError("corrections", "no-such-exception", found=raised)
        if how not in _CLOSED:
            raise BrokenEntryError("corrections", "malformed", tuple(_CLOSED), how)
        if how == "match":
            self._check_explained(item.body, whole(body, "entry", "corrections"), event.seq)
        elif not text(body, "reason", "corrections").strip():
            raise BrokenEntryError("corrections", "no-reason", found=raised)
        elif how == "file" and (
            item.body["kind"] != "balance_break" or body["reason"] not in _BY_FILE
        ):
            raise BrokenEntryError("corrections", "malformed", _BY_FILE, body["reason"])
        self.facts.items[raised] = item._replace(resolved=event.seq, state=_CLOSED[how])

    def _check_explained(self, raised: Mapping[str, Any], entry: int, before: int) -> None:
        """Hold that the entry that explains an exception is there, and moves money.

        Raises:
            BrokenEntryError: It is not.
        """
        value = self._lookup(entry) if entry < before else None
        kind = "" if value is None else value["kind"]
        if kind not in _EXPLAINING:
            raise BrokenEntryError("corrections", "explains-nothing", _EXPLAINING, (entry, kind))
        settled = [
            paid
            for body, _, paid in self.facts.settlements.values()
            if raised["subject"] == f"settlement/{body.get('channel')}/{body.get('statement_no')}"
        ]
        if settled and entry not in settled:
            raise BrokenEntryError("corrections", "explains-nothing", tuple(settled), entry)

    def _period_closed(self, event: Event) -> None:
        month = text(event.value["body"], "month")
        if any(closed >= month for closed in self.facts.periods):
            raise BrokenEntryError("entries", "closed-twice", found=month)
        self.facts.periods[month] = event.seq

    def _statement_published(self, event: Event) -> None:
        body = event.value["body"]
        self.facts.statements[text(body, "number"), text(body, "language")] = (body, event.seq)
        if whole(body, "size") > event.seq:
            raise BrokenEntryError("entries", "built-later", event.seq, body["size"])


def _roles(body: Mapping[str, Any]) -> str:
    """Return a member's roles as the table has them; entries of the first version named one role.

    Raises:
        BrokenEntryError: It names none.
    """
    roles = body.get("roles", [body.get("role")])
    if not isinstance(roles, list) or not roles or not all(isinstance(one, str) for one in roles):
        raise BrokenEntryError("entries", "no-roles")
    return ",".join(roles)


def _turned(lines: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return postings with debit and credit of each changed."""
    return [
        [{**credit, "amount": debit["amount"]}, {**debit, "amount": -debit["amount"]}]
        for debit, credit in zip(lines[::2], lines[1::2], strict=True)
    ]


def _transit(one: Transfer) -> str:
    return f"Assets:InTransit:{one.to_account.rsplit(':', 1)[-1]}"
