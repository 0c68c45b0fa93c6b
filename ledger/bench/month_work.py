"""A month is matched, in a process of its own: so its memory can be told from that of whoever measures.

In: an order on standard input. Out: seconds of each part, processor time and memory on standard output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import perf_counter

import orjson

from ledger.bench import month_files as made
from ledger.bench.memory import peak_mb
from ledger.bench.month_files import Month
from ledger.bench.places import CHANNEL
from ledger.decisions.shapes import Decision
from ledger.desk import actions, spending, wanted
from ledger.desk.bank_days import bank_days
from ledger.desk.finding import look
from ledger.desk.gift_list import compare_list
from ledger.desk.reconcile import reconcile
from ledger.desk.spending import Spending
from ledger.desk.spending_sheets import read_whole
from ledger.desk.wanted import Wanted
from ledger.funds import history as funds
from ledger.funds.lists import Lists
from ledger.intake.ahead import open_own_file
from ledger.intake.comparing import Comparison
from ledger.intake.listed import ListFile
from ledger.journal.history import Fund, fund_by_slug
from ledger.logs import configure_logs
from ledger.matching import file_reading
from ledger.matching.formats.settlement_csv import read_settlement_file
from ledger.settings import load_settings, process_environment
from ledger.signin.gate import open_gate
from ledger.signin.terminal import open_for_script
from ledger.transfers.booking import Proposal
from ledger.wiring import Ledger, open_ledger

ORDER_END = b"\n"


class Timed:
    """Adds up what parts take.

    Attributes:
        seconds: Of each part, by its name.
        cpu: Processor time of all parts, of this process and of those that it started and waited for, seconds.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a block."""
        start, cpu = perf_counter(), _processor_s()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start
        self.cpu += _processor_s() - cpu


def _processor_s() -> float:
    return sum(os.times()[:4])


class Matching:
    """A month, step by step, as officers go through it.

    Args:
        ledger: With the month's gifts.
        fund: Its fund.
        month: What it is made of.
    """

    def __init__(self, ledger: Ledger, fund: Fund, month: Month) -> None:
        self._ledger, self._fund, self._month = ledger, fund, month
        self._sums = made.grosses(month)
        self._gate = open_gate(ledger.settings, ledger.database, ledger.clock)
        with ledger.database.reading() as connection:
            self._people = {
                role: one
                for one in funds.all_members(connection, fund.fund_id)
                for role in one.roles
            }
            accounts = funds.money_account_list(connection, fund.fund_id)
            self._accounts = {one.number: one for one in accounts}
        self.timed = Timed()

    def run(self, gift_list: Path) -> dict[str, int]:
        """Take all steps; return what came of them."""
        with self.timed.part("R1"):
            compared = self._compare(gift_list)
        with self.timed.part("R2"):
            self._settle()
        with self.timed.part("files"):
            collecting = made.collecting_file(self._month, self._sums)
            take_file(self._ledger, self._fund, made.COLLECTING, collecting)
            paying = made.paying_file(self._month, self._sums)
            take_file(self._ledger, self._fund, made.PAYING, paying)
        with self.timed.part("R3"):
            payouts = reconcile(self._ledger.sequencer, self._fund).payouts
        self._decide_transfers()
        with self.timed.part("R4-R5"):
            moved = reconcile(self._ledger.sequencer, self._fund)
        self._spend()
        with self.timed.part("R6"):
            spent = reconcile(self._ledger.sequencer, self._fund)
        with self.timed.part("exceptions"):
            found = look(self._ledger.sequencer, self._fund)
        with self.timed.part("R7"):
            days = self._days()
        return {
            "differing": compared.missing.gifts + compared.extra.gifts + compared.amount.gifts,
            "payouts": payouts,
            "sent": moved.sent,
            "arrived": moved.confirmed,
            "spending": spent.spending,
            "suggested": spent.suggested,
            "open_lines": spent.open_lines,
            "raised": found.raised,
            "equal_days": days,
        }

    def _compare(self, path: Path) -> Comparison:
        with path.open("rb") as stream:
            return compare_list(
                self._ledger.sequencer,
                self._ledger.clock,
                self._ledger.settings.keys,
                self._fund,
                (CHANNEL.name, self._month.name),
                ListFile(path, open_own_file(stream, path.name)),
            )

    def _settle(self) -> None:
        data = made.settlement_sheet(self._month, CHANNEL.platform, self._sums)
        sheet = read_settlement_file("settlements.csv", data)
        upload = ("settlements.csv", data)
        actions.take_settlements(self._ledger.sequencer, self._fund, upload, sheet)

    def _decide_transfers(self) -> None:
        accounts = (self._accounts[made.COLLECTING].name, self._accounts[made.PAYING].name)
        for at, amount in enumerate(made.transferred(self._sums)):
            reference = made.transfer_reference(self._month, at)
            decided(
                self._ledger,
                self._fund,
                wanted.transfer(Proposal(*accounts, "CNY", amount, reference)),
            )

    def _spend(self) -> None:
        data = made.spending_sheet(self._month, self._sums)
        rows = read_whole("spending.csv", data, Lists()).rows
        account = self._accounts[made.PAYING]
        wish = Spending(account, rows)
        if spending.preview(self._ledger.sequencer, self._fund, wish).needed:
            decided(self._ledger, self._fund, spending.spend(wish))
        else:
            who = self._people["finance"].member_id
            spending.book(self._ledger.sequencer, self._fund, who, wish)

    def _days(self) -> int:
        span = (self._month.bank_first.isoformat(), self._month.bank_last.isoformat())
        with self._ledger.database.reading() as connection:
            return sum(
                one.is_equal
                for account in self._accounts.values()
                for one in bank_days(connection, self._fund, account, span)
            )


def take_file(ledger: Ledger, fund: Fund, number: str, data: bytes) -> None:
    """Take a bank's file of the account with this number."""
    with ledger.database.reading() as connection:
        account = funds.money_account(connection, fund.fund_id, number)
    reading = file_reading.read(f"{number}.csv", data)
    actions.take_file(ledger.sequencer, fund, reading, account)


def decided(ledger: Ledger, fund: Fund, wish: Wanted) -> Decision:
    """Let one member propose and as many others approve as the fund's rule asks for.

    Args:
        ledger: Where.
        fund: The fund.
        wish: What.

    Returns:
        The decision, carried out.
    """
    gate = open_gate(ledger.settings, ledger.database, ledger.clock)
    with ledger.database.reading() as connection:
        members = funds.all_members(connection, fund.fund_id)
    proposer = next(one for one in members if "finance" in one.roles)
    found = actions.propose(ledger.sequencer, fund, proposer.member_id, wish)
    for one in members:
        if one is proposer or found.state != "open":
            continue
        fresh = open_for_script(gate, one.user_id or 0).fresh
        assert fresh is not None
        found = actions.approve(
            ledger.sequencer, fund, one.member_id, found.number, found.latest.version, fresh
        )
    assert found.is_approved, found.state
    return found


def main() -> None:
    """Match as ordered."""
    configure_logs("warning", "console")  # standard output is for what is told
    order = orjson.loads(sys.stdin.buffer.readline())
    month = Month(
        date.fromisoformat(order["first"]), order["zone"], order["gifts"], order["lines"]
    )
    ledger = open_ledger(load_settings(process_environment()))
    with ledger.database.reading() as connection:
        fund = fund_by_slug(connection, order["fund"])
    matching = Matching(ledger, fund, month)
    found = matching.run(Path(order["list"]))
    told = {
        "found": found,
        "seconds": matching.timed.seconds,
        "cpu": matching.timed.cpu,
        "peak_mb": peak_mb(),
    }
    sys.stdout.buffer.write(orjson.dumps(told))


if __name__ == "__main__":
    main()
