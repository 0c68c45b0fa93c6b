"""What an approved decision brings about, by kind, in the commit of its last approval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ledger.actors import Actor
from ledger.decisions import booking as decisions
from ledger.decisions import history
from ledger.decisions.booking import LABEL
from ledger.decisions.rules import rule_from_json
from ledger.decisions.shapes import Decision
from ledger.desk import exceptions, matching, spending
from ledger.desk.wanted import check_closing, check_signed, zone_of
from ledger.errors import StateError
from ledger.funds import booking as setting_up
from ledger.funds import members
from ledger.funds.history import Rate
from ledger.funds.members import NewMember
from ledger.funds.payees import Payee, change_payee
from ledger.intake import erasing
from ledger.intake.booking import close_sessions
from ledger.issuing import booking as issuing
from ledger.issuing.booking import File, NewCertificate
from ledger.matching import saved_mappings
from ledger.matching.exceptions import booking as thread_booking
from ledger.matching.exceptions.booking import Words
from ledger.matching.saved_mappings import MAPPING
from ledger.periods import booking as periods
from ledger.periods.booking import NewStatement
from ledger.privacy.commitments import open_commitment
from ledger.sequencer.books import Books
from ledger.transfers import booking as transfers
from ledger.transfers import standing

Effect = Callable[[Books, Actor, Decision], object]


def carry_out(books: Books, found: Decision) -> None:
    """Do what was decided, in the name of whoever gave the last approval.

    Args:
        books: The fund's books.
        found: A decision that was approved just now.

    Raises:
        StateError: Nothing carries out decisions of this kind; or what was decided cannot be done any more: then the
            last approval is refused with it.
    """
    if found.kind not in EFFECTS:
        raise StateError(what="decision", key=found.kind, state="no-effect", needed="effect")
    last = found.standing[-1]
    EFFECTS[found.kind](books, Actor(found.latest.needed[last.slot], last.member_id), found)
    decisions.forget_private(books, found.number)


def said_with_approval(books: Books, number: int, *, payee_seen: bool) -> Mapping[str, Any]:
    """Return what an approval says besides, once it is known that it may be given.

    Args:
        books: The fund's books.
        number: Of the decision.
        payee_seen: Whether whoever approves says that they have seen a changed payee.

    Returns:
        JSON.

    Raises:
        StateError: A transfer's payee is another one than was proposed, or a change was not said to be seen.
    """
    books.settle()
    found = history.decision(books.connection, books.fund.fund_id, number)
    if found.kind != "transfer" or found.end is not None:
        return {}
    return transfers.check_payee_seen(books, found, seen=payee_seen)


def followed(books: Books, found: Decision) -> None:
    """Let what a decision was about know that it was rejected or withdrawn."""
    if found.kind == "transfer":
        transfers.follow(books, found)
    elif found.kind in ("resolution", "write-off"):
        exceptions.followed(books, found)


def _follow_transfer(books: Books, _actor: Actor, found: Decision) -> None:
    transfers.follow(books, found)


def _set_rate(books: Books, actor: Actor, found: Decision) -> None:
    setting_up.put_rate(books, actor, Rate(**found.latest.content, seq=0), found.number)


def _close(books: Books, actor: Actor, found: Decision) -> None:
    close_sessions(books, actor)
    content = found.latest.content
    check_closing(books, content)
    said = {name: value for name, value in content.items() if name != "month"}
    said["decision"] = found.number
    periods.close(books, actor, content["month"], zone_of(books), said)


def _reopen(books: Books, actor: Actor, found: Decision) -> None:
    periods.reopen(books, actor, found.latest.content, found.number)


def _seal(books: Books, actor: Actor, found: Decision) -> None:
    said = {**found.latest.content, "decision": found.number}
    periods.seal(books, actor, said, zone_of(books))


def _erase(books: Books, actor: Actor, found: Decision) -> None:
    private = _private(books, found)
    if "notes" in private:
        words = [Words(*one) for one in private["notes"]]
        thread_booking.erase_words(books, actor, words, found.number)
    else:
        erasing.erase_gifts(books, actor, private["gifts"], found.number)


def _publish(books: Books, actor: Actor, found: Decision) -> None:
    content = found.latest.content
    for one in content["statements"]:
        new = NewStatement(
            one["number"],
            one["language"],
            content["month"],
            one["size"],
            bytes.fromhex(one["sha256"]),
            one["bytes"],
            one.get("opinion", ""),
        )
        check_signed(books, new)
        seq = periods.publish_statement(books, actor, new, found.number)
        file = File(new.number, new.language, new.sha256, new.length)
        issuing.published(books, actor, file, seq)
    if "seal" in content:
        said = {**content["seal"], "decision": found.number}
        periods.seal(books, actor, said, zone_of(books))


def _enrol_certificate(books: Books, actor: Actor, found: Decision) -> None:
    content = found.latest.content
    new = NewCertificate(
        content["member"],
        bytes.fromhex(content["certificate"]),
        content["name"],
        content["chain"],
    )
    issuing.enrol_certificate(books, actor, new, found.number)


def _change_members(books: Books, actor: Actor, found: Decision) -> None:
    content = found.latest.content
    roles = frozenset(content["roles"])
    if "member" in content:
        members.change_roles(books, actor, content["member"], roles, found.number)
    else:
        private = _private(books, found)
        new = NewMember(private["name"], roles, private["user_id"])
        members.enrol(books, actor, new, found.number)


def _set_rule(books: Books, actor: Actor, found: Decision) -> None:
    kind, rule, reason = rule_from_json(found.latest.content)
    decisions.put_rule(books, actor, (kind.name, rule, reason), found.number)


def _change_payee(books: Books, actor: Actor, found: Decision) -> None:
    details = Payee(**_private(books, found))
    change_payee(books, actor, found.latest.content["account"], details, found.number)


def _change_matching(books: Books, _actor: Actor, found: Decision) -> None:
    """Keep a mapping; rules of the passes are read from their decisions."""
    content = found.latest.content
    if MAPPING in content:
        saved_mappings.keep_mapping(books, content[MAPPING], found.number)
    for kind in standing.KINDS:
        if kind in content:
            standing.keep(books, kind, content[kind], found.number)


def _private(books: Books, found: Decision) -> Mapping[str, Any]:
    """Return what is private of a decision, as it was committed to when it was proposed.

    Raises:
        StateError: It is gone.
        CommitmentError: It was changed since.
    """
    part = history.private_part(books.connection, books.fund.fund_id, found)
    if part is None:
        raise StateError(what="decision", key=found.number, state="no-private-part", needed="edit")
    open_commitment(found.latest.commitment or "", part.salt, LABEL, part.text)
    return part.content


EFFECTS: Mapping[str, Effect] = {
    "transfer": _follow_transfer,
    "rate": _set_rate,
    "close": _close,
    "reopen": _reopen,
    "seal": _seal,
    "erase": _erase,
    "publish": _publish,
    "members": _change_members,
    "four-eyes": _set_rule,
    "payee": _change_payee,
    "certificate": _enrol_certificate,
    "rule": _change_matching,
    "match": matching.match_decided,
    "adjustment": matching.adjustment_decided,
    "resolution": exceptions.resolve,
    "write-off": exceptions.take_off,
    "spend": spending.spend_decided,
    "movement": spending.movement_decided,
    "opening": spending.opening_decided,
    "reversal": spending.reversal_decided,
    "lists": spending.lists_decided,
}
"""By kind. The kinds of `rules.KINDS` that are not here are not proposed by anything yet."""
