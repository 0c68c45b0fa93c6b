"""What a person has shown, lately, to be who they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FRESH_FOR = timedelta(minutes=10)
"""How long a second factor counts as fresh (ASVS 7.5.3: asked again before the most sensitive steps)."""


@dataclass(frozen=True, slots=True)
class FreshFactor:
    """That a second factor was shown within `FRESH_FOR`. Only `ledger.signin` makes one: a test holds that.

    Attributes:
        method: `totp`, `passkey` or `recovery`.
        at: When it was shown.
    """

    method: str
    at: datetime
