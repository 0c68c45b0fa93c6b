"""Which decisions there are, who proposes them, and who has to approve them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.errors import FieldError
from ledger.money import AMOUNT_MAX, EXPONENTS
from ledger.privacy.numbers import check_public
from ledger.roles import ACTIONS

SLOT_ROLES = ("controller", "approver")
"""Roles that can fill a slot: those whom the table of roles lets approve."""

SLOTS_MAX = 5
TIERS_MAX = 5
REASON_CHARS_MAX = 500


class Tier(NamedTuple):
    """What an amount up to a limit needs.

    Attributes:
        up_to: Highest amount, minor units; None for all above.
        slots: For each approval that it needs, the role that gives it; each is given by another member.
    """

    up_to: int | None
    slots: tuple[str, ...]


class Rule(NamedTuple):
    """Who has to approve decisions of a kind.

    Attributes:
        commodity: What the limits are in. An amount in anything else counts as above every limit.
        tiers: By rising limit; each asks for whatever the one before it asks for. The last has no limit.
    """

    commodity: str
    tiers: tuple[Tier, ...]

    def slots(self, amount: int | None = None, commodity: str | None = None) -> tuple[str, ...]:
        """Return the slots of a decision.

        Args:
            amount: Minor units; None for a decision without an amount, or of one that is not known.
            commodity: Of the amount.

        Returns:
            Roles, one a slot. None where no decision is needed.
        """
        if amount is not None and commodity == self.commodity:
            for tier in self.tiers:
                if tier.up_to is None or amount <= tier.up_to:
                    return tier.slots
        return self.tiers[-1].slots


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that two people decide.

    Attributes:
        name: As entries say it.
        default: Who has to approve it where the fund has no rule of its own.
        may_be_free: Whether small amounts may need no decision at all.
        entry: First part of its entries' kinds.
        given: Parts of its content that the ledger gives, so that a repeat by a client's key need not know them.
        named: Parts of its content that every step says again.
    """

    name: str
    default: Rule
    may_be_free: bool = False
    entry: str = "decision"
    given: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    @property
    def proposers(self) -> tuple[str, ...]:
        """Return the roles that may propose and edit it, the preferred one first."""
        return ACTIONS[f"{self.name}.propose"].roles


def _always(*slots: str) -> Rule:
    return Rule("CNY", (Tier(None, slots),))


_SMALL = Rule("CNY", (Tier(100, ("controller",)), Tier(None, ("controller", "approver"))))
"""Up to 1.00 the controller; above, the approver too."""

KINDS: Mapping[str, Kind] = {
    one.name: one
    for one in (
        Kind(
            "transfer",
            # Above 500,000.00 two approvers.
            Rule("CNY", (Tier(50_000_000, ("approver",)), Tier(None, ("approver", "approver")))),
            entry="transfer",
            given=("number", "payee", "payee_changed"),
            named=("number",),
        ),
        Kind("adjustment", _SMALL),
        Kind("resolution", _SMALL, given=("evidence",)),
        Kind("write-off", _SMALL, given=("evidence", "from", "to", "amount", "commodity")),
        # Up to 10,000.00 whoever matches confirms alone; releasing a match names no amount and needs the controller.
        Kind("match", Rule("CNY", (Tier(1_000_000, ()), Tier(None, ("controller",)))), True),
        # Up to 10,000.00 whoever books it, counted by sheet and by payment reference; a large payment needs two more.
        Kind(
            "spend",
            Rule(
                "CNY",
                (
                    Tier(1_000_000, ()),
                    Tier(50_000_000, ("controller",)),
                    Tier(None, ("controller", "approver")),
                ),
            ),
            True,
            given=("sheet",),
        ),
        Kind("movement", _always("controller")),
        Kind("opening", _always("controller")),
        Kind("reversal", _always("controller")),
        Kind("lists", _always("controller")),
        Kind("rule", _always("approver")),
        Kind("rate", _always("controller")),
        Kind("close", _always("controller"), given=("failed", "reason")),
        Kind("seal", _always("approver")),
        Kind("reopen", _always("approver")),
        Kind("erase", _always("controller")),
        Kind("publish", _always("approver")),
        Kind("members", _always("approver")),
        Kind("payee", _always("approver")),
        Kind("certificate", _always("approver")),
        Kind("four-eyes", _always("approver")),
    )
}
"""Every kind of decision, and who has to approve it unless the fund says otherwise."""


def kind_of(name: str) -> Kind:
    """Return a kind by its name.

    Args:
        name: As entries say it.

    Returns:
        The kind.

    Raises:
        FieldError: There is none of this name.
    """
    if name not in KINDS:
        raise FieldError(field="kind", value=name[:20], reason="unknown", known=tuple(KINDS))
    return KINDS[name]


# --- a fund's own rules ----------------------------------------------------------------------------


def covers(slots: Iterable[str], needed: Iterable[str]) -> bool:
    """Tell whether slots ask for at least what others ask for."""
    return not Counter(needed) - Counter(slots)


class Weaker(NamedTuple):
    """Amounts for which a fund's rule asks for less than the default.

    Attributes:
        commodity: Of the amounts.
        above: The amounts are above this, minor units.
        up_to: And up to this; None for all above.
        slots: What the fund's rule asks for.
        usual: What the default asks for.
    """

    commodity: str
    above: int
    up_to: int | None
    slots: tuple[str, ...]
    usual: tuple[str, ...]


def weaker_parts(rule: Rule, default: Rule) -> list[Weaker]:
    """Return the amounts for which a rule asks for less than the default.

    Args:
        rule: A fund's own.
        default: Of the kind.

    Returns:
        By currency, in rising order; neighbours of which the same is said are one.
    """
    found: list[Weaker] = []
    for commodity in dict.fromkeys((rule.commodity, default.commodity)):
        above = 0
        tiers = (*rule.tiers, *default.tiers)
        bounds = sorted({tier.up_to for tier in tiers if tier.up_to is not None})
        for up_to in (*bounds, None):
            amount = AMOUNT_MAX if up_to is None else up_to
            slots, usual = rule.slots(amount, commodity), default.slots(amount, commodity)
            if not covers(slots, usual):
                one = Weaker(commodity, above, up_to, slots, usual)
                if found and found[-1] == one._replace(above=found[-1].above, up_to=above):
                    one = one._replace(above=found.pop().above)
                found.append(one)
            above = amount
    return found


def is_weaker(rule: Rule, default: Rule) -> bool:
    """Tell whether some amount needs less under a rule than by default: then it is an exception."""
    return bool(weaker_parts(rule, default))


def check_rule(kind: Kind, rule: Rule, reason: str | None) -> None:
    """Hold that a fund may have a rule: another person approves always, and asking for less has a reason.

    Args:
        kind: Whose rule.
        rule: The fund's own.
        reason: Why the fund needs an exception; None where it asks for none.

    Raises:
        FieldError: Limits that do not rise, a slot of a role that approves nothing, a tier that nobody else would
            see, one that asks for less than a smaller amount; or an exception without a reason.
    """
    if rule.commodity not in EXPONENTS:
        raise FieldError(field="commodity", value=rule.commodity[:10], reason="unknown-commodity")
    _check_limits(rule)
    before: tuple[str, ...] = ()
    for at, tier in enumerate(rule.tiers):
        is_free = kind.may_be_free and at == 0 and tier.up_to is not None
        if not (tier.slots or is_free) or len(tier.slots) > SLOTS_MAX:
            code = "too-many" if tier.slots else "another-person"
            raise FieldError(field="slots", value=len(tier.slots), reason=code)
        for role in tier.slots:
            if role not in SLOT_ROLES:
                raise FieldError(
                    field="slots", value=role[:20], reason="unknown", known=SLOT_ROLES
                )
        if not covers(tier.slots, before):
            raise FieldError(field="tiers", value=tier.up_to, reason="less-for-more")
        before = tier.slots
    check_reason(kind, rule, reason)


def _check_limits(rule: Rule) -> None:
    """Hold that limits rise, and that the last tier has none.

    Raises:
        FieldError: They do not.
    """
    limits = [tier.up_to for tier in rule.tiers]
    if not 1 <= len(limits) <= TIERS_MAX or limits[-1] is not None or None in limits[:-1]:
        raise FieldError(field="tiers", value=len(limits), reason="last-without-limit")
    bounds = [limit for limit in limits if limit is not None]
    if bounds != sorted(set(bounds)) or any(not 0 < one <= AMOUNT_MAX for one in bounds):
        raise FieldError(field="tiers", value=str(bounds)[:40], reason="not-rising")


def check_reason(kind: Kind, rule: Rule, reason: str | None) -> None:
    """Hold that an exception says why, and that only an exception does.

    Args:
        kind: Whose rule.
        rule: The fund's own.
        reason: As given.

    Raises:
        FieldError: None for a rule that is weaker than the default, one that is too long, or one without need.
    """
    if is_weaker(rule, kind.default):
        if reason is None or not reason.strip():
            raise FieldError(field="reason", value="", reason="missing")
        if len(reason) > REASON_CHARS_MAX:
            raise FieldError(field="reason", value="", reason="too-long")
        check_public("reason", reason)
    elif reason is not None:
        raise FieldError(field="reason", value="", reason="not-an-exception")


def rule_to_json(kind: str, rule: Rule, reason: str | None) -> dict[str, Any]:
    """Return a rule as its entry says it."""
    body: dict[str, Any] = {
        "kind": kind,
        "commodity": rule.commodity,
        "tiers": [{"up_to": tier.up_to, "slots": list(tier.slots)} for tier in rule.tiers],
    }
    if reason is not None:
        body["exception"] = reason
    return body


def rule_from_json(body: Mapping[str, Any]) -> tuple[Kind, Rule, str | None]:
    """Read a rule from its entry, and hold that a fund may have it.

    Args:
        body: Of a `rule.set`.

    Returns:
        Whose rule, the rule, and why it is an exception.

    Raises:
        FieldError: Not a rule that a fund may have.
    """
    try:
        kind = kind_of(body["kind"])
        tiers = tuple(Tier(one["up_to"], tuple(one["slots"])) for one in body["tiers"])
        rule, reason = Rule(body["commodity"], tiers), body.get("exception")
        check_rule(kind, rule, reason)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise FieldError(field="rule", value="", reason="malformed") from error
    return kind, rule, reason


class Exempted(NamedTuple):
    """An exception: a rule of the fund that asks for less than the default.

    Attributes:
        kind: Of the decisions.
        rule: The fund's.
        default: What it would be.
        reason: Why.
        seq: Entry that set it.
    """

    kind: str
    rule: Rule
    default: Rule
    reason: str
    seq: int


# --- slots ----------------------------------------------------------------------------------------


def fitting_slot(
    open_slots: Mapping[int, str], roles: Iterable[str], others: Sequence[Iterable[str]] = ()
) -> int | None:
    """Choose the slot that somebody fills: one that leaves the others able to fill the rest, where there is one.

    Args:
        open_slots: By number, the role that each needs.
        roles: Of whoever fills one.
        others: Roles of everybody else who could fill one.

    Returns:
        Number of the slot; None where none is open to these roles.
    """
    mine = [slot for slot, role in sorted(open_slots.items()) if role in set(roles)]
    for slot in mine:
        rest = [role for other, role in open_slots.items() if other != slot]
        if not lacking(rest, others):
            return slot
    return mine[0] if mine else None


def lacking(needed: Sequence[str], people: Sequence[Iterable[str]]) -> list[str]:
    """Return which slots cannot be filled by distinct people.

    Args:
        needed: Roles, one a slot.
        people: Roles of each who could fill one.

    Returns:
        Roles of slots that stay open however they are given out.
    """
    roles = [set(one) for one in people]
    held: dict[int, int] = {}

    def give(slot: int, tried: set[int]) -> bool:
        """Give a slot to somebody, moving who has another one aside (augmenting paths)."""
        for person, theirs in enumerate(roles):
            if person in tried or needed[slot] not in theirs:
                continue
            tried.add(person)
            if person not in held or give(held[person], tried):
                held[person] = slot
                return True
        return False

    return [role for slot, role in enumerate(needed) if not give(slot, set())]
