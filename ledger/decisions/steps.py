"""What the entries of a decision say. Pure: whoever checks the ledger reads them with the same words.

A transfer's steps are entries of their own kinds, with the transfer's number beside the decision's; all others are
`decision.…`. What a decision brings about is an entry too, and names the decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ledger.decisions.rules import Kind

STEPS = ("proposed", "edited", "approved", "rejected", "withdrawn")


class Written(NamedTuple):
    """A version as an entry says it.

    Attributes:
        version: 1 for a proposal.
        content: Of the version.
        needed: Roles, one a slot.
        amount: Minor units, or None.
        commodity: Of the amount, or None.
        commitment: To what is private, or None.
    """

    version: int
    content: Mapping[str, Any]
    needed: Sequence[str]
    amount: int | None
    commodity: str | None
    commitment: str | None


def version_body(kind: Kind, number: int, one: Written) -> dict[str, Any]:
    """Return the body of a proposal or an edit.

    Args:
        kind: Of the decision.
        number: Of the decision.
        one: What is proposed from now on.

    Returns:
        JSON.
    """
    if kind.entry != "decision":
        said = {"decision": number, "version": one.version, "needed": list(one.needed)}
        return {**one.content, **said}
    body: dict[str, Any] = {
        "number": number,
        "kind": kind.name,
        "version": one.version,
        "content": dict(one.content),
        "needed": list(one.needed),
    }
    if one.amount is not None:
        body |= {"amount": one.amount, "commodity": one.commodity}
    if one.commitment is not None:
        body["private"] = one.commitment
    return body


def step_body(
    kind: Kind, number: int, content: Mapping[str, Any], said: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the body of an approval, a rejection or a withdrawal.

    Args:
        kind: Of the decision.
        number: Of the decision.
        content: Of its latest version.
        said: Version, and slot or reason.

    Returns:
        JSON.
    """
    if kind.entry == "decision":
        return {"number": number, **said}
    return {**{name: content[name] for name in kind.named}, "decision": number, **said}


def read_version(entry_kind: str, body: Mapping[str, Any]) -> tuple[str, int, Written]:
    """Read a proposal or an edit.

    Args:
        entry_kind: Of the entry.
        body: Of the entry.

    Returns:
        Kind and number of the decision, and what is proposed from now on.

    Raises:
        KeyError: Not such an entry.
    """
    first = entry_kind.partition(".")[0]
    if first != "decision":
        beside = ("decision", "version", "needed")
        content = {name: value for name, value in body.items() if name not in beside}
        amount, commodity = body["amount"], body["commodity"]
        one = Written(body["version"], content, body["needed"], amount, commodity, None)
        return first, body["decision"], one
    amount, commodity = body.get("amount"), body.get("commodity")
    one = Written(
        body["version"], body["content"], body["needed"], amount, commodity, body.get("private")
    )
    return body["kind"], body["number"], one


def number_of(entry_kind: str, body: Mapping[str, Any]) -> int | None:
    """Return the decision that an entry is a step of; None for an entry that is none.

    Args:
        entry_kind: Of the entry.
        body: Of the entry.

    Returns:
        Its number. An approved transfer that is called off is no step: the decision has ended before.
    """
    first, _, step = entry_kind.partition(".")
    if step not in STEPS or first not in ("decision", "transfer"):
        return None
    found = body.get("number" if first == "decision" else "decision")
    is_step = isinstance(found, int) and (first == "decision" or "version" in body)
    return found if is_step else None


def effects_of(kind: str, content: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what an approved decision brings about.

    Args:
        kind: Of the decision.
        content: Of its last version.

    Returns:
        For each entry, in order, its kind and what its body says at least. Empty for a transfer, whose sending and
        arrival the bank decides, and for kinds that nothing carries out yet.
    """
    if kind == "members":
        return [("member.changed" if "member" in content else "member.enrolled", content)]
    if kind == "publish":
        issued: list[tuple[str, Mapping[str, Any]]] = [
            ("statement.published", one) for one in content["statements"]
        ]
        # The month is sealed as its first statement is issued.
        return issued + ([("period.sealed", content["seal"])] if "seal" in content else [])
    if kind in ("resolution", "write-off"):
        return _closing(kind, content)
    if kind in ("spend", "movement", "reversal"):
        return _spending(kind, content)
    if kind == "adjustment":
        return [("adjustment", content["adjustment"])]
    if kind == "match" and "release" in content:
        said = {"match": content["release"], "reason": content["reason"]}
        return [("match.released", said)]
    single = {
        "rate": "rate.set",
        "close": "period.closed",
        "reopen": "period.reopened",
        "seal": "period.sealed",
        "erase": "privacy.erased",
        "four-eyes": "rule.set",
        "lists": "list.changed",
        "payee": "account.changed",
        "certificate": "certificate.enrolled",
        "opening": "opening.balances",
    }
    return [(single[kind], content)] if kind in single else []


def _spending(kind: str, content: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what is booked, or taken back, of spending and the fund's other money."""
    if kind == "spend":
        same = ("account", "commodity", "evidence", "sheet")
        said = {name: content[name] for name in same if name in content}
        return [("spend", said)] * content["rows"]
    if kind == "movement":
        beside = ("movement", "line", "on")
        said = {name: value for name, value in content.items() if name not in beside}
        return [(content["movement"], said)]
    said = {name: value for name, value in content.items() if name != "entry"}
    return [(content["entry"], said)]


def _closing(kind: str, content: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return how an exception is closed: with what is written off first."""
    closing = {name: content[name] for name in ("raised", "reason", "evidence")}
    if kind == "resolution":
        return [("exception.resolved", {**closing, "how": "note"})]
    taken = {
        name: content[name] for name in ("raised", "reason", "from", "to", "amount", "commodity")
    }
    return [("adjustment", taken), ("exception.resolved", {**closing, "how": "write-off"})]


def needs_decision(kind: str, body: Mapping[str, Any]) -> bool:
    """Tell whether an entry is made by a decision only.

    Args:
        kind: Of the entry.
        body: Of the entry.

    Returns:
        False for spending up to the limit of one person, for what a bank's line alone proves, for an exception that
        another entry or a later file explains, for a match whose entry was reversed, and for a reopened month whose
        time is over: nobody has to decide that.
    """
    if kind == "exception.resolved":
        return body.get("how") not in ("match", "file")
    if kind == "period.closed":
        return "again" not in body
    if kind == "match.released":
        return "reversal" not in body
    if kind == "income":
        # The bank's line proves it, and whoever matches says what it is.
        return "decision" in body or "file" not in body
    if kind == "spend":
        # Small sums need none; that they are small is told by the sums of their sheet and payment.
        return "decision" in body
    return kind in EFFECTS


EFFECTS = (
    "rate.set",
    "period.closed",
    "period.reopened",
    "period.sealed",
    "privacy.erased",
    "statement.published",
    "certificate.enrolled",
    "member.enrolled",
    "member.changed",
    "rule.set",
    "account.changed",
    "adjustment",
    "match.released",
    "exception.resolved",
    "expense",
    "movement.reversed",
    "spend.reversed",
    "list.changed",
    "opening.balances",
)
"""Kinds of entries that decisions bring about."""

AT_SET_UP = (
    "rate.set",
    "member.enrolled",
    "member.changed",
    "rule.set",
    "list.changed",
    "account.changed",
)
"""Those of them that need none until money has moved."""
