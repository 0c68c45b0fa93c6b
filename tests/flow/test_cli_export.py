"""The journal in other programs' hands: small parsers of their languages recompute every balance."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from ledger.cells import guarded
from ledger.db import Database
from ledger.export.entries import read_entries
from ledger.export.plaintext import write_beancount, write_hledger
from ledger.export.registers import write_registers
from ledger.funds import booking as setting_up
from ledger.funds.booking import NewAccount
from ledger.funds.history import Channel
from ledger.journal import balances
from tests.db import ledgers
from tests.flow.cli import Cli

Sums = dict[tuple[str, str], Decimal]

ACCOUNT = r"(?:Assets|Liabilities|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+"
POSTING = re.compile(rf" +({ACCOUNT})  (-?[0-9]+(?:\.[0-9]+)?) ([A-Z]+)")


def whole_ledger(database: Database, folder: Path) -> ledgers.Ledger:
    """Walk the whole way, with gifts in dollars and an account in yen beside it."""
    ledger = ledgers.new_ledger(database, folder / "keys")
    ledgers.whole_way(ledger)
    dollars = Channel("Abroad", "own", "海外", "Abroad", "USD")
    setting_up.open_channel(ledger.sequencer, ledger.clock, ledger.fund, dollars)
    yen = NewAccount("bank", "Yen", "JP1", "JPY", 700)
    setting_up.open_account(ledger.sequencer, ledger.clock, ledger.fund, yen)
    event = ledgers.gift("abroad", 30, unit="USD", commodity="USD")
    ledgers.give(ledger, event, channel=dollars)
    # Given long before the books were opened: days do not come in the order of the entries.
    ledgers.give(
        ledger, ledgers.gift("old", 500, occurred_at_ms=event.occurred_at_ms - 90 * 86_400_000)
    )
    return ledger


def held(ledger: ledgers.Ledger) -> Sums:
    """Return what the ledger says that each account holds, as decimals."""
    digits = {"CNY": 2, "JPY": 0, "USD": 2}
    with ledger.database.reading() as connection:
        totals = balances.all_totals(connection, ledger.fund.fund_id)
    return {
        (one.account, one.commodity): Decimal(one.totals.balance).scaleb(-digits[one.commodity])
        for one in totals
    }


def written(ledger: ledgers.Ledger, path: Path, write: object) -> list[str]:
    """Write an export and return its lines."""
    with ledger.database.reading() as connection, path.open("w", encoding="utf-8") as out:
        write(connection, ledger.fund, out)  # type: ignore[operator]
    return path.read_text("utf-8").splitlines()


def transactions(lines: list[str], head: str) -> Iterator[tuple[date, list[re.Match[str]]]]:
    """Cut a file into transactions: a day and its postings; the sum of each has to be zero."""
    for place, line in enumerate(lines):
        found = re.fullmatch(rf"([0-9-]{{10}}) {head}", line)
        if found is None:
            continue
        postings = []
        for below in lines[place + 1 :]:
            if not below.startswith(" "):
                break
            if not re.fullmatch(r"  [a-z]+: [0-9]+", below):
                posting = POSTING.fullmatch(below)
                assert posting, below
                postings.append(posting)
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for posting in postings:
            sums[posting[3]] += Decimal(posting[2])
        assert set(sums.values()) == {Decimal(0)}
        yield date.fromisoformat(found[1]), postings


def summed(postings: Iterator[re.Match[str]]) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for posting in postings:
        sums[posting[1], posting[3]] += Decimal(posting[2])
    return dict(sums)


def test_beancount_would_compute_the_ledger_s_balances(database: Database, tmp_path: Path) -> None:
    ledger = whole_ledger(database, tmp_path)
    lines = written(ledger, tmp_path / "all.beancount", write_beancount)
    opened = {
        found[2]: date.fromisoformat(found[1])
        for line in lines
        if (found := re.fullmatch(rf"([0-9-]{{10}}) open ({ACCOUNT})", line))
    }
    asserted: Sums = {}
    assertion_days = set()
    for line in lines:
        if found := re.fullmatch(
            rf"([0-9-]{{10}}) balance ({ACCOUNT})  (-?[0-9.]+) ([A-Z]+)", line
        ):
            asserted[found[2], found[4]] = Decimal(found[3])
            assertion_days.add(date.fromisoformat(found[1]))
    entries = list(transactions(lines, r'\* "[a-z.]+"'))
    assert summed(one for _, postings in entries for one in postings) == asserted == held(ledger)
    # An account is used only while it is open, and asserted after everything.
    assert all(opened[one[1]] <= day for day, postings in entries for one in postings)
    assert {one[1] for _, postings in entries for one in postings} == set(opened)
    assert min(assertion_days) > max(day for day, _ in entries)
    assert any(earlier > later for (earlier, _), (later, _) in pairwise(entries))
    assert {commodity for _, commodity in asserted} == {"CNY", "JPY", "USD"}


def test_every_entry_with_money_is_one_transaction(database: Database, tmp_path: Path) -> None:
    ledger = whole_ledger(database, tmp_path)
    lines = written(ledger, tmp_path / "all.beancount", write_beancount)
    numbers = [int(line.split(": ")[1]) for line in lines if line.startswith("  entry: ")]
    with ledger.database.reading() as connection:
        expected = [one.seq for one in read_entries(connection, ledger.fund) if one.lines]
    assert numbers == expected


def test_hledger_would_compute_the_ledger_s_balances(database: Database, tmp_path: Path) -> None:
    ledger = whole_ledger(database, tmp_path)
    lines = written(ledger, tmp_path / "all.journal", write_hledger)
    entries = list(transactions(lines, r"\* \([0-9]+\) [a-z.]+"))
    sums = summed(one for _, postings in entries for one in postings)
    declared = {line.split(" ", 1)[1] for line in lines if line.startswith("account ")}
    assert sums == held(ledger)
    assert {account for account, _ in sums} == declared
    assertion = re.compile(rf" +({ACCOUNT})  0(?:\.0+)? ([A-Z]+) = (-?[0-9.]+) ([A-Z]+)")
    asserted = {
        (found[1], found[4]): Decimal(found[3])
        for line in lines
        if (found := assertion.fullmatch(line))
    }
    assert asserted == sums
    assert {"commodity 1000.00 CNY", "commodity 1000. JPY", "commodity 1000.00 USD"} <= set(lines)


def test_registers_hold_every_entry_and_every_posting(database: Database, tmp_path: Path) -> None:
    ledger = whole_ledger(database, tmp_path)
    folder = tmp_path / "registers"
    with database.reading() as connection:
        done = write_registers(connection, ledger.fund, folder)
    entries, postings = (read(folder / name) for name in ("entries.csv", "postings.csv"))
    bodies = ledgers.bodies(ledger)
    assert (done.entries, done.lines) == (len(entries), len(postings))
    assert [json.loads(row["body"]) for row in entries] == [one["body"] for one in bodies]
    assert [int(row["entry_no"]) for row in entries] == list(range(len(bodies)))
    lines = [
        {"account": row["account"], "commodity": row["commodity"], "amount": signed(row)}
        for row in postings
    ]
    assert lines == [line for one in bodies for line in one["postings"]]
    gifts = [row for row in entries if row["receipt"]]
    assert {row["kind"] for row in gifts} == {"gift"}
    assert all(row["recorded_at"].endswith("+08:00") for row in entries)
    (reversal,) = (row for row in entries if row["kind"] == "gift.reversed")
    assert entries[int(reversal["reverses"])]["kind"] == "gift"


def read(path: Path) -> list[dict[str, str]]:
    """Read a register as a spreadsheet does."""
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\n") == data.count(b"\r\n")
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines(), strict=True))


def signed(row: dict[str, str]) -> int:
    """Return a line's amount; one of the two columns is empty, not zero."""
    assert (row["debit_minor"] == "") != (row["credit_minor"] == "")
    return int(row["debit_minor"] or -int(row["credit_minor"]))


def test_the_package_describes_the_very_files(database: Database, tmp_path: Path) -> None:
    ledger = whole_ledger(database, tmp_path)
    with database.reading() as connection:
        write_registers(connection, ledger.fund, tmp_path / "registers")
    package = json.loads((tmp_path / "registers" / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        path = tmp_path / "registers" / resource["path"]
        data = path.read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert resource["bytes"] == len(data)
        rows = read(path)
        assert resource["rows"] == len(rows)
        assert [one["name"] for one in resource["schema"]["fields"]] == list(rows[0])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\0x"])
def test_a_cell_that_would_run_as_a_formula_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "a=1", "2026-10-09", "{}", "李**", "'=1"])
def test_any_other_cell_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


# --- the commands ----------------------------------------------------------------------------------


def test_exports_say_what_they_hold(walked: Cli) -> None:
    for language in ("beancount", "hledger"):
        file = walked.folder / f"all.{language}"
        done = walked.json("export", language, file)
        assert done["entries"] == walked.size()
        # Three gifts, a settlement, a payout, a transfer sent and confirmed, two rows of spending.
        assert (done["transactions"], file.exists()) == (9, True)
        assert (
            f"9 transactions of {walked.size()} entries"
            in walked.run("export", language, file).stdout
        )
    assert walked.json("export", "csv", walked.folder / "csv")["entries"] == walked.size()


def test_a_nickname_never_leaves_the_house(walked: Cli) -> None:
    for language in ("beancount", "hledger", "csv", "tiles"):
        walked.run("export", language, walked.folder / "out" / language)
    exported = b"".join(
        path.read_bytes() for path in (walked.folder / "out").rglob("*") if path.is_file()
    )
    assert "青禾".encode() in exported
    for private in ("草原来客", "=1+1", "u-1", "王会计", "15001777330001"):
        assert private.encode() not in exported


def test_a_failed_export_leaves_the_earlier_file(walked: Cli) -> None:
    file = walked.folder / "all.beancount"
    walked.run("export", "beancount", file)
    before = file.read_bytes()
    walked.refused("export", "beancount", file, "--fund", "nope")
    assert file.read_bytes() == before
    assert [path.name for path in walked.folder.glob(".*.new")] == []
