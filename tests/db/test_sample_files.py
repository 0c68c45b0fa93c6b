"""Files of other people's banks and wallets, on both databases: each is taken, held or refused as its folder says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk import actions
from ledger.errors import FileFormatError
from ledger.funds import history as funds
from ledger.funds.booking import NewAccount, open_account
from ledger.funds.history import MoneyAccount
from ledger.matching import file_history, file_reading
from ledger.matching.file_history import LineFilter, SavedMapping
from ledger.matching.file_reading import Reading
from ledger.matching.file_taking import Taken
from ledger.matching.formats import mappings
from ledger.matching.formats.mapping_guess import propose
from tests.db.ledgers import Ledger, check, new_ledger
from tests.unit.matching.formats.test_statement_samples import HELD, REFUSED, TAKEN

BANKS = ("camt", "mt940", "ofx", "bai2")
WALLETS = {
    "cn-bank-exports/abc-debit.csv": ["balance-tie"],
    "cn-bank-exports/ccb-debit.xls": ["balance-tie"],
    "cn-bank-exports/cmb-debit.csv": ["balance-tie"],
    # Their own totals count rows that whoever shortened them took away.
    "alipay-bills/alipay-personal.gbk.csv": ["totals"],
    "wechat-bills/wechat-personal.csv": ["totals"],
    "wechat-bills/wechat-merchant-trade-bill-a.csv": [""],
    "formats-synthetic/paypal-stl.csv": ["", ""],
    "formats-synthetic/stripe-payout-reconciliation.csv": [""],
    "month-synthetic/bank/ccb_enterprise_202611.csv": [""],
    "month-synthetic/wallet/alipay_signcustomer_202611.zip": [""],
    "month-synthetic/wallet/wechat_fundflow_202611.csv": [""],
}
"""Why each statement is held; empty where it is taken."""

WALLETS_REFUSED = {"cn-bank-exports/icbc-debit-v1.csv": (8, "余额", "not-an-amount")}

MAPPED = {
    "balance.csv": [(2, 150000)],
    "debit_credit.csv": [(2, 150000)],
    "multi_currency.csv": [(1, -3350), (1, 152500)],
    "sample_statement_en.csv": [(1, -3350), (1, 152500)],
}
"""Through a mapping that was guessed: lines and sum of each statement."""


@pytest.fixture
def ledger(database: Database, tmp_path: Path, samples: Path) -> Iterator[Ledger]:
    assert samples.is_dir()
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def open_for(ledger: Ledger, reading: Reading, counter: Iterator[int]) -> MoneyAccount | None:
    """Open an account for each statement that has none; return one to choose where the file names none."""
    chosen = None
    unnamed = f"unnamed-{next(counter)}"
    for file in reading.statements:
        number = file.account or unnamed
        with ledger.database.reading() as connection:
            known = funds.money_account_list(connection, ledger.fund.fund_id)
        if not any((one.number, one.commodity) == (number, file.commodity) for one in known):
            new = NewAccount("bank", f"Sample{next(counter)}", number, file.commodity)
            open_account(ledger.sequencer, ledger.clock, ledger.fund, new)
        if not file.account:
            with ledger.database.reading() as connection:
                chosen = funds.money_account(connection, ledger.fund.fund_id, number)
    return chosen


def take(
    ledger: Ledger, path: Path, counter: Iterator[int], mapping: SavedMapping | None = None
) -> Taken:
    """Take a file on its own: what other files left is taken away first."""
    with ledger.database.writing() as connection:
        for table in ("waiting_lines", "bank_lines", "file_statements", "files"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    reading = file_reading.read(path.name, path.read_bytes(), mapping)
    chosen = open_for(ledger, reading, counter)
    taken = actions.take_file(ledger.sequencer, ledger.fund, reading, chosen)
    again = actions.take_file(ledger.sequencer, ledger.fund, reading, chosen)
    assert (again.new, again.statements) == (False, taken.statements)
    check_kept(ledger, reading, taken)
    return taken


def check_kept(ledger: Ledger, reading: Reading, taken: Taken) -> None:
    """See that no line is lost, that none of a held statement counts, and that an exception tells of each."""
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        counts = file_history.line_page(connection, fund_id, LineFilter(), most=1000).lines
        held = file_history.line_page(
            connection, fund_id, LineFilter(state="held"), most=1000
        ).lines
        body = file_history.file_body(connection, fund_id, reading.sha256)
    assert body == reading.data
    of_held = sum(one.lines for one in taken.held)
    assert (len(counts), len(held)) == (taken.added, of_held)
    assert taken.added == taken.lines - of_held
    assert sum(one.amount for one in counts) == sum(
        one.total for one in taken.statements if one.state == "taken"
    )
    assert len(taken.raised) == len(taken.held)
    assert all(one.raised_seq in taken.raised for one in taken.held)


def test_every_file_of_a_bank_is_taken_held_or_refused(ledger: Ledger, samples: Path) -> None:
    counter = itertools.count(1)
    for name in [*TAKEN, "bai2/sample3.txt"]:
        taken = take(ledger, samples / name, counter)
        assert not taken.held, (name, taken.held)
    for name, statements in HELD.items():
        taken = take(ledger, samples / name, counter)
        assert taken.held, name
        assert [(one.lines, one.total, one.opening, one.closing) for one in taken.statements] == (
            statements
        )
    for name, (line, field, reason) in REFUSED.items():
        with pytest.raises(FileFormatError) as raised:
            take(ledger, samples / name, counter)
        found = raised.value.fields
        assert (found["line"], found["field"], found["reason"]) == (line, field, reason)
    tried = {*TAKEN, *HELD, *REFUSED, "bai2/sample3.txt"}
    assert tried == {f"{kind}/{one.name}" for kind in BANKS for one in bank_files(samples / kind)}
    check(ledger)


def test_every_file_of_a_wallet_is_taken_held_or_refused(ledger: Ledger, samples: Path) -> None:
    counter = itertools.count(1)
    for name, why in WALLETS.items():
        taken = take(ledger, samples / name, counter)
        assert [one.why for one in taken.statements] == why, name
        assert all((one.state == "held") == bool(one.why) for one in taken.statements)
    for name, place in WALLETS_REFUSED.items():
        with pytest.raises(FileFormatError) as raised:
            take(ledger, samples / name, counter)
        assert tuple(raised.value.fields[one] for one in ("line", "field", "reason")) == place
    kinds = {name.split("/")[0] for name in WALLETS} - {"formats-synthetic", "month-synthetic"}
    tried = {*WALLETS, *WALLETS_REFUSED}
    assert {f"{kind}/{one.name}" for kind in kinds for one in bank_files(samples / kind)} <= tried
    check(ledger)


def test_any_other_sheet_is_taken_through_a_mapping(ledger: Ledger, samples: Path) -> None:
    counter = itertools.count(1)
    folder = samples / "bank-csv-generic"
    assert {one.name for one in bank_files(folder)} == {*MAPPED}
    for name, statements in MAPPED.items():
        data = (folder / name).read_bytes()
        with pytest.raises(FileFormatError):
            file_reading.read(name, data)
        mapping = mappings.to_json(propose(name, data, "USD"))
        taken = take(ledger, folder / name, counter, SavedMapping(name, 1, mapping, 1))
        assert [(one.lines, one.total) for one in taken.statements] == statements
        assert not taken.held


def bank_files(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.suffix != ".md"]
