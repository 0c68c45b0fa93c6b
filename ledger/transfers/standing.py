"""What a fund has decided about its transfers once and for all: policies that propose, and columns of bank portals.

Each is data under a decision of kind `rule`. A policy proposes in the name of a member who answers for it; like anybody
who proposes, they cannot approve it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from ledger.actors import Member
from ledger.errors import AmountError, FieldError, UnknownNameError
from ledger.funds import history as funds
from ledger.journal.codec import encode
from ledger.money import AMOUNT_MAX
from ledger.roles import may
from ledger.sequencer.books import Books
from ledger.transfers import store
from ledger.transfers.payment_files import STANDARD, Columns, mapping_from_json
from ledger.transfers.tables import transfer_rules

POLICY = "transfer_policy"
COLUMNS = "payment_columns"
KINDS = (POLICY, COLUMNS)

KEYS = "policy/"
"""How the keys begin by which a policy proposes once a day. No client may choose one: it would silence the policy."""

WEEKDAYS = 7
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Of weekdays from 0 on, as commands and machines write them."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
PURPOSE_MAX = 140


class Policy(NamedTuple):
    """When transfers are proposed without anybody thinking of it.

    Attributes:
        name: Such as `friday`.
        member: Id of the member in whose name it proposes.
        source: Collecting account.
        target: Fund account.
        weekday: Day on which it proposes, 0 for Monday; None for any day.
        above: It proposes only when so much is there, minor units; 0 for whatever is there.
        keep: What stays in the account, minor units.
        purpose: What is proposed says it.
        is_on: Whether it proposes at all.
    """

    name: str
    member: str
    source: str
    target: str
    weekday: int | None = None
    above: int = 0
    keep: int = 0
    purpose: str = ""
    is_on: bool = True

    def why_not(self, day: date, there: int) -> str | None:
        """Return why it proposes nothing; None where it proposes.

        Args:
            day: Today, where the fund is.
            there: What is matched with the bank's lines, still in the account and not promised; minor units.

        Returns:
            `off`, `other-day`, `nothing-there`, `too-little`, or None.
        """
        if not self.is_on:
            return "off"
        if self.weekday is not None and day.weekday() != self.weekday:
            return "other-day"
        if there - self.keep <= 0:
            return "nothing-there"
        return "too-little" if there < self.above else None


def policy_json(one: Policy) -> dict[str, Any]:
    """Return a policy as its decision says it."""
    return {
        "name": one.name,
        "member": one.member,
        "from": one.source,
        "to": one.target,
        "weekday": one.weekday,
        "above": one.above,
        "keep": one.keep,
        "purpose": one.purpose,
        "on": one.is_on,
    }


def policy_from_json(content: Mapping[str, Any]) -> Policy:
    """Read what `policy_json` wrote."""
    return Policy(
        content["name"],
        content["member"],
        content["from"],
        content["to"],
        content["weekday"],
        content["above"],
        content["keep"],
        content["purpose"],
        content["on"],
    )


def check_policy(books: Books, new: Policy) -> None:
    """Hold that a policy can propose, if it is to; whatever holds no more, it can always be ended.

    Args:
        books: The fund's books.
        new: The policy.

    Raises:
        FieldError: A name that cannot be used, no such weekday, accounts of other stages or currencies, or a member
            who may not propose transfers.
        UnknownNameError: The fund has no such account or member.
        AmountError: Below zero.
    """
    if not _NAME.fullmatch(new.name):
        raise FieldError(field="name", value=new.name[:40], reason="not-a-name")
    if new.weekday is not None and not 0 <= new.weekday < WEEKDAYS:
        raise FieldError(field="weekday", value=new.weekday, reason="unknown")
    if len(new.purpose) > PURPOSE_MAX or not new.purpose.isprintable():
        raise FieldError(field="purpose", value="", reason="too-long")
    for field, amount in (("above", new.above), ("keep", new.keep)):
        if not 0 <= amount <= AMOUNT_MAX:
            raise AmountError(field=field, value=amount, reason="not-positive")
    if not new.is_on:
        return
    _check_accounts(books, new)
    connection, fund_id = books.connection, books.fund.fund_id
    who = funds.member(connection, fund_id, new.member)
    if who.member_id != new.member or not may(who, "transfer.propose"):
        raise FieldError(field="member", value="", reason="may-not-propose")


def _check_accounts(books: Books, new: Policy) -> None:
    known = {
        one.name: one.commodity
        for one in funds.money_account_list(books.connection, books.fund.fund_id)
    }
    for field, name, stage in (
        ("from", new.source, "Assets:Bank:"),
        ("to", new.target, "Assets:Fund:"),
    ):
        if name not in known:
            raise UnknownNameError(what="account", name=name[:60], known=sorted(known))
        if not name.startswith(stage):
            raise FieldError(field=field, value=name[:60], reason="other-stage", expected=stage)
    if known[new.source] != known[new.target]:
        raise FieldError(
            field="to",
            reason="other-currency",
            value=known[new.target],
            expected=known[new.source],
        )


def keep(books: Books, kind: str, content: Mapping[str, Any], decision: int) -> None:
    """Keep what was decided, as the next version of its name.

    Args:
        books: The fund's books.
        kind: One of `KINDS`.
        content: JSON, with a `name`.
        decision: Number of the decision.
    """
    books.settle()
    version = _last(books.connection, books.fund.fund_id, kind, content["name"]) + 1
    store.add_rule(
        books.connection,
        fund_id=books.fund.fund_id,
        kind=kind,
        name=content["name"],
        version=version,
        content=encode(dict(content)).decode(),
        decision=decision,
    )


def _last(connection: sa.Connection, fund_id: int, kind: str, name: str) -> int:
    rules = transfer_rules.c
    found = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(rules.version), 0)).where(
            rules.fund_id == fund_id, rules.kind == kind, rules.name == name
        )
    ).scalar_one()
    return int(found)


def _newest(connection: sa.Connection, fund_id: int, kind: str) -> dict[str, Mapping[str, Any]]:
    rules = transfer_rules.c
    rows = connection.execute(
        sa.select(rules.name, rules.content)
        .where(rules.fund_id == fund_id, rules.kind == kind)
        .order_by(rules.name, rules.version)
    )
    return {name: orjson.loads(content) for name, content in rows}


class Held(NamedTuple):
    """What holds of a name: the last version of it.

    Attributes:
        version: From 1.
        decision: Number of the decision.
    """

    version: int
    decision: int


def held(connection: sa.Connection, fund_id: int, kind: str) -> dict[str, Held]:
    """Return by name which version holds, and the decision that says so; of one of `KINDS`."""
    rules = transfer_rules.c
    rows = connection.execute(
        sa.select(rules.name, rules.version, rules.decision)
        .where(rules.fund_id == fund_id, rules.kind == kind)
        .order_by(rules.name, rules.version)
    )
    return {row.name: Held(row.version, row.decision) for row in rows}


def policies(connection: sa.Connection, fund_id: int) -> list[Policy]:
    """Return the policies of a fund as they stand, by name."""
    return [policy_from_json(one) for one in _newest(connection, fund_id, POLICY).values()]


def columns_of(connection: sa.Connection, fund_id: int, name: str) -> Columns:
    """Return the columns of a bank's portal by their name.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        name: As it was saved; `standard` is always there.

    Returns:
        The columns.

    Raises:
        UnknownNameError: The fund has saved none of this name.
    """
    known = all_columns(connection, fund_id)
    if name not in known:
        raise UnknownNameError(what="columns", name=name[:40], known=sorted(known))
    return known[name]


def all_columns(connection: sa.Connection, fund_id: int) -> dict[str, Columns]:
    """Return all columns that a sheet can be written with, by name."""
    saved = saved_columns(connection, fund_id)
    return {STANDARD.name: STANDARD} | {one.name: one for one in saved if one.is_on}


def saved_columns(connection: sa.Connection, fund_id: int) -> list[Columns]:
    """Return the columns that a fund has saved as they stand, ended ones too, by name."""
    found = _newest(connection, fund_id, COLUMNS)
    return [mapping_from_json(dict(one)) for one in found.values()]


def acting_for(connection: sa.Connection, fund_id: int, one: Policy) -> Member | None:
    """Return the member who answers for a policy; None when they may not propose any more."""
    for member in funds.all_members(connection, fund_id):
        if member.member_id == one.member and may(member, "transfer.propose"):
            return member
    return None
