"""A published statement's page: its files, its history, and its figures as they were printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ledger.issuing import history
from ledger.issuing.history import Issue
from ledger.journal.history import Fund
from ledger.projections.shapes import Contact, PublishedFile, Words


@dataclass(frozen=True, slots=True)
class StatementStep:
    """A step of a statement's life, as anyone may read it.

    Attributes:
        language: Of the file.
        step: Such as `signed`.
        at: When.
        role: In which role somebody took it.
        entry: That says so.
        sha256: Of the file that it left, hex.
        level: Of the signature: `B-B`, `B-LTA`, or empty.
        certificate: SHA-256 of the signer's certificate, hex, or empty.
        is_development: Signed with a key that proves nothing.
        opinion: Kind of the auditor's opinion, or empty.
        findings: Why the auditor returned it, or empty.
    """

    language: str
    step: str
    at: datetime
    role: str
    entry: int
    sha256: str
    level: str = ""
    certificate: str = ""
    is_development: bool = False
    opinion: str = ""
    findings: str = ""


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A published statement.

    Attributes:
        slug: The fund's name in addresses.
        fund: Its full name.
        contact: Who stands behind it.
        id: The statement's name in addresses.
        number: Its number.
        files: One a language, the one that the short address gives first.
        steps: Oldest first; none for one of before there were steps.
        lines: Figures by code, as printed; minor units or counts. Empty where they are not kept.
        zone: The fund's time zone.
        commodity: ISO 4217 code of the amounts.
    """

    slug: str
    fund: Words
    contact: Contact
    id: str
    number: str
    files: tuple[PublishedFile, ...]
    steps: tuple[StatementStep, ...]
    lines: dict[str, int | None] = field(default_factory=dict)
    zone: str = "Asia/Shanghai"
    commodity: str = "CNY"

    @property
    def opinion(self) -> str:
        """Return the kind of the auditor's opinion; empty where no auditor has signed."""
        return next((one.opinion for one in reversed(self.steps) if one.opinion), "")

    @property
    def is_development(self) -> bool:
        """Tell whether a signature was made with a key that proves nothing."""
        return any(one.is_development for one in self.steps)

    @property
    def level(self) -> str:
        """Return the level of the last signature; empty where nothing is signed."""
        return next((one.level for one in reversed(self.steps) if one.level), "")


def steps_of(
    connection: sa.Connection, fund: Fund, issues: Sequence[Issue]
) -> list[StatementStep]:
    """Return what happened to a statement's files, oldest first.

    Args:
        connection: In a transaction.
        fund: The fund.
        issues: The statement, in each language.

    Returns:
        Every step.
    """
    found = [
        _step(issue.language, row)
        for issue in issues
        for row in history.told(connection, fund.fund_id, issue)
    ]
    return sorted(found, key=lambda one: one.entry)


def _step(language: str, row: Any) -> StatementStep:
    body = row.body
    return StatementStep(
        language,
        row.step.step,
        row.at,
        row.role,
        row.step.seq,
        row.step.sha256.hex(),
        body.get("level", ""),
        body.get("certificate", ""),
        bool(body.get("development")),
        body.get("opinion", ""),
        body.get("findings", ""),
    )
