"""A month's own files shuffled, doubled and overlapping give the same confirmed set as one after the other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from ledger.cli.demo import SAMPLE_MONTH
from ledger.clock import FixedClock
from ledger.db import Database
from ledger.desk import actions, wanted
from ledger.desk.reconcile import reconcile
from ledger.factors import FreshFactor
from ledger.funds import history as funds
from ledger.funds.members import enrol_member
from ledger.journal.balances import all_totals
from ledger.matching import file_history, file_reading, matches
from ledger.matching.file_history import LineFilter
from ledger.matching.formats.settlement_csv import read_settlement_file
from ledger.sequencer.groups import Sequencer
from ledger.transfers.booking import Proposal
from ledger.verify.database import verify_database
from tests.db.ledgers import START
from tests.months import Month

Upload = tuple[str, bytes]
"""A file's name and bytes."""


@pytest.fixture(params=["shipped", "from-outside"])
def folder(request: pytest.FixtureRequest) -> Path:
    if request.param == "shipped":
        return SAMPLE_MONTH
    samples: Path = request.getfixturevalue("samples")
    return samples / "month-synthetic"


def test_the_same_month_in_any_order_confirms_the_same(
    database: Database, tmp_path: Path, folder: Path
) -> None:
    """Section 10.2 and 10.3 of the rules, on whole files of a platform, two wallets and a bank."""
    keys, random = tmp_path / "keys", Random(5)
    ledger = SimpleNamespace(database=database, clock=FixedClock(START))
    ledger.sequencer = Sequencer(database, keys, ledger.clock)
    told = []
    for slug in ("qinghe", "duolun"):
        month = Month(folder, ledger)
        month.set_up(slug)
        for name, roles in (("Li", "finance"), ("Wang", "approver")):
            enrol_member(ledger.sequencer, month.fund, name, roles)
        month.give()
        month.let_it_end()
        files = uploads(month)
        if slug == "duolun":
            files = [*files, *overlapping(files)] * 2
            random.shuffle(files)
        for at, one in enumerate(files):
            bring(month, one)
            if slug == "duolun" and at % 2:
                reconcile(ledger.sequencer, month.fund)
        reconcile(ledger.sequencer, month.fund)
        into_the_fund(month)
        told.append((confirmed(month), held(month), open_items(month)))
    first, second = told
    assert first == second
    nets = {int(row["net_cny"].replace(".", "")) for row in month.expected["settlement"]["rows"]}
    assert nets == {amount for step, _, amount in first[0] if step == "R3"}
    assert {step for step, _, _ in first[0]} == {"R3", "R4", "R5"}
    url = database.url.render_as_string(hide_password=False)
    report = verify_database(url, keys)
    assert report.ok, report.failures


def uploads(month: Month) -> list[Upload]:
    paths = [month.settlements, *(path for path, _ in month.files())]
    return [(path.name, path.read_bytes()) for path in paths]


def overlapping(files: list[Upload]) -> list[Upload]:
    """Return two exports of the bank that share a line: the first days, and the last."""
    [(name, data)] = [one for one in files if one[0].startswith("ccb")]
    head, *rows = data.decode("gb18030").splitlines(keepends=True)
    parts = (rows[:3], rows[2:])
    return [(name, "".join((head, *part)).encode("gb18030")) for part in parts]


def bring(month: Month, one: Upload) -> None:
    name, data = one
    write, fund = month.ledger.sequencer, month.fund
    if name.startswith("settlement"):
        actions.take_settlements(write, fund, one, read_settlement_file(name, data))
        return
    reading, chosen = file_reading.read(name, data, None), None
    if name.startswith("wechat"):
        with month.ledger.database.reading() as connection:
            chosen = funds.money_account(connection, fund.fund_id, "WeChatPay")
    actions.take_file(write, fund, reading, chosen)


def into_the_fund(month: Month) -> None:
    """Transfer what each wallet received; the lines are there already."""
    write, fund = month.ledger.sequencer, month.fund
    with month.ledger.database.reading() as connection:
        li, wang = (
            funds.member(connection, fund.fund_id, one).member_id for one in ("Li", "Wang")
        )
    for account, row in zip(
        ("Alipay", "WeChatPay"), month.expected["settlement"]["rows"], strict=True
    ):
        amount = int(row["net_cny"].replace(".", ""))
        reference = f"捐赠转基金 {month.period}"
        proposal = Proposal(f"Assets:Bank:{account}", "Assets:Fund:CCB", "CNY", amount, reference)
        found = actions.propose(write, fund, li, wanted.transfer(proposal))
        fresh = FreshFactor("totp", month.ledger.clock.now())
        actions.approve(write, fund, wang, found.number, 1, fresh)
    reconcile(write, fund)


def matches_of(month: Month) -> list[Any]:
    with month.ledger.database.reading() as connection:
        return matches.match_list(connection, month.fund.fund_id, matches.Asked())


def confirmed(month: Month) -> Counter[tuple[str, str, int]]:
    """Return each match by what it is of, its rule and its amount."""
    return Counter((one.step, one.rule, one.amount) for one in matches_of(month))


def held(month: Month) -> list[tuple[str, int]]:
    """Return what every account holds."""
    with month.ledger.database.reading() as connection:
        totals = all_totals(connection, month.fund.fund_id)
    return sorted((one.account, one.totals.balance) for one in totals if one.commodity == "CNY")


def open_items(month: Month) -> Counter[tuple[str, str, int, str, str]]:
    """Return every line that counts, and whether anything explains it."""
    with month.ledger.database.reading() as connection:
        page = file_history.line_page(connection, month.fund.fund_id, LineFilter(), most=1000)
    return Counter((one.account, one.day, one.amount, one.text, one.state) for one in page.lines)
