"""Who acts: a role and a pseudonymous id, never a name."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = (
    "administrator",
    "operator",
    "finance",
    "controller",
    "approver",
    "auditor",
    "intake",
    "system",
)
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
