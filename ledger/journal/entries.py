"""What an entry is before it has a number: kinds, postings, drafts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ledger.actors import Actor

KINDS = (
    "fund.opened",
    "channel.opened",
    "account.opened",
    "account.changed",
    "opening.balances",
    "rate.set",
    "session.opened",
    "session.closed",
    "gift",
    "gift.reversed",
    "settlement",
    "payout",
    "income",
    "expense",
    "movement.reversed",
    "list.changed",
    "decision.proposed",
    "decision.edited",
    "decision.approved",
    "decision.rejected",
    "decision.withdrawn",
    "rule.set",
    "transfer.proposed",
    "transfer.edited",
    "transfer.approved",
    "transfer.rejected",
    "transfer.withdrawn",
    "transfer.filed",
    "transfer.entered",
    "transfer.sent",
    "transfer.confirmed",
    "transfer.returned",
    "spend",
    "spend.reversed",
    "adjustment",
    "match.released",
    "exception.raised",
    "exception.resolved",
    "period.closing",
    "period.closed",
    "period.reopened",
    "period.sealed",
    "statement.built",
    "statement.signed",
    "statement.sent",
    "opinion.signed",
    "statement.returned",
    "statement.published",
    "certificate.enrolled",
    "certificate.ended",
    "member.enrolled",
    "member.changed",
    "member.removed",
    "key.rotated",
    "privacy.erased",
)
"""Every kind of entry. `income` is money that reaches an account of ours without a gift: a direct
donation, interest, a returned grant; `expense` what leaves it beside transfers and spending.
"""

OPENED = ("account.opened", "opening.balances")
"""Kinds that say what accounts held before the ledger began."""

VERSION = 1
"""Of the encoding: in every entry, so that a change of format can never pass unnoticed."""

ENTRY_BYTES_MAX = 65_535
"""An entry bundle has a two-byte length (C2SP tlog-tiles, "Log entries")."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement of money from one account to another; it cannot be unbalanced.

    Attributes:
        debit: Account that it is added to.
        credit: Account that it is taken from.
        commodity: ISO 4217 code or platform unit.
        amount: Minor units, 1 to 2^53 - 1.
    """

    debit: str
    credit: str
    commodity: str
    amount: int


@dataclass(frozen=True, slots=True)
class Move:
    """A movement along the money line that the sequencer places: where it starts is known only in the commit.

    Attributes:
        source: Account it leaves, or None for money from outside.
        source_commodity: Its commodity.
        length: Minor units taken from the source (gross for a settlement).
        target: Account it reaches.
        target_commodity: Its commodity.
        to_length: Minor units that reach the target.
        start: Raw position to take it from; None takes from the front of the line.
        until_ms: For a settlement, the end of its period: what it states beyond the line is a hole that gifts
            given before this fill.
    """

    source: str | None
    source_commodity: str
    length: int
    target: str
    target_commodity: str
    to_length: int
    start: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An outside id that may become one entry only.

    Attributes:
        scope: What kind of id, such as `gift:Kuaishou`.
        key: The id, 1 to 200 characters.
        digest: 16 bytes over the content.
    """

    scope: str
    key: str
    digest: bytes


@dataclass(slots=True)
class Draft:
    """An entry without number, recorded time and places on the money line.

    Attributes:
        kind: One of `KINDS`.
        occurred_at: RFC 3339 UTC; a gift's is cut to the minute.
        actor: Who acts.
        body: JSON values, ASCII keys, integers below 2^53, no floats.
        postings: Movements of money; none for a decision without money.
        moves: Movements along the money line, in the order of `body.segments`.
        claim: The outside id that it claims.
    """

    kind: str
    occurred_at: str
    actor: Actor
    body: dict[str, Any]
    postings: tuple[Posting, ...] = ()
    moves: tuple[Move, ...] = ()
    claim: Claim | None = None
    effects: list[Any] = field(default_factory=list)
