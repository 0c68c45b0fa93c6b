"""People and tokens on the pages of the desk."""

from __future__ import annotations

import re

from ledger.activity import history as activity
from ledger.funds import history as funds
from ledger.funds import members
from tests.desk.counties import text_of
from tests.signin.gates import letters


def member(county, name):
    with county.ledger.database.reading() as connection:
        found = funds.all_members(connection, county.fund.fund_id)
    return next((one for one in found if one.name == name), None)


def test_somebody_is_enrolled_by_decision_and_then_invited(county, tmp_path):
    new = {"name": "赵会", "email": "zhao@qinghe.example.com", "roles": "finance"}
    answer = county.post("zhou", "decisions/new/members", **new)
    assert answer.status_code == 303, text_of(answer)
    assert "赵会" not in county.as_("li").get(answer.location).text  # names stay private
    assert "赵会" in county.get("li", "decisions/1/private").text
    assert not any("zhao" in one or "赵会" in one for one in letters(tmp_path))
    county.post("li", "decisions/1/approve", version="1")
    assert member(county, "赵会").roles == {"finance"}
    county.site.gate.mailer.wait()
    assert any("赵会" in one for one in letters(tmp_path))


def test_roles_that_exclude_each_other_are_refused_beside_the_field(county):
    new = {"name": "赵会", "email": "zhao@qinghe.example.com"}
    page = county.as_("zhou").post(
        "/desk/qinghe/decisions/new/members", **new, roles=["finance", "administrator"]
    )
    assert page.status_code == 422
    assert "管理员和审计师不能兼别的岗位" in text_of(page)
    assert 'value="赵会"' in page.text


def test_a_removed_member_is_out_at_once(county):
    assert county.get("wang").status_code == 200
    asked = county.get("zhou", f"people/{county.members['wang']}/remove")
    assert "确定移除王秀兰" in text_of(asked)
    done = county.post("zhou", f"people/{county.members['wang']}/remove")
    assert done.location == "/desk/qinghe/people?done=removed"
    assert county.get("wang").status_code == 303  # no session any more
    assert "王秀兰" in text_of(county.get("zhou", "people"))


def test_a_role_that_is_lost_does_not_count_from_the_next_request_on(county):
    assert county.get("wang", "decisions/new/transfer").status_code == 200
    county.ledger.sequencer.decide(
        county.fund,
        lambda books: members.change_roles(
            books, members.SETUP, county.members["wang"], frozenset({"auditor"})
        ),
    )
    assert county.get("wang", "decisions/new/transfer").status_code == 403


def test_a_stranger_to_the_fund_is_refused_and_recorded(county):
    from ledger.signin import enrolling
    from tests.signin.gates import PASSWORD

    enrolling.enrol_for_script(county.site.gate, "eve@qinghe.example.com", "Eve", PASSWORD)
    assert county.get("eve").status_code == 403
    with county.ledger.database.reading() as connection:
        rows = activity.of_fund(connection, county.fund.fund_id)
    assert [
        (one.activity.outcome, one.activity.member_id)
        for one in rows
        if one.activity.outcome == "refused"
    ] == [("refused", None)]


def test_a_token_is_shown_once_and_ended_by_its_member(county):
    made = county.post("wang", "tokens", name="feed", days="30", scopes="gifts")
    token = re.findall(r"mz_[A-Za-z0-9_-]{43}", made.text)[0]
    page = county.get("wang", "tokens")
    assert token not in page.text
    assert "feed" in page.text
    assert "feed" not in county.get("li", "tokens").text
    assert "feed" in county.get("zhou", "tokens").text  # administrators see all
    assert county.post("li", "tokens/1/end").status_code == 404
    assert county.post("wang", "tokens/1/end").status_code == 303
    assert "已停用" in text_of(county.get("wang", "tokens"))


def test_reading_names_is_on_record(county):
    county.get("zhou", "people")
    page = county.get("zhou", "activity?member=" + county.members["zhou"])
    assert "看人员名单" in text_of(page)
    assert "192.0.2.7" in page.text
