"""Transfers for machines: what is offered, all of them, and one with its steps. Nothing here decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.db import Database
from ledger.desk import transferring
from ledger.settings import load_settings
from ledger.wiring import Ledger as Wired
from tests.db import ledgers
from tests.web.machines import make_app, new_token


def test_machines_read_offers_and_transfers(database: Database, tmp_path: Path) -> None:
    settings = load_settings({"LEDGER_HOME": str(tmp_path)})
    ledger = ledgers.new_ledger(database, settings.keys)
    ledgers.raise_money(ledger, 1000)
    wired = Wired(settings, database, ledger.sequencer, ledger.clock)
    tokens = {
        scope: new_token(wired, ledger.fund, "Li", scope) for scope in ("read", "propose", "gifts")
    }
    client = make_app(wired).test_client()

    def call(path: str, scope: str = "read") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {tokens[scope]}"}
        answer = client.get(f"/api/v1/funds/qinghe/{path}", headers=headers)
        return {"status": answer.status_code, **answer.get_json()}

    asked = client.post(
        "/api/v1/funds/qinghe/decisions/transfer",
        headers={"Authorization": f"Bearer {tokens['propose']}", "Idempotency-Key": "k1"},
        json={
            "from": "CCB",
            "to": "Main",
            "amount": "6.00",
            "reference": "TRANSFER-1",
            "purpose": "打赏",
        },
    )
    assert asked.status_code == 201, asked.text
    [offer] = call("transfers/offers")["offers"]
    assert (offer["balance_minor"], offer["promised_minor"], offer["amount_minor"]) == (
        1000,
        600,
        400,
    )
    assert [(one["kind"], one["minor"]) for one in offer["origins"]] == [("payout", 400)]
    ledgers.approve(ledger, 1)
    transferring.payment_file(ledger.sequencer, ledger.fund, ledger.member("Li").member_id, (1,))
    ledgers.send(ledger, 1, 600, 1)
    shown = call("transfers/1")
    assert (shown["state"], shown["purpose"], shown["under_way_minor"]) == ("sent", "打赏", 599)
    assert [one["step"] for one in shown["steps"]] == ["filed", "sent"]
    assert len(shown["payment_files"]) == 1
    assert "6217" not in str(shown)
    assert call("transfers?below=1")["transfers"] == []
    assert call("transfers")["transfers"][0]["number"] == 1
    assert call("transfers/9")["status"] == 404
    assert call("transfers", "gifts")["status"] == 403
    assert call("transfers?below=x")["status"] == 422
