"""Files on the pages of the desk: looked at, taken, held, and their lines listed."""

from __future__ import annotations

import csv
import io
import os
import re

import pytest

from ledger.clock import to_ms
from tests.desk.counties import text_of
from tests.flow.cli import CCB_COLUMNS
from tests.signin.sites import HOST

ACCOUNT = "15001777330001"


def bank_file(*lines, account=ACCOUNT):
    """Write an export of CCB: each line is a time, an amount, the balance after it, and a remark."""
    text = io.StringIO(newline="")
    rows = []
    for number, (at, amount, balance, remark) in enumerate(lines, start=1):
        out, into = (amount[1:], "") if amount.startswith("-") else ("", amount)
        row = (account, at, out, into, balance, "人民币元", "孙某某", "电子汇划", remark)
        rows.append((*row, f"{at[:8]}-{number}", ""))
    csv.writer(text).writerows([CCB_COLUMNS, *rows])
    return text.getvalue().encode()


FIRST = bank_file(("20261202 09:00:00", "26.20", "50026.20", "买药"))


def send(county, who, page, name, data, **fields):
    visitor = county.as_(who)
    return visitor.client.post(
        f"/desk/qinghe/{page}",
        base_url=f"https://{HOST}",
        data={"csrf_token": visitor.form_key(), "file": (io.BytesIO(data), name), **fields},
        headers={"Accept": "text/html", "Referer": f"https://{HOST}/"},
        environ_overrides=visitor.environ,
    )


def bring(county, data, name="12.csv", who="wang"):
    """Look at a file and take it; return where that leads."""
    page = send(county, who, "files/preview", name, data)
    assert page.status_code == 200, text_of(page)
    hidden = dict(re.findall(r'name="(kept|name|account|mapping)" value="([^"]*)"', page.text))
    return page, county.post(who, "files", **hidden)


def test_a_file_is_looked_at_before_it_is_taken_and_its_lines_are_listed(county):
    assert "还没有文件" in text_of(county.get("wang", "files"))
    page, taken = bring(county, FIRST)
    told = text_of(page)
    assert "共 1 行，新的 1 行，已有的 0 行" in told
    assert "50,000.00 元" in told
    assert "50,026.20 元" in told
    assert taken.location == "/desk/qinghe/files?done=taken"
    listed = text_of(county.as_("wang").get(taken.location))
    assert "12.csv" in listed
    lines = county.get("wang", "lines")
    assert "孙某某" in lines.text
    assert "26.20" in lines.text
    assert "没对上" in text_of(lines)


def test_names_on_lines_are_for_those_who_may_see_whole_accounts(county):
    bring(county, FIRST)
    assert county.get("zhou", "lines").status_code == 403


def test_the_same_file_again_changes_nothing_and_says_so(county):
    bring(county, FIRST)
    page, again = bring(county, FIRST, name="again.csv")
    assert "一样的文件收过了" in text_of(page)
    assert again.location == "/desk/qinghe/files?done=known"
    assert county.get("wang", "lines").text.count("孙某某") == 1


def test_a_file_that_does_not_join_is_held_and_an_exception_says_by_how_much(county):
    bring(county, FIRST)
    later = bank_file(("20261203 09:00:00", "10.00", "50046.20", "另一笔"))
    page, taken = bring(county, later, name="13.csv")
    assert "会先放着" in text_of(page)
    assert taken.location == "/desk/qinghe/files?done=held"
    listed = text_of(county.get("wang", "files"))
    assert "先放着" in listed
    assert "余额接不上" in text_of(county.get("wang", "exceptions"))


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("run.csv", b"MZ\x90\x00\x03\x00\x00", "收不了"),
        ("empty.csv", b"", "收不了"),
        ("other.csv", b"a,b,c\n1,2,3\n", "unknown-format"),
        ("wrong.csv", bank_file(("20260230 09:00:00", "1.00", "1.00", "x")), "收不了"),
        (
            "stranger.csv",
            bank_file(("20261202 09:00:00", "1.00", "1.00", "x"), account="99999999999999"),
            "收不了",
        ),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_its_place(county, name, data, told):
    page = send(county, "wang", "files/preview", name, data)
    assert page.status_code == 422
    assert told in text_of(page)
    assert "还没有文件" in text_of(page)


def test_a_file_that_was_not_looked_at_is_not_taken(county):
    for kept in ("", "../ledger.db", "0" * 32):
        page = county.post("wang", "files", kept=kept, name="x.csv")
        assert page.status_code == 422
        assert "请重新选" in text_of(page)


def test_a_file_that_nobody_took_is_gone_after_a_day(county, tmp_path):
    send(county, "wang", "files/preview", "12.csv", FIRST)
    (old,) = (tmp_path / "uploads").iterdir()
    at_ns = to_ms(county.ledger.clock.now()) * 1_000_000 - 25 * 3_600 * 10**9
    os.utime(old, ns=(at_ns, at_ns))
    send(county, "wang", "files/preview", "12.csv", FIRST)
    assert old not in list((tmp_path / "uploads").iterdir())
    assert len(list((tmp_path / "uploads").iterdir())) == 1


def test_filters_of_lines_stand_in_the_address(county):
    bring(county, FIRST)
    for query, there in (
        ("state=open", True),
        ("state=matched", False),
        ("amount=26.20", True),
        ("amount=26.21", False),
        ("text=买药", True),
        ("from=2026-12-03", False),
        ("account=Assets:Bank:CCB", True),
        ("account=nothing", False),
        ("after=x&from=never&amount=abc", True),
    ):
        assert (
            "26.20" in county.get("wang", f"lines?{query}").text.split("</form>")[-1]
        ) is there, query


def test_who_only_reads_brings_nothing(county):
    assert send(county, "sun", "files/preview", "12.csv", FIRST).status_code == 403
    assert '<form method="post"' not in county.get("sun", "files").text
