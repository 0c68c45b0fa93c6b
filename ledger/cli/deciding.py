"""Decisions: what waits for a second person, and their approval. And the rules of who has to approve what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import orjson

from ledger.actors import Member
from ledger.cli.session import Session, acts, fund_option, guarded, machine, pass_session
from ledger.decisions import history
from ledger.decisions.cost_limit import CostLimit, parse_percent, percent
from ledger.decisions.promises import promises_in_force
from ledger.decisions.rules import KINDS, Rule, Tier, kind_of
from ledger.decisions.shapes import Decision
from ledger.desk import actions, wanted
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError, StateError
from ledger.funds import history as funds
from ledger.funds.history import Rate
from ledger.journal.history import Fund
from ledger.money import parse_amount, plain_amount
from ledger.roles import parse_roles
from ledger.spending.management import management_share
from ledger.transfers.booking import Proposal
from ledger.wiring import stamp

DIGITS_MAX = 15
"""Of a whole number: all of these fit into 64 bits."""

SHOWN_MAX = 50
"""Ended decisions that a list shows."""


@click.group()
def decision() -> None:
    """Decisions: proposed by one person, approved by another."""


def told(found: Decision) -> dict[str, Any]:
    """Return a decision for `--json`."""
    return {
        "number": found.number,
        "kind": found.kind,
        "state": found.state,
        "version": found.latest.version,
        "content": found.latest.content,
        "needed": list(found.latest.needed),
        "open": sorted(found.open_slots.values()),
        "proposed_by": found.proposed_by,
        "touched": sorted(found.touched),
        "approved_by": [one.member_id for one in found.standing],
    }


def summary(found: Decision) -> str:
    """Return a decision as one line."""
    open_slots = ", ".join(found.open_slots.values())
    state = f"waits for {open_slots}" if found.end is None else found.state
    return f"decision {found.number}: {found.kind}, version {found.latest.version}, {state}"


@decision.command("list")
@click.option("--all", "ended", is_flag=True, help="The newest that have ended as well.")
@fund_option
@pass_session
@guarded
@machine
def decision_list(session: Session, *, ended: bool, fund_slug: str | None) -> None:
    """List the decisions that wait for somebody."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = history.open_decisions(connection, fund.fund_id)
        if ended:
            found += history.ended_decisions(connection, fund.fund_id, newest=SHOWN_MAX)
    for one in found:
        session.note(summary(one))
    session.say(f"{len(found)} decisions", decisions=[told(one) for one in found])


@decision.command("show")
@click.argument("number", type=int)
@fund_option
@pass_session
@guarded
@machine
def decision_show(session: Session, number: int, fund_slug: str | None) -> None:
    """Show decision NUMBER: what it is about, who touched it, and who may still act."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = history.decision(connection, fund.fund_id, number)
        people = funds.all_members(connection, fund.fund_id)
    able = history.who_may_act(found, people)
    for version in found.versions:
        said = "proposed" if version.version == 1 else "edited"
        content = orjson.dumps(version.content, option=orjson.OPT_SORT_KEYS).decode()
        session.note(f"version {version.version} {said} by {version.member_id}: {content}")
    for one in found.approvals:
        session.note(f"version {one.version} approved by {one.member_id}")
    if found.end is not None:
        reason = f": {found.end.reason}" if found.end.reason else ""
        session.note(f"{found.end.end} by {found.end.member_id}{reason}")
    elif able.why is None:
        session.note(f"can still act: {', '.join(one.member_id for one in able.members)}")
    else:
        session.note(f"nobody can complete it ({able.why}): {', '.join(able.lacking)}")
    session.say(
        summary(found),
        **told(found),
        may_act=[one.member_id for one in able.members],
        lacking=list(able.lacking),
        why=able.why,
    )


_version_option = click.option(
    "--version", type=int, help="The one that you saw; needed where somebody edited it."
)


@decision.command("approve")
@click.argument("number", type=int)
@_version_option
@fund_option
@acts("decision.approve")
@pass_session
@guarded
def decision_approve(
    session: Session, number: int, version: int | None, member_name: str, fund_slug: str | None
) -> None:
    """Approve decision NUMBER, that others proposed. The last approval carries it out."""
    fund = session.fund(fund_slug)
    done = approve(session, fund, session.member(fund, member_name), number, version)
    session.say(summary(done), **told(done))


def approve(  # what was seen
    session: Session,
    fund: Fund,
    member: Member,
    number: int,
    version: int | None,
    *,
    payee_seen: bool = False,
) -> Decision:
    """Approve a decision.

    Args:
        session: The call.
        fund: The fund.
        member: Who approves, as the session knows them.
        number: Of the decision.
        version: The one that they saw; None for one that nobody edited.
        payee_seen: Whether they say that they have seen that a transfer's payee changed.

    Returns:
        The decision.

    Raises:
        FieldError: Somebody edited it, and no version is named.
    """
    seen = seen_version(session, fund, number, version)
    sequencer = session.ledger().sequencer
    done = actions.approve(
        sequencer, fund, member.member_id, number, seen, session.fresh, payee_seen=payee_seen
    )
    if done.is_approved and done.kind == "seal":
        stamp(session.ledger(), fund)
    return done


def seen_version(session: Session, fund: Fund, number: int, version: int | None) -> int:
    """Return the version that somebody saw: what was edited since must not pass as what they know.

    Args:
        session: The call.
        fund: The fund.
        number: Of the decision.
        version: From `--version`.

    Returns:
        The version.

    Raises:
        FieldError: There are several, and none is named.
    """
    with session.ledger().database.reading() as connection:
        latest = history.decision(connection, fund.fund_id, number).latest.version
    if version is None and latest > 1:
        raise FieldError(field="version", value="", reason="edited", expected=latest)
    return version or latest


@decision.command("reject")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="In words that anyone may read.")
@fund_option
@acts("decision.reject")
@pass_session
@guarded
def decision_reject(
    session: Session, number: int, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Reject decision NUMBER, that others proposed."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    done = actions.reject(ledger.sequencer, fund, member.member_id, number, reason)
    session.say(summary(done), **told(done))


@decision.command("withdraw")
@click.argument("number", type=int)
@fund_option
@acts("decision.withdraw")
@pass_session
@guarded
def decision_withdraw(
    session: Session, number: int, member_name: str, fund_slug: str | None
) -> None:
    """Take back decision NUMBER, that one proposed or edited."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    done = actions.withdraw(ledger.sequencer, fund, member.member_id, number)
    session.say(summary(done), **told(done))


@decision.command("edit")
@click.argument("number", type=int)
@click.argument("changes", metavar="FIELD=VALUE…", nargs=-1, required=True)
@_version_option
@fund_option
@acts("decision.edit")
@pass_session
@guarded
def decision_edit(
    session: Session,
    number: int,
    changes: tuple[str, ...],
    version: int | None,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Change what decision NUMBER proposes, such as `amount=90.00`. Its approvals so far count no more, and whoever
    edits it cannot approve it.

    Fields are those that `decision show` shows. A decision about something private is withdrawn and proposed anew.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    seen = seen_version(session, fund, number, version)
    with ledger.database.reading() as connection:
        found = history.decision(connection, fund.fund_id, number)
    new = _edited(found, dict(_split(change) for change in changes))
    done = actions.edit(ledger.sequencer, fund, member.member_id, number, seen, new)
    session.say(summary(done), **told(done))


def _split(change: str) -> tuple[str, str]:
    name, sign, value = change.partition("=")
    if not sign:
        raise FieldError(field="change", value=change[:40], reason="not-field=value")
    return name, value


def _edited(found: Decision, changes: Mapping[str, str]) -> Wanted:
    """Return what is wanted from now on.

    Raises:
        StateError: A decision of this kind, or with something private, cannot be edited here.
        FieldError: It has no such field.
    """
    content = dict(found.latest.content)
    if found.kind not in ("transfer", "rate", "close", "members") or found.latest.commitment:
        raise StateError(what="decision", key=found.kind, state="private", needed="withdraw")
    fixed = {"number", "member", "payee", "payee_changed", "evidence", "policy"} & content.keys()
    for name in changes:
        if name not in content or name in fixed:
            known = sorted(content.keys() - fixed)
            raise FieldError(field=name[:40], value="", reason="unknown", known=known)
    text = {**{name: str(value) for name, value in content.items()}, **changes}
    if found.kind == "transfer":
        # A change names the amount as people write it; what stays is in minor units.
        amount = _minor(changes, "amount", content["amount"], text["commodity"])
        return wanted.transfer(
            Proposal(
                text["from"],
                text["to"],
                text["commodity"],
                amount,
                text["reference"],
                text.get("purpose", ""),
                tuple(content.get("evidence", ())),
                text.get("policy", ""),
            )
        )
    if found.kind == "rate":
        minor = _minor(changes, "minor", content["minor"], text["commodity"])
        units, from_ms = (_whole(text[name], name) for name in ("units", "from_ms"))
        return wanted.rate(Rate(text["unit"], units, minor, text["commodity"], from_ms, 0))
    if found.kind == "close":
        return wanted.close(text["month"], text.get("reason", ""))
    roles = parse_roles(changes["roles"]) if "roles" in changes else frozenset(content["roles"])
    return wanted.roles(content["member"], roles)


def _minor(changes: Mapping[str, str], name: str, before: int, commodity: str) -> int:
    return parse_amount(changes[name], commodity) if name in changes else before


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise FieldError(field=name, value=text[:40], reason="not-an-integer")
    return int(text)


# --- rules -----------------------------------------------------------------------------------------


@click.group()
def rule() -> None:
    """Rules: who has to approve what."""


@rule.command("show")
@fund_option
@pass_session
@guarded
@machine
def rule_show(session: Session, fund_slug: str | None) -> None:
    """Show the rule of each kind of decisions; an exception asks for less than is usual."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = history.rules_in_force(connection, fund.fund_id)
    for kind, one in found.items():
        tiers = "; ".join(
            f"{_limit(tier, one.rule.commodity)}: {', '.join(tier.slots) or 'nobody'}"
            for tier in one.rule.tiers
        )
        session.note(f"{kind}\t{tiers}" + (f"\texception: {one.reason}" if one.reason else ""))
    exceptions = [kind for kind, one in found.items() if one.reason]
    session.say(
        f"{len(found)} rules, {len(exceptions)} exceptions",
        rules={
            kind: {
                "commodity": one.rule.commodity,
                "tiers": [
                    {"up_to": tier.up_to, "slots": list(tier.slots)} for tier in one.rule.tiers
                ],
                "exception": one.reason,
                "seq": one.seq,
            }
            for kind, one in found.items()
        },
    )


@rule.command("promises")
@fund_option
@pass_session
@guarded
@machine
def rule_promises(session: Session, fund_slug: str | None) -> None:
    """Show within how many days the fund promises that money arrives, is paid, and a statement is out."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = promises_in_force(connection, fund.fund_id)
    session.say(
        f"transfers within {found.transfer_days} working days, settlements within {found.settlement_days} days, "
        f"statements within {found.statement_days} working days",
        **found._asdict(),
    )


@rule.command("promise")
@click.option("--transfer-days", type=int, help="Working days until a transfer arrives.")
@click.option("--settlement-days", type=int, help="Days until a platform pays a settlement.")
@click.option("--statement-days", type=int, help="Working days until a month's statement is out.")
@fund_option
@acts("rule.propose")
@pass_session
@guarded
def rule_promise(
    session: Session,
    transfer_days: int | None,
    settlement_days: int | None,
    statement_days: int | None,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Propose other days; what is left out stays as it is. Another person approves it."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    said = {
        "transfer_days": transfer_days,
        "settlement_days": settlement_days,
        "statement_days": statement_days,
    }
    with session.ledger().database.reading() as connection:
        now = promises_in_force(connection, fund.fund_id)
    new = now._replace(**{name: days for name, days in said.items() if days is not None})
    done = actions.propose(
        session.ledger().sequencer, fund, member.member_id, wanted.promises(new)
    )
    session.say(f"proposed as decision {done.number}", decision=done.number)


@rule.command("management-limit")
@fund_option
@pass_session
@guarded
@machine
def rule_management_limit(session: Session, fund_slug: str | None) -> None:
    """Show how much of a year's payments may be management cost, and how much of this year's is."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        found = management_share(connection, fund, ledger.clock.now())
    limit, share = found.limit, found.permyriad
    session.say(
        f"at most {limit.percent} ({limit.source or 'the usual one'}); in {found.year} so far "
        + ("nothing was paid" if share is None else percent(share)),
        limit_permyriad=limit.permyriad,
        source=limit.source,
        decision=limit.decision,
        seq=limit.entry,
        year=found.year,
        management=found.management_minor,
        total=found.total_minor,
        permyriad=share,
        above=found.is_above,
    )


@rule.command("propose-management-limit")
@click.argument("part", metavar="PERCENT")
@click.option("--source", required=True, help="Where it is written; anyone may read it.")
@fund_option
@acts("rule.propose")
@pass_session
@guarded
def rule_propose_management_limit(
    session: Session, part: str, source: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose that at most PERCENT of a year's payments may be management cost. Another person approves it."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    new = wanted.cost_limit(CostLimit(parse_percent(part), source))
    done = actions.propose(session.ledger().sequencer, fund, member.member_id, new)
    session.say(summary(done), decision=done.number)


def _limit(tier: Tier, commodity: str) -> str:
    if tier.up_to is None:
        return "all"
    return f"up to {plain_amount(tier.up_to, commodity)} {commodity}"


@rule.command("set")
@click.argument("kind", type=click.Choice(tuple(KINDS)))
@click.argument("tiers", metavar="[LIMIT:]ROLE[,ROLE]…", nargs=-1, required=True)
@click.option("--commodity", default="CNY", show_default=True, help="What the limits are in.")
@click.option("--exception", help="Why, where it asks for less than is usual.")
@fund_option
@acts("four-eyes.propose", setting_up=True)
@pass_session
@guarded
def rule_set(
    session: Session,
    kind: str,
    tiers: tuple[str, ...],
    commodity: str,
    exception: str | None,
    member_name: str | None,
    fund_slug: str | None,
) -> None:
    """Say who has to approve decisions of a kind: `rule set transfer 10000.00:approver approver,approver`.

    Each part is a limit and the roles that approve up to it; the last one has no limit. While the fund is set up this
    holds at once; afterwards it proposes, and an approver decides.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    kind_of(kind)
    new = Rule(commodity, tuple(_tier(one, commodity) for one in tiers))
    if member_name is None:
        seq = actions.set_rule(ledger.sequencer, fund, kind, new, exception)
        session.say(f"rule for {kind} set, entry {seq}", kind=kind, seq=seq)
        return
    member = session.member(fund, member_name)
    done = actions.propose(
        ledger.sequencer, fund, member.member_id, wanted.rule(kind, new, exception)
    )
    session.say(summary(done), **told(done))


def _tier(text: str, commodity: str) -> Tier:
    limit, sign, roles = text.rpartition(":")
    up_to = parse_amount(limit, commodity) if sign else None
    return Tier(up_to, tuple(role.strip() for role in roles.split(",") if role.strip()))
