"""Spending, other money and lists on the pages of the desk."""

from __future__ import annotations

import csv
import io
import re

import openpyxl
import pytest

from ledger.funds import booking as funds
from ledger.funds.booking import NewAccount
from ledger.spending.sheet import COLUMNS, TITLES
from tests.desk.counties import text_of
from tests.desk.test_files import HOST, send

ROW = ["2026-10-08", "Stroke", "Orphans", "县中医院", "B1", "3", "5", "280.26", "ZF-1"]
BIG = [*ROW[:7], "20000.00", "ZF-2"]


@pytest.fixture(autouse=True)
def money(county):
    new = NewAccount("fund", "Med", "15001777330003", "CNY", 3_000_000)
    funds.open_account(county.ledger.sequencer, county.ledger.clock, county.fund, new)


def sheet(*rows, head=COLUMNS):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode()


def prove(county, page, name, data, **fields):
    """Send a form with a file of evidence."""
    visitor = county.as_("wang")
    return visitor.client.post(
        f"/desk/qinghe/{page}",
        base_url=f"https://{HOST}",
        data={"csrf_token": visitor.form_key(), "proof": (io.BytesIO(data), name), **fields},
        headers={"Accept": "text/html", "Referer": f"https://{HOST}/"},
        environ_overrides=visitor.environ,
    )


def look(county, data, name="用款.csv", who="wang"):
    fields = {"how": "sheet", "account": "Assets:Fund:Med"}
    return send(county, who, "spending/preview", name, data, **fields)


def book(county, page, who="wang"):
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text.split("spending/book")[1]))
    for name in (
        "csrf_token",
        "key",
    ):  # the first is put in by `post`, the other is the client's choice
        hidden.pop(name)
    return county.post(who, "spending/book", **hidden)


def test_a_sheet_is_looked_at_and_booked_and_one_with_wrong_rows_comes_back(county):
    bad = [["2026-10-08", "Flu", *ROW[2:]], [*ROW[:7], "1.234", "ZF-1"]]
    page = look(county, sheet(ROW, *bad))
    assert page.status_code == 422
    assert "有 2 行不对，一行也没有登记。" in text_of(page)
    kept = re.findall(r"spending/wrong/([0-9a-f]{32})", page.text)[0]
    given = county.get("wang", f"spending/wrong/{kept}")
    rows = list(csv.reader(io.StringIO(given.data.decode("utf-8-sig"))))
    assert rows[0] == [*COLUMNS, "reason"]
    assert [row[:9] for row in rows[1:]] == bad
    assert rows[1][9] == "病种：不在清单上。"
    # Corrected where it stands, with the column of reasons still there, in a workbook with Chinese titles.
    book_ = openpyxl.Workbook()
    for row in (
        [*TITLES, "原因"],
        [*ROW, ""],
        [*bad[0][:1], "脑卒中后遗症", *ROW[2:7], 2.5, "ZF-1", "x"],
    ):
        book_.active.append(row)
    data = io.BytesIO()
    book_.save(data)
    page = look(county, data.getvalue(), "用款.xlsx")
    assert page.status_code == 200, text_of(page)
    assert "282.76" in text_of(page)
    assert "您可以直接登记" in text_of(page)
    done = book(county, page)
    assert done.location == "/desk/qinghe/spending?done=booked", text_of(done)
    told = text_of(county.get("sun", "spending"))
    assert "县中医院" in told
    assert "280.26" in told
    assert "Stroke, after-effects" in text_of(county.get("wang", "spending?disease=Stroke", "/en"))
    assert "没有符合的" in text_of(county.get("wang", "spending?disease=Diabetes"))


def test_above_the_limit_it_is_proposed_seen_by_the_approver_and_booked_when_approved(county):
    page = look(county, sheet(BIG))
    assert "超过限额：要由复核批准后才登记。" in text_of(page)
    done = book(county, page)
    number = re.findall(r"decisions/(\d+)", done.location)[0]
    assert "20,000.00" in text_of(county.get("li", f"decisions/{number}"))
    rows = text_of(county.get("li", f"decisions/{number}/spending"))
    assert "县中医院" in rows
    assert county.get("zhou", f"decisions/{number}/spending").status_code == 403
    done = county.post("li", f"decisions/{number}/approve", version="1")
    assert done.location.endswith("?done=complete"), text_of(done)
    assert "20,000.00" in text_of(county.get("chen", "spending"))


def test_one_spend_is_typed_with_evidence_and_reversed_by_two(county):
    fields = dict(zip(COLUMNS, ROW, strict=True)) | {"how": "one", "account": "Assets:Fund:Med"}
    page = county.post("wang", "spending/preview", **{**fields, "group": "Kings", "persons": "9"})
    assert page.status_code == 422
    assert "不在清单上。" in text_of(page)
    assert 'value="9"' in page.text  # what was typed is kept
    page = prove(county, "spending/preview", "发票.txt", "一张发票".encode(), **fields)
    done = book(county, page)
    assert done.location == "/desk/qinghe/spending?done=booked", text_of(done)
    seq = re.findall(r"/desk/qinghe/spending/(\d+)", county.get("wang", "spending").text)[0]
    one = county.get("li", f"spending/{seq}")
    assert "发票.txt" in one.text
    digest = re.findall(r"/evidence/([0-9a-f]{64})", one.text)[0]
    file = county.get("sun", f"evidence/{digest}")
    assert file.data == "一张发票".encode()
    assert "attachment" in file.headers["Content-Disposition"]
    refused = county.post("wang", f"entries/{seq}/reverse", reason=" ")
    assert refused.status_code == 422
    done = county.post("wang", f"entries/{seq}/reverse", reason="写错了")
    number = re.findall(r"decisions/(\d+)", done.location)[0]
    county.post("li", f"decisions/{number}/approve", version="1")
    assert "已冲正" in text_of(county.get("wang", f"spending/{seq}"))
    assert county.post("wang", f"entries/{seq}/reverse", reason="again").status_code == 409


def test_other_money_and_lists_are_proposed_and_approved(county):
    fields = {
        "kind": "expense/management",
        "account": "Assets:Fund:Med",
        "amount": "500.00",
        "on": "2026-10-08",
        "said": "审计费",
        "item": "Audit",
    }
    page = county.post("wang", "movements/new", **fields)
    assert page.status_code == 422
    assert "先附上证据。" in text_of(page)
    done = prove(county, "movements/new", "合同.txt", b"contract", **fields)
    number = re.findall(r"decisions/(\d+)", done.location)[0]
    assert "管理费用" in text_of(county.get("li", f"decisions/{number}"))
    county.post("li", f"decisions/{number}/approve", version="1")
    told = text_of(county.get("wang", "movements"))
    assert "占总支出 500.00 元 的 100.00%，超过了 10%" in told
    seq = re.findall(r"/desk/qinghe/movements/(\d+)", county.get("wang", "movements").text)[0]
    assert "合同.txt" in county.get("sun", f"movements/{seq}").text

    change = {
        "list": "disease",
        "change": "rename",
        "code": "Disease09",
        "zh": "眩晕",
        "en": "高血压",
    }
    assert "别的一项已用这个名称。" in text_of(county.post("wang", "lists/change", **change))
    done = county.post("wang", "lists/change", **{**change, "en": "Vertigo"})
    number = re.findall(r"decisions/(\d+)", done.location)[0]
    assert "眩晕" in text_of(county.get("li", f"decisions/{number}"))
    county.post("li", f"decisions/{number}/approve", version="1")
    assert "眩晕" in text_of(county.get("zhou", "lists"))
    for page in (
        "lists/change?list=provider&change=add",
        "spending/new",
        "movements/new",
        "lists",
    ):
        for language in ("", "/en"):
            assert county.get("wang", page, language).status_code == 200
