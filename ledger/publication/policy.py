"""Which witnesses a log asks, and how many of them are enough: a policy file. Pure.

Source:
    c2sp.org/tlog-policy. Of its lines we read `witness`, `group` and `quorum`; `log` lines are for others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger.errors import FieldError, MalformedProofError
from ledger.log.notes import COSIGNATURE_V1, Verifier

NOBODY = "none"
LINES_MAX = 1000


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who cosigns checkpoints.

    Attributes:
        name: In the policy.
        verifier: Their `COSIGNATURE_V1` key.
        url: Prefix of their `add-checkpoint`; empty where somebody else asks them.
    """

    name: str
    verifier: Verifier
    url: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Witnesses and the quorum.

    Attributes:
        witnesses: In the order of the file.
        groups: By name: how many members are needed, and which.
        quorum: Name of a witness or a group; `none` where nobody is needed.
    """

    witnesses: tuple[Witness, ...] = ()
    groups: Mapping[str, tuple[int, tuple[str, ...]]] | None = None
    quorum: str = NOBODY

    def is_met(self, signed: Iterable[Verifier]) -> bool:
        """Tell whether those who signed are enough.

        Args:
            signed: Keys whose cosignatures were verified.

        Returns:
            True also where nobody is needed.
        """
        ids = {(one.name, one.key_id) for one in signed}
        present = {
            one.name for one in self.witnesses if (one.verifier.name, one.verifier.key_id) in ids
        }
        # A group only names what stands above it, so one pass in the file's order is enough.
        for name, (needed, members) in (self.groups or {}).items():
            if sum(member in present for member in members) >= needed:
                present.add(name)
        return self.quorum == NOBODY or self.quorum in present


def parse_policy(text: str) -> Policy:
    """Read a policy file.

    Args:
        text: Lines `witness <name> <vkey> [url]`, `group <name> <k|all|any> <member>…`, one `quorum <name|none>`, `#`.

    Returns:
        The policy.

    Raises:
        FieldError: A line is not one of these, a name is used twice or before it is defined; field `line` is its
            number.
    """
    witnesses: list[Witness] = []
    groups: dict[str, tuple[int, tuple[str, ...]]] = {}
    quorum = ""
    for number, line in enumerate(text.split("\n")[:LINES_MAX], start=1):
        words = line.partition("#")[0].split()
        if not words or words[0] == "log":
            continue
        known = {one.name for one in witnesses} | set(groups)
        try:
            if words[0] == "witness":
                witnesses.append(_witness(words[1:], known))
            elif words[0] == "group":
                name, *rest = words[1:]
                groups[_new(name, known)] = _group(rest, known)
            else:
                quorum = _quorum(words, known, quorum)
        except (FieldError, MalformedProofError, ValueError) as error:
            reason = error.fields["reason"] if not isinstance(error, ValueError) else "malformed"
            raise FieldError(field="line", value=number, reason=str(reason)) from error
    if not quorum:
        raise FieldError(field="quorum", value="", reason="missing")
    return Policy(tuple(witnesses), groups, quorum)


def _quorum(words: list[str], known: set[str], before: str) -> str:
    """Read the line that says who is enough.

    Raises:
        FieldError: Another line, or a second one.
    """
    if words[0] != "quorum" or before:
        raise FieldError(field="line", reason="unknown")
    (name,) = words[1:]
    return name if name == NOBODY else _defined(name, known)


def _witness(words: list[str], known: set[str]) -> Witness:
    """Read what stands after `witness`.

    Raises:
        FieldError: Too few or many words, a name that is taken, or a key that cosigns nothing.
    """
    if len(words) not in {2, 3}:
        raise FieldError(field="line", reason="malformed")
    verifier = Verifier.from_text(words[1])
    if verifier.algorithm != COSIGNATURE_V1:
        raise FieldError(field="line", reason="not-a-witness-key")
    return Witness(_new(words[0], known), verifier, words[2].rstrip("/") if words[2:] else "")


def _group(words: list[str], known: set[str]) -> tuple[int, tuple[str, ...]]:
    """Read what stands after a group's name.

    Raises:
        FieldError: No members, one that is not defined or named twice, or a number that does not fit.
    """
    if not words or len(set(words[1:])) != len(words[1:]) or not words[1:]:
        raise FieldError(field="line", reason="malformed")
    members = tuple(_defined(name, known) for name in words[1:])
    needed = {"all": len(members), "any": 1}.get(words[0])
    if needed is None:
        if not (words[0].isascii() and words[0].isdigit()):
            raise FieldError(field="line", reason="malformed")
        needed = int(words[0])
    if not 1 <= needed <= len(members):
        raise FieldError(field="line", reason="malformed")
    return needed, members


def _new(name: str, known: set[str]) -> str:
    if name in known or name == NOBODY:
        raise FieldError(field="line", reason="name-taken")
    return name


def _defined(name: str, known: set[str]) -> str:
    if name not in known:
        raise FieldError(field="line", reason="not-defined")
    return name
