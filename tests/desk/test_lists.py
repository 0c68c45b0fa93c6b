"""Lists of the desk: filtered, sorted, paged by key, and exported as they are filtered."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest

from ledger.actors import Actor
from ledger.clock import FixedClock
from ledger.db import Database
from ledger.keyset import Cut, Sort, place_text
from ledger.matching import file_history
from ledger.matching.exceptions.booking import Found, raise_found
from ledger.matching.file_history import LineFilter
from tests.desk.counties import County, new_county, text_of
from tests.desk.test_files import bank_file, bring
from tests.signin.sites import new_site

LINES = 137


@pytest.fixture
def county(database: Database, clock: FixedClock, tmp_path: Path) -> County:
    """The county on both databases: order and search are theirs."""
    site = new_site(database, clock, tmp_path)
    return new_county(site, site.ledger)


def brought(county):
    """Bring a file of many lines, some of one day and of one amount, with texts that a spreadsheet would run."""
    words = ("=1+1", "+86", "-5", "@SUM(A1)", "买药", "\ttab", "＝２")
    balance, lines = 5_000_000, []
    for at in range(LINES):
        amount = 100 * (1 + at % 7) if at % 3 else -100 * (1 + at % 5)
        balance += amount
        day = f"202611{1 + at // 5 % 28:02d} {9 + at % 5:02d}:00:00"
        lines.append((day, f"{amount / 100:.2f}", f"{balance / 100:.2f}", words[at % len(words)]))
    lines.sort(key=lambda one: one[0])
    # Balances follow the order of the file.
    balance, told = 5_000_000, []
    for at, amount, _, word in lines:
        balance += round(float(amount) * 100)
        told.append((at, amount, f"{balance / 100:.2f}", word))
    bring(county, bank_file(*told))


def walk(county, address):
    """Read all pages of a list by their links; return what each says of its place, and how to come back."""
    places, rows, back = [], 0, ""
    while address:
        page = county.get("wang", address)
        assert page.status_code == 200, text_of(page)
        rows += page.text.count('data-label="金额"')
        places += re.findall(r"第 ([\d–]+) 条，共 137 条", text_of(page))[:1]
        links = {
            rel: to.replace("&amp;", "&")
            for rel, to in re.findall(
                r'<a rel="(next|prev)"[^>]*? href="/desk/qinghe/([^"]+)"', page.text
            )
        }
        address, back = links.get("next", ""), links.get("prev", "")
    return places, rows, back


def test_a_list_is_paged_by_key_in_every_order_and_exported_as_it_is_filtered(county):
    assert "还没有流水" in text_of(county.get("wang", "lines"))
    assert county.get("wang", "lines.csv").data.count(b"\r\n") == 1
    brought(county)
    assert "没有符合的" in text_of(county.get("wang", "lines?text=nothing-like-it"))
    for sort in ("", "-amount", "account", "nonsense"):
        places, rows, back = walk(county, f"lines?sort={sort}")
        assert (places, rows) == (["1–50", "51–100", "101–137"], LINES), sort
        assert "第 51–100 条，共 137 条" in text_of(county.get("wang", back))
    told = county.get("wang", "lines?sort=-amount").text
    assert told.count("aria-sort") == 1
    assert 'aria-sort="descending"' in told
    for after in ("x", "W10", place_text((1,)), place_text(("a", "b", "c")), "W10gX" * 500):
        page = county.get("wang", f"lines?after={after}")
        assert "第 1–50 条，共 137 条" in text_of(page), after
    orders(county)
    exports(county)


def orders(county):
    listing = file_history.line_listing(county.fund.fund_id, LineFilter())
    with county.ledger.database.reading() as connection:
        whole = {
            sort: [one.identity for one in listing.each(connection, Sort(*sort))]
            for name in listing.orders
            for sort in ((name, False), (name, True))
        }
        page = listing.page(connection, Sort("amount"), most=10)
        gone = listing.page(connection, Sort("amount", descending=True), Cut((-(10**9), "", "")))
    assert {len(set(one)) for one in whole.values()} == {LINES}
    assert all(whole[name, True] == whole[name, False][::-1] for name in listing.orders)
    amounts = [one.amount for one in page.rows]
    assert amounts == sorted(amounts)
    assert (page.first, page.last, page.total, page.start) == (1, 10, LINES, None)
    assert gone.first == 1  # nothing lies beyond: the first page


def exports(county):
    kept = "from=2026-11-03&to=2026-11-08&sort=amount"
    told = text_of(county.get("wang", f"lines?{kept}"))
    count = int(re.search(r"(\d+) 条，全部在这一页", told)[1])
    answer = county.get("wang", f"lines.csv?{kept}")
    named = answer.headers["Content-Disposition"]
    assert named == "attachment; filename=qinghe-lines-2026-10-09.csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.data.count(b"\r\n") == count + 1
    head, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    amounts = [row[head.index("金额（元）")] for row in rows]
    assert [float(one) for one in amounts] == sorted(float(one) for one in amounts)
    assert amounts[0].startswith("-")  # numbers stay numbers
    book = openpyxl.load_workbook(io.BytesIO(county.get("wang", f"lines.xlsx?{kept}").data))
    titles = [one.value for one in book.active[1]]
    at = titles.index("金额（元）")
    found = list(book.active.iter_rows(min_row=2))
    assert [f"{row[at].value:.2f}" for row in found] == amounts
    assert found[0][at].number_format == "#,##0.00"
    english = county.get("wang", "lines.csv", "/en").data.decode("utf-8-sig").splitlines()[0]
    assert "Party" in english
    assert "Amount (¥)" in english
    assert county.as_("zhou").get("/desk/qinghe/lines.csv").status_code == 403


def test_transfers_are_filtered_sorted_and_exported_like_any_list(county):
    for amount, name in (
        ("340.00", "QH-T14-2026"),
        ("12.00", "QH-T15-2026"),
        ("500.00", "OTHER-2026-33"),
    ):
        fields = {"from": "Assets:Bank:CCB", "to": "Assets:Fund:Main"}
        done = county.post(
            "wang", "decisions/new/transfer", **fields, amount=amount, reference=name
        )
        assert done.status_code == 303
    assert county.post("li", "decisions/2/approve", version="1").status_code == 303

    def shown(address):
        page = county.get("wang", address)
        assert page.status_code == 200
        return [
            int(one) for one in re.findall(r'/transfers/(\d+)">', page.text.split('id="list"')[1])
        ]

    assert shown("transfers") == [3, 2, 1]
    assert shown("transfers?sort=amount") == [2, 1, 3]
    assert shown("transfers?state=approved") == [2]
    assert shown("transfers?text=qh-t") == [2, 1]
    assert shown("transfers?account=Assets:Bank:Other") == []
    assert shown("transfers?state=nonsense&below=2") == [3, 2, 1]
    table = county.get("wang", "transfers.csv?text=qh-t&sort=amount").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert [row[0] for row in rows[1:]] == ["2", "1"]
    book = openpyxl.load_workbook(io.BytesIO(county.get("wang", "transfers.xlsx").data))
    assert book.active.max_row == 4


def test_a_line_has_a_page_with_what_explains_it_and_who_else_is_there(county):
    brought(county)
    listed = county.get("wang", "lines?text=" + "买药")
    address = re.findall(r'href="/desk/qinghe/(lines/[0-9a-f]{64}/\d+)"', listed.text)[0]
    page = county.get("wang", address)
    assert "还没有对上" in text_of(page)
    assert "买药" in text_of(page)
    # Another officer who opens it sees who is there.
    other = county.get("chen", address)
    assert "王秀兰" in text_of(other).split("打印")[0]
    assert county.get("wang", address[:-1] + "99999").status_code == 404
    assert county.get("wang", "lines/" + "0" * 64 + "/2").status_code == 404
    assert county.get("wang", "lines/" + "z" * 64 + "/2").status_code == 404
    subject = address.replace("lines/", "line/")
    raised = county.ledger.sequencer.decide(
        county.fund,
        lambda books: raise_found(
            books, Actor("system", "matching"), Found("unknown_receipt", subject, 100, "CNY")
        ),
    ).value
    assert f"exceptions/{raised}" in county.get("wang", address).text
    assert "Nothing explains it yet." in text_of(county.get("sun", address, language="/en"))
