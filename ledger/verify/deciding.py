"""Hold the rule of two, from the entries alone: every step of every decision, and everything that needs one.

In: entries, in order. Out: what the tables of decisions must hold. Guaranteed: nobody fills a slot of what they
proposed or edited in any version, or two slots of one version; each acts in a role that they have at that entry, which
is one that the step asks for; the slots are those of the fund's rule at that entry; whatever needs a decision names one
that is approved, says what was approved, and happens once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ledger.decisions.cost_limit import WHAT as COST_LIMIT
from ledger.decisions.cost_limit import limit_from_json
from ledger.decisions.rules import KINDS, Rule, rule_from_json
from ledger.decisions.steps import (
    AT_SET_UP,
    STEPS,
    Written,
    effects_of,
    needs_decision,
    number_of,
    read_version,
)
from ledger.errors import FieldError
from ledger.roles import ACTIONS
from ledger.verify.entries import BrokenEntryError, text, whole

CHECK = "decisions"
_SORTED = orjson.OPT_SORT_KEYS

Roles = Callable[[str], frozenset[str]]
"""Tells the roles that a member has now; none of somebody who is none."""

Row = tuple[Any, ...]


@dataclass
class Case:
    """A decision, as its entries tell it.

    Attributes:
        kind: One of `KINDS`.
        latest: The version that counts.
        touched: Who proposed or edited any version.
        filled: Of the latest version: who filled each slot.
        ending: How it ended; empty while it is open.
        waiting: What it is still to bring about: kinds of entries and what they say at least.
        last: Who gave the last approval.
    """

    kind: str
    latest: Written
    touched: set[str]
    filled: dict[int, str] = field(default_factory=dict)
    ending: str = ""
    waiting: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    last: str = ""


class Deciding:
    """The decisions of one fund after the entries so far.

    Attributes:
        cases: By number.
        decisions: Rows of the table, by key.
        versions: The same.
        approvals: The same.
        ends: The same.
        proposals: Entries that proposed something, and who did.
        has_moved: Whether money has moved: from then on nothing is changed without a decision.

    Args:
        roles: Tells what roles a member has at the entry that is being read.
    """

    def __init__(self, roles: Roles) -> None:
        self.cases: dict[int, Case] = {}
        self.decisions: dict[Row, Row] = {}
        self.versions: dict[Row, Row] = {}
        self.approvals: dict[Row, Row] = {}
        self.ends: dict[Row, Row] = {}
        self.proposals: dict[int, str] = {}
        self.has_moved = False
        self._roles = roles
        self._rules: dict[str, Rule] = {name: kind.default for name, kind in KINDS.items()}

    def read(self, value: Mapping[str, Any]) -> None:
        """Read the next entry, of whichever kind.

        Args:
            value: Decoded.

        Raises:
            BrokenEntryError: It breaks the rule of two.
        """
        kind, body = value["kind"], value["body"]
        if value["postings"] and kind != "account.opened":
            self.has_moved = True
        first, _, step = kind.partition(".")
        if first in ("decision", "transfer") and step in STEPS:
            self._read_step(value, step)
        elif needs_decision(kind, body):
            self._effect(value)
        if kind == "rule.set":
            try:
                named, rule, _ = rule_from_json(body)
            except FieldError as error:
                reason = str(error.fields.get("reason", "malformed"))
                raise BrokenEntryError(CHECK, reason, found=body) from error
            self._rules[named.name] = rule

    def slots(self, kind: str, amount: int, commodity: str) -> tuple[str, ...]:
        """Return the roles that the fund's rule at this entry asks for."""
        return self._rules[kind].slots(amount, commodity)

    def roles_of(self, member: str) -> frozenset[str]:
        """Return the roles that a member has at the entry that is being read."""
        return self._roles(member)

    def missing(self) -> list[tuple[int, str]]:
        """Return approved decisions that were not carried out, with the kind of entry that is missing."""
        return [
            (number, case.waiting[0][0])
            for number, case in self.cases.items()
            if case.ending == "approved" and case.waiting
        ]

    # --- steps --------------------------------------------------------------------------------

    def _read_step(self, value: Mapping[str, Any], step: str) -> None:
        number = number_of(value["kind"], value["body"])
        if number is None:
            self._call_off(value)
        elif step in ("proposed", "edited"):
            self._write(value, number, step)
        else:
            case = self._open(number)
            whole(value["body"], "version", CHECK)
            version = value["body"]["version"]
            if version != case.latest.version:
                raise BrokenEntryError(CHECK, "version", case.latest.version, version)
            {"approved": self._approve, "rejected": self._reject, "withdrawn": self._withdraw}[
                step
            ](value, number, case)

    def _write(self, value: Mapping[str, Any], number: int, step: str) -> None:
        kind, one = _version(value)
        who = value["actor"]["id"]
        if step == "proposed":
            if number != len(self.cases) + 1 or one.version != 1:
                raise BrokenEntryError(CHECK, "number", len(self.cases) + 1, number)
            # Even a proposal that breaks a rule is one: what follows it is about something.
            case = self.cases[number] = Case(kind, one, {who})
            self.decisions[number,] = (kind,)
            self.proposals[value["seq"]] = who
        else:
            case = self._open(number)
            if (kind, one.version) != (case.kind, case.latest.version + 1):
                raise BrokenEntryError(CHECK, "version", case.latest.version + 1, one.version)
            case.latest, case.filled = one, {}
            case.touched.add(who)
        self.versions[number, one.version] = (
            who,
            orjson.dumps(one.content, option=_SORTED).decode(),
            ",".join(one.needed),
            len(one.needed),
            one.amount,
            one.commodity,
            one.commitment,
            value["seq"],
        )
        self._check_role(value, KINDS[kind].proposers)
        self._check_rule(case)
        _check_limit(one)

    def _approve(self, value: Mapping[str, Any], number: int, case: Case) -> None:
        who, seq = value["actor"]["id"], value["seq"]
        slot, version = whole(value["body"], "slot", CHECK), case.latest.version
        if slot >= len(case.latest.needed) or slot in case.filled:
            raise BrokenEntryError(CHECK, "no-such-slot", found=slot)
        twice = who in case.filled.values()
        case.filled[slot] = who
        self.approvals[number, version, slot] = (who, seq)
        if len(case.filled) == len(case.latest.needed):
            case.ending, case.last = "approved", who
            case.waiting = list(_effects(case))
            self.ends[number,] = (version, "approved", who, None, seq)
        if who in case.touched or twice:
            raise BrokenEntryError(CHECK, "four-eyes", f"not {who}", who)
        self._check_role(value, (case.latest.needed[slot],))
        self._check_rule(case)

    def _reject(self, value: Mapping[str, Any], number: int, case: Case) -> None:
        reason = text(value["body"], "reason", CHECK)
        self._end(value, number, case, reason)
        if value["actor"]["id"] in case.touched:
            raise BrokenEntryError(CHECK, "four-eyes", found=value["actor"]["id"])
        self._check_role(value, ACTIONS["decision.reject"].roles)

    def _withdraw(self, value: Mapping[str, Any], number: int, case: Case) -> None:
        self._end(value, number, case, None)
        if value["actor"]["id"] not in case.touched:
            raise BrokenEntryError(CHECK, "not-theirs", found=value["actor"]["id"])
        self._check_role(value, KINDS[case.kind].proposers)

    def _end(self, value: Mapping[str, Any], number: int, case: Case, reason: str | None) -> None:
        case.ending = value["kind"].partition(".")[2]
        who, version = value["actor"]["id"], case.latest.version
        self.ends[number,] = (version, case.ending, who, reason, value["seq"])

    def _call_off(self, value: Mapping[str, Any]) -> None:
        """Hold that a step without a version stops a transfer that was approved, and is nothing else.

        Raises:
            BrokenEntryError: It is a step that nothing was decided for.
        """
        named = value["body"].get("decision")
        case = self.cases.get(named) if isinstance(named, int) else None
        stops = value["kind"] == "transfer.rejected"
        if not stops or case is None or (case.kind, case.ending) != ("transfer", "approved"):
            raise BrokenEntryError(CHECK, "no-decision", found=value["kind"])

    def _open(self, number: int) -> Case:
        case = self.cases.get(number)
        if case is None:
            raise BrokenEntryError(CHECK, "no-such-decision", found=number)
        if case.ending:
            raise BrokenEntryError(CHECK, "ended", "open", case.ending)
        return case

    def _check_role(self, value: Mapping[str, Any], allowed: Sequence[str]) -> None:
        """Hold that whoever acts has the role that they act in, and that it may.

        Raises:
            BrokenEntryError: They have not, or it may not.
        """
        role, has = value["actor"]["role"], self._roles(value["actor"]["id"])
        if role not in allowed or role not in has:
            raise BrokenEntryError(CHECK, "role", tuple(allowed), (role, sorted(has)))

    def _check_rule(self, case: Case) -> None:
        """Hold that a decision asks for what the fund's rule asks for at this entry.

        Raises:
            BrokenEntryError: It asks for something else.
        """
        slots = self._rules[case.kind].slots(case.latest.amount, case.latest.commodity)
        if not slots or slots != tuple(case.latest.needed):
            raise BrokenEntryError(CHECK, "slots", slots, case.latest.needed)

    # --- what decisions bring about -----------------------------------------------------------

    def _effect(self, value: Mapping[str, Any]) -> None:
        """Hold that what needs a decision has one, and that it says what was approved, by whom, once.

        Raises:
            BrokenEntryError: It has none, or is something else.
        """
        kind, body = value["kind"], value["body"]
        if "decision" not in body:
            if self.has_moved or kind not in AT_SET_UP:
                raise BrokenEntryError(CHECK, "no-decision", found=kind)
            return
        case = self.cases.get(whole(body, "decision", CHECK))
        if case is None or case.ending != "approved" or not case.waiting:
            raise BrokenEntryError(CHECK, "not-approved", found=body["decision"])
        wanted, says = case.waiting.pop(0)
        said = {name: body.get(name) for name in says}
        if kind != wanted or said != says:
            raise BrokenEntryError(CHECK, "not-what-was-approved", (wanted, says), (kind, said))
        if value["actor"]["id"] != case.last:
            raise BrokenEntryError(CHECK, "not-the-approver", case.last, value["actor"]["id"])


def _version(value: Mapping[str, Any]) -> tuple[str, Written]:
    """Read a version, trusting nothing in it.

    Raises:
        BrokenEntryError: It is malformed.
    """
    body = value["body"]
    try:
        kind, _, one = read_version(value["kind"], body)
    except (KeyError, TypeError) as error:
        raise BrokenEntryError(CHECK, "malformed", found=str(error)) from error
    needed = one.needed
    is_list = isinstance(needed, list) and all(isinstance(role, str) for role in needed)
    whole(body, "version", CHECK)
    # A list cannot be looked up in a mapping, but in a tuple.
    if kind not in tuple(KINDS) or not is_list or not isinstance(one.content, dict):
        raise BrokenEntryError(CHECK, "malformed", found=kind)
    if not isinstance(one.commitment, (str, type(None))):
        raise BrokenEntryError(CHECK, "malformed", found="private")
    if KINDS[kind].entry != value["kind"].partition(".")[0]:
        raise BrokenEntryError(CHECK, "malformed", KINDS[kind].entry, value["kind"])
    if (one.amount is None) is not (one.commodity is None):
        raise BrokenEntryError(CHECK, "malformed", found="amount")
    if one.amount is not None:
        whole(body, "amount", CHECK)
        text(body, "commodity", CHECK)
    return kind, one


def _effects(case: Case) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what an approved decision brings about.

    Raises:
        BrokenEntryError: Its content says nothing that can be done.
    """
    try:
        found = effects_of(case.kind, case.latest.content)
    except (KeyError, TypeError) as error:
        raise BrokenEntryError(CHECK, "malformed", found=str(error)) from error
    if not all(isinstance(says, dict) for _, says in found):
        raise BrokenEntryError(CHECK, "malformed", found=case.kind)
    return found


def _check_limit(one: Written) -> None:
    """Hold what is proposed as the limit on management cost to be one, with its source.

    Raises:
        BrokenEntryError: It is none.
    """
    if COST_LIMIT in one.content:
        try:
            limit_from_json(one.content)
        except FieldError as error:
            reason = str(error.fields.get("reason", "malformed"))
            raise BrokenEntryError(CHECK, reason, found=dict(one.content)) from error
