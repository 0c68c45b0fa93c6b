"""The states of a transfer and who may move it on."""

from __future__ import annotations

from ledger.errors import FourEyesError, StateError

NEXT = {
    "proposed": ("approved", "rejected"),
    "approved": ("sent", "rejected"),
    "sent": ("confirmed", "returned"),
    "rejected": (),
    "confirmed": (),
    "returned": (),
}
"""From each state, the states that may follow."""

PROPOSERS = ("finance", "operator")
APPROVERS = ("approver", "controller")


def check_step(number: int, state: str, wanted: str) -> None:
    """Hold that a transfer may take a step.

    Args:
        number: The transfer.
        state: Where it is.
        wanted: Where it should go.

    Raises:
        StateError: That does not follow.
    """
    if wanted not in NEXT[state]:
        needed = [before for before, after in NEXT.items() if wanted in after]
        raise StateError(what="transfer", key=number, state=state, needed=needed)


def check_four_eyes(proposed_by: str, decides: str) -> None:
    """Hold that whoever proposed does not decide.

    Args:
        proposed_by: Member.
        decides: Member.

    Raises:
        FourEyesError: They are one person.
    """
    if proposed_by == decides:
        raise FourEyesError(member=decides)
