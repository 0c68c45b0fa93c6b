"""Who acts: a role and a pseudonymous id, never a name. And who may act: the members of a fund."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import NotAllowedError

PEOPLE = ("administrator", "operator", "finance", "controller", "approver", "auditor")
"""Roles that a person may have in a fund, in the order in which they are told."""

ROLES = (*PEOPLE, "intake", "system")
"""`intake` is a feed or an import; `system` is the service itself."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever an entry says has acted.

    Attributes:
        role: One of `ROLES`.
        id: Pseudonymous id of a member (`m1`, `m2` …), or of a feed (`kuaishou`).
    """

    role: str
    id: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a fund.

    Attributes:
        member_id: Pseudonymous: `m1`, `m2` …; of one person for good, however often they come and go.
        roles: Some of `PEOPLE`; nobody has the same one twice.
        name: Kept beside the ledger, never in it.
        user_id: Their sign-in; None for somebody who has none yet.
        removed: Whether they act no more.
    """

    member_id: str
    roles: frozenset[str]
    name: str
    user_id: int | None
    removed: bool

    def acting(self, *allowed: str) -> Actor:
        """Return the member as the one who acts, in the first of the allowed roles that they have.

        Args:
            allowed: Roles, the one that is named first is preferred.

        Returns:
            Role and id.

        Raises:
            NotAllowedError: They have none of these, or were removed.
        """
        for role in allowed:
            if role in self.roles and not self.removed:
                return Actor(role, self.member_id)
        raise NotAllowedError(role=self.role_text, needed=list(allowed))

    @property
    def role_text(self) -> str:
        """Return the roles as they are stored: sorted, with commas between them."""
        return ",".join(sorted(self.roles))
