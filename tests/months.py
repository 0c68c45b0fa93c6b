"""A sample month of files, and a fund that waits for it: gifts come in through the doors that platforms push to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ledger.cli.demo import ACCOUNTS, COINS, LOOKBACKS, MERCHANT, PLATFORMS, SECRETS
from ledger.cli.figures import Figures
from ledger.clock import FixedClock, month_end
from ledger.desk import transferring
from ledger.funds import booking as funds
from ledger.funds.booking import NewAccount, NewFund
from ledger.funds.history import Channel, Rate
from ledger.funds.payees import Payee
from ledger.intake.receiving import Receiver, Tally
from ledger.journal.history import Fund
from ledger.matching.formats.detect import read_bank_file
from ledger.matching.lines import BankFile

ZONE = "Asia/Shanghai"
HOLDERS = {
    "Alipay": Payee("", "青禾县融媒体中心", "支付宝"),
    "WeChatPay": Payee("", "青禾县融媒体中心", "微信支付"),
    "CCB": Payee("", "青禾县中医药扶贫基金", "县建设银行"),
}


@dataclass
class Month:
    """A month's folder, and the fund whose month it is.

    Attributes:
        folder: Of the files.
        ledger: Whose clock can be moved.
        fund: Once it is set up.
    """

    folder: Path
    ledger: Any
    fund: Fund = field(init=False)

    def __post_init__(self) -> None:
        [sheet] = self.folder.glob("platform/settlement_*.csv")
        digits = sheet.stem.rpartition("_")[2]
        self.period = f"{digits[:4]}-{digits[4:]}"
        self.settlements = sheet
        self.expected = json.loads((self.folder / "expected.json").read_text("utf-8"))
        self.figures = Figures(self.period, ZONE)

    @property
    def clock(self) -> FixedClock:
        return self.ledger.clock

    def files(self) -> Iterator[tuple[Path, BankFile]]:
        """Return the files of wallets and banks."""
        for name in ("wallet", "bank"):
            for path in sorted((self.folder / name).iterdir()):
                yield path, read_bank_file(path.name, path.read_bytes())

    def set_up(self, slug: str = "qinghe") -> None:
        """Open the fund as the month begins, with its channels, and accounts with what they hold."""
        begins = datetime.strptime(self.period, "%Y-%m").replace(tzinfo=ZoneInfo(ZONE))
        self.clock.set(begins - timedelta(days=1))
        new = NewFund(
            slug,
            "青禾县中医药扶贫基金",
            "Qinghe County TCM Relief Fund",
            "全部进基金。",
            "All of it.",
        )
        write = self.ledger.sequencer
        self.fund = funds.open_fund(write, self.clock, "localhost:8000", new)
        for platform, (name, zh, en) in PLATFORMS.items():
            channel = Channel(name, platform, zh, en, "CNY")
            funds.open_channel(write, self.clock, self.fund, channel)
        unit, units, minor = COINS
        funds.set_rate(write, self.fund, Rate(unit, units, minor, "CNY", 0, 0))
        for _, file in self.files():
            stage, name = ACCOUNTS[file.format]
            number, opening = file.account or MERCHANT, file.opening_minor or 0
            account = NewAccount(stage, name, number, file.commodity, opening)
            funds.open_account(write, self.clock, self.fund, account)
            full = f"Assets:{'Fund' if stage == 'fund' else 'Bank'}:{name}"
            payee = HOLDERS[name]._replace(number=number)
            transferring.set_payee(write, self.fund, full, payee)

    def give(self) -> None:
        """Let the platforms push what they pushed, and look back for what they did not."""
        self.clock.set(month_end(self.period, ZONE) - timedelta(minutes=1))
        secrets = json.loads((self.folder / "secrets.json").read_text("utf-8"))
        for platform, (name, zh, en) in PLATFORMS.items():
            channel = Channel(name, platform, zh, en, "CNY")
            receiver = Receiver(self.ledger.sequencer, self.clock, self.fund, channel)
            pushed, deliveries, forged, repeats = Tally(), 0, 0, 0
            with (self.folder / f"platform/{platform}_callbacks.jsonl").open("rb") as stream:
                for _, outcome in receiver.take_deliveries(stream, secrets[SECRETS[platform]]):
                    deliveries += 1
                    if not isinstance(outcome, Tally):
                        forged += 1
                        continue
                    repeats += bool(outcome.repeated) and not outcome.recorded
                    pushed.add(outcome)
            answer = (self.folder / "platform" / LOOKBACKS[platform]).read_bytes()
            found = receiver.take_lookback(answer)
            self.figures.gifts(platform, pushed, found, (deliveries, forged, repeats))

    def read(self) -> dict[str, Any]:
        """Return the figures of the books, by the names of the expected ones."""
        self.figures.read_ledger(self.ledger, self.fund)
        return self.figures.found

    def let_it_end(self) -> None:
        """Let time pass until all files can be there."""
        last = max(line.booked_at for _, file in self.files() for line in file.lines)
        self.clock.set(last + timedelta(days=1, hours=8))
