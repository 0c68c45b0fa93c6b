"""What the entries before one have made: the state that the rules of each kind of entry read and change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.errors import LedgerError
from ledger.journal.months import Months
from ledger.moneyline.intervals import LineState
from ledger.verify.deciding import Deciding
from ledger.verify.entries import BrokenEntryError
from ledger.verify.facts import Facts, Interval, Item
from ledger.verify.folding import Event, Key
from ledger.verify.report import Findings, failure

Lookup = Callable[[int], dict[str, Any] | None]
"""Gives an earlier entry, decoded, by its number; None when there is none that can be read."""

Apply = Callable[[Event], None]
"""Takes an entry into the books, or raises `BrokenEntryError`."""


class Books:
    """The books of one fund after some entries.

    Attributes:
        totals: Debits and credits by account and commodity.
        facts: What the entries say.
        deciding: What they say of decisions, held to the rule of two.
        first_use: Entry that used or opened an account first.
        findings: Where failures go.
        lookup: Gives earlier entries.
        state: The money line.
        state_holds: False once the entries left the line; nothing is said of it from then on.
        reversed: The reversing entry of each gift or spend that was taken back.
        hole_of: Holes and their last moment, by the settlement that made them.
        filled: How much of each hole is filled.
        paid: What came of each settlement.
        released: The release that reversed each entry.
        months: Where months stand.

    Args:
        slug: The fund.
        findings: Where failures go.
        lookup: Gives earlier entries.
        label: What failures call the place.
    """

    def __init__(self, slug: str, findings: Findings, lookup: Lookup, label: str) -> None:
        self.totals: dict[Key, list[int]] = {}
        self.facts = Facts()
        self.deciding = Deciding(self._roles_of)
        self.first_use: dict[str, int] = {}
        self.findings, self.lookup = findings, lookup
        self.state = LineState()
        self.state_holds = True
        self.reversed: dict[int, int] = {}
        self.hole_of: dict[int, tuple[Interval, int]] = {}
        self.filled: dict[int, int] = {}
        self.paid: dict[tuple[str, str], int] = {}
        self.released: dict[int, int] = {}
        self.months = Months()
        self._slug, self._label = slug, label

    def fail(
        self, check: str, seq: int, reason: str, expected: object = "", found: object = ""
    ) -> None:
        """Name an entry as the place of a failure."""
        self.findings.fail(
            check, failure(self._slug, seq, (self._label, f"seq={seq}"), reason, expected, found)
        )

    def state_fails(self, seq: int, error: LedgerError) -> None:
        """Name an entry as the place where the entries left the money line, and say nothing of it from then on."""
        self.state_holds = False
        fields = error.fields
        self.fail(
            "segments",
            seq,
            str(fields.get("reason", error.code)),
            fields.get("expected", ""),
            f"{fields.get('field', '')} {fields.get('stated', '')} {fields.get('account', '')}".strip(),
        )

    def item(self, raised: int) -> Item:
        """Return an exception by the entry that raised it.

        Raises:
            BrokenEntryError: There is none.
        """
        if raised not in self.facts.items:
            raise BrokenEntryError("corrections", "no-such-exception", found=raised)
        return self.facts.items[raised]

    def _roles_of(self, member: str) -> frozenset[str]:
        roles, _, removed = self.facts.members.get(member, ("", -1, None))
        return frozenset(roles.split(",")) if roles and removed is None else frozenset()
