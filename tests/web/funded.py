"""Machines of a fund that holds money and has a sealed month, on either database. All names are invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from ledger.db import Database
from ledger.desk import wanted as wanting
from ledger.funds.booking import NewAccount, open_account
from ledger.funds.members import enrol_member
from ledger.settings import load_settings
from ledger.verify.database import verify_database
from ledger.wiring import Ledger as Wired
from tests.db import ledgers
from tests.web.machines import make_app, new_token

HELD = 2_000_000


class Machine:
    """Machines of a fund that holds 20,000.00 and whose September is sealed."""

    def __init__(self, database: Database, folder: Path) -> None:
        settings = load_settings({"LEDGER_HOME": str(folder)})
        self.books = books = ledgers.new_ledger(database, settings.keys)
        for new in (
            NewAccount("fund", "Dollar", "6217000000004444", "USD"),
            NewAccount("bank", "ICBC", "6217000000003333", "CNY"),
        ):
            open_account(books.sequencer, books.clock, books.fund, new)
        enrol_member(books.sequencer, books.fund, "Sun", "operator,controller")
        enrol_member(books.sequencer, books.fund, "Zhou", "administrator")
        ledgers.raise_money(books, HELD)
        ledgers.transfer(books, HELD)
        ledgers.close_month(books, "2026-09")
        ledgers.decide_both(books, wanting.seal("2026-09"), "Chen", "Wang")
        self.wired = Wired(settings, database, books.sequencer, books.clock)
        self.tokens = {
            who: new_token(self.wired, books.fund, who, *scopes)
            for who, scopes in (
                ("Li", ("payments", "propose", "read")),
                ("Zhao", ("payments", "propose")),
                ("Zhou", ("payments", "propose")),
                ("Wang", ("read",)),
                ("Sun", ("propose",)),
            )
        }
        self.app = make_app(self.wired)
        self.since = 0

    def post(
        self, path: str, body: object, who: str = "Li", key: str | None = None
    ) -> TestResponse:
        """Send JSON, or bytes as they are."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        address = f"/api/v1/funds/qinghe/{path}"
        if isinstance(body, bytes):
            kind = "application/octet-stream"
            return self.app.test_client().post(
                address, data=body, content_type=kind, headers=headers
            )
        return self.app.test_client().post(address, json=body, headers=headers)

    def get(self, path: str, who: str = "Li") -> TestResponse:
        """Read an address."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return self.app.test_client().get(f"/api/v1/funds/qinghe/{path}", headers=headers)

    def spends(self) -> list[dict[str, Any]]:
        """Return what was spent since the last mark."""
        return [one for one in ledgers.bodies(self.books)[self.since :] if one["kind"] == "spend"]

    def mark(self) -> None:
        """Count from here."""
        self.since = len(ledgers.bodies(self.books))

    def verified(self) -> None:
        url = self.books.database.url.render_as_string(hide_password=False)
        report = verify_database(url, self.books.keys)
        assert report.ok, report.failures


def kind_of(answer: TestResponse) -> tuple[int, str]:
    document: Any = answer.json
    return answer.status_code, document["type"].rpartition("/")[2]
