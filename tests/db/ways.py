"""Ways in which one person may try to approve what they proposed themselves: a table, whatever it is tried with.

A way is a row of names of `ACTS`. A villain proposes something, does what the row says, and tries to approve after
each act. What they act with is a `Hand`: the desk's functions here, pages, the interface or the command line elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ledger.decisions.rules import Rule, Tier
from ledger.decisions.shapes import Decision
from ledger.desk import actions
from ledger.desk import wanted as wanting
from ledger.desk.wanted import Wanted
from ledger.errors import LedgerError
from ledger.factors import FreshFactor
from ledger.funds.history import Rate
from ledger.funds.members import SETUP, NewMember, change_roles, enrol, remove
from ledger.journal.history import has_moved_money
from tests.db.ledgers import Ledger, decide_both, decision, proposal

BOTH = {
    "rate": frozenset({"finance", "controller", "approver"}),
    "close": frozenset({"finance", "controller", "approver"}),
    "transfer": frozenset({"finance", "controller", "approver"}),
    "members": frozenset({"administrator"}),
    "four-eyes": frozenset({"administrator"}),
}
"""By kind, the most that a proposer of it can be at once."""

APPROVES = frozenset({"controller", "approver"})
"""What the villain becomes when they change sides."""


class Hand(Protocol):
    """What somebody acts with. Each method does one step as a member, or raises whatever refuses it."""

    def propose(self, member_id: str, wanted: Wanted) -> int:
        """Propose, and return the decision's number."""

    def edit(self, member_id: str, number: int, version: int, wanted: Wanted) -> None:
        """Edit."""

    def approve(self, member_id: str, number: int, version: int) -> None:
        """Approve, with a second factor that is fresh."""

    def reject(self, member_id: str, number: int) -> None:
        """Reject."""

    def withdraw(self, member_id: str, number: int) -> None:
        """Withdraw."""


@dataclass
class DeskHand:
    """Acts by the functions that all faces call."""

    ledger: Ledger

    def propose(self, member_id: str, wanted: Wanted) -> int:
        writer = self.ledger
        return actions.propose(writer.sequencer, writer.fund, member_id, wanted).number

    def edit(self, member_id: str, number: int, version: int, wanted: Wanted) -> None:
        writer = self.ledger
        actions.edit(writer.sequencer, writer.fund, member_id, number, version, wanted)

    def approve(self, member_id: str, number: int, version: int) -> None:
        writer, fresh = self.ledger, FreshFactor("totp", self.ledger.clock.now())
        actions.approve(writer.sequencer, writer.fund, member_id, number, version, fresh)

    def reject(self, member_id: str, number: int) -> None:
        actions.reject(self.ledger.sequencer, self.ledger.fund, member_id, number, "no")

    def withdraw(self, member_id: str, number: int) -> None:
        actions.withdraw(self.ledger.sequencer, self.ledger.fund, member_id, number)


@dataclass
class Try:
    """One way while it is tried.

    Attributes:
        ledger: Where.
        hand: With what.
        kind: Of the decision.
        villain: Member who tries.
        innocent: Member who may propose the same kind.
        number: The decision that they want to approve.
        seen: Decisions that this way made.
    """

    ledger: Ledger
    hand: Hand
    kind: str
    villain: str
    innocent: str
    number: int = 0
    seen: list[int] = field(default_factory=list)

    def begin(self) -> None:
        """Let the villain propose."""
        self.become(BOTH[self.kind])
        self.number = self.hand.propose(self.villain, something(self.kind, 1))
        self.seen.append(self.number)

    def become(self, roles: frozenset[str]) -> None:
        """Give the villain other roles, if they have not got them."""
        if self.ledger.member(self.villain).roles != roles:
            change_to(self.ledger, self.villain, roles)

    def latest(self) -> int:
        """Return the latest version."""
        return decision(self.ledger, self.number).latest.version


def something(kind: str, at: int) -> Wanted:
    """Want something harmless of a kind."""
    if kind == "rate":
        return wanting.rate(Rate("KSCOIN", 10, 100 + at, "CNY", at, 0))
    if kind == "close":
        return wanting.close("2026-08", "a test")
    if kind == "members":
        return wanting.enrolment(NewMember(f"friend {at}", frozenset({"approver"})))
    if kind == "four-eyes":
        rule = Rule("CNY", (Tier(100 + at, ("approver",)), Tier(None, ("approver", "approver"))))
        return wanting.rule("transfer", rule)
    return wanting.transfer(proposal(at))


def change_to(ledger: Ledger, member: str, roles: frozenset[str]) -> None:
    """Change somebody's roles: alone while the fund is set up, by two others after money has moved."""
    if has_moved(ledger):
        decide_both(ledger, wanting.roles(member, roles), "Sun", "Wang")
    else:
        ledger.decide(lambda books: change_roles(books, SETUP, member, roles))


def has_moved(ledger: Ledger) -> bool:
    """Tell whether money has moved."""
    with ledger.database.reading() as connection:
        return has_moved_money(connection, ledger.fund.fund_id)


def leave_and_return(one: Try) -> None:
    """Be removed, and enrolled again to approve: whoever comes back is the same member."""
    ledger, name = one.ledger, one.ledger.member(one.villain).name
    new = NewMember(name, APPROVES)
    ledger.decide(lambda books: remove(books, SETUP, one.villain))
    if has_moved(ledger):
        decide_both(ledger, wanting.enrolment(new), "Sun", "Wang")
    else:
        ledger.decide(lambda books: enrol(books, SETUP, new))
    assert ledger.member(name).member_id == one.villain


def propose_again(one: Try) -> None:
    """Propose something else, and go on with that."""
    one.number = one.hand.propose(one.villain, something(one.kind, 2))
    one.seen.append(one.number)


ACTS: dict[str, Callable[[Try], object]] = {
    "proposes another": propose_again,
    "edits": lambda one: one.hand.edit(
        one.villain, one.number, one.latest(), something(one.kind, 3)
    ),
    "lets somebody edit": lambda one: one.hand.edit(
        one.innocent, one.number, one.latest(), something(one.kind, 4)
    ),
    "approves the first version": lambda one: one.hand.approve(one.villain, one.number, 1),
    "approves the next version": lambda one: one.hand.approve(
        one.villain, one.number, one.latest() + 1
    ),
    "rejects": lambda one: one.hand.reject(one.villain, one.number),
    "withdraws": lambda one: one.hand.withdraw(one.villain, one.number),
    "becomes an approver": lambda one: one.become(APPROVES),
    "becomes a proposer again": lambda one: one.become(BOTH[one.kind]),
    "leaves and returns": leave_and_return,
}
"""What the villain does, or gets done, between proposing and approving."""

Way = tuple[str, ...]


def ways(length: int) -> Iterator[Way]:
    """Give every row of so many acts, in order and with repetitions."""
    return itertools.product(ACTS, repeat=length)


def attempt(one: Try, way: Way) -> int:
    """Try a way; return how many acts were refused.

    Args:
        one: Who tries what.
        way: Names of `ACTS`.

    Returns:
        How many of the acts, and of the approvals tried after each, were refused.
    """
    one.begin()
    refused = 0
    for name in way:
        for act in (
            ACTS[name],
            lambda one: one.hand.approve(one.villain, one.number, one.latest()),
        ):
            try:
                act(one)
            except LedgerError:
                refused += 1
    return refused


def broken(found: Decision) -> list[str]:
    """Return who approved or rejected what they touched, and whatever else the rule of two forbids."""
    wrong = []
    for approval in found.approvals:
        before = {one.member_id for one in found.versions if one.version <= approval.version}
        if approval.member_id in before:
            wrong.append(f"{approval.member_id} approved version {approval.version}")
    if found.is_approved:
        given = [one.member_id for one in found.standing]
        if set(given) & found.touched or len(set(given)) < len(found.latest.needed):
            wrong.append(f"{found.number} is approved by {given}, touched by {found.touched}")
    if (
        found.state == "rejected"
        and found.end is not None
        and found.end.member_id in found.touched
    ):
        wrong.append(f"{found.end.member_id} rejected")
    return wrong
