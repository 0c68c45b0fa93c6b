"""Exceptions and days as machines are told them, by the command line and by the API alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ledger.clock import from_ms, to_text
from ledger.matching.exceptions.history import Aged, Evidence, Item, Note
from ledger.matching.exceptions.kinds import blocks
from ledger.projections.shapes import DayPage


def exception_json(one: Item, today: date) -> dict[str, Any]:
    """Return an exception.

    Args:
        one: The exception.
        today: In the fund's zone.

    Returns:
        JSON; amounts in minor units.
    """
    return {
        "number": one.raised_seq,
        "kind": one.kind,
        "subject": one.subject,
        "amount": one.amount,
        "commodity": one.commodity,
        "state": one.state,
        "owner": one.owner,
        "role": one.role,
        "since": one.since,
        "due": one.due,
        "age_days": one.age(today),
        "overdue": one.is_overdue(today),
        "blocks": blocks(one.kind, one.amount, one.commodity),
        "disputed": one.disputed,
        "paused": one.paused,
        "decision": one.decision,
        "resolved": one.resolved_seq,
    }


def thread_json(thread: Sequence[Note], files: Sequence[Evidence]) -> dict[str, Any]:
    """Return what was written and brought about an exception."""
    return {
        "thread": [
            {
                "number": one.number,
                "at": to_text(from_ms(one.at_ms)),
                "member": one.member_id,
                "step": one.step,
                "value": one.value,
                "text": one.text,
            }
            for one in thread
        ],
        "evidence": [
            {
                "sha256": one.sha256,
                "name": one.name,
                "kind": one.kind,
                "bytes": one.bytes,
                "member": one.member_id,
                "at": to_text(from_ms(one.taken_ms)),
            }
            for one in files
        ],
    }


def aged_json(one: Aged) -> dict[str, Any]:
    """Return a row of the ageing report."""
    return {
        "kind": one.kind,
        "commodity": one.commodity,
        "bracket": one.bracket,
        "items": one.items,
        "amount": one.amount,
        "overdue": one.overdue,
    }


def day_json(page: DayPage) -> dict[str, Any]:
    """Return a day; amounts in minor units."""
    return {
        "day": page.day.isoformat(),
        "explained": not page.unexplained,
        "unexplained": [
            {"commodity": one.commodity, "amount": one.amount_minor} for one in page.unexplained
        ],
        "channels": [
            {
                "channel": one.channel,
                "commodity": one.commodity,
                "sessions": one.sessions,
                "gifts": one.gifts,
                "ours": one.ours_minor,
                "month_ours": one.month_ours_minor,
                "month_platform": one.month_platform_minor,
                "difference": one.difference_minor,
            }
            for one in page.channels
        ],
        "files": [
            {
                "sha256": one.sha256,
                "name": one.name,
                "format": one.format,
                "account": one.account,
                "lines": one.lines,
                "opening": one.opening_minor,
                "closing": one.closing_minor,
                "state": one.state,
                "joins": one.joins,
                "why": one.why,
            }
            for one in page.files
        ],
        "accounts": [
            {
                "account": one.account,
                "commodity": one.commodity,
                "ledger": one.ledger_minor,
                "open": one.open_minor,
                "bank": one.bank_minor,
                "difference": one.difference_minor,
            }
            for one in page.accounts
        ],
        "stages": [
            {"stage": one.key, "waiting": one.waiting_minor, "reached": one.reached_minor}
            for one in page.stages
        ],
        "exceptions": {
            "open": page.items_count,
            "overdue": page.overdue,
            "oldest": [
                {
                    "number": one.number,
                    "kind": one.kind,
                    "amount": one.amount_minor,
                    "commodity": one.commodity,
                    "state": one.state,
                    "age_days": one.age_days,
                    "overdue": one.overdue,
                    "blocks": one.blocks,
                }
                for one in page.items
            ],
        },
    }
