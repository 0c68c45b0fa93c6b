"""Opening balances on the pages of the desk."""

from __future__ import annotations

import re

from tests.desk.counties import text_of
from tests.desk.test_exceptions import found as raised
from tests.desk.test_spending import prove


def test_opening_balances_are_asked_for_untouched_accounts_only_and_keep_what_was_typed(county):
    page = county.get("wang", "openings/new")
    assert 'name="Assets:Fund:Main"' in page.text
    assert "Assets:Bank:CCB" not in page.text  # opened with 50,000.00
    assert "登记开账余额" in text_of(county.get("wang", "movements"))
    typed = {"on": "2026-10-01", "reason": "十月一日对账单"}
    wrong = prove(county, "openings/new", "单.pdf", b"%PDF-1.4 x", **typed)
    assert wrong.status_code == 422
    assert 'id="balances-error"' in wrong.text
    assert 'value="2026-10-01"' in wrong.text
    typed["Assets:Fund:Main"] = "1,200.5x"
    wrong = prove(county, "openings/new", "单.pdf", b"%PDF-1.4 x", **typed)
    assert 'id="Assets:Fund:Main-error"' in wrong.text
    typed["Assets:Fund:Main"] = "1,200.50"
    assert 'id="evidence-error"' in county.post("wang", "openings/new", **typed).text
    done = prove(county, "openings/new", "单.pdf", b"%PDF-1.4 x", **typed)
    assert done.status_code == 303
    number = re.findall(r"decisions/(\d+)", done.location)[0]
    shown = text_of(county.get("li", f"decisions/{number}"))
    assert "开账余额" in shown
    assert "1,200.50" in shown
    assert county.post("li", f"decisions/{number}/approve", version="1").status_code == 303
    page = county.get("wang", "openings/new")
    assert "每个账户都已经有钱进出" in text_of(page)
    assert '<form method="post" enctype' not in page.text
    assert "openings/new" not in county.get("wang", "movements").text


def test_words_of_a_thread_are_erased_from_its_page(county):
    number = raised(county)
    county.post("wang", f"exceptions/{number}/step", step="note", text="打过电话 138-0000")
    county.post("wang", f"exceptions/{number}/step", step="note", text="等对账")
    none = county.post("wang", f"exceptions/{number}/erase")
    assert none.status_code == 422
    assert "请选要删除的内容" in text_of(none)
    done = county.post("wang", f"exceptions/{number}/erase", note="1")
    decision = re.findall(r"decisions/(\d+)", done.location)[0]
    shown = text_of(county.get("li", f"decisions/{decision}"))
    assert "差异的处理记录" in shown
    assert "138-0000" not in shown
    assert "138-0000" in county.get("wang", f"exceptions/{number}").text
    assert county.post("li", f"decisions/{decision}/approve", version="1").status_code == 303
    page = county.get("wang", f"exceptions/{number}")
    assert "138-0000" not in page.text
    assert "（内容已删除）" in page.text
    assert "等对账" in page.text
    assert county.post("wang", f"exceptions/{number}/erase", note="1").status_code == 409


def test_promised_days_are_shown_proposed_and_read_in_words(county):
    assert "划转到账" in text_of(county.get("wang", "promises"))
    assert "promises" in county.get("zhou", "more").text
    days = {"transfer_days": "5", "settlement_days": "20", "statement_days": "8"}
    wrong = county.post("zhou", "promises", **(days | {"settlement_days": "121"}))
    assert wrong.status_code == 422
    assert 'id="settlement_days-error"' in wrong.text
    assert 'value="121"' in wrong.text
    done = county.post("zhou", "promises", **days)
    number = re.findall(r"decisions/(\d+)", done.location)[0]
    assert "划转到账，5 个工作日内" in text_of(county.get("li", f"decisions/{number}"))
    assert county.post("li", f"decisions/{number}/approve", version="1").status_code == 303
    page = text_of(county.get("wang", "promises"))
    assert "当月结束后 20 天内" in page
    assert county.post("wang", "promises", **days).status_code == 403
