"""Gifts made ready outside the commit: checked, hashed, committed to. Pure work that any process can do.

In: gift events. Out: prepared gifts, and problems. Guaranteed: what is left for the one writer is to number and encode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import orjson

from ledger.clock import from_posix, to_minute_text
from ledger.intake.events import (
    GiftEvent,
    Refusal,
    RowProblem,
    UnitRate,
    check_event,
    content_digest,
    problem_of,
)
from ledger.privacy.gift_parts import Personal, Sealed, seal_many


class TimedRate(NamedTuple):
    """What a unit is worth, from an instant on, and the entry that says so."""

    rate: UnitRate
    from_ms: int
    seq: int


RateTable = Mapping[str, Sequence[TimedRate]]
"""By unit, newest first."""


class PreparedGift(NamedTuple):
    """A gift that only lacks its number. Flat, of plain values: so it passes cheaply from one process to another.

    Attributes:
        source_id: Its id on the channel.
        digest: 16 bytes over its content.
        session: The room or broadcast, or the day in the fund's zone.
        occurred_at: RFC 3339 UTC, to the minute.
        occurred_ms: Exact.
        gross: Minor units of `commodity`.
        commodity: What it is posted in.
        pieces: How many of it.
        item: Id or name of the gift.
        signed: Whether a signature over what arrived was checked.
        via: How it came.
        rate: Number of the entry that set the rate; None for a gift of money.
        unit: What `units` counts.
        units: As sent.
        written: The public part of the entry's body, already encoded: see `write_parts`.
        commitments: To the private parts, in the order of `LABELS`; the last only with a message.
        delivery: Personal: canonical JSON of event id and exact times.
        salts: What opens the commitments.
        giver: Personal.
        nickname: Personal.
        message: Personal.
        line: Line of its file, 0 without one.
    """

    source_id: str
    digest: bytes
    session: str
    occurred_at: str
    occurred_ms: int
    gross: int
    commodity: str
    pieces: int
    item: str
    signed: bool
    via: str
    rate: int | None
    unit: str
    units: int
    written: tuple[bytes, bytes, bytes, bytes]
    commitments: tuple[str, ...]
    delivery: str
    salts: bytes
    giver: str
    nickname: str
    message: str
    line: int

    @property
    def fields(self) -> dict[str, object]:
        """Return the public part of the entry's body."""
        fields: dict[str, object] = {
            "count": self.pieces,
            "delivery": self.commitments[2],
            "donor": self.commitments[0],
            "item": self.item,
            "name": self.commitments[1],
            "signed": self.signed,
            "via": self.via,
        }
        if self.rate is not None:
            fields["rate"] = self.rate
            fields["unit"] = self.unit
            fields["units"] = self.units
        if self.message:
            fields["message"] = self.commitments[3]
        return fields

    @property
    def sealed(self) -> Sealed:
        """Return the commitments and what opens them."""
        return Sealed(self.commitments, self.delivery, self.salts)


def rates_at(rates: RateTable, occurred_ms: int) -> dict[str, TimedRate]:
    """Return the rate of each unit that held at an instant."""
    held = {}
    for unit, timed in rates.items():
        for one in timed:
            if one.from_ms <= occurred_ms:
                held[unit] = one
                break
    return held


class Checked(NamedTuple):
    """A gift that is right and is money, not yet committed to.

    Attributes:
        event: As its source told it.
        digest: 16 bytes over its content.
        gross: Minor units of `commodity`.
        commodity: What it will be posted in.
        rate: Number of the entry that set the rate; None for a gift of money.
    """

    event: GiftEvent
    digest: bytes
    gross: int
    commodity: str
    rate: int | None


def prepare(
    events: Sequence[GiftEvent], received_ms: int, rates: RateTable
) -> tuple[list[PreparedGift], list[RowProblem]]:
    """Check events and make them ready.

    Args:
        events: From any source.
        received_ms: When they reached us.
        rates: What units are worth.

    Returns:
        Prepared gifts in order (free gifts are no money and are left out), and the refused rows.
    """
    checked, problems = check(events, received_ms, rates)
    return seal(checked, received_ms), problems


def check(
    events: Sequence[GiftEvent], received_ms: int, rates: RateTable
) -> tuple[list[Checked], list[RowProblem]]:
    """Check events: the part of making ready that a repeat needs too.

    Args:
        events: From any source.
        received_ms: When they reached us.
        rates: What units are worth.

    Returns:
        Right gifts of money in order, and the refused rows.
    """
    problems: list[RowProblem] = []
    checked: list[Checked] = []
    for event in events:
        valued = _value(event, received_ms, rates)
        if isinstance(valued, Refusal):
            problems.append(problem_of(event, valued))
        elif event.kind == "paid":
            checked.append(Checked(event, content_digest(event), *valued))
    return checked, problems


def seal(checked: Sequence[Checked], received_ms: int) -> list[PreparedGift]:
    """Commit to the private parts of gifts, and encode what is known of their entries.

    Args:
        checked: In order.
        received_ms: When they reached us.

    Returns:
        One prepared gift for each, in order.
    """
    sealed = seal_many(
        [
            Personal(
                event.giver,
                event.nickname,
                event.message,
                event.source_id,
                event.occurred_at_ms,
                received_ms,
                event.session,
                event.evidence,
            )
            for event, *_ in checked
        ]
    )
    return list(map(_prepared, checked, sealed))


def _value(
    event: GiftEvent, received_ms: int, rates: RateTable
) -> tuple[int, str, int | None] | Refusal:
    """Return gross, commodity and the rate's entry, or why the event is refused."""
    if event.gross_minor is not None:
        refusal = check_event(event, received_ms)
        return refusal or (event.gross_minor, event.commodity, None)
    held = rates_at(rates, event.occurred_at_ms)
    refusal = check_event(event, received_ms, rates={unit: one.rate for unit, one in held.items()})
    if refusal is not None:
        return refusal
    timed = held[event.unit]
    rate = timed.rate
    # Half up; a price list whose units are worth whole fen never needs it.
    gross = (2 * event.units * rate.minor + rate.units) // (2 * rate.units)
    if gross <= 0:
        return Refusal("units", "not-positive", str(event.units))
    return gross, rate.commodity, timed.seq


def _prepared(checked: Checked, sealed: Sealed) -> PreparedGift:
    event, digest, gross, commodity, rate_seq = checked
    return PreparedGift(
        event.source_id,
        digest,
        event.session,
        _minute(event.occurred_at_ms),
        event.occurred_at_ms,
        gross,
        commodity,
        event.count,
        event.item,
        event.signed,
        event.via,
        rate_seq,
        event.unit,
        event.units,
        write_parts(event, rate_seq, sealed.commitments),
        sealed.commitments,
        sealed.delivery,
        sealed.salts,
        event.giver,
        event.nickname,
        event.message,
        event.line,
    )


def write_parts(
    event: GiftEvent, rate_seq: int | None, commitments: tuple[str, ...]
) -> tuple[bytes, bytes, bytes, bytes]:
    """Encode what is known of the entry's body before it has its place, so that the one writer only joins pieces.

    Args:
        event: Checked.
        rate_seq: Number of the rate's entry, None for a gift of money.
        commitments: In the order of `LABELS`.

    Returns:
        Four pieces of canonical JSON: the members from `count` to `item`, which stand before `line`; `message` or
        nothing, before `n`; `name` and `rate`, before `session`; and `signed` to `via`, which end the body.

    Source:
        RFC 8785 section 3.2.3: members stand in the order of their names.
    """
    # Commitments are base64 and need no escapes.
    donor, name, delivery = commitments[0], commitments[1], commitments[2]
    head = f'"count":{event.count},"delivery":"{delivery}","donor":"{donor}","item":'.encode()
    message = f'"message":"{commitments[3]}",'.encode() if event.message else b""
    if rate_seq is None:
        return (
            head + _text(event.item) + b",",
            message,
            f'"name":"{name}",'.encode(),
            _tail(event.signed, event.via),
        )
    coins = b'"unit":%b,"units":%d,"via":%b' % (_text(event.unit), event.units, _text(event.via))
    return (
        head + _text(event.item) + b",",
        message,
        f'"name":"{name}","rate":{rate_seq},'.encode(),
        b'"signed":%b,' % orjson.dumps(event.signed) + coins,
    )


@lru_cache(maxsize=1024)
def _text(text: str) -> bytes:
    return orjson.dumps(text)


@lru_cache(maxsize=16)
def _tail(signed: bool, via: str) -> bytes:
    return b'"signed":%b,"via":%b' % (orjson.dumps(signed), orjson.dumps(via))


_minutes: dict[int, str] = {}
_MINUTES_MAX = 4096


def _minute(occurred_ms: int) -> str:
    """Return the minute of an instant; gifts of a broadcast share few minutes, and formatting one is dear."""
    minute = occurred_ms // 60_000
    text = _minutes.get(minute)
    if text is None:
        if len(_minutes) >= _MINUTES_MAX:
            _minutes.clear()
        text = _minutes[minute] = to_minute_text(from_posix(minute * 60))
    return text
