"""Spending and other movements that were booked by mistake are reversed by an entry that names the first.

The money goes back the way it came: what was spent leaves the very interval of its programme's line and lies at the
end of the fund's line; what had come in leaves the front of its account's line.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from ledger.actors import Actor
from ledger.clock import to_text
from ledger.decisions.booking import Proposed, check_reason
from ledger.errors import InsufficientError, StateError
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.sequencer.books import Books
from ledger.spending import history
from ledger.spending.movements import is_reversed, refunded

REVERSED_BY = {
    "spend": "spend.reversed",
    "income": "movement.reversed",
    "expense": "movement.reversed",
}
"""Kinds of entries that can be reversed here, and the kind that does."""


class Original(NamedTuple):
    """An entry that is to be reversed.

    Attributes:
        seq: Its number.
        kind: `spend`, `income` or `expense`.
        body: Of the entry.
    """

    seq: int
    kind: str
    body: dict[str, Any]


def original(books: Books, seq: int) -> Original:
    """Return an entry that can be reversed now.

    Args:
        books: The fund's books.
        seq: Its number.

    Returns:
        The entry.

    Raises:
        NotFoundError: There is no such entry.
        StateError: It is of another kind, was reversed already, or is a donation of which something was given back.
        InsufficientError: What it brought is not there any more.
    """
    books.settle()
    value = decode(journal_history.entry(books.connection, books.fund.fund_id, seq).entry)
    kind, body = value["kind"], value["body"]
    if kind not in REVERSED_BY:
        raise StateError(what="entry", key=seq, state=kind, needed="reversible")
    if is_reversed(books, seq):
        raise StateError(what="entry", key=seq, state="reversed", needed="standing")
    if kind == "income":
        if body["class"] == "donation" and refunded(books, seq):
            raise StateError(what="entry", key=seq, state="given-back", needed="standing")
        held = books.totals(body["account"], body["commodity"]).balance
        if body["amount"] > held:
            raise InsufficientError(account=body["account"], available=held, asked=body["amount"])
    return Original(seq, kind, body)


def wanted(books: Books, seq: int, reason: str) -> Proposed:
    """Return a reversal as what two people are to decide.

    Args:
        books: The fund's books.
        seq: The entry that is to be reversed.
        reason: Why, in words that anyone may read.

    Returns:
        What its decision says.

    Raises:
        InputError: As `original`; or no reason.
    """
    check_reason(reason)
    found = original(books, seq)
    amount, commodity = found.body["amount"], found.body["commodity"]
    content = {
        "entry": REVERSED_BY[found.kind],
        "reverses": seq,
        "reason": reason,
        "amount": amount,
        "commodity": commodity,
    }
    return Proposed("reversal", content, amount, commodity)


def reverse(books: Books, actor: Actor, seq: int, reason: str, decision: int) -> int:
    """Reverse an entry as it was decided. Whoever calls releases its match in the same commit.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        seq: The entry that is reversed.
        reason: Why.
        decision: Number of the decision.

    Returns:
        The entry that reverses it.

    Raises:
        InputError: As `original`: it cannot be reversed any more.
    """
    found = original(books, seq)
    [segment] = found.body["segments"]
    amount, commodity = found.body["amount"], found.body["commodity"]
    came = segment["from"] is None
    # What had come in goes back to where its posting says that it came from, and stays there.
    posted = decode(journal_history.entry(books.connection, books.fund.fund_id, seq).entry)
    debit, credit = (line["account"] for line in posted["postings"])
    move = Move(
        debit,
        commodity,
        amount,
        credit,
        commodity,
        amount,
        start=None if came else segment["to_start"],
    )
    body = {
        "reverses": seq,
        "reason": reason,
        "amount": amount,
        "commodity": commodity,
        "decision": decision,
    }
    claim = Claim("reversal", str(seq), sha256(reason.encode()).digest()[:16])
    reversal = books.post(
        Draft(
            REVERSED_BY[found.kind],
            to_text(books.clock.now()),
            actor,
            dict(body),
            (Posting(credit, debit, commodity, amount),),
            (move,),
            claim,
        )
    )
    books.settle()
    return reversal


def explained_by(books: Books, seq: int) -> list[int]:
    """Return the entries whose matches a reversal touches: a payment's line is joined to the last entry of its payment.

    Args:
        books: The fund's books.
        seq: An entry that is reversed.

    Returns:
        Entries, in order.
    """
    connection, fund_id = books.connection, books.fund.fund_id
    reference = history.reference_of(connection, fund_id, seq)
    if reference is None:
        return [seq]
    return history.seqs_of_reference(connection, fund_id, reference)
