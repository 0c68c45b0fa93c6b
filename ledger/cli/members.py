"""Members: who acts in a fund. Whoever has a shell enrols them while the fund is set up; afterwards two people do."""

from __future__ import annotations

import click

from ledger.cli.deciding import summary
from ledger.cli.session import Session, acts, fund_option, guarded, machine, pass_session
from ledger.desk import actions, wanted
from ledger.funds import history, members
from ledger.funds.members import NewMember
from ledger.roles import parse_roles


@click.group()
def member() -> None:
    """Members: who acts in a fund."""


def invitation(session: Session, user_id: int) -> str:
    """Invite a user who has not accepted yet.

    Args:
        session: The call.
        user_id: Number of the user.

    Returns:
        Address with which they choose password and second factor; empty where they have done so.
    """
    from ledger.signin import enrolling

    gate = session.gate()
    with gate.reading():
        has_accepted = gate.user(user_id).accepted_ms is not None
    return "" if has_accepted else enrolling.invite(gate, user_id)


@member.command("add")
@click.argument("name")
@click.argument("roles", metavar="ROLE[,ROLE]")
@click.option("--email", required=True, help="Where the invitation goes; they sign in with it.")
@fund_option
@acts("members.propose", setting_up=True)
@pass_session
@guarded
def member_add(
    session: Session,
    name: str,
    roles: str,
    email: str,
    member_name: str | None,
    fund_slug: str | None,
) -> None:
    """Enrol a member. NAME and address stay beside the ledger, never in it.

    While the fund is set up this holds at once; afterwards it proposes, and an approver decides.
    """
    from ledger.signin import enrolling

    ledger, fund = session.ledger(), session.fund(fund_slug)
    asked = sorted(parse_roles(roles))
    members.check_name(name)
    by = session.member(fund, member_name) if member_name else None
    user_id = enrolling.add_user(session.gate(), email, name)
    if by is not None:
        new = wanted.enrolment(NewMember(name, frozenset(asked), user_id))
        done = actions.propose(ledger.sequencer, fund, by.member_id, new)
        link = invitation(session, user_id)
        shown = summary(done) + (f"; invitation: {link}" if link else "")
        session.say(shown, decision=done.number, roles=asked, invitation=link)
        return
    member_id = members.enrol_member(ledger.sequencer, fund, name, roles, user_id)
    link = invitation(session, user_id)
    session.say(
        f"{','.join(asked)} enrolled as {member_id}" + (f"; invitation: {link}" if link else ""),
        member=member_id,
        roles=asked,
        invitation=link,
    )


@member.command("change")
@click.argument("name")
@click.argument("roles", metavar="ROLE[,ROLE]")
@fund_option
@acts("members.propose")
@pass_session
@guarded
def member_change(
    session: Session, name: str, roles: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose that a member has these ROLES from now on, and no others. An approver decides."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    by = session.member(fund, member_name)
    with ledger.database.reading() as connection:
        found = history.member(connection, fund.fund_id, name)
    new = wanted.roles(found.member_id, parse_roles(roles))
    done = actions.propose(ledger.sequencer, fund, by.member_id, new)
    session.say(summary(done), decision=done.number, member=found.member_id)


@member.command("remove")
@click.argument("name")
@fund_option
@acts("members.remove", setting_up=True)
@pass_session
@guarded
def member_remove(
    session: Session, name: str, member_name: str | None, fund_slug: str | None
) -> None:
    """Remove a member at once, with their tokens and sessions."""
    from ledger.signin.sessions import end_sessions

    ledger, fund = session.ledger(), session.fund(fund_slug)
    by = session.member(fund, member_name).member_id if member_name else None
    seq = members.remove_member(ledger.sequencer, fund, name, by, end_sessions)
    session.say(f"removed, entry {seq}", seq=seq)


@member.command("list")
@fund_option
@pass_session
@guarded
@machine
def member_list(session: Session, fund_slug: str | None) -> None:
    """List members."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        people = history.all_members(connection, fund.fund_id)
    for one in people:
        session.note(
            f"{one.member_id}\t{one.role_text}\t{one.name}\t{'removed' if one.removed else ''}"
        )
    session.say(
        f"{len(people)} members",
        members=[
            {"id": one.member_id, "roles": sorted(one.roles), "removed": one.removed}
            for one in people
        ],
    )
