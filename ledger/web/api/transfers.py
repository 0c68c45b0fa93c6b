"""Transfers for machines: all of them, one with its steps, and what can be transferred. Nothing here decides."""

from __future__ import annotations

from typing import Any

from flask import Response

from ledger.clock import local_date
from ledger.funds import history as funds
from ledger.projections.transfer_json import offer_json, transfer_json
from ledger.projections.transfer_page import offer_of, origins_ahead, waiting
from ledger.transfers import history, payments
from ledger.web.api import asked
from ledger.web.api.guard import Views
from ledger.web.uploads import attachment

PAGE = 100


class Transfers(Views):
    """The views."""

    def transfers(self, fund: str) -> dict[str, Any]:
        """List transfers, newest first, a hundred at a time."""
        caller = self._guard.caller(fund, "transfer.read")
        below = asked.number("below")
        with self._ledger.database.reading() as connection:
            found = history.all_transfers(connection, caller.fund.fund_id)
        rows = [one for one in reversed(found) if below is None or one.number < below]
        return {
            "transfers": [transfer_json(one) for one in rows[:PAGE]],
            "below": rows[PAGE - 1].number if len(rows) > PAGE else None,
        }

    def transfer(self, fund: str, number: int) -> dict[str, Any]:
        """Show a transfer with its steps and its payment files."""
        caller = self._guard.caller(fund, "transfer.read")
        fund_id = caller.fund.fund_id
        with self._ledger.database.reading() as connection:
            found = history.transfer(connection, fund_id, number)
            steps = history.steps(connection, fund_id, number)
            files = payments.files_of(connection, fund_id, number)
        return {
            **transfer_json(found),
            "steps": [one._asdict() for one in steps],
            "payment_files": [
                {
                    "message_id": one.message_id,
                    "format": one.format,
                    "sha256": one.sha256,
                    "entry": one.seq,
                }
                for one in files
            ],
        }

    def offers(self, fund: str) -> dict[str, Any]:
        """Show what can be transferred from each collection account, and where it comes from."""
        caller = self._guard.caller(fund, "transfer.read")
        with self._ledger.database.reading() as connection:
            accounts = funds.money_account_list(connection, caller.fund.fund_id)
            offers = [
                offer_of(connection, caller.fund, one.name, one.commodity)
                for one in accounts
                if one.name.startswith("Assets:Bank:")
            ]
            return {
                "offers": [
                    offer_json(
                        one,
                        origins_ahead(connection, caller.fund, one, one.amount, one.promised),
                    )
                    for one in offers
                ]
            }

    def waiting(self, fund: str) -> dict[str, Any]:
        """Show the transfers that wait for somebody, late ones first: what reminders are sent about."""
        caller = self._guard.caller(fund, "transfer.read")
        with self._ledger.database.reading() as connection:
            zone = funds.details(connection, caller.fund.fund_id).zone
            today = local_date(self._ledger.clock.now(), zone)
            found = waiting(connection, caller.fund, today)
        return {
            "waiting": [
                {
                    "number": one.transfer.number,
                    "for": one.what,
                    "since": one.since.isoformat(),
                    "due": one.due.isoformat(),
                    "late": one.is_late(today),
                }
                for one in found
            ]
        }

    def transfer_evidence(self, fund: str, number: int, sha256: str) -> Response:
        """Hand out a file that a transfer names as evidence. That it was read is put on record first."""
        caller = self._guard.caller(fund, "transfer.read")
        fund_id = caller.fund.fund_id
        self._guard.saw(caller, "transfer.read", f"transfer/{number}")
        with self._ledger.database.reading() as connection:
            one = history.transfer(connection, fund_id, number)
            name, data = payments.attached_bytes(connection, fund_id, one, sha256)
        return attachment(data, name)
