"""Every way a gift can come in: pushed, looked back at, read from a file, posted to the interface.

In: bytes with where they came from. Out: what became of each row. Guaranteed: right rows are kept and
wrong ones come back; what a platform pushed is kept as it arrived before anything is read into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from ledger.actors import Actor
from ledger.clock import Clock, to_ms
from ledger.errors import FieldError, SignatureError
from ledger.funds import history as funds
from ledger.funds.history import Channel
from ledger.intake import store
from ledger.intake.ahead import Batch, batches, batches_of_file, nothing_known
from ledger.intake.booking import (
    AlreadyRecorded,
    Contradicted,
    Recorded,
    Verdict,
    book_gifts,
    repeats,
)
from ledger.intake.events import GiftEvent, RowProblem, UnitRate
from ledger.intake.prepared import PreparedGift, RateTable, TimedRate, prepare
from ledger.intake.sources import douyin, kuaishou
from ledger.intake.sources.callbacks import Callback
from ledger.intake.sources.deliveries import Delivery, read_deliveries
from ledger.journal.history import Fund
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Commit, Sequencer


@dataclass
class Tally:
    """What became of the rows of a file or delivery.

    Attributes:
        rows: Rows read.
        recorded: New entries.
        repeated: Known with the same content.
        contradicted: Known with other content; held for an officer.
        refused: Wrong; given back.
        ignored: Right, and no gift to book, by reason.
        recorded_minor: Sum of the new gifts by commodity.
        problems: The refused rows.
    """

    rows: int = 0
    recorded: int = 0
    repeated: int = 0
    contradicted: int = 0
    refused: int = 0
    ignored: dict[str, int] = field(default_factory=dict)
    recorded_minor: dict[str, int] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)

    def ignore(self, reason: str, count: int = 1) -> None:
        """Count rows that are no gifts to book."""
        self.ignored[reason] = self.ignored.get(reason, 0) + count

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        self.rows += other.rows
        self.recorded += other.recorded
        self.repeated += other.repeated
        self.contradicted += other.contradicted
        self.refused += other.refused
        for reason, count in other.ignored.items():
            self.ignore(reason, count)
        for commodity, minor in other.recorded_minor.items():
            self.recorded_minor[commodity] = self.recorded_minor.get(commodity, 0) + minor
        self.problems += other.problems


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch.

    Attributes:
        gifts: Those that were whole, in order.
        verdicts: One for each.
        commit: Where the new ones are; None when there were none.
    """

    gifts: list[PreparedGift]
    verdicts: list[Verdict]
    commit: Commit | None


class Receiver:
    """Takes gifts of one channel.

    Args:
        sequencer: The writer.
        clock: Tells when things are received.
        fund: The fund.
        channel: Where they come from.
    """

    def __init__(self, sequencer: Sequencer, clock: Clock, fund: Fund, channel: Channel) -> None:
        self._sequencer = sequencer
        self._clock = clock
        self.fund = fund
        self.channel = channel
        self._actor = Actor("intake", channel.name)
        # Whether the rows that came last in a file were known: then those that follow may be.
        self._repeating = True
        with sequencer.database.reading() as connection:
            self._zone = funds.details(connection, fund.fund_id).zone
            self.rates = rate_table(funds.rates_of(connection, fund.fund_id))

    def take(self, gifts: list[PreparedGift]) -> Taken:
        """Book prepared gifts in one commit.

        Args:
            gifts: In order.

        Returns:
            A verdict for each.
        """
        decided = self._sequencer.decide(
            self.fund,
            lambda books: book_gifts(books, self.channel, self._actor, self._zone, gifts),
            alone=False,
        )
        return Taken(gifts, decided.value, decided.commit)

    # --- files --------------------------------------------------------------------------------

    def import_rows(self, rows: Iterable[GiftEvent | RowProblem]) -> Iterator[Tally]:
        """Book the rows of a file, batch by batch.

        Args:
            rows: From one of our own formats.

        Yields:
            A tally for each batch, its problems among it.
        """
        self._repeating = True
        for batch in batches(rows, lambda: to_ms(self._clock.now()), self.rates, self._repeats):
            yield self._import(batch)

    def import_file(self, path: Path, rows: Iterable[GiftEvent | RowProblem]) -> Iterator[Tally]:
        """Book the rows of a file, batch by batch; while one is booked, the next is read.

        Args:
            path: The file.
            rows: What `open_own_file` made of it.

        Yields:
            A tally for each batch, its problems among it.

        Raises:
            StateError: The file was not read to its end; what was told until then is booked.
        """
        self._repeating = True
        for batch in batches_of_file(path, rows, self._clock, self.rates, self._repeats):
            yield self._import(batch)

    def _repeats(self, ids: Sequence[str], digests: Sequence[bytes]) -> Sequence[bool]:
        """Look up which gifts are recorded already; a file of new ones is asked about once, and not batch by batch."""
        if not self._repeating:
            return nothing_known(ids, digests)
        decided = self._sequencer.decide(
            self.fund, lambda books: repeats(books, self.channel, ids, digests), alone=False
        )
        self._repeating = any(decided.value)
        return decided.value

    def _import(self, batch: Batch) -> Tally:
        gifts = batch.gifts
        taken = self.take(gifts) if gifts else Taken([], [], None)
        tally = _tally(taken)
        self._repeating = self._repeating or tally.repeated > 0
        tally.repeated += batch.repeated
        tally.rows = batch.rows
        tally.refused = len(batch.problems)
        tally.ignore("free", batch.rows - len(gifts) - batch.repeated - len(batch.problems))
        tally.problems = batch.problems
        if tally.contradicted:
            tally.problems = sorted(
                batch.problems + _contradictions(batch, taken), key=lambda one: one.line
            )
        return tally

    # --- platforms ----------------------------------------------------------------------------

    def take_push(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secret: str,
        received_ms: int,
        *,
        check_clock: bool = True,
    ) -> Tally:
        """Take a platform's callback: verify the bytes, keep them, then read them.

        Args:
            body: As it arrived.
            headers: With names in lower case.
            secret: Shared with the platform.
            received_ms: When it arrived.
            check_clock: Whether the delivery's own time must be near `received_ms`.

        Returns:
            What became of its rows.

        Raises:
            SignatureError: Not from the platform; nothing was kept.
            FileFormatError: Signed, and not what the platform's page says.
            FieldError: The channel's platform sends no callbacks.
        """
        if self.channel.platform == "kuaishou":
            kuaishou.verify(body, headers, secret)
            callback = kuaishou.parse_callback(body)
        elif self.channel.platform == "douyin":
            douyin.verify(
                body, headers, secret, received_at_ms=received_ms if check_clock else None
            )
            callback = douyin.parse_callback(body, headers)
        else:
            raise FieldError(field="channel", value=self.channel.name, reason="no-callbacks")
        return self._take_callback(callback, body, "push", received_ms)

    def take_lookback(self, data: bytes) -> Tally:
        """Take a platform's answer to "what did I miss".

        Args:
            data: The answer, as it arrived.

        Returns:
            What became of its rows.

        Raises:
            FileFormatError: Not such an answer.
            FieldError: The channel's platform has none.
        """
        readers = {"kuaishou": kuaishou.parse_lookback, "douyin": douyin.parse_fail_data}
        if self.channel.platform not in readers:
            raise FieldError(field="channel", value=self.channel.name, reason="no-lookback")
        callback = readers[self.channel.platform](data)
        return self._take_callback(callback, data, "lookback", to_ms(self._clock.now()))

    def _take_callback(self, callback: Callback, body: bytes, via: str, received_ms: int) -> Tally:
        gifts, refused = prepare(callback.rows, received_ms, self.rates)
        held = [
            *(
                _held_problem(self.channel, one, received_ms)
                for one in (*callback.problems, *refused)
            ),
            *(
                _held_event(self.channel, one.reason, one.event, received_ms)
                for one in callback.ignored
                if one.reason == "guest" and one.event is not None
            ),
        ]
        delivery = store.Delivery(sha256(body).digest(), self.channel.name, via, received_ms, body)

        def decide(books: Books) -> list[Verdict]:
            fund_id = self.fund.fund_id
            verdicts = book_gifts(books, self.channel, self._actor, self._zone, gifts)
            books.settle()
            store.keep_delivery(books.connection, fund_id, delivery)
            for one in held:
                store.hold(books.connection, fund_id, one)
            for gift, verdict in zip(gifts, verdicts, strict=True):
                if isinstance(verdict, Contradicted):
                    store.hold(
                        books.connection,
                        fund_id,
                        _held_conflict(self.channel, gift, verdict, received_ms),
                    )
            return verdicts

        decided = self._sequencer.decide(self.fund, decide)
        tally = _tally(Taken(gifts, decided.value, decided.commit))
        tally.rows = len(callback.rows) + len(callback.ignored) + len(callback.problems)
        tally.refused = len(callback.problems) + len(refused)
        tally.problems = [*callback.problems, *refused]
        for one in callback.ignored:
            tally.ignore(one.reason)
        return tally

    def take_deliveries(
        self, stream: BinaryIO, secret: str
    ) -> Iterator[tuple[Delivery | RowProblem, Tally | SignatureError]]:
        """Send recorded deliveries through the same port as live ones.

        Args:
            stream: JSON Lines of `received_at`, `headers`, `body`.
            secret: Shared with the platform.

        Yields:
            Each delivery with what became of it; a forged one with its error.
        """
        for delivery in read_deliveries(stream):
            if isinstance(delivery, RowProblem):
                yield delivery, Tally(rows=1, refused=1, problems=[delivery])
                continue
            try:
                tally = self.take_push(
                    delivery.body, delivery.headers, secret, to_ms(delivery.received_at)
                )
            except SignatureError as error:
                yield delivery, error
            else:
                yield delivery, tally


def rate_table(rates: Sequence[funds.Rate]) -> RateTable:
    """Arrange rates by unit, newest first."""
    table: dict[str, list[TimedRate]] = {}
    for rate in rates:
        timed = TimedRate(UnitRate(rate.minor, rate.units, rate.commodity), rate.from_ms, rate.seq)
        table.setdefault(rate.unit, []).append(timed)
    return table


def _tally(taken: Taken) -> Tally:
    tally = Tally()
    for gift, verdict in zip(taken.gifts, taken.verdicts, strict=True):
        if type(verdict) is Recorded:
            tally.recorded += 1
            tally.recorded_minor[gift.commodity] = (
                tally.recorded_minor.get(gift.commodity, 0) + gift.gross
            )
        elif type(verdict) is AlreadyRecorded:
            tally.repeated += 1
        else:
            tally.contradicted += 1
    return tally


def _contradictions(batch: Batch, taken: Taken) -> list[RowProblem]:
    """Give contradicting rows back too: whoever sent them must see the field."""
    return [
        RowProblem(gift.line, verdict.field, "conflict", "", raw)
        for gift, raw, verdict in zip(batch.gifts, batch.raws, taken.verdicts, strict=True)
        if isinstance(verdict, Contradicted)
    ]


def _held_problem(channel: Channel, problem: RowProblem, held_ms: int) -> store.Held:
    if problem.event is not None:
        event = _held_event(channel, problem.reason, problem.event, held_ms)
        return event._replace(field=problem.field)
    key = sha256(problem.raw).hexdigest()[:32]
    return store.Held(
        channel.name, problem.reason, problem.field, key, 0, channel.commodity, held_ms, None
    )


def _held_event(channel: Channel, reason: str, event: GiftEvent, held_ms: int) -> store.Held:
    amount, commodity = (
        (event.units, event.unit)
        if event.gross_minor is None
        else (event.gross_minor, event.commodity)
    )
    bounded = max(-(2**53), min(2**53, amount))
    return store.Held(
        channel.name, reason, "", event.source_id[:128], bounded, commodity[:16], held_ms, None
    )


def _held_conflict(
    channel: Channel, gift: PreparedGift, verdict: Contradicted, held_ms: int
) -> store.Held:
    return store.Held(
        channel.name,
        "conflict",
        verdict.field,
        gift.source_id,
        gift.gross,
        gift.commodity,
        held_ms,
        verdict.seq,
    )
