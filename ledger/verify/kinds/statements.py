"""Hold the life of statements: steps in order, each on the file that the one before left, signed by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.issuing.numbers import is_notice
from ledger.issuing.steps import AFTER, COUNTERSIGNED, KINDS, LEVELS, OPINIONS, SIGNED
from ledger.roles import ACTIONS
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, signed, text, whole
from ledger.verify.facts import IssueStep
from ledger.verify.folding import Event

CHECK = "statements"

_ACTIONS = {
    "built": "statement.prepare",
    "signed": "statement.sign",
    "sent": "statement.send",
    "countersigned": "opinion.give",
    "returned": "opinion.return",
}
"""What whoever takes a step must be allowed; publishing is a decision."""

_STEPS = {kind: step for step, kind in KINDS.items()}
_HASH_CHARS = 64
_CORRECTED = {"statement", "line", "old", "change", "new"}


class Statements:
    """Reads steps of statements, and certificates.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            **dict.fromkeys(KINDS.values(), self._step),
            "certificate.enrolled": self._enrolled,
            "certificate.ended": self._ended,
        }

    def _step(self, event: Event) -> None:
        value = event.value
        body, step = value["body"], _STEPS[value["kind"]]
        key = (text(body, "number", CHECK), text(body, "language", CHECK))
        facts = self._books.facts
        self._books.findings.count(CHECK)
        before = facts.issues.get(key, [])
        if step == "published":
            facts.statements[key] = (body, event.seq)
        if step != "published" or facts.issues:
            # Before there were steps, statements were published unsigned.
            facts.issues[key] = [*before, IssueStep(step, body, event.seq, value["actor"]["id"])]
            _check_order(step, body, before)
        if step in ("built", "published") and whole(body, "size") > event.seq:
            raise BrokenEntryError(CHECK, "built-later", event.seq, body["size"])
        if step == "built":
            self._check_corrects(key[0], body)
        _hash(body, "sha256")
        whole(body, "bytes", CHECK)
        if step in _ACTIONS:
            self._check_actor(step, value, before)
        if step in (SIGNED, COUNTERSIGNED):
            self._check_signature(step, body, value["actor"]["id"])

    def _check_corrects(self, number: str, body: Mapping[str, Any]) -> None:
        """Hold that a correction notice, and nothing else, says which figures of published statements it corrects.

        Raises:
            BrokenEntryError: It says none, of one that is not published, or figures that do not add up.
        """
        rows = body.get("corrects")
        if not is_notice(number):
            if rows is not None:
                raise BrokenEntryError(CHECK, "corrects", None, rows)
            return
        out = {number for number, _ in self._books.facts.statements}
        if not isinstance(rows, list) or not rows:
            raise BrokenEntryError(CHECK, "corrects", sorted(out), rows)
        for row in rows:
            if not isinstance(row, dict):
                raise BrokenEntryError(CHECK, "corrects", sorted(out), row)
            old, change = signed(row, "old", CHECK), signed(row, "change", CHECK)
            if text(row, "statement", CHECK) not in out or not row.keys() == _CORRECTED:
                raise BrokenEntryError(CHECK, "corrects", sorted(out), row)
            if signed(row, "new", CHECK) != old + change or not change:
                raise BrokenEntryError(CHECK, "corrects", old + change, row)

    def _check_actor(self, step: str, value: Mapping[str, Any], before: list[IssueStep]) -> None:
        """Hold that whoever acts may, and that whoever prepared a statement does not sign it.

        Raises:
            BrokenEntryError: They may not.
        """
        who = value["actor"]["id"]
        self._check_role(_ACTIONS[step], value)
        built = next((one for one in reversed(before) if one.step == "built"), None)
        if step == SIGNED and built is not None and built.member == who:
            raise BrokenEntryError(CHECK, "four-eyes", f"not {who}", who)

    def _check_role(self, action: str, value: Mapping[str, Any]) -> None:
        role, has = value["actor"]["role"], self._books.deciding.roles_of(value["actor"]["id"])
        if role not in ACTIONS[action].roles or role not in has:
            raise BrokenEntryError(CHECK, "role", ACTIONS[action].roles, (role, sorted(has)))

    def _check_signature(self, step: str, body: Mapping[str, Any], who: str) -> None:
        """Hold a signature to its level, and the auditor's to a certificate that is enrolled for them.

        Raises:
            BrokenEntryError: It is none of these.
        """
        certificate = _hash(body, "certificate")
        if body.get("level") not in LEVELS:
            raise BrokenEntryError(CHECK, "malformed", LEVELS, body.get("level"))
        if step == SIGNED:
            return
        if body.get("opinion") not in OPINIONS:
            raise BrokenEntryError(CHECK, "malformed", OPINIONS, body.get("opinion"))
        known = self._books.facts.certificates.get(certificate)
        if known is None or known[2] is not None or known[0].get("member") != who:
            raise BrokenEntryError(CHECK, "not-enrolled", found=certificate)

    def _enrolled(self, event: Event) -> None:
        body = event.value["body"]
        certificate = _hash(body, "certificate")
        for name in ("member", "name", "chain"):
            text(body, name, CHECK)
        self._books.findings.count(CHECK)
        if certificate in self._books.facts.certificates:
            raise BrokenEntryError(CHECK, "enrolled-twice", found=certificate)
        self._books.facts.certificates[certificate] = (body, event.seq, None)
        if "auditor" not in self._books.deciding.roles_of(body["member"]):
            raise BrokenEntryError(CHECK, "not-an-auditor", found=body["member"])

    def _ended(self, event: Event) -> None:
        certificate = _hash(event.value["body"], "certificate")
        known = self._books.facts.certificates.get(certificate)
        self._books.findings.count(CHECK)
        if known is None or known[2] is not None:
            raise BrokenEntryError(CHECK, "not-enrolled", found=certificate)
        self._books.facts.certificates[certificate] = (known[0], known[1], event.seq)
        self._check_role("certificate.end", event.value)


def _check_order(step: str, body: Mapping[str, Any], before: list[IssueStep]) -> None:
    """Hold that a step may follow, and is about the file that is there.

    Raises:
        BrokenEntryError: It may not, or is about another one.
    """
    last = before[-1] if before else None
    state = last.step if last else ""
    if state not in AFTER[step]:
        raise BrokenEntryError(CHECK, "step", AFTER[step], state)
    if last is None or step == "built":
        return
    started = body.get("before") if step in (SIGNED, COUNTERSIGNED) else body.get("sha256")
    if started != last.body.get("sha256"):
        raise BrokenEntryError(CHECK, "other-file", last.body.get("sha256"), started)
    opinion = last.body.get("opinion")
    if step == "published" and body.get("opinion") != opinion:
        raise BrokenEntryError(CHECK, "other-opinion", opinion, body.get("opinion"))


def _hash(body: Mapping[str, Any], name: str) -> str:
    """Return a SHA-256, hex.

    Raises:
        BrokenEntryError: It is none.
    """
    found = text(body, name, CHECK)
    if len(found) != _HASH_CHARS or set(found) - set("0123456789abcdef"):
        raise BrokenEntryError(CHECK, "malformed", "64 hex digits", found)
    return found
