"""The states of a transfer."""

from __future__ import annotations

from ledger.errors import StateError

NEXT = {
    "proposed": ("approved", "rejected", "withdrawn"),
    "approved": ("sent", "rejected"),
    "sent": ("confirmed", "returned"),
    "rejected": (),
    "withdrawn": (),
    "confirmed": (),
    "returned": (),
}
"""From each state, the states that may follow. Who proposes and approves is a decision's affair.

A transfer is `sent` from the first of it that leaves until nothing of it is open: then it is `confirmed` where any of
it arrived, else `returned`. What leaves or arrives in parts before changes no state.
"""

PROMISING = ("proposed", "approved", "sent")
"""States in which the account it leaves may still owe something to it."""


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
