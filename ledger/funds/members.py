"""Who acts in a fund: enrolled, given other roles, removed. Each is an entry; names stay beside the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.activity.origins import current as current_origin
from ledger.activity.recording import note
from ledger.activity.records import Activity
from ledger.actors import Actor, Member
from ledger.clock import to_ms, to_text
from ledger.errors import ConflictError, FieldError, StateError
from ledger.funds import history, store
from ledger.journal.entries import Draft
from ledger.journal.history import Fund, has_moved_money
from ledger.roles import acting, check_roles, parse_roles
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer

NAME_CHARS_MAX = 80
REMOVING = "members.remove"

SETUP = Actor("system", "setup")
"""Who acts before there are members: whoever has the command line."""

_LIKE_AN_ID = re.compile(r"m[0-9]+")

EndSessions = Callable[[sa.Connection, int], object]
"""Ends the sessions of a user, in the same transaction."""


class NewMember(NamedTuple):
    """Somebody to enrol.

    Attributes:
        name: Kept beside the ledger, never in it.
        roles: What they may do.
        user_id: Their sign-in; None for somebody who has none.
    """

    name: str
    roles: frozenset[str]
    user_id: int | None = None


def enrol(books: Books, actor: Actor, new: NewMember, decision: int | None = None) -> str:
    """Enrol somebody. Who was a member before gets the same id again.

    Args:
        books: The fund's books.
        actor: Who does it.
        new: Who, and in which roles.
        decision: Number of the decision that this carries out; None while the fund is set up.

    Returns:
        Their pseudonymous id.

    Raises:
        FieldError: A name that cannot be used, or roles that exclude each other.
        ConflictError: Somebody of this name, or this user, is a member already.
    """
    check_name(new.name)
    roles = check_roles(new.roles)
    known = history.all_members(books.connection, books.fund.fund_id)
    before = _same_person(known, new)
    member_id = before.member_id if before else f"m{len(known) + 1}"
    seq = _post(books, actor, "member.enrolled", (member_id, roles), decision)
    values = {
        "roles": ",".join(sorted(roles)),
        "name": new.name,
        "user_id": before.user_id if before and new.user_id is None else new.user_id,
        "enrolled_seq": seq,
    }
    fund_id = books.fund.fund_id
    if before:
        store.change_member(books.connection, fund_id, member_id, removed_seq=None, **values)
    else:
        store.add_member(books.connection, fund_id=fund_id, member_id=member_id, **values)
    return member_id


def check_name(name: str) -> None:
    """Hold that a name can be a member's.

    Args:
        name: As given.

    Raises:
        FieldError: None, too long, or one that could be taken for an id.
    """
    if not name.strip() or len(name) > NAME_CHARS_MAX:
        reason = "too-long" if name.strip() else "missing"
        raise FieldError(field="name", value="", reason=reason)
    if _LIKE_AN_ID.fullmatch(name):
        raise FieldError(field="name", value=name[:20], reason="like-an-id")


def _same_person(known: Sequence[Member], new: NewMember) -> Member | None:
    """Find who somebody was before: by their sign-in, or by their name as long as one of both has none.

    Raises:
        ConflictError: They are a member now, or somebody else has the name.
    """
    by_user = [one for one in known if new.user_id is not None and one.user_id == new.user_id]
    by_name = [one for one in known if one.name == new.name]
    for one in (*by_user, *by_name):
        if not one.removed:
            raise ConflictError(what="member", key="user" if one in by_user else "name")
    for one in by_name:
        is_known_user = None not in (one.user_id, new.user_id)
        if by_user not in ([], [one]) or (is_known_user and not by_user):
            raise ConflictError(what="member", key="name")
    return next(iter((*by_user, *by_name)), None)


def change_roles(
    books: Books, actor: Actor, member_id: str, roles: frozenset[str], decision: int | None = None
) -> int:
    """Give a member other roles.

    Args:
        books: The fund's books.
        actor: Who does it.
        member_id: Whose.
        roles: All that they have from now on.
        decision: Number of the decision that this carries out; None while the fund is set up.

    Returns:
        The entry.

    Raises:
        FieldError: Roles that exclude each other.
        UnknownNameError: There is no such member.
        StateError: They have these roles, or nobody would be administrator.
    """
    roles = check_roles(roles)
    found = history.member(books.connection, books.fund.fund_id, member_id)
    if found.roles == roles:
        raise StateError(what="member", key=found.member_id, state="same", needed="other-roles")
    if "administrator" not in roles:
        _check_last(books, found)
    seq = _post(books, actor, "member.changed", (found.member_id, roles), decision)
    store.change_member(
        books.connection, books.fund.fund_id, found.member_id, roles=",".join(sorted(roles))
    )
    return seq


def remove(books: Books, actor: Actor, text: str, end_sessions: EndSessions | None = None) -> int:
    """Remove a member: their tokens and sessions end with the same commit.

    Args:
        books: The fund's books.
        actor: Who does it.
        text: Id or name.
        end_sessions: Ends their sessions.

    Returns:
        The entry.

    Raises:
        UnknownNameError: There is no such member.
        StateError: Nobody would be administrator.
    """
    connection, fund_id = books.connection, books.fund.fund_id
    found = history.member(connection, fund_id, text)
    _check_last(books, found)
    seq = _post(books, actor, "member.removed", (found.member_id, found.roles), None)
    store.change_member(connection, fund_id, found.member_id, removed_seq=seq)
    store.end_tokens(connection, fund_id, found.member_id, to_ms(books.clock.now()))
    if end_sessions is not None and found.user_id is not None:
        end_sessions(connection, found.user_id)
    return seq


def _check_last(books: Books, leaving: Member) -> None:
    """Hold that a fund that has an administrator keeps one.

    Raises:
        StateError: It would have none.
    """
    others = history.all_members(books.connection, books.fund.fund_id)
    if "administrator" in leaving.roles and not any(
        "administrator" in one.roles and not one.removed
        for one in others
        if one.member_id != leaving.member_id
    ):
        raise StateError(what="administrator", state="last", needed="another")


def _post(
    books: Books, actor: Actor, kind: str, who: tuple[str, frozenset[str]], decision: int | None
) -> int:
    member_id, roles = who
    body: dict[str, object] = {"member": member_id, "roles": sorted(roles)}
    if decision is not None:
        body["decision"] = decision
    seq = books.post(Draft(kind, to_text(books.clock.now()), actor, body))
    books.settle()
    return seq


# --- while the fund is set up ----------------------------------------------------------------------


def check_setting_up(books: Books) -> None:
    """Hold that a fund is still being set up: from its first money on, what it is made of is changed by decisions.

    Args:
        books: The fund's books.

    Raises:
        StateError: Money has moved.
    """
    books.settle()
    if has_moved_money(books.connection, books.fund.fund_id):
        raise StateError(what="set-up", state="ended", needed="decision", do="--by NAME")


def enrol_member(
    sequencer: Sequencer,
    fund: Fund,
    name: str,
    roles: str,
    user_id: int | None = None,
) -> str:
    """Enrol somebody while the fund is set up.

    Args:
        sequencer: The writer.
        fund: The fund.
        name: Kept beside the ledger, never in it.
        roles: Of people, with commas between them.
        user_id: Their sign-in.

    Returns:
        Their pseudonymous id.

    Raises:
        FieldError: A name or roles that cannot be.
        ConflictError: They are a member already.
        StateError: Money has moved: this needs a decision.
    """
    new = NewMember(name, parse_roles(roles), user_id)

    def decide(books: Books) -> str:
        check_setting_up(books)
        return enrol(books, SETUP, new)

    return sequencer.decide(fund, decide).value


def remove_member(
    sequencer: Sequencer,
    fund: Fund,
    text: str,
    by: str | None = None,
    end_sessions: EndSessions | None = None,
) -> int:
    """Remove a member at once.

    Args:
        sequencer: The writer.
        fund: The fund.
        text: Id or name.
        by: Id of the administrator; None while the fund is set up.
        end_sessions: Ends their sessions.

    Returns:
        The entry.

    Raises:
        NotAllowedError: Whoever does it may not.
        UnknownNameError: There is no such member.
        StateError: Nobody would be administrator; or money has moved, and no administrator is named.
    """
    origin = current_origin()

    def decide(books: Books) -> int:
        if by is None:
            check_setting_up(books)
            actor = SETUP
        else:
            actor = acting(history.member(books.connection, fund.fund_id, by), REMOVING)
        leaving = history.member(books.connection, fund.fund_id, text)
        subject = f"member/{leaving.member_id}"
        note(
            books,
            Activity(fund.fund_id, REMOVING, subject, actor.id, actor.role, origin=origin),
        )
        return remove(books, actor, leaving.member_id, end_sessions)

    return sequencer.decide(fund, decide).value
