"""A decision's steps become entries.

Whoever calls reads the member anew inside the transaction, so that a role that was lost a moment ago does not count.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger.actors import Actor, Member
from ledger.clock import to_text
from ledger.decisions import history, store
from ledger.decisions.rules import (
    REASON_CHARS_MAX,
    Kind,
    Rule,
    check_rule,
    fitting_slot,
    kind_of,
    rule_to_json,
)
from ledger.decisions.shapes import Decision
from ledger.decisions.steps import Written, step_body, version_body
from ledger.errors import (
    ConflictError,
    FieldError,
    FourEyesError,
    FreshFactorNeededError,
    NotAllowedError,
    StateError,
)
from ledger.factors import FRESH_FOR, FreshFactor
from ledger.journal.codec import encode
from ledger.journal.entries import Claim, Draft
from ledger.privacy.aliases import Aliases
from ledger.privacy.commitments import SALT_BYTES, commit
from ledger.privacy.numbers import check_public
from ledger.roles import acting
from ledger.sequencer.books import Books

KEY_CHARS_MAX = 120
LABEL = "decision"
"""Of the commitment to what is private of a decision."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What two people are to decide.

    Attributes:
        kind: One of `rules.KINDS`.
        content: What is to happen, JSON that anyone may read.
        amount: Minor units, by which the number of approvals is found; None for a decision without one.
        commodity: Of the amount.
        private: What nobody may read from the entry: committed to there, and kept beside until it is decided.
        asked: What a repeat by a client's key is told by, where the content depends on what is booked by then; None
            where the content itself is asked for.
    """

    kind: str
    content: Mapping[str, Any]
    amount: int | None = None
    commodity: str | None = None
    private: Mapping[str, Any] | None = None
    asked: Mapping[str, Any] | None = None

    @property
    def private_text(self) -> bytes | None:
        """Return the bytes that are committed to."""
        return None if self.private is None else encode(dict(self.private))


def repeated(books: Books, member: Member, new: Proposed, key: str | None) -> Decision | None:
    """Find what a client's key has proposed already. Asked before anything is checked.

    Args:
        books: The fund's books.
        member: Whose key.
        new: What is proposed.
        key: Chosen by the client; None for a proposal without one.

    Returns:
        The first decision; None when the key is new.

    Raises:
        FieldError: Not a key.
        ConflictError: The key has proposed something else.
    """
    claim = _claim(books, member, new, key)
    if claim is None:
        return None
    first = books.claimed(claim.scope, [claim.key]).get(claim.key)
    if first is None:
        return None
    if first.digest != claim.digest:
        raise ConflictError(key=key, field="content", seq=first.seq)
    books.settle()
    return history.by_entry(books.connection, books.fund.fund_id, first.seq)


def _claim(books: Books, member: Member, new: Proposed, key: str | None) -> Claim | None:
    """Return what a client's key claims.

    What is private is in the digest by a keyed hash only: it must not be guessed from what stays when it is deleted.

    Raises:
        FieldError: Not a key.
    """
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_CHARS_MAX or not key.isprintable():
        raise FieldError(field="key", value=key[:20], reason="length")
    digest = sha256(encode(_asked(books, new))).digest()[:16]
    return Claim("decision", f"{member.member_id}/{key}", digest)


def _asked(books: Books, new: Proposed) -> dict[str, Any]:
    aliases = Aliases(books.keys, books.fund.slug)
    if new.asked is not None:
        hidden = aliases.of_digest(sha256(encode(dict(new.asked))).digest())
        return {"kind": new.kind, "asked": hidden.hex()}
    given = kind_of(new.kind).given
    asked: dict[str, Any] = {
        "kind": new.kind,
        "content": {name: value for name, value in new.content.items() if name not in given},
        "amount": new.amount,
        "commodity": new.commodity,
    }
    private = new.private_text
    if private is not None:
        asked["private"] = aliases.of_digest(sha256(private).digest()).hex()
    return asked


def propose(books: Books, member: Member, new: Proposed, key: str | None = None) -> Decision:
    """Propose something. The caller has checked that it could be carried out now.

    Args:
        books: The fund's books.
        member: Who proposes.
        new: What.
        key: Chosen by the client: the same key gives the first decision again.

    Returns:
        The decision.

    Raises:
        NotAllowedError: None of their roles proposes this.
        ConflictError: The key has proposed something else.
        StateError: An amount of this size needs no decision.
    """
    kind = kind_of(new.kind)
    actor = member.acting(*kind.proposers)
    first = repeated(books, member, new, key)
    if first is not None:
        return first
    books.settle()
    number = history.last_number(books.connection, books.fund.fund_id) + 1
    claim = _claim(books, member, new, key)
    return _write(books, actor, kind, _Next(number, 1, "proposed", new, claim))


@dataclass(frozen=True, slots=True)
class _Next:
    number: int
    version: int
    step: str
    new: Proposed
    claim: Claim | None = None


def _write(books: Books, actor: Actor, kind: Kind, one: _Next) -> Decision:
    """Post a version and keep its rows.

    Raises:
        StateError: An amount of this size needs no decision.
    """
    connection, fund_id, new = books.connection, books.fund.fund_id, one.new
    rule = history.rules_in_force(connection, fund_id)[kind.name].rule
    needed = rule.slots(new.amount, new.commodity)
    if not needed:
        raise StateError(what="decision", key=kind.name, state="free", needed="none")
    salt, private = secrets.token_bytes(SALT_BYTES), new.private_text
    commitment = None if private is None else commit(salt, LABEL, private)
    written = Written(one.version, new.content, needed, new.amount, new.commodity, commitment)
    body = version_body(kind, one.number, written)
    now = to_text(books.clock.now())
    seq = books.post(Draft(f"{kind.entry}.{one.step}", now, actor, body, (), (), one.claim))
    books.settle()
    if one.version == 1:
        store.add(connection, fund_id, one.number, kind.name)
    store.add_version(
        connection,
        fund_id=fund_id,
        number=one.number,
        version=one.version,
        member_id=actor.id,
        content=encode(dict(new.content)).decode(),
        needed=",".join(needed),
        slots=len(needed),
        amount=new.amount,
        commodity=new.commodity,
        commitment=commitment,
        seq=seq,
    )
    store.delete_private(connection, fund_id, one.number)
    if private is not None:
        store.add_private(
            connection,
            fund_id=fund_id,
            number=one.number,
            version=one.version,
            content=private.decode(),
            salt=salt,
        )
    return history.decision(connection, fund_id, one.number)


def edit(books: Books, member: Member, number: int, version: int, new: Proposed) -> Decision:
    """Change what is proposed: the approvals so far count no more, and the editor cannot approve.

    Args:
        books: The fund's books.
        member: Who edits.
        number: Of the decision.
        version: The one that they saw.
        new: What is proposed from now on, of the same kind.

    Returns:
        The decision.

    Raises:
        NotAllowedError: None of their roles proposes this.
        StateError: It has ended, or somebody edited it since.
        FieldError: It is of another kind.
    """
    found = _open(books, number, version)
    kind = kind_of(found.kind)
    actor = member.acting(*kind.proposers)
    if new.kind != kind.name:
        raise FieldError(field="kind", value=new.kind[:20], expected=kind.name)
    return _write(books, actor, kind, _Next(number, version + 1, "edited", new))


def approve(  # noqa: PLR0913, PLR0917  # what was seen and who could act
    books: Books,
    member: Member,
    number: int,
    version: int,
    fresh: FreshFactor,
    others: Iterable[Member] = (),
    said: Mapping[str, Any] | None = None,
) -> Decision:
    """Fill a slot. Whoever calls carries the decision out in the same transaction when this made it approved.

    Args:
        books: The fund's books.
        member: Who approves.
        number: Of the decision.
        version: The one that they saw.
        fresh: Their second factor, shown within `FRESH_FOR`.
        others: Everybody in the fund: of two slots the member takes the one that leaves them able to fill the rest.
        said: What else the entry says, such as that a warning was seen.

    Returns:
        The decision; see `is_approved`.

    Raises:
        FourEyesError: They proposed or edited it, in whichever version, or have approved it already.
        NotAllowedError: They have no role that an open slot needs.
        FreshFactorNeededError: Their second factor is too long ago.
        StateError: It has ended, somebody edited it since, or the rule has changed since: an edit brings it under the
            new one.
    """
    _check_fresh(books, fresh)
    found = _open(books, number, version)
    if member.member_id in found.touched:
        raise FourEyesError(member=member.member_id, reason="touched")
    if any(one.member_id == member.member_id for one in found.standing):
        raise FourEyesError(member=member.member_id, reason="approved-already")
    connection, fund_id = books.connection, books.fund.fund_id
    latest, kind = found.latest, kind_of(found.kind)
    rule = history.rules_in_force(connection, fund_id)[found.kind].rule
    if rule.slots(latest.amount, latest.commodity) != latest.needed:
        raise StateError(what="decision", key=number, state="older-rule", needed="edit")
    slot = _slot(found, member, others)
    actor = member.acting(latest.needed[slot])
    body = step_body(
        kind, number, latest.content, {"version": version, "slot": slot, **(said or {})}
    )
    seq = books.post(Draft(f"{kind.entry}.approved", to_text(books.clock.now()), actor, body))
    books.settle()
    step = {"fund_id": fund_id, "number": number, "version": version, "seq": seq}
    store.add_approval(connection, **step, slot=slot, member_id=member.member_id)
    if len(found.open_slots) == 1:
        store.add_end(
            connection, **step, member_id=member.member_id, ending="approved", reason=None
        )
    return history.decision(connection, fund_id, number)


def _check_fresh(books: Books, fresh: FreshFactor) -> None:
    age = books.clock.now() - fresh.at
    if age > FRESH_FOR:
        raise FreshFactorNeededError(do="show your second factor again")


def _slot(found: Decision, member: Member, others: Iterable[Member]) -> int:
    """Return the slot that a member fills.

    Raises:
        NotAllowedError: None is open to them.
    """
    able = [
        one.roles
        for one in history.who_may_act(found, others).members
        if one.member_id != member.member_id
    ]
    slot = None if member.removed else fitting_slot(found.open_slots, member.roles, able)
    if slot is None:
        needed = sorted(set(found.open_slots.values()))
        raise NotAllowedError(role=member.role_text, needed=needed)
    return slot


def reject(books: Books, member: Member, number: int, reason: str) -> Decision:
    """Reject what somebody else proposed.

    Args:
        books: The fund's books.
        member: Who rejects.
        number: Of the decision.
        reason: In words that anyone may read.

    Returns:
        The decision.

    Raises:
        NotAllowedError: Their roles approve nothing.
        FourEyesError: They proposed or edited it: they withdraw it.
        FieldError: No reason.
        StateError: It has ended.
    """
    check_reason(reason)
    found = _open(books, number)
    actor = acting(member, "decision.reject")
    if member.member_id in found.touched:
        raise FourEyesError(member=member.member_id, reason="touched")
    return _end(books, actor, found, "rejected", reason)


def check_reason(reason: str) -> None:
    """Hold that a reason says something.

    Args:
        reason: In words.

    Raises:
        FieldError: It is empty or too long, or holds a phone or identity number: entries are public for good.
    """
    if not reason.strip() or len(reason) > REASON_CHARS_MAX:
        why = "too-long" if reason.strip() else "missing"
        raise FieldError(field="reason", value="", reason=why)
    check_public("reason", reason)


def withdraw(books: Books, member: Member, number: int) -> Decision:
    """Take back what one has proposed or edited.

    Args:
        books: The fund's books.
        member: Who takes it back.
        number: Of the decision.

    Returns:
        The decision.

    Raises:
        NotAllowedError: They neither proposed nor edited it, or have no role any more that does.
        StateError: It has ended.
    """
    found = _open(books, number)
    actor = member.acting(*kind_of(found.kind).proposers)
    if member.member_id not in found.touched:
        raise NotAllowedError(reason="not-theirs", action="decision.withdraw")
    return _end(books, actor, found, "withdrawn", None)


def put_rule(
    books: Books, actor: Actor, new: tuple[str, Rule, str | None], decision: int | None = None
) -> int:
    """Post a fund's own rule for a kind of decisions. Those that are open stand under it from now on.

    Args:
        books: The fund's books.
        actor: Who sets it.
        new: Kind, rule, and why it is an exception.
        decision: Number of the decision that this carries out; None while the fund is set up.

    Returns:
        The entry.

    Raises:
        FieldError: Not a rule that a fund may have.
    """
    name, rule, reason = new
    check_rule(kind_of(name), rule, reason)
    body = rule_to_json(name, rule, reason)
    if decision is not None:
        body["decision"] = decision
    return books.post(Draft("rule.set", to_text(books.clock.now()), actor, body))


def forget_private(books: Books, number: int) -> None:
    """Delete what is private of a decision that was carried out."""
    store.delete_private(books.connection, books.fund.fund_id, number)


def _end(books: Books, actor: Actor, found: Decision, ending: str, reason: str | None) -> Decision:
    connection, fund_id = books.connection, books.fund.fund_id
    kind, latest = kind_of(found.kind), found.latest
    said: dict[str, Any] = {"version": latest.version}
    if reason is not None:
        said["reason"] = reason
    body = step_body(kind, found.number, latest.content, said)
    seq = books.post(Draft(f"{kind.entry}.{ending}", to_text(books.clock.now()), actor, body))
    books.settle()
    store.add_end(
        connection,
        fund_id=fund_id,
        number=found.number,
        version=latest.version,
        seq=seq,
        member_id=actor.id,
        ending=ending,
        reason=reason,
    )
    store.delete_private(connection, fund_id, found.number)
    return history.decision(connection, fund_id, found.number)


def _open(books: Books, number: int, version: int | None = None) -> Decision:
    """Return a decision that has not ended.

    Raises:
        StateError: It has, or it is not the version that somebody saw.
    """
    books.settle()
    found = history.decision(books.connection, books.fund.fund_id, number)
    if found.end is not None:
        raise StateError(what="decision", key=number, state=found.state, needed="open")
    if version is not None and version != found.latest.version:
        raise StateError(
            what="decision", key=number, state=found.latest.version, needed="latest-version"
        )
    return found
