"""Read the public side of the ledger: funds, balances, entries, receipts. Nothing here needs a token."""

from __future__ import annotations

from typing import Any

from flask import Response

from ledger.db import Database
from ledger.errors import FieldError, NotFoundError
from ledger.funds import history as funds
from ledger.intake.calls import GiftCalls
from ledger.journal import history as journal
from ledger.journal.balances import all_totals
from ledger.journal.receipt_numbers import parse_receipt_number, receipt_number
from ledger.log import history as log
from ledger.web import headers


class Reading:
    """The views of the read side.

    Args:
        database: Where the ledger is kept.
        calls: Makes receipts.
    """

    def __init__(self, database: Database, calls: GiftCalls) -> None:
        self._database = database
        self._calls = calls

    def funds(self) -> dict[str, Any]:
        """List all funds."""
        with self._database.reading() as connection:
            found = journal.all_funds(connection)
            named = [(one, funds.details(connection, one.fund_id)) for one in found]
        return {"funds": [_card(fund, details) for fund, details in named]}

    def fund(self, fund: str) -> dict[str, Any]:
        """Show a fund with the totals of all its accounts, at its newest checkpoint."""
        with self._database.reading() as connection:
            found = journal.fund_by_slug(connection, fund)
            details = funds.details(connection, found.fund_id)
            channels = funds.all_channels(connection, found.fund_id)
            size, note = log.latest_note(connection, found.fund_id)
            totals = all_totals(connection, found.fund_id)
        accounts = [
            {
                "account": one.account,
                "commodity": one.commodity,
                "debits": one.totals.debits,
                "credits": one.totals.credits,
                "balance": one.totals.balance,
            }
            for one in totals
        ]
        return {
            **_card(found, details),
            "size": size,
            "checkpoint": note.decode(),
            "channels": [one._asdict() for one in channels],
            "accounts": accounts,
        }

    def entry(self, fund: str, seq: int) -> dict[str, Any]:
        """Show an entry: its canonical bytes and its leaf in the log."""
        with self._database.reading() as connection:
            found = journal.fund_by_slug(connection, fund)
            stored = journal.entry(connection, found.fund_id, seq)
        return {
            "seq": stored.seq,
            "kind": stored.kind,
            "leaf_hash": stored.leaf_hash.hex(),
            "entry": stored.entry.decode(),
        }

    def gift(self, fund: str, receipt: str) -> dict[str, Any]:
        """Show a gift by its receipt number: its entry and the proof that it is in the log."""
        seq, number, entry, proof = self._receipt(fund, receipt)
        return {"seq": seq, "receipt": number, "entry": entry.decode(), "proof": proof.decode()}

    def proof(self, fund: str, receipt: str) -> Response:
        """Hand out the proof of a gift as a file (`c2sp.org/tlog-proof@v1`)."""
        _, number, _, proof = self._receipt(fund, receipt)
        response = Response(proof, content_type="text/plain; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{number}.tlog-proof"'
        return headers.public_page(response)

    def _receipt(self, slug: str, text: str) -> tuple[int, str, bytes, bytes]:
        """Find a gift by its receipt number.

        Raises:
            NotFoundError: No gift has this number.
        """
        try:
            number = parse_receipt_number(text)
        except FieldError as error:
            raise NotFoundError(what="gift") from error
        with self._database.reading() as connection:
            fund = journal.fund_by_slug(connection, slug)
            stored = journal.entry(connection, fund.fund_id, number.seq)
        if stored.kind != "gift" or receipt_number(stored.seq, stored.leaf_hash) != number:
            raise NotFoundError(what="gift")
        found = self._calls.stored_receipt(fund, number.seq)
        return found.seq, found.number, found.entry, found.proof


def _card(fund: journal.Fund, details: funds.Details) -> dict[str, Any]:
    return {
        "fund": fund.slug,
        "name_zh": details.name_zh,
        "name_en": details.name_en,
        "commodity": details.commodity,
        "zone": details.zone,
        "log": fund.origin,
    }
