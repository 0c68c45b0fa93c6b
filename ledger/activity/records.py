"""One thing that somebody did or read, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ledger.activity import origins
from ledger.activity.origins import Origin

SERVICE_WIDE = 0
"""In the place of a fund: users, sessions, and whatever belongs to no fund."""

DONE = "done"
READ = "read"
REFUSED = "refused"
FAILED = "failed"
OUTCOMES = (DONE, READ, REFUSED, FAILED)
"""`read` is a reading of personal data; `refused` is what a role or the rule of two forbids; `failed` is what was
allowed and came to nothing, such as a wrong password."""

REASON_MAX = 2_000
"""Characters of a reason that are kept: as long as any form lets one be."""

SUBJECT_MAX = 200
"""Characters of a subject that are kept: ours are short, but a refused one is named by whoever asked."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What is about to be recorded. Make it before the sequencer is called: its origin is taken when it is made.

    Attributes:
        fund_id: The fund, or `SERVICE_WIDE`.
        action: A name of `ledger.roles.ACTIONS`, or of the sign-in, such as `sign-in.password`.
        subject: What it was done to: kind and id, such as `decision/12`, `user/3`, `account/Bank-CCB`. Never a name,
            a nickname, a number of an account at a bank.
        member_id: Who, in the fund.
        role: In which role they acted.
        reason: Why, in their own words; empty where none was asked.
        outcome: One of `OUTCOMES`.
        origin: From where; taken from the request or command.
    """

    fund_id: int
    action: str
    subject: str = ""
    member_id: str | None = None
    role: str = ""
    reason: str = ""
    outcome: str = DONE
    origin: Origin = field(default_factory=origins.current)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded.

    Attributes:
        at: When, in UTC.
        number: Tells those of one millisecond apart.
        activity: What, by whom, from where, and why.
    """

    at: datetime
    number: int
    activity: Activity
