"""What a confirmed match posts: payouts of settlements, in parts where lines are; adjustments; and their release.

Every line is allocated whole: to what was expected, and what is left to the adjustment that two people approved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ledger.actors import Actor
from ledger.clock import to_text
from ledger.errors import InsufficientError, StateError
from ledger.journal import accounts
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.matching.history import StoredLine, StoredSettlement
from ledger.moneyline.parcels import Parcels, put
from ledger.sequencer.books import Books

UNDONE = ("payout", "transfer.sent", "transfer.confirmed")
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


class Undone(NamedTuple):
    """An entry that a release reverses.

    Attributes:
        seq: Its number.
        kind: Of the entry.
        body: Of the entry.
    """

    seq: int
    kind: str
    body: dict[str, Any]


def undone(books: Books, seqs: Sequence[int]) -> list[Undone]:
    """Return those of some entries that a release has to reverse, newest first.

    Args:
        books: The fund's books.
        seqs: Entries that the match's parts explain.

    Returns:
        Payouts and steps of transfers.

    Raises:
        StateError: One of them cannot be reversed: income, an adjustment, or a transfer with a bank's fee.
    """
    found = []
    for seq in sorted(set(seqs), reverse=True):
        entry = decode(journal_history.entry(books.connection, books.fund.fund_id, seq).entry)
        kind, body = entry["kind"], entry["body"]
        if kind in ("income", "adjustment") or body.get("fee"):
            raise StateError(what="match", key=seq, state=kind, needed="reversible")
        if kind in UNDONE:
            found.append(Undone(seq, kind, body))
    return found


def release(
    books: Books,
    actor: Actor,
    said: dict[str, Any],
    found: Sequence[Undone],
    in_transit: Mapping[int, Parcels],
) -> tuple[int, dict[int, Parcels]]:
    """Post that a match holds no more, with what reverses its entries.

    Args:
        books: The fund's books.
        actor: Who gave the last approval, or the matching.
        said: `match`, `reason`, and `decision` or `reversal`.
        found: What is reversed.
        in_transit: Of each entry that sent a transfer, the intervals by which that leaves the transit line now.

    Returns:
        The entry; and of each arrival's entry the intervals in which it lies on the transit line again.

    Raises:
        InsufficientError: The account that it came to does not hold it any more.
    """
    postings: list[Posting] = []
    moves: list[Move] = []
    places: dict[int, Parcels] = {}
    left: dict[tuple[str, str], int] = {}
    came: dict[tuple[str, str], int] = {}
    for one in found:
        segments = one.body["segments"]
        back, target, commodity = (segments[0][name] for name in ("to", "from", "to_commodity"))
        amount = sum(segment["to_length"] for segment in segments)
        taken = left.get((back, commodity), 0)
        held = books.totals(back, commodity).balance - taken
        if amount > held:
            raise InsufficientError(account=back, available=held, asked=amount)
        left[back, commodity] = taken + amount
        at = (target, commodity)
        postings.append(Posting(target, back, commodity, amount))
        for start, length in in_transit.get(one.seq) or ((None, amount),):
            first = books.totals(*at).debits + came.get(at, 0)
            came[at] = came.get(at, 0) + length
            places[one.seq] = put(places.get(one.seq, ()), first, length)
            moves.append(Move(back, commodity, length, target, commodity, length, start=start))
    body = {**said, "reverses": [one.seq for one in found]}
    seq = books.post(
        Draft(
            "match.released",
            to_text(books.clock.now()),
            actor,
            body,
            tuple(postings),
            tuple(moves),
        )
    )
    return seq, places
