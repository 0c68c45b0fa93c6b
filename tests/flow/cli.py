"""The command line in a folder of its own, with its clock standing, and the files of a small month to feed it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from click.testing import CliRunner, Result

from ledger.cli.main import main
from ledger.clock import FixedClock
from ledger.db import Database
from ledger.settings import load_settings
from ledger.signin.engine import HashCost
from ledger.signin.enrolling import enrol_for_script
from ledger.signin.gate import Gate, open_gate
from ledger.signin.terminal import open_for_script
from ledger.wiring import build_services

NOW = datetime(2026, 12, 5, 4, 0, tzinfo=UTC)
CHEAP = HashCost(memory_kib=64, rounds=1)
PASSWORD = "a quiet morning on the steppe"
PEOPLE = (
    ("王会计", "finance"),
    ("李建国", "approver"),
    ("周敏", "controller"),
    ("赵管", "administrator"),
)
COLLECTION, FUND = "15001777330001", "15001777330002"

CCB_COLUMNS = (
    "账号",
    "交易时间",
    "借方发生额",
    "贷方发生额",
    "余额",
    "币种",
    "对方户名",
    "摘要",
    "备注",
    "账户明细编号-交易流水号",
    "企业流水号",
)
SETTLEMENT_COLUMNS = (
    "platform",
    "period",
    "gross_cny",
    "refund_cny",
    "platform_share_rate",
    "platform_share_cny",
    "income_cny",
    "tax_withheld_cny",
    "net_cny",
    "statement_no",
)
SPENDING_COLUMNS = (
    "spent_on",
    "disease",
    "group",
    "provider",
    "batch",
    "persons",
    "person_times",
    "amount_cny",
    "reference",
)


@dataclass
class Cli:
    """Runs commands; `folder` is where they are started and where the files for them lie.

    A command that ends with another error than ours raises it here: there is never a traceback to overlook.
    """

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW
    users: dict[str, int] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def run(self, *arguments: str | Path, fails: int | None = 0) -> Result:
        """Run a command and check its exit code."""
        environment = {"LEDGER_HOME": str(self.home), **self.env}
        with (
            contextlib.chdir(self.folder),
            mock.patch("ledger.wiring.SystemClock", return_value=FixedClock(self.now)),
        ):
            result = CliRunner().invoke(
                main, [str(one) for one in arguments], env=environment, catch_exceptions=False
            )
        assert fails is None or result.exit_code == fails, (arguments, result.output)
        return result

    def json(self, *arguments: str | Path, fails: int = 0) -> dict[str, Any]:
        """Run a command with `--json`: exactly one object comes out."""
        result = self.run("--json", *arguments, fails=fails)
        (line,) = result.stdout.splitlines()
        value: dict[str, Any] = json.loads(line)
        return value

    def refused(self, *arguments: str | Path, fails: int = 1) -> str:
        """Run a command that is refused; return the one line that says why."""
        result = self.run(*arguments, fails=fails)
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert line.startswith("ledger: ")
        return line.removeprefix("ledger: ")

    def file(self, name: str, content: str | bytes) -> Path:
        """Write a file for a command."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def sheet(self, name: str, columns: Sequence[str], *rows: Sequence[object]) -> Path:
        """Write a CSV file for a command."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows([columns, *rows])
        return self.file(name, text.getvalue())

    def size(self) -> int:
        """Count the entries, past the command line."""
        with contextlib.closing(sqlite3.connect(self.home / "ledger.db")) as database:
            counted: int = database.execute("SELECT count(*) FROM entries").fetchone()[0]
        return counted

    def entries(self) -> bytes:
        """Return all entries, past the command line."""
        with contextlib.closing(sqlite3.connect(self.home / "ledger.db")) as database:
            return b"\n".join(row[0] for row in database.execute("SELECT entry FROM entries"))

    # --- the steps of a small month ---------------------------------------------------------------

    def set_up(self) -> None:
        """Open a fund with a channel, two accounts, a rate and three members."""
        self.run("fund", "create", "qinghe", "--name-zh", "青禾", "--name-en", "Qinghe")
        self.run("channel", "add", "Kuaishou", "--platform", "kuaishou")
        self.run("account", "add", "CCB", "--stage", "bank", "--number", COLLECTION)
        self.run("account", "add", "Main", "--stage", "fund", "--number", FUND)
        self.run("rate", "set", "KSCOIN", "10", "1.00")
        for name, roles in PEOPLE:
            self.enrol(name, roles)

    def enrol(self, name: str, roles: str) -> None:
        """Let somebody accept an invitation, and enrol them; they are signed in at this terminal."""
        email = email_of(len(self.users))
        with self.gate() as gate:
            self.users[name] = enrol_for_script(gate, email, name, PASSWORD).user_id
        self.run("member", "add", name, roles, "--email", email)
        self.sign_in(name)

    def sign_in(self, *names: str) -> None:
        """Sign people in at this terminal, with a second factor that is fresh now."""
        with self.gate() as gate:
            for name in names or self.users:
                open_for_script(gate, self.users[name])

    @contextlib.contextmanager
    def gate(self) -> Iterator[Gate]:
        """Open what sign-in works with, past the command line."""
        settings = load_settings({"LEDGER_HOME": str(self.home), **self.env})
        database = Database(settings.database_url)
        try:
            yield open_gate(settings, database, FixedClock(self.now), cost=CHEAP)
        finally:
            database.close()

    def gifts(self, name: str, *gifts: dict[str, Any]) -> Path:
        """Write gifts in our own format."""
        return self.file(name, "".join(json.dumps(one) + "\n" for one in gifts))

    def settlement(self, name: str = "settlement.csv", **changes: str) -> Path:
        """Write a settlement sheet: half of 1,020.00 is the platform's."""
        row = {
            "platform": "kuaishou",
            "period": "2026-11",
            "gross_cny": "1020.00",
            "refund_cny": "0.00",
            "platform_share_rate": "0.50",
            "platform_share_cny": "-510.00",
            "income_cny": "510.00",
            "tax_withheld_cny": "0.00",
            "net_cny": "510.00",
            "statement_no": "KU-ST-202611",
        } | changes
        columns = [*SETTLEMENT_COLUMNS, *(one for one in row if one not in SETTLEMENT_COLUMNS)]
        return self.sheet(name, columns, [row[one] for one in columns])

    def bank_file(self, name: str, account: str, *lines: tuple[str, str, str, str]) -> Path:
        """Write an export of CCB: each line is a time, an amount, the balance after it, and a remark."""
        rows = []
        for number, (at, amount, balance, remark) in enumerate(lines, start=1):
            out, into = (amount[1:], "") if amount.startswith("-") else ("", amount)
            row = (account, at, out, into, balance, "人民币元", "对方", "电子汇划", remark)
            rows.append((*row, f"{number}-{name}", ""))
        return self.sheet(name, CCB_COLUMNS, *rows)

    def spending(self, name: str, *rows: tuple[str, str, str]) -> Path:
        """Write a spending sheet: each row is a disease, an amount and a reference."""
        return self.sheet(
            name,
            SPENDING_COLUMNS,
            *(
                (
                    "2026-12-04",
                    disease,
                    "LowIncome",
                    "县中医院",
                    "2026-11",
                    7,
                    13,
                    amount,
                    reference,
                )
                for disease, amount, reference in rows
            ),
        )

    def raise_money(self) -> None:
        """Bring 510.00 of three gifts to the collection account."""
        self.run("import", "gifts", self.gifts("gifts.jsonl", *GIFTS), "--channel", "Kuaishou")
        self.run("settlement", "import", self.settlement())
        self.run(
            "bank",
            "import",
            self.bank_file(
                "collection-1.csv",
                COLLECTION,
                ("20261202 09:00:00", "510.00", "510.00", "结算 KU-ST-202611"),
            ),
        )
        self.run("reconcile")

    def transfer(self) -> None:
        """Carry 500.00 into the fund."""
        self.run(
            *("transfer", "propose", "500.00", "--from", "CCB", "--to", "Main"),
            *("--reference", "HZ20261203", "--by", "王会计"),
        )
        self.run("transfer", "approve", "1", "--by", "李建国")
        self.run(
            "bank",
            "import",
            self.bank_file(
                "collection-2.csv",
                COLLECTION,
                ("20261203 09:00:00", "-500.00", "10.00", "HZ20261203"),
            ),
            self.bank_file(
                "fund-1.csv", FUND, ("20261203 10:00:00", "500.00", "500.00", "HZ20261203")
            ),
        )
        self.run("reconcile")

    def spend(self) -> None:
        """Pay 300.00 for medicine."""
        sheet = self.spending(
            "spending.csv",
            ("Hypertension", "180.00", "ZF20261204"),
            ("Diabetes", "120.00", "ZF20261204"),
        )
        self.run("spend", "import", sheet, "--account", "Main", "--by", "王会计")
        self.run(
            "bank",
            "import",
            self.bank_file(
                "fund-2.csv", FUND, ("20261204 15:00:00", "-300.00", "200.00", "药款 ZF20261204")
            ),
        )
        self.run("reconcile")

    def walk_on(self) -> None:
        """Spend and close the month."""
        self.spend()
        self.close("2026-11")

    def close(self, month: str) -> None:
        """Close a month: finance proposes, the controller approves."""
        self.decide("period", "close", month, by="周敏")

    def published(self, month: str) -> bytes | None:
        """Return the statement of a month as the web hands it out."""
        settings = load_settings({"LEDGER_HOME": str(self.home), **self.env})
        services = build_services(settings)
        try:
            return services.statement_file("qinghe", month)
        finally:
            services.ledger.database.close()

    def decide(self, *proposal: str | Path, by: str) -> int:
        """Let finance propose something and somebody approve it; return the decision's number."""
        number: int = self.json(*proposal, "--by", "王会计")["decision"]
        done = self.json("decision", "approve", str(number), "--by", by)
        assert done["state"] == "approved", done
        return number


def email_of(number: int) -> str:
    """Return the address of the person who was enrolled as this number, from 0."""
    return f"person{number}@qinghe.example.com"


GIFTS: tuple[dict[str, Any], ...] = (
    {
        "id": "g-1",
        "at": "2026-11-09T20:00:24+08:00",
        "amount": "600.00",
        "currency": "CNY",
        "giver": "u-1",
        "nickname": "草原来客",
        "session": "r-1",
    },
    {
        "id": "g-2",
        "at": "2026-11-09T20:01:03+08:00",
        "amount": "400.00",
        "currency": "CNY",
        "giver": "u-2",
        "nickname": "=1+1",
        "session": "r-1",
    },
    {
        "id": "g-3",
        "at": "2026-11-10T08:00:00+08:00",
        "coins": 200,
        "unit": "KSCOIN",
        "giver": "u-1",
        "nickname": "草原来客",
        "session": "r-2",
    },
)
"""1,020.00 CNY in all."""
