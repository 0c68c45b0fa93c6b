"""Spending, other money, what proves it, and lists, for machines. Nothing here books or proposes."""

from __future__ import annotations

from typing import Any

from flask import Response

from ledger.clock import from_ms, from_text, local_date
from ledger.errors import NotFoundError
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.lists import LISTS
from ledger.spending import history
from ledger.spending.history import File, Filter, Listed, Moved
from ledger.web.api import asked
from ledger.web.api.bodies import is_hash
from ledger.web.api.guard import Views
from ledger.web.uploads import attachment

PAGE = 100


class Spending(Views):
    """The views."""

    def spending(self, fund: str) -> dict[str, Any]:
        """List spending, newest first, a hundred at a time. Counts of people are not among it."""
        caller = self._guard.caller(fund, "spending.read")
        wanted, below = _filter(), asked.number("below")
        with self._ledger.database.reading() as connection:
            zone = funds.details(connection, caller.fund.fund_id).zone
            rows = history.page(connection, caller.fund.fund_id, wanted, below=below, limit=PAGE)
        return {
            "spending": [_spend(one, zone) for one in rows],
            "below": rows[-1].spend.seq if len(rows) == PAGE else None,
        }

    def movements(self, fund: str) -> dict[str, Any]:
        """List other receipts and payments, newest first, a hundred at a time."""
        caller = self._guard.caller(fund, "spending.read")
        below = asked.number("below")
        with self._ledger.database.reading() as connection:
            rows = history.moved(connection, caller.fund.fund_id, below=below, limit=PAGE)
        return {
            "movements": [_movement(one) for one in rows],
            "below": rows[-1].seq if len(rows) == PAGE else None,
        }

    def spend(self, fund: str, number: int) -> dict[str, Any]:
        """Show one spend, and the files that prove it. Counts of people are not among it."""
        caller = self._guard.caller(fund, "spending.read")
        fund_id = caller.fund.fund_id
        with self._ledger.database.reading() as connection:
            zone = funds.details(connection, fund_id).zone
            found = history.spend(connection, fund_id, number)
            files = history.files_of(connection, fund_id, number)
        return {**_spend(found, zone), "evidence": [_file(one) for one in files]}

    def movement(self, fund: str, number: int) -> dict[str, Any]:
        """Show one receipt or payment, and what proves it."""
        caller = self._guard.caller(fund, "spending.read")
        fund_id = caller.fund.fund_id
        with self._ledger.database.reading() as connection:
            zone = funds.details(connection, fund_id).zone
            found = history.movement(connection, fund_id, number)
            files = history.files_of(connection, fund_id, number)
        return {
            **_movement(found),
            "on": local_date(from_text(found.at), zone).isoformat(),
            "item": found.body.get("item", ""),
            "refunds": found.body.get("refunds"),
            "decision": found.body.get("decision"),
            "evidence": [_file(one) for one in files],
        }

    def evidence(self, fund: str, sha256: str) -> Response:
        """Hand out a file of evidence as it was brought. It may hold names: that it was read is on record first.

        Raises:
            NotFoundError: None of this hash was brought.
        """
        caller = self._guard.caller(fund, "spending.read")
        if not is_hash(sha256):
            raise NotFoundError(what="evidence")
        fund_id = caller.fund.fund_id
        self._guard.saw(caller, "spending.read", f"evidence/{sha256}")
        with self._ledger.database.reading() as connection:
            data = history.file_body(connection, fund_id, sha256)
            [found] = history.files(connection, fund_id, [sha256])
        return attachment(data, found.name)

    def lists(self, fund: str) -> dict[str, Any]:
        """Show the fund's lists: what may be booked under, and what was retired."""
        caller = self._guard.caller(fund, "spending.read")
        with self._ledger.database.reading() as connection:
            found = list_history.lists(connection, caller.fund.fund_id)
        return {
            name: [
                {
                    "code": one.code,
                    "zh": one.zh,
                    "en": one.en,
                    "kind": one.kind,
                    "retired": one.retired,
                    "placeholder": one.is_placeholder,
                    "entry": one.seq,
                }
                for one in found.items(name)
            ]
            for name in LISTS
        }


def _spend(one: Listed, zone: str) -> dict[str, Any]:
    spend = one.spend
    return {
        "entry": spend.seq,
        "on": local_date(from_ms(spend.spent_ms), zone).isoformat(),
        "disease": spend.disease,
        "group": spend.people,
        "provider": spend.provider,
        "batch": spend.batch,
        "amount_minor": spend.amount,
        "commodity": spend.commodity,
        "reference": spend.reference,
        "reversed": one.reversed_seq,
    }


def _file(one: File) -> dict[str, Any]:
    return {"sha256": one.sha256, "name": one.name, "kind": one.kind, "bytes": one.size}


def _movement(one: Moved) -> dict[str, Any]:
    body = one.body
    return {
        "entry": one.seq,
        "way": one.kind,
        "class": body["class"],
        "account": body["account"],
        "amount_minor": body["amount"],
        "commodity": body["commodity"],
        "said": body.get("said", ""),
        "reversed": one.reversed_seq,
    }


def _filter() -> Filter:
    """Return what the address asks for.

    Raises:
        FieldError: A text is too long.
    """
    return Filter(
        disease=asked.text("disease") or None,
        people=asked.text("group") or None,
        provider=asked.text("provider") or None,
        reference=asked.text("reference") or None,
    )
