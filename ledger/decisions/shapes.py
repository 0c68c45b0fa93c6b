"""What a decision is made of: versions, approvals, an end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

ENDS = ("approved", "rejected", "withdrawn")
"""How a decision ends."""


class Version(NamedTuple):
    """What was proposed, or what an edit made of it.

    Attributes:
        version: 1 for what was proposed, 2, 3 … for edits.
        member_id: Who proposed or edited.
        content: As its entry says it.
        needed: Roles, one a slot, in force when it was written.
        amount: Minor units; None for a decision without one.
        commodity: Of the amount.
        commitment: To what is private of it; None where nothing is.
        seq: Its entry.
    """

    version: int
    member_id: str
    content: Mapping[str, Any]
    needed: tuple[str, ...]
    amount: int | None
    commodity: str | None
    commitment: str | None
    seq: int


class Approval(NamedTuple):
    """A slot that was filled.

    Attributes:
        version: That was approved.
        slot: Number of the slot, from 0.
        member_id: By whom.
        seq: Its entry.
    """

    version: int
    slot: int
    member_id: str
    seq: int


class End(NamedTuple):
    """How a decision ended.

    Attributes:
        end: One of `ENDS`.
        version: The last one.
        member_id: Who gave the last approval, rejected or withdrew.
        reason: Why it was rejected; else None.
        seq: The entry.
    """

    end: str
    version: int
    member_id: str
    reason: str | None
    seq: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it stands.

    Attributes:
        number: Counted in the fund from 1.
        kind: One of `rules.KINDS`.
        versions: All, oldest first.
        approvals: All, of whichever version, oldest first.
        end: None while it is open.
    """

    number: int
    kind: str
    versions: tuple[Version, ...]
    approvals: tuple[Approval, ...]
    end: End | None

    @property
    def latest(self) -> Version:
        """Return the version that counts."""
        return self.versions[-1]

    @property
    def proposed_by(self) -> str:
        """Return who proposed it first."""
        return self.versions[0].member_id

    @property
    def touched(self) -> frozenset[str]:
        """Return everybody who proposed or edited any version: none of them can approve."""
        return frozenset(one.member_id for one in self.versions)

    @property
    def standing(self) -> tuple[Approval, ...]:
        """Return the approvals of the latest version: those before an edit do not count."""
        return tuple(one for one in self.approvals if one.version == self.latest.version)

    @property
    def open_slots(self) -> dict[int, str]:
        """Return the slots that nobody has filled, by number, with the role that each needs."""
        filled = {one.slot for one in self.standing}
        return {slot: role for slot, role in enumerate(self.latest.needed) if slot not in filled}

    @property
    def state(self) -> str:
        """Return `open`, or how it ended."""
        return "open" if self.end is None else self.end.end

    @property
    def is_approved(self) -> bool:
        """Tell whether all slots were filled, so that it is carried out."""
        return self.state == "approved"
