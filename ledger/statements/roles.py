"""How statements name whoever acted: by role."""

from __future__ import annotations

from typing import Final

from ledger.actors import Member

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


def shown_role(member: Member) -> str:
    """Name the highest of a member's roles."""
    return next(ROLES[role] for role in ROLES if role in member.roles)
