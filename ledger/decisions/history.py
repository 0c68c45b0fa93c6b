"""Read decisions, the rules they stand under, and who may still act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from ledger.actors import Member
from ledger.decisions.cost_limit import WHAT as COST_LIMIT
from ledger.decisions.cost_limit import CostLimit, limit_from_json
from ledger.decisions.rules import (
    KINDS,
    Exempted,
    Rule,
    is_weaker,
    kind_of,
    lacking,
    rule_from_json,
)
from ledger.decisions.shapes import Approval, Decision, End, Version
from ledger.decisions.tables import (
    decision_approvals,
    decision_ends,
    decision_private_parts,
    decision_versions,
    decisions,
)
from ledger.errors import NotFoundError
from ledger.journal.codec import decode
from ledger.journal.history import of_kind
from ledger.keyset import Listing, Sort

RULES_MAX = 10_000
"""So many changes of rules are read; a fund makes a few a year."""


def decision(connection: sa.Connection, fund_id: int, number: int) -> Decision:
    """Return one decision.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        number: Of the decision.

    Returns:
        The decision, with all its versions and approvals.

    Raises:
        NotFoundError: There is no such decision.
    """
    found = _decisions(connection, fund_id, decisions.c.number == number)
    if not found:
        raise NotFoundError(what="decision", number=number)
    return found[0]


def open_decisions(connection: sa.Connection, fund_id: int) -> list[Decision]:
    """Return the decisions that have not ended, oldest first."""
    ended = sa.select(decision_ends.c.number).where(decision_ends.c.fund_id == fund_id)
    return _decisions(connection, fund_id, decisions.c.number.not_in(ended))


def ended_decisions(
    connection: sa.Connection, fund_id: int, *, newest: int = 50, below: int | None = None
) -> list[Decision]:
    """Return the newest decisions that have ended, newest first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        newest: How many at most.
        below: Only numbers below this one, to page on.

    Returns:
        Decisions.
    """
    numbers = (
        sa.select(decision_ends.c.number)
        .where(decision_ends.c.fund_id == fund_id)
        .order_by(decision_ends.c.number.desc())
        .limit(newest)
    )
    if below is not None:
        numbers = numbers.where(decision_ends.c.number < below)
    known = list(connection.execute(numbers).scalars())
    return _decisions(connection, fund_id, decisions.c.number.in_(known))[::-1]


OPEN = "open"
STATES = (OPEN, "approved", "rejected", "withdrawn")


class Asked(NamedTuple):
    """Which decisions a list has. Empty texts ask for all.

    Attributes:
        state: One of `STATES`.
        kind: One of `rules.KINDS`.
        proposer: Member who proposed it.
    """

    state: str = ""
    kind: str = ""
    proposer: str = ""


def listing(fund_id: int, asked: Asked) -> Listing[Decision]:
    """Return decisions as a list that the database sorts and cuts, newest first.

    Args:
        fund_id: The fund.
        asked: Which.

    Returns:
        The list; orders `number`, `kind`, `amount` and `state`.
    """
    d, v, e = decisions.c, decision_versions.c, decision_ends.c
    first = decision_versions.alias("first")
    newest = (
        sa.select(sa.func.max(first.c.version))
        .where(first.c.fund_id == d.fund_id, first.c.number == d.number)
        .scalar_subquery()
    )
    of_decision = sa.and_(v.fund_id == d.fund_id, v.number == d.number, v.version == newest)
    of_end = sa.and_(e.fund_id == d.fund_id, e.number == d.number)
    joined = decisions.join(decision_versions, of_decision).outerjoin(decision_ends, of_end)
    query = sa.select(d.number).select_from(joined).where(d.fund_id == fund_id)
    if asked.state:
        query = query.where(e.ending.is_(None) if asked.state == OPEN else e.ending == asked.state)
    if asked.kind:
        query = query.where(d.kind == asked.kind)
    if asked.proposer:
        begun = sa.exists().where(
            first.c.fund_id == d.fund_id,
            first.c.number == d.number,
            first.c.version == 1,
            first.c.member_id == asked.proposer,
        )
        query = query.where(begun)

    def read(connection: sa.Connection, rows: Sequence[sa.RowMapping]) -> list[Decision]:
        numbers = [row["number"] for row in rows]
        found = _decisions(connection, fund_id, d.number.in_(numbers))
        known = {one.number: one for one in found}
        return [known[number] for number in numbers]

    return Listing(
        query=query,
        orders={
            "number": (d.number,),
            "kind": (d.kind, d.number),
            "amount": (sa.func.coalesce(v.amount, -1), d.number),
            "state": (sa.func.coalesce(e.ending, ""), d.number),
        },
        usual=Sort("number", descending=True),
        read=read,
        commodity=v.commodity,
    )


def approved(
    connection: sa.Connection, fund_id: int, kind: str, *, newest: int = 1000
) -> list[tuple[int, Mapping[str, Any]]]:
    """Return what was decided of a kind, what was approved last first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        kind: Of the decisions.
        newest: How many at most.

    Returns:
        Number and content of each.
    """
    found = decided(connection, fund_id, kind, newest=newest)
    return [(number, content) for number, _, content in found]


def decided(
    connection: sa.Connection,
    fund_id: int,
    kind: str,
    *,
    size: int | None = None,
    newest: int = 1000,
) -> list[tuple[int, int, Mapping[str, Any]]]:
    """Return what was decided of a kind with the entry of its last approval, what was approved last first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        kind: Of the decisions.
        size: Only entries below this number count; None for all.
        newest: How many at most.

    Returns:
        Number, entry and content of each.
    """
    rows = connection.execute(
        sa.select(decisions.c.number, decision_ends.c.seq, decision_versions.c.content)
        .select_from(
            decisions.join(
                decision_ends,
                sa.and_(
                    decision_ends.c.fund_id == decisions.c.fund_id,
                    decision_ends.c.number == decisions.c.number,
                ),
            ).join(
                decision_versions,
                sa.and_(
                    decision_versions.c.fund_id == decision_ends.c.fund_id,
                    decision_versions.c.number == decision_ends.c.number,
                    decision_versions.c.version == decision_ends.c.version,
                ),
            )
        )
        .where(
            decisions.c.fund_id == fund_id,
            decisions.c.kind == kind,
            decision_ends.c.ending == "approved",
            sa.true() if size is None else decision_ends.c.seq < size,
        )
        .order_by(decision_ends.c.seq.desc())
        .limit(newest)
    )
    return [(row[0], row[1], orjson.loads(row[2])) for row in rows]


def limit_in_force(
    connection: sa.Connection, fund_id: int, *, size: int | None = None
) -> CostLimit:
    """Return the limit of a fund: what was decided last.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        size: Only entries below this number count; None for all.

    Returns:
        The limit; the usual one before the first decision about it.
    """
    for number, seq, content in decided(connection, fund_id, "rule", size=size):
        if COST_LIMIT in content:
            return limit_from_json(content)._replace(entry=seq, decision=number)
    return CostLimit()


def by_entry(connection: sa.Connection, fund_id: int, seq: int) -> Decision:
    """Return the decision that an entry proposed or edited.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        seq: The entry.

    Returns:
        The decision as it stands now.

    Raises:
        NotFoundError: The entry wrote no version.
    """
    number = connection.execute(
        sa.select(decision_versions.c.number).where(
            decision_versions.c.fund_id == fund_id, decision_versions.c.seq == seq
        )
    ).scalar()
    if number is None:
        raise NotFoundError(what="decision", seq=seq)
    return decision(connection, fund_id, number)


def last_number(connection: sa.Connection, fund_id: int) -> int:
    """Return the number of the newest decision, 0 before the first."""
    found = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(decisions.c.number), 0)).where(
            decisions.c.fund_id == fund_id
        )
    )
    return int(found.scalar_one())


def _decisions(
    connection: sa.Connection, fund_id: int, which: sa.ColumnElement[bool]
) -> list[Decision]:
    kinds = connection.execute(
        sa.select(decisions.c.number, decisions.c.kind)
        .where(decisions.c.fund_id == fund_id, which)
        .order_by(decisions.c.number)
    ).all()
    if not kinds:
        return []
    numbers = [row.number for row in kinds]
    versions: dict[int, list[Version]] = {number: [] for number in numbers}
    for row in _rows(connection, fund_id, decision_versions, numbers):
        versions[row.number].append(_version(row))
    approvals: dict[int, list[Approval]] = {number: [] for number in numbers}
    for row in _rows(connection, fund_id, decision_approvals, numbers):
        approvals[row.number].append(Approval(row.version, row.slot, row.member_id, row.seq))
    ends = {
        row.number: End(row.ending, row.version, row.member_id, row.reason, row.seq)
        for row in _rows(connection, fund_id, decision_ends, numbers)
    }
    return [
        Decision(
            row.number,
            row.kind,
            tuple(versions[row.number]),
            tuple(approvals[row.number]),
            ends.get(row.number),
        )
        for row in kinds
    ]


def _rows(
    connection: sa.Connection, fund_id: int, table: sa.Table, numbers: Sequence[int]
) -> Iterable[Any]:
    return connection.execute(
        sa.select(table)
        .where(table.c.fund_id == fund_id, table.c.number.in_(numbers))
        .order_by(table.c.seq)
    )


def _version(row: Any) -> Version:
    return Version(
        version=row.version,
        member_id=row.member_id,
        content=orjson.loads(row.content),
        needed=tuple(row.needed.split(",")),
        amount=row.amount,
        commodity=row.commodity,
        commitment=row.commitment,
        seq=row.seq,
    )


class PrivatePart(NamedTuple):
    """What is private of an open decision.

    Attributes:
        version: Of the decision.
        content: JSON.
        text: The bytes that are committed to.
        salt: Opens the commitment.
    """

    version: int
    content: Mapping[str, Any]
    text: bytes
    salt: bytes


def private_part(connection: sa.Connection, fund_id: int, found: Decision) -> PrivatePart | None:
    """Return what is private of a decision's latest version.

    Whoever shows it to somebody puts that on record.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        found: The decision.

    Returns:
        None where nothing is, and when it has ended: then it is gone.
    """
    row = connection.execute(
        sa.select(
            decision_private_parts.c.version,
            decision_private_parts.c.content,
            decision_private_parts.c.salt,
        ).where(
            decision_private_parts.c.fund_id == fund_id,
            decision_private_parts.c.number == found.number,
            decision_private_parts.c.version == found.latest.version,
        )
    ).first()
    if row is None:
        return None
    return PrivatePart(
        row.version, orjson.loads(row.content), row.content.encode(), bytes(row.salt)
    )


# --- rules ----------------------------------------------------------------------------------------


class RuleInForce(NamedTuple):
    """Who has to approve decisions of a kind in a fund.

    Attributes:
        rule: In force.
        reason: Why it asks for less than the default; None where it does not.
        seq: Entry that set it; None for the default.
    """

    rule: Rule
    reason: str | None
    seq: int | None


def rules_in_force(
    connection: sa.Connection, fund_id: int, *, size: int | None = None
) -> dict[str, RuleInForce]:
    """Return the rule of every kind.

    Args:
        connection: In a transaction; what this commit has posted is inserted.
        fund_id: The fund.
        size: Only entries below this number count; None for all.

    Returns:
        By kind, in the order of `KINDS`.
    """
    found = {name: RuleInForce(kind.default, None, None) for name, kind in KINDS.items()}
    for one in reversed(of_kind(connection, fund_id, "rule.set", newest=RULES_MAX)):
        if size is None or one.seq < size:
            kind, rule, reason = rule_from_json(decode(one.entry)["body"])
            found[kind.name] = RuleInForce(rule, reason, one.seq)
    return found


def exceptions_in_force(
    connection: sa.Connection, fund_id: int, *, size: int | None = None
) -> list[Exempted]:
    """Return the rules of a fund that ask for less than the default: statements and the desk show them.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        size: Only entries below this number count; None for all.

    Returns:
        Exceptions, in the order of `KINDS`.
    """
    return [
        Exempted(name, one.rule, kind_of(name).default, one.reason or "", one.seq)
        for name, one in rules_in_force(connection, fund_id, size=size).items()
        if one.seq is not None and is_weaker(one.rule, kind_of(name).default)
    ]


# --- who may act ----------------------------------------------------------------------------------


class MayAct(NamedTuple):
    """Who can still approve a decision.

    Attributes:
        members: Who can fill an open slot, in the order given.
        lacking: Roles of open slots that cannot all be filled by different people of them; empty when they can.
        why: None while the decision can be completed; else `ended`, `no-such-role` (nobody has a role that is
            lacking), `too-few` (not enough people have it), or `touched` (enough have it, but they proposed, edited
            or approved already).
    """

    members: tuple[Member, ...]
    lacking: tuple[str, ...]
    why: str | None


def who_may_act(found: Decision, members: Iterable[Member]) -> MayAct:
    """Tell who can still approve a decision, and why nobody can.

    Args:
        found: The decision.
        members: Of the fund.

    Returns:
        See `MayAct`.
    """
    if found.end is not None:
        return MayAct((), (), "ended")
    acting = [one for one in members if not one.removed]
    open_slots = found.open_slots
    out = found.touched | {one.member_id for one in found.standing}
    able = [
        one
        for one in acting
        if one.member_id not in out and not one.roles.isdisjoint(open_slots.values())
    ]
    missing = lacking(list(open_slots.values()), [one.roles for one in able])
    why = _why(missing, open_slots, acting) if missing else None
    return MayAct(tuple(able), tuple(missing), why)


def _why(missing: Sequence[str], open_slots: Mapping[int, str], acting: Sequence[Member]) -> str:
    if not lacking(list(open_slots.values()), [one.roles for one in acting]):
        return "touched"
    has_role = any(not one.roles.isdisjoint(missing) for one in acting)
    return "too-few" if has_role else "no-such-role"
