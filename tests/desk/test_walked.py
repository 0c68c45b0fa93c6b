"""What a walk through a month showed to be in the way of an officer, and is not any more."""

from __future__ import annotations

import re

from ledger.cli.demo import SAMPLE_MONTH
from ledger.matching.exceptions import booking
from ledger.matching.exceptions.booking import Found
from tests.db.ledgers import MATCHING
from tests.desk.counties import text_of
from tests.desk.test_files import send
from tests.desk.test_transfers import line

WECHAT = SAMPLE_MONTH / "wallet" / "wechat_fundflow_202611.csv"


def test_a_file_without_an_account_asks_for_it_and_need_not_be_brought_again(county):
    page = send(county, "wang", "files/preview", WECHAT.name, WECHAT.read_bytes())
    assert page.status_code == 422
    assert "文件里没有账号，请选它是哪个账户的" in text_of(page)
    assert f"文件已选：{WECHAT.name}" in text_of(page)
    again = dict(re.findall(r'name="(kept|name)" value="([^"]+)"', page.text))
    looked = county.post("wang", "files/preview", account="Assets:Bank:CCB", **again)
    assert looked.status_code == 200, text_of(looked)
    assert "微信支付资金账单" in text_of(looked)
    gone = county.post("wang", "files/preview", account="Assets:Bank:CCB", name="x", kept="0" * 32)
    assert gone.status_code == 422


def test_what_the_bank_paid_already_can_be_taken_for_the_transfer(county):
    county.propose_transfer()
    line(county, "CCB", -1_234_500, "打赏划转 10 月")
    page = county.get("wang", "decisions/new/transfer")
    assert "打赏划转 10 月" in text_of(page)
    assert "12,345.00" in text_of(page).partition("银行已付出")[2]
    link = re.findall(r'href="([^"]*amount=12345\.00[^"]*)"', page.text)[0].replace("&amp;", "&")
    taken = county.as_("wang").get(link)
    assert 'value="12345.00"' in taken.text


def test_an_exception_about_a_settlement_sheet_names_it(county):
    found = Found("missing_gift", "gifts/Kuaishou/KU-1", 520, "CNY")
    county.ledger.sequencer.decide(
        county.fund, lambda books: booking.raise_found(books, MATCHING, found)
    )
    assert "结算单 Kuaishou KU-1" in text_of(county.get("wang", "exceptions"))
