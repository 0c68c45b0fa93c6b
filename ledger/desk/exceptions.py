"""What two people decide about an exception: that its cause is known, or that its money is written off.

`resolution` and `write_off` give what `actions.propose` and `actions.edit` take; `resolve`, `take_off` and `followed`
are what decisions of these kinds bring about.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.actors import Actor, Member
from ledger.decisions import booking as decisions
from ledger.decisions.booking import Proposed, check_reason
from ledger.decisions.shapes import Decision
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError, StateError
from ledger.journal import accounts
from ledger.matching import file_taking
from ledger.matching import history as matching
from ledger.matching.exceptions import booking, history
from ledger.matching.exceptions.booking import WriteOff
from ledger.matching.exceptions.history import Item
from ledger.matching.exceptions.kinds import settlement_of
from ledger.roles import acting
from ledger.sequencer.books import Books

EVIDENCE_ABOVE = 100
"""Above this, minor units of CNY, and for any amount of another currency, a reason needs evidence.

Source:
    Reconciliation rules, section 6: above 1.00 reason and evidence.
"""

Make = Callable[[Books, Item], Proposed]


def resolution(raised: int, reason: str, *, counts: bool = False) -> Wanted:
    """Want to close an exception because its cause is known: it moves no money.

    Args:
        raised: Number of the exception.
        reason: The cause, in words that anyone may read.
        counts: Of an exception about a statement that is held: whether its lines are to count from then on. Else they
            are left out for good.

    Returns:
        For `actions.propose`.
    """

    def make(books: Books, found: Item) -> Proposed:
        content = {"raised": raised, "reason": reason, "evidence": _evidence(books, raised)}
        if counts:
            file_taking.check_held(books, raised)
            content["lines"] = "count"
        return Proposed("resolution", content, found.amount, found.commodity)

    return _about("resolution", raised, reason, make)


def write_off(raised: int, reason: str) -> Wanted:
    """Want to write off a settlement that will not be paid.

    Args:
        raised: Number of the exception: an `overdue_settlement`.
        reason: Why, in words that anyone may read.

    Returns:
        For `actions.propose`.
    """

    def make(books: Books, found: Item) -> Proposed:
        channel, _ = _settlement(found)
        source = accounts.payout(channel)
        content = {
            "raised": raised,
            "reason": reason,
            "from": source,
            "to": accounts.written_off(source),
            "amount": found.amount,
            "commodity": found.commodity,
            "evidence": _evidence(books, raised),
        }
        return Proposed("write-off", content, found.amount, found.commodity)

    return _about("write-off", raised, reason, make)


def _settlement(found: Item) -> tuple[str, str]:
    """Return channel and number of the settlement that an exception says is overdue.

    Raises:
        StateError: It says something else: nothing is held that could be written off.
    """
    if found.kind != "overdue_settlement":
        raise StateError(
            what="exception", key=found.raised_seq, state=found.kind, needed="overdue_settlement"
        )
    return settlement_of(found.subject)


def _evidence(books: Books, raised: int) -> list[str]:
    found = history.evidence(books.connection, books.fund.fund_id, raised)
    return sorted(one.sha256 for one in found)


def _about(kind: str, raised: int, reason: str, make: Make) -> Wanted:
    def propose(books: Books, member: Member, key: str | None) -> Decision:
        books.settle()
        new = make(books, history.item(books.connection, books.fund.fund_id, raised))
        first = decisions.repeated(books, member, new, key)
        if first is not None:
            return first
        acting(member, f"{kind}.propose")
        _check(books, new, None)
        done = decisions.propose(books, member, new, key)
        booking.follow(books, raised, done.number)
        return done

    def edit(books: Books, member: Member, number: int, version: int) -> Decision:
        acting(member, f"{kind}.propose")
        books.settle()
        new = make(books, history.item(books.connection, books.fund.fund_id, raised))
        _check(books, new, number)
        return decisions.edit(books, member, number, version, new)

    def _check(books: Books, new: Proposed, number: int | None) -> None:
        check_reason(reason)
        found = booking.check_open(books, raised)
        if found.decision != number:
            raise StateError(
                what="exception", key=raised, state=found.state, needed="no-other-decision"
            )
        small = found.commodity == "CNY" and found.amount <= EVIDENCE_ABOVE
        if not new.content["evidence"] and not small:
            raise FieldError(field="evidence", value="", reason="missing")
        if kind == "write-off":
            _check_unpaid(books, found)
            booking.check_held(books, _taken(new.content))

    return Wanted(kind, propose, edit)


def _check_unpaid(books: Books, found: Item) -> None:
    """Hold that a settlement has not been paid, and that the exception names its whole net.

    Raises:
        StateError: It has, or another sum is due.
    """
    channel, number = _settlement(found)
    unpaid = matching.settlements(books.connection, books.fund.fund_id, unpaid=True)
    for one in unpaid:
        if (one.channel, one.statement_no) == (channel, number):
            if (one.net, one.commodity) != (found.amount, found.commodity):
                raise StateError(what="settlement", key=number, state=one.net, needed=found.amount)
            return
    raise StateError(what="settlement", key=number, state="paid-or-unknown", needed="unpaid")


def _taken(content: object) -> WriteOff:
    assert isinstance(content, dict)
    return WriteOff(
        content["raised"],
        content["from"],
        content["to"],
        content["amount"],
        content["commodity"],
        content["reason"],
    )


# --- what decisions bring about -------------------------------------------------------------------


def resolve(books: Books, actor: Actor, found: Decision) -> None:
    """Close an exception whose cause was agreed on."""
    closing = _closing(found, "note")
    seq = booking.resolve(books, actor, closing, found.number, "resolved")
    counts = found.latest.content.get("lines") == "count"
    file_taking.end_held(books, actor, (found.latest.content["raised"], seq), counts=counts)


def take_off(books: Books, actor: Actor, found: Decision) -> None:
    """Write off a settlement, and close its exception.

    Raises:
        StateError: It was paid since.
    """
    one = _taken(dict(found.latest.content))
    item = booking.check_open(books, one.raised)
    _check_unpaid(books, item)
    channel, number = _settlement(item)
    booking.write_off(books, actor, one, (channel, number), found.number)
    booking.resolve(books, actor, _closing(found, "write-off"), found.number, "written-off")


def _closing(found: Decision, how: str) -> dict[str, object]:
    content = found.latest.content
    return {
        "raised": content["raised"],
        "how": how,
        "reason": content["reason"],
        "evidence": list(content["evidence"]),
    }


def followed(books: Books, found: Decision) -> None:
    """Let an exception know that what was proposed about it was rejected or withdrawn."""
    booking.follow(books, found.latest.content["raised"], None)
