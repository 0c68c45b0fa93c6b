"""Every table format takes any input: statements, or an error of ours that says where."""

import csv
import io
import random
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BalanceTieError, FileFormatError, InputError, TooLargeError
from ledger.matching.formats.detect import read_statements
from ledger.matching.formats.settlement_csv import read_settlement_file
from ledger.matching.formats.tables import TABLES, TEXT_FORMATS
from tests.unit.matching.formats import test_bank_exports as banks
from tests.unit.matching.formats import test_corporate as corporate
from tests.unit.matching.formats import test_payout_reports as payouts
from tests.unit.matching.formats import test_settlement_workbook as settlements
from tests.unit.matching.formats import test_wallet_bills as wallets
from tests.unit.matching.formats.old_workbook import xls


def workbook(text):
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(text)):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TEXTS = {
    "abc_personal": banks.ABC,
    "cmb_personal": banks.CMB,
    "icbc_personal": banks.ICBC,
    **corporate.TEXTS,
    "alipay_personal": wallets.alipay(
        wallets.alipay_row(), wallets.alipay_row("支出", number="2")
    ).decode("gb18030"),
    "wechat_personal": wallets.wechat(
        wallets.wechat_row(), wallets.wechat_row("支出", number="2")
    ).decode(),
    "wechat_trade": wallets.trade(wallets.PAID, wallets.BACK).decode("utf-8-sig"),
    "paypal_stl": payouts.stl(payouts.PAID, payouts.YEN, *payouts.FOOTERS[4:]).decode("utf-8-sig"),
    "stripe_payouts": payouts.stripe(payouts.CHARGE, payouts.REFUND).decode(),
}
GOOD = {
    **{name: text.encode() for name, text in TEXTS.items()},
    "ccb_personal": xls(banks.CCB),
}
FILES = [
    *GOOD.values(),
    *(TEXTS[name].encode("utf-16") for name in ("abc_personal", "wechat_trade")),
    *(workbook(TEXTS[name].replace("\t", "")) for name in ("icbc_personal", "wechat_personal")),
    settlements.CSV.encode(),
    settlements.xlsx([settlements.COLUMNS, settlements.ROW]),
]


@pytest.mark.parametrize("name", GOOD)
def test_each_is_known_by_its_bytes(name):
    assert {file.format for file in read_statements("any.name", GOOD[name])} == {name}


def test_every_table_is_tried_here():
    elsewhere = {"ccb_corporate", "alipay_signcustomer"}
    assert {table.name for table in TABLES} - GOOD.keys() == elsewhere


def in_our_own_words(data):
    for reader in (read_statements, read_settlement_file):
        fields = refusal(reader, data)
        assert fields is None or {"file", "line", "field"} <= fields.keys()


def refusal(reader, data):
    try:
        reader("x", data)
    except TooLargeError:
        return None
    except (FileFormatError, BalanceTieError) as error:
        return error.fields
    return None


@given(st.binary(max_size=300), st.sampled_from(list(TEXTS.values())))
def test_random_bytes_after_a_header_are_refused_in_our_own_words(data, text):
    header = text[: text.index("\n", len(text) // 2) + 1]
    in_our_own_words(header.encode() + data)


PIECES = [
    ",",
    '"',
    "\n",
    "\t",
    "`",
    "-",
    "(",
    ")",
    "¥",
    "0",
    "9" * 30,
    "1e9",
    "２",
    "\x00",
    "合计",
    "/",
    "&",
    "\ufeff",
]


@given(st.sampled_from(list(TEXTS.values())), st.integers(0, 2**32))
def test_mistyped_texts_are_read_or_refused_in_our_own_words(text, seed):
    chance = random.Random(seed)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(PIECES) + text[at + chance.randrange(4) :]
    in_our_own_words(text.encode(chance.choice(["utf-8", "gb18030", "utf-16"]), "ignore"))


@given(st.sampled_from(FILES), st.integers(0, 2**32))
def test_damaged_files_are_read_or_refused_in_our_own_words(data, seed):
    chance = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(damaged) + 1)
        damaged[at : at + chance.randrange(6)] = bytes(
            chance.randrange(256) for _ in range(chance.randrange(4))
        )
    in_our_own_words(bytes(damaged))


@given(
    st.sampled_from(["alipay_personal", "wechat_personal", "wechat_trade", "icbc_personal"]),
    st.data(),
)
def test_what_says_how_long_it_is_is_never_read_without_its_tail(name, data):
    whole = GOOD[name].rstrip()
    keep = whole.rindex(b"\n") if name != "icbc_personal" else whole.index("人民币合计".encode())
    cut = whole[: data.draw(st.integers(0, keep))]
    with pytest.raises(InputError):
        read_statements("x", cut)


def test_every_format_is_documented():
    page = (Path(__file__).parents[4] / "docs" / "bank-files.md").read_text("utf-8")
    assert {name for name, _, _ in TEXT_FORMATS if f"| `{name}` |" not in page} == set()
