"""Proposed by one and decided by another, on the pages of the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.decisions import history
from tests.desk.counties import email_of, text_of


def state(county, number):
    with county.ledger.database.reading() as connection:
        return history.decision(connection, county.fund.fund_id, number)


def stale(county):
    """Let the second factors of everybody grow old."""
    for who in ("wang", "chen", "li", "zhou"):
        county.as_(who)
    county.site.gate.clock.advance(timedelta(minutes=11))


def test_a_transfer_is_proposed_by_one_and_approved_by_another(county):
    number = county.propose_transfer()
    mine = county.get("wang", f"decisions/{number}")
    assert "这一件是您提出或改过的，要由别人批准：李建国" in text_of(mine)
    assert "/approve" not in mine.text
    theirs = county.get("li", f"decisions/{number}")
    assert "您没有经手过这一件，可以批" in text_of(theirs)
    assert "批准，转 340.00 元" in text_of(theirs)
    assert "叁佰肆拾元" in theirs.text
    answer = county.post("li", f"decisions/{number}/approve", version="1")
    assert answer.location == f"/desk/qinghe/decisions/{number}?done=complete"
    assert state(county, number).is_approved
    assert "已经批准并办好" in text_of(county.as_("li").get(answer.location))


def test_whoever_proposed_is_refused_by_the_ledger_and_not_by_a_missing_button(county):
    number = county.propose_transfer()
    answer = county.post("wang", f"decisions/{number}/approve", version="1")
    assert answer.status_code == 403
    assert state(county, number).end is None


def test_an_edit_makes_its_editor_a_proposer_and_takes_approvals_away(county):
    number = county.propose_transfer()
    editing = county.get("chen", f"decisions/{number}/edit")
    assert 'value="340.00"' in editing.text
    answer = county.post(
        "chen",
        f"decisions/{number}/edit",
        **{"from": "Assets:Bank:CCB", "to": "Assets:Fund:Main"},
        amount="341.00",
        reference="QH-T14-2026",
        version="1",
    )
    assert answer.status_code == 303, text_of(answer)
    assert state(county, number).touched == {county.members["wang"], county.members["chen"]}
    old = county.post("li", f"decisions/{number}/approve", version="1")
    assert old.status_code == 409
    assert "请再看一遍" in text_of(old)
    assert county.post("li", f"decisions/{number}/approve", version="2").status_code == 303


def test_approving_asks_for_a_code_and_takes_each_code_once(county):
    number = county.propose_transfer()
    stale(county)
    page = county.get("li", f"decisions/{number}")
    assert 'autocomplete="one-time-code"' in page.text
    wrong = county.post("li", f"decisions/{number}/approve", version="1", code="000000")
    assert wrong.status_code == 422
    assert "验证码不对" in text_of(wrong)
    assert state(county, number).end is None
    code = county.as_("li").code(email_of("li"))
    answer = county.post("li", f"decisions/{number}/approve", version="1", code=code)
    assert answer.status_code == 303, text_of(answer)
    assert state(county, number).is_approved


def test_without_a_code_the_page_leads_to_the_step_up_and_nothing_is_approved(county):
    number = county.propose_transfer()
    stale(county)
    answer = county.post("li", f"decisions/{number}/approve", version="1")
    assert answer.status_code == 303
    assert answer.location.startswith("/account/step-up")
    assert state(county, number).end is None


def test_refusing_needs_a_reason(county):
    number = county.propose_transfer()
    empty = county.post("li", f"decisions/{number}/reject", reason="  ")
    assert empty.status_code == 422
    assert "这里要填" in text_of(empty)
    county.post("li", f"decisions/{number}/reject", reason="金额要再核")
    assert state(county, number).end.reason == "金额要再核"
    assert "王秀兰" in text_of(county.get("li", f"decisions/{number}"))


def test_whoever_proposed_can_withdraw(county):
    number = county.propose_transfer()
    assert county.post("chen", f"decisions/{number}/withdraw").status_code == 403
    county.post("wang", f"decisions/{number}/withdraw")
    assert state(county, number).state == "withdrawn"


def test_a_form_that_is_sent_twice_proposes_once(county):
    fields = {
        "from": "Assets:Bank:CCB",
        "to": "Assets:Fund:Main",
        "amount": "10.00",
        "reference": "QH-T15-2026",
        "key": "one-form",
    }
    first, second = (county.post("wang", "decisions/new/transfer", **fields) for _ in range(2))
    assert first.location == second.location


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"amount": "34.005"}, "请写金额"),
        ({"amount": ""}, "这里要填"),
        ({"amount": "999999999.00"}, "现在最多可转 50,000.00 元"),
        ({"reference": "short"}, "8 到 80 个字符"),
        ({"from": "Assets:Bank:Nowhere"}, "这里要填"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(county, changes, told):
    fields = {
        "from": "Assets:Bank:CCB",
        "to": "Assets:Fund:Main",
        "amount": "10.00",
        "reference": "QH-T15-2026",
    }
    page = county.post("wang", "decisions/new/transfer", **{**fields, **changes})
    assert page.status_code == 422
    assert told in text_of(page)
    assert 'aria-invalid="true"' in page.text
    assert f'value="{(fields | changes)["reference"]}"' in page.text


def test_the_first_page_sorts_what_waits(county):
    number = county.propose_transfer()
    for who, told in (
        ("li", "等您批的 1 件"),
        ("wang", "您提出、还没定的 1 件"),
        ("chen", "没有等您办的事"),
    ):
        page = county.get(who)
        assert told in text_of(page)
        assert f"/desk/qinghe/decisions/{number}" in page.text


def test_a_rate_and_a_rule_are_set_by_decision(county):
    rate = {"unit": "KSCOIN", "units": "10", "worth": "1.00", "since": "2026-10-01"}
    answer = county.post("wang", "decisions/new/rate", **rate)
    assert answer.status_code == 303, text_of(answer)
    assert "KSCOIN" in county.as_("li").get(answer.location).text
    assert county.post("li", "decisions/1/approve", version="1").status_code == 303
    rule = {"kind": "close", "slots": "controller,approver"}
    assert county.post("zhou", "decisions/new/four-eyes", **rule).status_code == 303
    assert county.post("li", "decisions/2/approve", version="1").status_code == 303
    assert "复核、批准人" in text_of(county.get("sun", "rules"))
    weaker = county.post("zhou", "decisions/new/four-eyes", kind="publish", slots="controller")
    assert weaker.status_code == 422
    weaker = county.post(
        "zhou",
        "decisions/new/four-eyes",
        kind="publish",
        slots="controller",
        exception="只有三个人",
    )
    assert weaker.status_code == 303
    assert county.post("li", "decisions/3/approve", version="1").status_code == 303
    assert "双人规则有例外" in text_of(county.get("chen"))


@pytest.mark.parametrize("language", ["", "/en"])
def test_every_page_of_the_desk_speaks_both_languages(county, language):
    number = county.propose_transfer()
    pages = {
        "wang": (
            "",
            "decisions",
            f"decisions/{number}",
            f"decisions/{number}/edit",
            "decisions/new/transfer",
            "decisions/new/rate",
            "decisions/new/close",
            "tokens",
            "tokens/new",
            "rules",
        ),
        "zhou": ("people", "decisions/new/members", "decisions/new/four-eyes", "activity"),
    }
    for who, addresses in pages.items():
        for address in addresses:
            page = county.get(who, address, language)
            assert page.status_code == 200, (address, text_of(page))
            assert f'<html lang="{"en" if language else "zh-CN"}"' in page.text
            assert page.headers["Cache-Control"] == "no-store"
