"""Transfers on the pages of the desk: offered, approved with what is seen, filed, entered, told by bank lines."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from ledger.activity import history as activity
from ledger.decisions import history as decisions
from ledger.desk import actions, transferring
from ledger.desk import wanted as wanting
from ledger.desk.actions import take_bank_file
from ledger.funds import history as funds
from ledger.funds.payees import Payee
from ledger.matching.lines import BankFile, BankLine, references_in
from ledger.transfers import history
from tests.desk.counties import text_of
from tests.signin.sites import HOST

PAYEE = Payee("15001777330002", "青禾县中医药扶贫基金", "县农商行", "402121000018")


def transfer(county, number=1):
    with county.ledger.database.reading() as connection:
        return history.transfer(connection, county.fund.fund_id, number)


def send(county, who, page, files, **fields):
    """Send a form that brings files."""
    visitor = county.as_(who)
    data = {"csrf_token": visitor.form_key(), **fields}
    data |= {name: (io.BytesIO(body), shown) for name, (shown, body) in files.items()}
    return visitor.client.post(
        f"/desk/qinghe/{page}",
        base_url=f"https://{HOST}",
        data=data,
        headers={"Accept": "text/html", "Referer": f"https://{HOST}/"},
        environ_overrides=visitor.environ,
    )


def line(county, account, amount, text="", at=None):
    """Bring a bank file with one line, and return what names it on a page."""
    with county.ledger.database.reading() as connection:
        ours = funds.money_account(connection, county.fund.fund_id, account)
    now = at or county.ledger.clock.now()
    one = BankLine(
        line_no=1,
        account="",
        booked_at=now,
        amount_minor=amount,
        commodity="CNY",
        balance_minor=None,
        bank_id=f"{account}{amount}{text}",
        references=references_in(text),
        counterparty="",
        text=text,
    )
    day = date(now.year, now.month, now.day)
    file = BankFile("ccb_corporate", "", "CNY", None, None, day, day, (one,))
    name = f"{account}{amount}{text}".encode()
    take_bank_file(county.ledger.sequencer, county.fund, ours, ("b.csv", name), file)
    page = county.get("wang", "transfers/1").text
    return re.findall(rf'value="({ours.name}\|[^"]+)"', page)


def test_the_whole_way_of_a_transfer_on_its_pages(county):
    transferring.set_payee(county.ledger.sequencer, county.fund, "Assets:Fund:Main", PAYEE)
    form = text_of(county.get("wang", "decisions/new/transfer"))
    assert "50,000.00 元" in form
    assert "开账时的余额" in form
    values = {"from": "Assets:Bank:CCB", "to": "Assets:Fund:Main", "reference": "QH-T14-2026"}
    bad = send(
        county, "wang", "decisions/new/transfer", {"file": ("note.pdf", b"%PDF-1.7\n%%EOF\n")},
        amount="60,000.00", purpose="打赏划转", **values,
    )  # fmt: skip
    assert bad.status_code == 422
    assert "打赏划转" in bad.text
    digest = sha256(b"%PDF-1.7\n%%EOF\n").hexdigest()
    assert f'name="evidence" value="{digest}"' in bad.text  # nothing is lost
    answer = send(
        county, "wang", "decisions/new/transfer", {}, amount="34,000.00", purpose="打赏划转",
        evidence=digest, **values,
    )  # fmt: skip
    assert answer.status_code == 303, text_of(answer)
    assert transfer(county).evidence == digest
    kept = county.get("li", f"transfers/1/evidence/{digest}")
    assert kept.data == b"%PDF-1.7\n%%EOF\n"
    page = text_of(county.get("li", "decisions/1"))
    for said in (
        "批准第 1 次划转", "34,000.00 元", "人民币叁万肆仟元整", "登记后没有改过", "这笔钱是哪里来的", "先到先转",
        "16,000.00 元（现在 50,000.00 元）", "来源都已对上银行流水", "1500 1777 3300 02", "批准，转 34,000.00 元",
    ):  # fmt: skip
        assert said in page, said
    county.post("li", "decisions/1/approve", version="1")
    assert (
        county.post("wang", "transfers/files", number="1", format="pain.001.001.09").status_code
        == 303
    )
    own = county.get("wang", "transfers/1")
    name = re.findall(r"transfers/files/([0-9a-f]{64})", own.text)[0]
    data = county.get("wang", f"transfers/files/{name}").data
    assert sha256(data).hexdigest() == name
    assert county.get("sun", f"transfers/files/{name}").status_code == 403
    same = send(county, "wang", "transfers/check", {"file": ("p.xml", data)})
    assert "一字不差" in text_of(same)
    edited = data.replace(b"34000.00<", b"94000.00<")
    looked = file_reads(county)
    changed = text_of(send(county, "wang", "transfers/check", {"file": ("p.xml", edited)}))
    # What is not as it was tells what was: that is on record, as whoever fetches the file is.
    assert file_reads(county) == looked + 1
    assert "被改过" in changed
    assert "94000.00" in changed
    strange = send(county, "wang", "transfers/check", {"file": ("p.xml", b"<a/>")})
    assert "不是本基金生成的" in text_of(strange)
    enter_and_confirm(county)


def file_reads(county) -> int:
    """Count how often a payment file was read."""
    with county.ledger.database.reading() as connection:
        rows = activity.of_fund(connection, county.fund.fund_id, action="transfer.file", limit=200)
    return sum(one.activity.outcome == "read" for one in rows)


def enter_and_confirm(county):
    """Enter it, and name the lines of both sides."""
    assert county.post("wang", "transfers/1/enter").status_code == 409  # chen is a third person
    # Chen has no part in it.
    assert county.post("chen", "transfers/1/enter").status_code == 303
    [out] = line(county, "CCB", -34_000_00)
    done = county.post("wang", "transfers/1/line", step="sent", line=out, fee="")
    assert done.status_code == 303, text_of(done)
    [part] = line(county, "Main", 30_000_00)
    county.post("wang", "transfers/1/line", step="confirmed", line=part, fee="")
    assert county.post("wang", "transfers/1/line", step="confirmed", line=part).status_code in {
        409,
        422,
    }
    assert transfer(county).under_way == 4_000_00
    own = text_of(county.get("wang", "transfers/1"))
    assert "在路上" in own
    assert "4,000.00 元" in own
    english = county.get("wang", "transfers/1", "/en").text
    assert "On its way" in english
    assert county.get("zhou", "transfers").status_code == 403  # who manages people sees no money
    assert "第 1 次" in text_of(county.get("sun", "transfers"))


def test_a_bank_line_stands_on_its_day_where_the_fund_is(county):
    """Banks tell the day alone: its first instant in China is the day before in UTC, as the database keeps it."""
    county.propose_transfer()
    county.post("li", "decisions/1/approve", version="1")
    midnight = datetime(2026, 10, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    [out] = line(county, "CCB", -340_00, at=midnight)
    option = (
        county.get("wang", "transfers/1").text.split(f'value="{out}"')[1].split("</option>")[0]
    )
    assert "10-09" in option
    [came] = [
        one
        for one in re.findall(
            r'value="([^"]+)">([^<]+)<', county.get("wang", "movements/new").text
        )
        if one[0] == out
    ]
    assert "2026-10-09" in came[1]
    fields = {"kind": "expense/other", "line": out, "said": "x"}
    done = county.post("wang", "movements/new", **fields)
    assert done.status_code == 303, text_of(done)
    [number] = re.findall(r"decisions/(\d+)", done.location)
    with county.ledger.database.reading() as connection:
        found = decisions.decision(connection, county.fund.fund_id, int(number))
    assert found.latest.content["on"] == "2026-10-09"


def test_a_changed_payee_needs_a_tick(county):
    number = county.propose_transfer(amount="1.00")
    county.post("li", f"decisions/{number}/approve", version="1")
    [out] = line(county, "CCB", -1_00)
    county.post("wang", "transfers/1/line", step="sent", line=out)
    assert "改账户资料" in text_of(county.get("zhou"))
    form = county.get("zhou", "decisions/new/payee")
    assert form.status_code == 200
    asked = county.post(
        "zhou", "decisions/new/payee", account_name="Assets:Fund:Main", holder="张三",
        number="6228 4800 0000 1234 567", bank="某行", clearing="12", bic="",
    )  # fmt: skip
    assert asked.status_code == 422
    assert "张三" in asked.text
    asked = county.post(
        "zhou", "decisions/new/payee", account_name="Assets:Fund:Main", holder="张三",
        number="6228 4800 0000 1234 567", bank="某行", clearing="", bic="",
    )  # fmt: skip
    change = int(re.findall(r"decisions/(\d+)", asked.location)[0])
    assert "张三" not in county.get("wang", f"decisions/{change}").text
    county.post("li", f"decisions/{change}/approve", version="1")
    later = county.propose_transfer(amount="2.00")
    page = text_of(county.get("li", f"decisions/{later}"))
    assert "收款户变了" in page
    refused = county.post("li", f"decisions/{later}/approve", version="1")
    assert "请在这里打勾" in text_of(refused)
    assert transfer(county, 2).state == "proposed"
    county.post("li", f"decisions/{later}/approve", version="1", payee_seen="1")
    assert transfer(county, 2).state == "approved"


def test_a_policy_stands_on_the_page_and_an_empty_list_says_what_comes(county):
    assert "第一次提出以后" in text_of(county.get("wang", "transfers"))
    who = county.members["wang"]
    policy = wanting.Policy("friday", who, "Assets:Bank:CCB", "Assets:Fund:Main", weekday=4)
    sequencer, fund = county.ledger.sequencer, county.fund
    found = actions.propose(
        sequencer, fund, county.members["zhou"], wanting.transfer_policy(policy)
    )
    county.post("li", f"decisions/{found.number}/approve", version="1")
    page = text_of(county.get("wang", "transfers"))
    assert "每周五" in page
    assert "从不批准" in page
