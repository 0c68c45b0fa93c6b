"""What a confirmed match posts: payouts of settlements, in parts where lines are; adjustments; and their release.

Every line is allocated whole: to what was expected, and what is left to the adjustment that two people approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ledger.actors import Actor
from ledger.clock import to_text
from ledger.errors import StateError
from ledger.journal import accounts
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.matching.history import StoredLine, StoredSettlement
from ledger.sequencer.books import Books

"""Kinds of entries that the release of a match reverses. Spending stands: only its line is open again."""


class Allocated(NamedTuple):
    """A part of a line that belongs to a part of something expected.

    Attributes:
        thing: Its place among the things.
        line: Its place among the lines.
        amount: Signed minor units.
    """

    thing: int
    line: int
    amount: int


def allocate(things: Sequence[int], lines: Sequence[int]) -> list[Allocated]:
    """Lay lines beside things, each in the order given; both make the same sum and have one sign.

    Args:
        things: Signed minor units of each, none zero.
        lines: Likewise.

    Returns:
        Parts, whose sums are each thing and each line.

    Raises:
        StateError: The sums differ, or signs are mixed.
    """
    sign = 1 if sum(things) > 0 else -1
    if sum(things) != sum(lines) or any(one * sign <= 0 for one in (*things, *lines)):
        raise StateError(what="match", key=sum(lines), state="sums-differ", needed=sum(things))
    left_of_thing, left_of_line = list(things), list(lines)
    found = []
    at = place = 0
    while at < len(things):
        amount = min(left_of_thing[at], left_of_line[place], key=abs)
        found.append(Allocated(at, place, amount))
        left_of_thing[at] -= amount
        left_of_line[place] -= amount
        at += left_of_thing[at] == 0
        place += left_of_line[place] == 0
    return found


class Adjusted(NamedTuple):
    """A difference that is booked away.

    Attributes:
        source: Account that it is taken from.
        target: Account that it goes to.
        amount: Minor units, above zero.
        commodity: ISO 4217 code.
        reason: In words that anyone may read.
    """

    source: str
    target: str
    amount: int
    commodity: str
    reason: str


def adjusted_json(one: Adjusted) -> dict[str, Any]:
    """Return an adjustment as its decision and its entry say it."""
    return {
        "from": one.source,
        "to": one.target,
        "amount": one.amount,
        "commodity": one.commodity,
        "reason": one.reason,
    }


def difference(settlement: StoredSettlement, account: str, came: int) -> Adjusted:
    """Return what books away the difference between a settlement's net and what came of it.

    Args:
        settlement: What was expected.
        account: That the line is of.
        came: What the line shows, minor units.

    Returns:
        The adjustment, without a reason: what is missing leaves what the platform owes, what is too much joins. What
        lacks to the fen because of the fee that the platform stated is that fee.
    """
    channel, short = settlement.channel, settlement.net - came
    if short < 0:
        source, target = accounts.rounded_up(channel), account
    else:
        is_fee = short == settlement.payout_fee
        target = (accounts.platform_fee if is_fee else accounts.rounded_away)(channel)
        source = accounts.payout(channel)
    return Adjusted(source, target, abs(short), settlement.commodity, "")


def pay_part(
    books: Books,
    actor: Actor,
    settlement: StoredSettlement,
    line: StoredLine,
    amount: int,
    claim: Claim | None,
) -> int:
    """Book that a settlement, or a part of it, has reached a collection account; return the entry."""
    body = {
        "channel": settlement.channel,
        "account": line.account,
        "amount": amount,
        "commodity": settlement.commodity,
        "statement_no": settlement.statement_no,
        "file": line.evidence.file,
        "row": line.evidence.row,
    }
    source = accounts.payout(settlement.channel)
    return books.post(
        Draft(
            "payout",
            to_text(line.line.booked_at),
            actor,
            dict(body),
            (Posting(line.account, source, settlement.commodity, amount),),
            (
                Move(
                    source,
                    settlement.commodity,
                    amount,
                    line.account,
                    settlement.commodity,
                    amount,
                ),
            ),
            claim,
        )
    )


def adjust(
    books: Books,
    actor: Actor,
    one: Adjusted,
    decision: int,
    settlement: StoredSettlement,
    line: StoredLine,
) -> int:
    """Book a difference between a settlement and its line away; return the entry."""
    body = {
        **adjusted_json(one),
        "decision": decision,
        "channel": settlement.channel,
        "statement_no": settlement.statement_no,
        "file": line.evidence.file,
        "row": line.evidence.row,
    }
    takes = one.source.startswith("Assets:")
    move = Move(
        one.source if takes else None,
        one.commodity if takes else "",
        one.amount if takes else 0,
        one.target,
        one.commodity,
        one.amount,
    )
    return books.post(
        Draft(
            "adjustment",
            to_text(books.clock.now()),
            actor,
            body,
            (Posting(one.target, one.source, one.commodity, one.amount),),
            (move,),
        )
    )
