"""How statements name whoever acted: by role."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

ROLES: Final = {
    "approver": "approver",
    "controller": "reviewer",
    "finance": "officer",
    "operator": "officer",
    "auditor": "auditor",
    "administrator": "owner",
    "intake": "system",
    "system": "system",
}
"""Role of a member to the key that `reports.wording.ROLE` names; the order is that of rank."""


def shown_role(roles: AbstractSet[str]) -> str:
    """Name the highest of some roles."""
    return next(ROLES[role] for role in ROLES if role in roles)
