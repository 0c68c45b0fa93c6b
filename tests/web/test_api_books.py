"""Months, corrections, figures, spending and other money for machines, on both databases. Nothing here decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.db import Database
from ledger.desk import spending as desk
from ledger.desk import wanted as wanting
from ledger.settings import load_settings
from ledger.wiring import Ledger as Wired
from tests.db import ledgers
from tests.db.test_spending import moved
from tests.web.machines import make_app, new_token

MONTH = "2026-09"


class Machine:
    """Somebody's machine at the interface of a fund with a sealed month, a spend that was reversed, and a donation."""

    def __init__(self, database: Database, folder: Path) -> None:
        settings = load_settings({"LEDGER_HOME": str(folder)})
        self.ledger = ledger = ledgers.new_ledger(database, settings.keys)
        ledgers.raise_money(ledger, 1_000)
        ledgers.transfer(ledger, 1_000)
        self.closed = ledgers.close_month(ledger, MONTH)
        ledgers.decide_both(ledger, wanting.seal(MONTH), "Chen", "Wang")
        [self.spent] = self._new("spend", lambda: ledgers.spend(ledger, ledgers.spend_row(300)))
        undo = desk.reversal(self.spent, "booked twice")
        ledgers.decide_both(ledger, undo, "Li", "Chen")
        self.given = moved(ledger, "income", "donation", 40)
        wired = Wired(settings, database, ledger.sequencer, ledger.clock)
        self._tokens = {
            scope: new_token(wired, ledger.fund, "Li", scope) for scope in ("read", "gifts")
        }
        self._client = make_app(wired).test_client()

    def _new(self, kind: str, act: Any) -> list[int]:
        before = len(ledgers.bodies(self.ledger))
        act()
        return [one["seq"] for one in ledgers.bodies(self.ledger)[before:] if one["kind"] == kind]

    def call(self, path: str, scope: str = "read", status: int = 200) -> dict[str, Any]:
        """Read an address."""
        headers = {"Authorization": f"Bearer {self._tokens[scope]}"}
        answer = self._client.get(f"/api/v1/funds/qinghe/{path}", headers=headers)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.get_json()
        return found


@pytest.fixture
def machine(database: Database, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(database, tmp_path)
    yield made
    made.ledger.close()


def test_machines_read_months_corrections_and_figures_then_and_now(machine: Machine) -> None:
    [month] = machine.call("periods")["months"]
    assert (month["month"], month["state"]) == (MONTH, "sealed")
    one = machine.call(f"periods/{MONTH}")
    assert [step["state"] for step in one["steps"]] == ["closed", "sealed"]
    assert {check["name"] for check in one["checks"]}
    corrections = machine.call("corrections")["corrections"]
    assert [(each["kind"], each["corrects"], each["amount"]) for each in corrections] == [
        ("spend.reversed", [machine.spent], 300)
    ]
    assert corrections[0]["reason"] == "booked twice"
    assert machine.call("corrections?kind=adjustment")["corrections"] == []
    assert machine.call(f"corrections?below={corrections[0]['seq']}")["corrections"] == []
    then = machine.call(f"figures?at={machine.closed + 1}&month={MONTH}")
    assert then["stages"]["fund"] == 1_000
    assert then["stages_now"]["fund"] == 1_040
    assert then["month"]["then"]["arrived"] == then["month"]["now"]["arrived"] == 1_000
    for wrong, status in (
        ("figures", 422),
        ("figures?at=0", 404),
        ("figures?at=soon", 404),
        (f"figures?at={machine.closed}&month=2026-01", 404),
        ("corrections?below=x", 422),
    ):
        machine.call(wrong, status=status)
    for path in ("periods", f"periods/{MONTH}", "corrections", "figures?at=9"):
        machine.call(path, scope="gifts", status=403)


def test_machines_read_spending_and_other_money_and_never_counts_of_people(
    machine: Machine,
) -> None:
    [spend] = machine.call("spending")["spending"]
    assert spend["entry"] == machine.spent
    assert "persons" not in str(spend)
    [given] = machine.call("movements")["movements"]
    assert (given["entry"], given["class"]) == (machine.given, "donation")
    assert machine.call(f"movements?below={machine.given}")["movements"] == []
    machine.call("movements?below=x", status=422)
    for path in ("spending", "movements", "lists"):
        machine.call(path, scope="gifts", status=403)
