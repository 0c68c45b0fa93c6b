"""Who brings a file."""

from __future__ import annotations

from typing import NamedTuple

from ledger.actors import Actor


class Taker(NamedTuple):
    """Who brings a file.

    Attributes:
        actor: As entries say it.
        member_id: Member; None for whoever has the machine.
    """

    actor: Actor
    member_id: str | None = None
