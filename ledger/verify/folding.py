"""Sum a run of entries up, so that runs can be read by several processes and joined in order.

In: the bytes of neighbouring entries. Out: totals by account, and what has to be seen in order (all but plain
gifts). Guaranteed: everything that does not depend on what came before is checked here. What does is handed on as
*offsets*: a gift says that it starts at 5,000 where this run has put 300 on its line so far, so the line must have
held 4,700 before; as long as the next gifts agree, they cost nothing. Whoever joins the runs compares each offset
with the total before the run, and where an offset changes inside it names the very entry.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, groupby, repeat
from operator import sub
from typing import Any, NamedTuple

from ledger.errors import LedgerError
from ledger.journal.late import late_before
from ledger.verify.columns import AT_ONCE, changes, differing, groups_of, taken
from ledger.verify.entries import BrokenEntryError, Gift, posix, read_entry, read_gift
from ledger.verify.gifts import GiftFields, gift_pattern, read_gifts
from ledger.verify.report import Findings, failure

Key = tuple[str, str]
"""Account and commodity."""

Lane = tuple[str, str]
"""Channel and commodity."""


class Rate(NamedTuple):
    """What a platform's unit is worth, as its entry says."""

    unit: str
    units: int
    minor: int
    commodity: str


class Event(NamedTuple):
    """An entry that has to be seen in order.

    Attributes:
        seq: Its number.
        value: The entry, decoded.
        gifts: Plain gifts since the event before: sums by lane.
        session: For `session.closed`: gifts and sum of that broadcast in this run so far.
        earliest: Of the gifts since the event before, the earliest time, and a number near it.
    """

    seq: int
    value: dict[str, Any]
    gifts: tuple[tuple[Lane, int], ...]
    session: tuple[int, int] = (0, 0)
    earliest: tuple[str, int] | None = None


class Offset(NamedTuple):
    """What must have been there before the run, from an entry on."""

    seq: int
    offset: int


@dataclass
class SessionRun:
    """What a run holds of one broadcast: gifts, their sum, channel, and the offsets of their counters."""

    channel: str
    first_seq: int
    gifts: int = 0
    total: int = 0
    offsets: list[Offset] = field(default_factory=list)


class CommitRun(NamedTuple):
    """The accounts that a commit touched, with their totals relative to the run's start."""

    last: int
    touched: dict[Key, tuple[int, int]]


@dataclass
class Folded:
    """What a run of entries comes to.

    Attributes:
        first: Number of its first entry.
        stop: Number after the last.
        totals: Debits and credits by account and commodity.
        first_use: Entry that used an account first.
        places: Offsets of gifts' places, by lane.
        sessions: By the broadcast's entry.
        events: In order.
        gifts_after: Sums of plain gifts after the last event.
        earliest_after: Of these, the earliest time, and a number near it.
        gifts: How many gifts.
        late: Gifts without a mark that were recorded long after they happened.
        recorded_first: POSIX seconds of the first entry.
        recorded_last: POSIX seconds of the last entry.
        commits: Commits that end in this run.
        findings: What was checked.
    """

    first: int
    stop: int
    totals: dict[Key, list[int]] = field(default_factory=dict)
    first_use: dict[str, int] = field(default_factory=dict)
    places: dict[Lane, list[Offset]] = field(default_factory=dict)
    sessions: dict[int, SessionRun] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    gifts_after: tuple[tuple[Lane, int], ...] = ()
    earliest_after: tuple[str, int] | None = None
    gifts: int = 0
    late: int = 0
    recorded_first: int = 0
    recorded_last: int = 0
    commits: list[CommitRun] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


PRIVATE = ("donor", "name", "delivery", "message")
"""What of a gift is private, in the order of `GiftColumns.commitments`."""


@dataclass
class GiftColumns:
    """What of a run's gifts is private, in the order of their numbers.

    Attributes:
        seqs: Their numbers.
        channels: Their channels.
        commitments: To donor, name, delivery and message: a column each, base64, or None without a message.
    """

    seqs: list[int] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    commitments: tuple[list[bytes | None], ...] = field(
        default_factory=lambda: tuple([] for _ in PRIVATE)
    )

    def add(
        self,
        seqs: Sequence[int],
        channels: Sequence[str],
        commitments: Sequence[Sequence[bytes | None]],
    ) -> None:
        """Add gifts."""
        self.seqs += seqs
        self.channels += channels
        for column, more in zip(self.commitments, commitments, strict=True):
            column.extend(more)


@dataclass
class Columns:
    """What rows of the same run are held to; stays in the process that made it.

    Attributes:
        kinds: Kind of each entry; empty for one that could not be read.
        recorded: POSIX seconds of each entry.
        postings: Entry, line, debit account's id, credit account's id, commodity, amount.
        gifts: What is private of gifts.
    """

    kinds: list[str] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)
    postings: list[tuple[int, int, int, int, str, int]] = field(default_factory=list)
    gifts: GiftColumns = field(default_factory=GiftColumns)


UNKNOWN_ACCOUNT = -1
"""Stands for the id of an account that the accounts' rows do not have: no posting's row has it."""

TABLE = "entries"


@lru_cache(maxsize=1_000)
def _late_before(recorded: bytes) -> bytes:
    """Return before which time a gift happened that was late when recorded; none is where that is no time."""
    try:
        return late_before(recorded.decode()).encode()
    except (LedgerError, OverflowError):
        return b""


class _LaneRun:
    """Gifts of one channel and commodity in a run."""

    __slots__ = (
        "channel",
        "commodity",
        "credit_id",
        "debit_id",
        "gifts_key",
        "income",
        "offset",
        "offsets",
        "pending",
        "platform",
        "platform_key",
    )

    def __init__(
        self, channel: str, commodity: str, totals: dict[Key, list[int]], ids: Mapping[str, int]
    ) -> None:
        self.channel, self.commodity = channel, commodity
        self.platform_key = (f"Assets:Platform:{channel}", commodity)
        self.gifts_key = (f"Income:Gifts:{channel}", commodity)
        self.platform = totals.setdefault(self.platform_key, [0, 0])
        self.income = totals.setdefault(self.gifts_key, [0, 0])
        self.debit_id = ids.get(self.platform_key[0], UNKNOWN_ACCOUNT)
        self.credit_id = ids.get(self.gifts_key[0], UNKNOWN_ACCOUNT)
        self.offset: int | None = None
        self.offsets: list[Offset] = []
        self.pending = 0


class Folding:
    """Folds the entries of one fund's run; made new for each run.

    Args:
        slug: The fund.
        first: Number of the first entry.
        ids: Accounts' ids by name; empty where there are no rows.
        rates: Rates by their entry.
        label: What failures call the place.
    """

    def __init__(
        self,
        slug: str,
        first: int,
        ids: Mapping[str, int],
        rates: Mapping[int, Rate],
        label: str = TABLE,
    ) -> None:
        self._slug, self._ids, self._label = slug, ids, label
        self.rates = dict(rates)
        self._match = gift_pattern(slug).fullmatch
        self._lanes: dict[tuple[bytes, bytes], _LaneRun] = {}
        self._sessions: dict[bytes, SessionRun] = {}
        self._touched: set[Key] = set()
        self._touched_lanes: set[_LaneRun] = set()
        self._recorded_text: bytes = b""
        self._recorded = 0
        self._earliest: tuple[bytes, int] | None = None
        self.folded = Folded(first, first)
        self.columns = Columns()

    def touch(self, keys: Iterable[Key]) -> None:
        """Count accounts as touched by the commit that began before this run."""
        self._touched.update(keys)

    def fold(self, entries: Sequence[bytes], ends: Sequence[int] = ()) -> Folded:
        """Fold entries.

        Args:
            entries: All of the run, in order.
            ends: Sizes of the log at which commits end, rising, those of this run.

        Returns:
            What they come to.
        """
        folded = self.folded
        at = folded.first
        for end in ends:
            self._fold_slice(entries[at - folded.first : end - folded.first], at)
            self._end_commit(end - 1)
            at = end
        self._fold_slice(entries[at - folded.first :], at)
        folded.stop = folded.first + len(entries)
        folded.gifts_after = self._flush()
        folded.earliest_after = self._take_earliest()
        folded.recorded_last = self._recorded
        for lane in self._lanes.values():
            folded.places[lane.channel, lane.commodity] = lane.offsets
        # An account that nothing was put on here was only looked up.
        folded.totals = {key: both for key, both in folded.totals.items() if both[0] or both[1]}
        folded.findings.count("entries", len(entries))
        folded.findings.count("zero-sums", len(entries))
        folded.findings.count("sequence", len(entries))
        folded.findings.count("gift-places", folded.gifts)
        return folded

    # --- one slice ----------------------------------------------------------------------------

    def _fold_slice(self, entries: Sequence[bytes], first: int) -> None:
        """Fold the entries of one commit, or a part of them: neighbouring gifts in columns, all others one by one."""
        for start in range(0, len(entries), AT_ONCE):
            part = entries[start : start + AT_ONCE]
            found = list(map(self._match, part))
            if None not in found:
                self._fold_gifts(found, part, first + start)
                continue
            for usual, group in groupby(range(len(part)), lambda at: found[at] is not None):  # noqa: B023  # used at once
                places = list(group)
                one, last = places[0], places[-1] + 1
                if usual:
                    self._fold_gifts(found[one:last], part[one:last], first + start + one)
                    continue
                for at in places:
                    self._slow(part[at], first + start + at)

    def _fold_gifts(
        self, found: Sequence[re.Match[bytes] | None], entries: Sequence[bytes], first: int
    ) -> None:
        """Fold neighbouring gifts in their usual form.

        Each column is looked at as a whole, by calls that take all of it: a statement a gift would cost more than
        reading and hashing the gift. Only what differs from the usual is looked for gift by gift.
        """
        gifts = read_gifts(found)
        count, seqs = len(found), range(first, first + len(found))
        if not gifts.are_whole(seqs):
            for seq, data in zip(seqs, entries, strict=True):
                self._slow(data, seq)  # names what is wrong
            return
        amounts = list(map(int, gifts.amount))
        self._fold_times(gifts.recorded, first)
        self._note_earliest(min(gifts.occurred), first)
        lanes = self._fold_lanes(gifts, amounts, first)
        self._fold_sessions(gifts, amounts, first)
        for at in differing(gifts.rate, None):
            rate, unit, units = gifts.rate[at], gifts.unit[at], gifts.units[at]
            assert rate is not None
            assert unit is not None
            assert units is not None
            commodity = lanes[at].commodity
            self._check_rate(
                seqs[at], amounts[at], commodity, int(rate), unit.decode(), int(units)
            )
        columns = self.columns
        columns.kinds += repeat("gift", count)
        columns.postings += [
            (seq, 0, lane.debit_id, lane.credit_id, lane.commodity, amount)
            for seq, lane, amount in zip(seqs, lanes, amounts, strict=True)
        ]
        columns.gifts.add(
            seqs,
            [lane.channel for lane in lanes],
            (gifts.donor, gifts.name, gifts.delivery, gifts.message),
        )
        self.folded.gifts += count
        self._count_late(gifts)
        self._check_texts(gifts, entries, first)

    def _fold_times(self, recorded: Sequence[bytes], first: int) -> None:
        """Read the recorded times of neighbouring entries: few differ from the one before."""
        at = 0
        while at < len(recorded):
            text = recorded[at]
            if text != self._recorded_text:
                self._tick(text, first + at)
            stop = next(iter(differing(recorded[at:], text)), len(recorded) - at)
            self.columns.recorded += repeat(self._recorded, stop)
            at += stop

    def _fold_lanes(self, gifts: GiftFields, amounts: Sequence[int], first: int) -> list[_LaneRun]:
        """Put gifts on their lines; return the lane of each."""
        lanes: list[_LaneRun] = []
        for (channel, commodity), places in groups_of(gifts.channel, gifts.commodity):
            lane = self._lanes.get((channel, commodity))
            lane = lane or self._open_lane(channel, commodity, first + places[0])
            own = taken(amounts, places)
            before = accumulate(own, initial=lane.platform[0])
            offsets = list(map(sub, map(int, taken(gifts.line, places)), before))
            for at in changes(offsets, lane.offset):
                lane.offset = offsets[at]
                lane.offsets.append(Offset(first + places[at], offsets[at]))
            total = sum(own)
            lane.platform[0] += total
            lane.income[1] += total
            lane.pending += total
            self._touched_lanes.add(lane)
            if len(places) == len(amounts):
                return [lane] * len(amounts)
            lanes = lanes or [lane] * len(amounts)
            for at in places:
                lanes[at] = lane
        return lanes

    def _fold_sessions(self, gifts: GiftFields, amounts: Sequence[int], first: int) -> None:
        """Count gifts in their broadcasts."""
        for (session,), places in groups_of(gifts.session):
            seq = first + places[0]
            run = self._sessions.get(session) or self._open_session(
                session, gifts.channel[places[0]], seq
            )
            numbers = map(int, taken(gifts.n, places))
            offsets = list(map(sub, numbers, itertools.count(run.gifts + 1)))
            for at in changes(offsets, run.offsets[-1].offset if run.offsets else None):
                run.offsets.append(Offset(first + places[at], offsets[at]))
            run.gifts += len(places)
            run.total += sum(taken(amounts, places))
            channels = taken(gifts.channel, places)
            for at in differing(channels, run.channel.encode()):
                seq, found = first + places[at], channels[at].decode()
                self._fail("sessions", seq, "other-channel", run.channel, found)

    def _count_late(self, gifts: GiftFields) -> None:
        """Count the gifts that were recorded long after they happened; most runs have none: one look tells."""
        for (recorded,), places in groups_of(gifts.recorded):
            before, occurred = _late_before(recorded), taken(gifts.occurred, places)
            if min(occurred) < before:
                self.folded.late += sum(one < before for one in occurred)

    def _check_texts(self, gifts: GiftFields, entries: Sequence[bytes], first: int) -> None:
        """Check what the pattern took loosely, all at once; when it fails, find the entry by reading each whole."""
        if gifts.have_sound_texts():
            return
        for seq, data in enumerate(entries, first):
            try:
                value = read_entry(data, self._slug, seq)
                if value["kind"] == "gift":
                    read_gift(value)
            except BrokenEntryError as error:
                self._fail(error.check, seq, error.reason, error.expected, error.found)

    def _slow(self, data: bytes, seq: int) -> None:
        """Fold any entry that is not a gift in its usual form."""
        columns = self.columns
        try:
            value = read_entry(data, self._slug, seq)
            gift = read_gift(value) if value["kind"] == "gift" else None
        except BrokenEntryError as error:
            self._fail(error.check, seq, error.reason, error.expected, error.found)
            columns.kinds.append("")
            columns.recorded.append(-1)
            return
        recorded = str(value["recorded_at"]).encode()
        if recorded != self._recorded_text:
            self._tick(recorded, seq)
        columns.kinds.append(value["kind"])
        columns.recorded.append(self._recorded)
        if gift is not None:
            self._slow_gift(gift, seq)
            if "late" not in value["body"]:
                occurred = str(value["occurred_at"]).encode()
                self.folded.late += occurred < _late_before(recorded)
        self._post(value["postings"], seq)
        if gift is None or gift.fills is not None or "late" in value["body"]:
            self._add_event(value, seq)
        else:
            self._note_earliest(str(value["occurred_at"]).encode(), seq)
            lane = self._lane(gift, seq)
            lane.pending += gift.amount

    def _slow_gift(self, gift: Gift, seq: int) -> None:
        """Count a gift; its postings are counted by whoever calls."""
        self.folded.gifts += 1
        session, channel = b"%d" % gift.session, gift.channel.encode()
        run = self._sessions.get(session) or self._open_session(session, channel, seq)
        run.gifts += 1
        run.total += gift.amount
        if run.channel != gift.channel:
            self._fail("sessions", seq, "other-channel", run.channel, gift.channel)
        offset = gift.n - run.gifts
        if not run.offsets or offset != run.offsets[-1].offset:
            run.offsets.append(Offset(seq, offset))
        if gift.fills is None:
            lane = self._lane(gift, seq)
            offset = gift.line - lane.platform[0]
            if offset != lane.offset:
                lane.offset = offset
                lane.offsets.append(Offset(seq, offset))
        if gift.rate is not None and gift.unit is not None and gift.units is not None:
            self._check_rate(seq, gift.amount, gift.commodity, gift.rate, gift.unit, gift.units)
        commitments = (gift.donor, gift.name, gift.delivery, gift.message)
        self.columns.gifts.add(
            (seq,),
            (gift.channel,),
            [(None if one is None else one.encode(),) for one in commitments],
        )

    def _lane(self, gift: Gift, seq: int) -> _LaneRun:
        key = (gift.channel.encode(), gift.commodity.encode())
        return self._lanes.get(key) or self._open_lane(*key, seq)

    def _post(self, lines: Sequence[Mapping[str, Any]], seq: int) -> None:
        """Add an entry's postings, which come in pairs of debit and credit."""
        totals, columns, ids = self.folded.totals, self.columns, self._ids
        for number, (debit, credit) in enumerate(zip(lines[::2], lines[1::2], strict=True)):
            amount, commodity = debit["amount"], debit["commodity"]
            debit_key, credit_key = (debit["account"], commodity), (credit["account"], commodity)
            totals.setdefault(debit_key, [0, 0])[0] += amount
            totals.setdefault(credit_key, [0, 0])[1] += amount
            self._touched.add(debit_key)
            self._touched.add(credit_key)
            for account in (debit["account"], credit["account"]):
                self.folded.first_use.setdefault(account, seq)
            columns.postings.append(
                (
                    seq,
                    number,
                    ids.get(debit["account"], UNKNOWN_ACCOUNT),
                    ids.get(credit["account"], UNKNOWN_ACCOUNT),
                    commodity,
                    amount,
                )
            )

    def _add_event(self, value: dict[str, Any], seq: int) -> None:
        session = (0, 0)
        if value["kind"] == "session.closed":
            run = self._sessions.get(
                b"%d" % value["body"].get("session", -1) if _is_whole(value) else b""
            )
            session = (0, 0) if run is None else (run.gifts, run.total)
        elif value["kind"] == "rate.set":
            self._learn_rate(value["body"], seq)
        gifts = self._flush()
        self.folded.events.append(Event(seq, value, gifts, session, self._take_earliest()))

    def _learn_rate(self, body: Mapping[str, Any], seq: int) -> None:
        try:
            self.rates[seq] = read_rate(body)
        except BrokenEntryError as error:
            self._fail(error.check, seq, error.reason, error.expected, error.found)

    def _note_earliest(self, occurred: bytes, seq: int) -> None:
        if self._earliest is None or occurred < self._earliest[0]:
            self._earliest = (occurred, seq)

    def _take_earliest(self) -> tuple[str, int] | None:
        """Return the time of the earliest gift since the last event, and begin anew."""
        found, self._earliest = self._earliest, None
        return None if found is None else (found[0].decode("ascii"), found[1])

    def _flush(self) -> tuple[tuple[Lane, int], ...]:
        """Return the sums of gifts since the last event, and begin anew."""
        sums = []
        for lane in self._lanes.values():
            if lane.pending:
                sums.append(((lane.channel, lane.commodity), lane.pending))
                lane.pending = 0
        return tuple(sums)

    # --- first sights -------------------------------------------------------------------------

    def _open_lane(self, channel: bytes, commodity: bytes, seq: int) -> _LaneRun:
        lane = _LaneRun(
            channel.decode("ascii"), commodity.decode("ascii"), self.folded.totals, self._ids
        )
        self._lanes[channel, commodity] = lane
        for key in (lane.platform_key, lane.gifts_key):
            self.folded.first_use.setdefault(key[0], seq)
        return lane

    def _open_session(self, session: bytes, channel: bytes, seq: int) -> SessionRun:
        run = SessionRun(channel.decode("utf-8", "replace"), seq)
        self._sessions[session] = run
        self.folded.sessions[int(session)] = run
        return run

    def _tick(self, recorded: bytes, seq: int) -> None:
        """Read a recorded time that differs from the one before."""
        try:
            seconds = posix(recorded.decode("ascii"), minute=True)
        except BrokenEntryError as error:
            self._fail(error.check, seq, error.reason, error.expected, error.found)
            return
        if self._recorded_text and seconds < self._recorded:
            self._fail(
                "sequence", seq, "time-goes-back", self._recorded_text.decode(), recorded.decode()
            )
        if not self._recorded_text:
            self.folded.recorded_first = seconds
        self._recorded_text, self._recorded = recorded, seconds

    def _check_rate(
        self, seq: int, amount: int, commodity: str, rate_seq: int, unit: str, units: int
    ) -> None:
        rate = self.rates.get(rate_seq)
        if rate is None or rate_seq >= seq or rate.unit != unit or rate.commodity != commodity:
            self._fail("rates", seq, "no-such-rate", rate_seq, unit)
            return
        worth = (2 * units * rate.minor + rate.units) // (2 * rate.units)
        if worth != amount:
            self._fail("rates", seq, "differs", worth, amount)
        self.folded.findings.count("rates")

    def _end_commit(self, last: int) -> None:
        totals = self.folded.totals
        for lane in self._touched_lanes:
            self._touched.add(lane.platform_key)
            self._touched.add(lane.gifts_key)
        touched = {}
        for key in self._touched:
            both = totals.get(key, (0, 0))
            touched[key] = (both[0], both[1])
        self.folded.commits.append(CommitRun(last, touched))
        self._touched.clear()
        self._touched_lanes.clear()

    def _fail(
        self, check: str, seq: int, reason: str, expected: object = "", found: object = ""
    ) -> None:
        self.folded.findings.fail(
            check, failure(self._slug, seq, (self._label, f"seq={seq}"), reason, expected, found)
        )


def read_rate(body: Mapping[str, Any]) -> Rate:
    """Read a rate from its entry's body.

    Args:
        body: Of a `rate.set`.

    Returns:
        The rate.

    Raises:
        BrokenEntryError: A field is missing or of the wrong type.
    """
    numbers = []
    for name in ("units", "minor"):
        value = body.get(name)
        if type(value) is not int or value <= 0:
            raise BrokenEntryError("rates", f"field-{name}", found=value)
        numbers.append(value)
    unit, commodity = body.get("unit"), body.get("commodity")
    if not isinstance(unit, str) or not isinstance(commodity, str):
        raise BrokenEntryError("rates", "field-unit", found=unit)
    return Rate(unit, numbers[0], numbers[1], commodity)


def _is_whole(value: Mapping[str, Any]) -> bool:
    session = value["body"].get("session")
    return type(session) is int
