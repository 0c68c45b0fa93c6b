"""Standing policies, the columns of bank portals, and the limit on management cost on the pages of the desk."""

from __future__ import annotations

import re

import pytest

from ledger.desk import actions, transferring, wanted
from ledger.errors import FieldError
from ledger.transfers import standing
from tests.desk.counties import text_of
from tests.signin.sites import HOST

POLICY = {
    "from": "Assets:Bank:CCB",
    "to": "Assets:Fund:Main",
    "weekday": "",
    "above": "",
    "keep": "100.00",
    "purpose": "每周划转",
}


def decide(county, answer) -> int:
    """Let Li approve what was proposed; return the decision."""
    assert answer.status_code == 303, text_of(answer)
    [number] = re.findall(r"decisions/(\d+)", answer.location)
    assert county.post("li", f"decisions/{number}/approve", version="1").status_code == 303
    return int(number)


def send(county, page, **fields):
    """Send a form of Zhou's with the key that stands in it."""
    visitor = county.as_("zhou")
    return visitor.client.post(
        f"/desk/qinghe/{page}",
        base_url=f"https://{HOST}",
        data=fields | {"csrf_token": visitor.form_key()},
        headers={"Origin": f"https://{HOST}", "Referer": f"https://{HOST}/"},
    )


def twice(county, page, **fields):
    """Send one form of Zhou's two times, as an impatient hand does."""
    return [send(county, page, key="k" * 32, **fields) for _ in range(2)]


def policies(county):
    with county.ledger.database.reading() as connection:
        return standing.policies(connection, county.fund.fund_id)


def test_a_policy_is_proposed_changed_and_ended_by_two(county):
    who = county.members["wang"]
    assert "没有自动提出的规则" in text_of(county.get("wang", "standing"))
    assert "standing/policy" not in county.get("wang", "standing").text
    assert county.get("wang", "standing/policy").status_code == 403
    assert (
        county.post("wang", "standing/policy", name="a", member=who, **POLICY).status_code == 403
    )
    assert "standing" in county.get("zhou", "more").text
    wrong = county.post(
        "zhou", "standing/policy", name="Friday!", member="", **POLICY | {"above": "一千"}
    )
    assert wrong.status_code == 422
    assert [one for one in ("member", "above") if f'id="{one}-error"' not in wrong.text] == []
    assert 'value="Friday!"' in wrong.text
    assert 'value="一千"' in wrong.text
    wrong = county.post("zhou", "standing/policy", name="Friday!", member=who, **POLICY)
    assert 'id="name-error"' in wrong.text
    wrong = county.post(
        "zhou", "standing/policy", name="daily", member=county.members["li"], **POLICY
    )
    assert "不能提出划转" in text_of(wrong)
    first, again = twice(county, "standing/policy", name="daily", member=who, **POLICY)
    assert again.location == first.location
    assert policies(county) == []
    assert "等批准" in text_of(county.get("zhou", "standing"))
    number = re.findall(r"decisions/(\d+)", first.location)[0]
    shown = text_of(county.get("li", f"decisions/{number}"))
    assert "以王秀兰的名义" in shown
    assert "账上留 100.00" in shown
    decide(county, first)
    it_proposes_once_a_day_and_is_changed_and_ended(county, who)


def it_proposes_once_a_day_and_is_changed_and_ended(county, who):
    """Go on with what was approved."""
    assert "今天会提出" in text_of(county.get("wang", "standing"))
    assert "今天会提出" not in text_of(county.get("zhou", "standing"))  # she sees no money
    taken = county.post("zhou", "standing/policy", name="daily", member=who, **POLICY)
    assert "已经有同名的了" in text_of(taken)
    [one] = transferring.propose_due(county.ledger.sequencer, county.fund)
    assert one.number == 1
    assert "自动划转 daily 提出了" in text_of(county.get("li", "day"))
    [waiting] = re.findall(r"decisions/(\d+)", county.get("li", "day").text.split("daily")[1])[:1]
    assert county.post("wang", f"decisions/{waiting}/approve", version="1").status_code in (
        403,
        409,
    )
    form = county.get("zhou", "standing/policy?name=daily")
    assert 'value="100.00"' in form.text
    assert 'name="changes" value="daily"' in form.text
    change = POLICY | {"keep": "", "weekday": "4", "changes": "daily"}
    decide(county, county.post("zhou", "standing/policy", member=county.members["chen"], **change))
    # Another answers for it now, and still it proposes once a day.
    [one] = transferring.propose_due(county.ledger.sequencer, county.fund)
    assert one.why in ("done-today", "other-day")
    assert "每周五" in text_of(county.get("wang", "transfers"))
    ending = county.post("zhou", "standing/policy/end", name="daily")
    assert policies(county)[0].is_on
    decide(county, ending)
    assert not policies(county)[0].is_on
    assert "停用" in text_of(county.get("wang", "standing"))
    assert county.get("zhou", "standing/policy?name=none").status_code == 404
    for page in ("standing", "standing/policy", "standing/columns"):
        assert "Standing policies and bank sheets" in county.get("zhou", page, "/en").text


def test_two_are_ended_from_one_look_at_the_page(county):
    who = county.members["wang"]
    for name in ("daily", "weekly"):
        decide(county, county.post("zhou", "standing/policy", name=name, member=who, **POLICY))
    page = county.get("zhou", "standing").text
    hidden = r'name="key" value="([^"]+)"><input type="hidden" name="name" value="(\w+)"'
    ended = [
        send(county, "standing/policy/end", key=key, name=name).location
        for key, name in re.findall(hidden, page)
    ]
    assert len({re.findall(r"decisions/\d+", one)[0] for one in ended}) == 2


COLUMNS = {"heading-1": "账号", "field-1": "number", "heading-2": "金额", "field-2": "amount"}


def test_the_columns_of_a_portal_are_proposed_changed_and_ended_by_two(county):
    assert 'value="收款账号"' in county.get("zhou", "standing/columns").text
    wrong = county.post(
        "zhou",
        "standing/columns",
        name="ccb",
        encoding="gb18030",
        **COLUMNS | {"heading-3": "附言"},
    )
    assert wrong.status_code == 422
    assert 'id="field-3-error"' in wrong.text
    assert 'value="附言"' in wrong.text
    wrong = county.post("zhou", "standing/columns", name="ccb", encoding="gb18030", **COLUMNS)
    assert "三列必须有" in text_of(wrong)
    whole = COLUMNS | {"heading-3": "附言", "field-3": "reference"}
    twice = whole | {"heading-4": "再来", "field-4": "amount"}
    wrong = county.post("zhou", "standing/columns", name="ccb", encoding="gb18030", **twice)
    assert "只能放进一列" in text_of(wrong)
    new = county.post("zhou", "standing/columns", name="ccb", encoding="gb18030", **whole)
    number = decide(county, new)
    assert "附言（编号）" in text_of(county.get("li", f"decisions/{number}"))
    transfer = county.propose_transfer()
    county.post("li", f"decisions/{transfer}/approve", version="1")
    assert '<option value="ccb"' in county.get("wang", "transfers/1").text
    made = county.post("wang", "transfers/files", number="1", format="ccb")
    assert made.status_code == 303, text_of(made)
    assert 'value="附言"' in county.get("zhou", "standing/columns?name=ccb").text
    change = whole | {"heading-3": "备注", "changes": "ccb"}
    decide(county, county.post("zhou", "standing/columns", encoding="gb18030", **change))
    decide(county, county.post("zhou", "standing/columns/end", name="ccb"))
    assert '<option value="ccb"' not in county.get("wang", "transfers/1").text
    page = text_of(county.get("wang", "standing"))
    assert "备注" in page
    assert "停用" in page
    assert county.post("zhou", "standing/columns/end", name="none").status_code == 404


def test_from_one_page_two_things_are_ended_one_after_the_other(county):
    """The second after going back in the browser, to the page with the keys that it had."""
    whole = COLUMNS | {"heading-3": "附言", "field-3": "reference", "encoding": "gb18030"}
    for name in ("ccb", "icbc"):
        decide(county, county.post("zhou", "standing/columns", name=name, **whole))
    who = county.members["wang"]
    for name in ("daily", "ccb"):
        decide(county, county.post("zhou", "standing/policy", name=name, member=who, **POLICY))
    forms = re.findall(
        r'standing/(policy|columns)/end".*?name="key" value="([^"]+)"><input type="hidden" name="name" value="([^"]+)"',
        county.get("zhou", "standing").text,
    )
    assert [(what, name) for what, _, name in forms] == [
        ("policy", "ccb"),
        ("policy", "daily"),
        ("columns", "ccb"),
        ("columns", "icbc"),
    ]
    visitor = county.as_("zhou")
    for what, key, name in forms:
        ended = visitor.client.post(
            f"/desk/qinghe/standing/{what}/end",
            base_url=f"https://{HOST}",
            data={"csrf_token": visitor.form_key(), "key": key, "name": name},
            headers={"Origin": f"https://{HOST}", "Referer": f"https://{HOST}/"},
        )
        decide(county, ended)
    assert not any(one.is_on for one in policies(county))


def test_no_client_takes_the_key_of_a_policy(county):
    """Whoever could would keep a policy from proposing, by a proposal of anything."""
    who = county.members["wang"]
    decide(county, county.post("zhou", "standing/policy", name="daily", member=who, **POLICY))
    today = county.ledger.clock.now().date().isoformat()
    with pytest.raises(FieldError) as refused:
        actions.propose(
            county.ledger.sequencer,
            county.fund,
            who,
            wanted.close("2026-09"),
            f"policy/daily/{today}",
        )
    assert refused.value.fields["reason"] == "reserved"
    [one] = transferring.propose_due(county.ledger.sequencer, county.fund)
    assert one.number == 1


def test_the_limit_on_management_cost_is_proposed_with_its_source(county):
    page = text_of(county.get("wang", "cost-limit"))
    assert "10%" in page
    assert "系统默认" in page
    assert county.post("wang", "cost-limit", permyriad="7.5", source="x").status_code == 403
    wrong = county.post("zhou", "cost-limit", permyriad="7,5", source="")
    assert wrong.status_code == 422
    assert 'value="7,5"' in wrong.text
    for field in ("permyriad", "source"):
        assert f'id="{field}-error"' in wrong.text
    asked = county.post("zhou", "cost-limit", permyriad="7.5", source="基金章程第十二条")
    assert "有一项改动等批准" in text_of(county.get("zhou", "cost-limit"))
    number = decide(county, asked)
    assert "7.5%" in text_of(county.get("li", f"decisions/{number}"))
    assert "依据：基金章程第十二条" in text_of(county.get("wang", "movements"))
    assert "7.5%" in text_of(county.get("zhou", "cost-limit", "/en"))
