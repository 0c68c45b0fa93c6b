"""Settlement sheets on the pages of the desk: looked at, booked whole, refused whole."""

from __future__ import annotations

import csv
import io
import re

import pytest

from ledger.funds import booking as funds
from ledger.funds.history import Channel
from tests.desk.counties import text_of
from tests.desk.test_files import send
from tests.flow.cli import SETTLEMENT_COLUMNS

ROW = [
    "kuaishou",
    "2026-10",
    "1020.00",
    "0.00",
    "0.50",
    "-510.00",
    "510.00",
    "0.00",
    "510.00",
    "KU-1",
]


def sheet(*rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([SETTLEMENT_COLUMNS, *rows])
    return text.getvalue().encode()


@pytest.fixture(autouse=True)
def channel(county):
    new = Channel("Kuaishou", "kuaishou", "快手", "Kuaishou", "CNY")
    funds.open_channel(county.ledger.sequencer, county.ledger.clock, county.fund, new)


def look(county, data, who="wang"):
    return send(county, who, "settlements/preview", "10.csv", data)


def book(county, page):
    hidden = dict(re.findall(r'name="(kept|name)" value="([^"]*)"', page.text))
    return county.post("wang", "settlements", **hidden)


def test_a_sheet_is_looked_at_and_booked_once(county):
    page = look(county, sheet(ROW))
    assert page.status_code == 200, text_of(page)
    assert "KU-1" in page.text
    assert "510.00" in page.text
    done = book(county, page)
    # No gift is recorded: the rest is an exception, and nothing is hidden.
    assert done.location == "/desk/qinghe/settlements?done=raised", text_of(done)
    assert "1,020.00 元" in text_of(county.get("wang", "exceptions"))
    again = book(county, look(county, sheet(ROW)))
    assert again.location == "/desk/qinghe/settlements?done=known"


def test_a_wrong_row_refuses_the_sheet_and_names_every_wrong_row(county):
    wrong = [*ROW[:6], "511.00", *ROW[7:9], "KU-2"]
    worse = [ROW[0], "2026-13", *ROW[2:9], "KU-3"]
    page = look(county, sheet(ROW, wrong, worse))
    assert page.status_code == 422
    told = text_of(page)
    assert "要改的行" in told
    assert "income_cny" in told
    assert "period" in told
    assert "没有要说清的" in text_of(county.get("wang", "exceptions"))


def test_the_same_number_with_other_content_is_refused(county):
    book(county, look(county, sheet(ROW)))
    other = [*ROW[:2], "1000.00", "0.00", "0.50", "-500.00", "500.00", "0.00", "500.00", "KU-1"]
    page = book(county, look(county, sheet(other)))
    assert page.status_code == 422
    assert "以前记过" in text_of(page)


def test_who_only_reads_books_nothing(county):
    assert look(county, sheet(ROW), who="sun").status_code == 403
