"""Many rows at once, and two officers on one thing: each row is told of, each officer sees the other."""

from __future__ import annotations

import io
import re

from ledger.matching import matches
from ledger.matching.matches import Asked
from tests.desk.counties import text_of
from tests.desk.test_exceptions import found, item
from tests.desk.test_files import bank_file, bring
from tests.signin.gates import later
from tests.signin.sites import HOST


def send(county, who, page, fields):
    """Send a form with a field that repeats."""
    visitor = county.as_(who)
    return visitor.client.post(
        f"/desk/qinghe/{page}",
        base_url=f"https://{HOST}",
        data={"csrf_token": visitor.form_key(), **fields},
        headers={"Accept": "text/html", "Referer": f"https://{HOST}/"},
        environ_overrides=visitor.environ,
    )


def suggest_two(county):
    """Approve two transfers, and bring lines that only may be them; return their suggestions by amount."""
    for amount, name in (("340.00", "QH-T14-2026"), ("12000.00", "QH-T15-2026")):
        answer = county.post(
            "wang",
            "decisions/new/transfer",
            **{"from": "Assets:Bank:CCB", "to": "Assets:Fund:Main"},
            amount=amount,
            reference=name,
        )
        number = re.findall(r"decisions/(\d+)", answer.location)[0]
        county.post("li", f"decisions/{number}/approve", version="1")
    lines = (
        ("20261009 23:00:00", "-340.00", "49660.00", "转账"),
        ("20261009 23:10:00", "-12000.00", "37660.00", "药费"),
    )
    bring(county, bank_file(*lines))
    county.post("wang", "matches")
    with county.ledger.database.reading() as connection:
        rows = matches.suggestion_list(connection, county.fund.fund_id, Asked())
    return {one.amount: one.id for one in rows}


def test_many_suggestions_are_decided_one_by_one_and_each_is_told_of(county):
    both = suggest_two(county)
    small, large = both[-34_000], both[-1_200_000]
    boxes = county.get("chen", "matches?all=1&step=R4").text
    assert len(re.findall(r'name="chosen"[^>]* checked', boxes)) == 2
    none = send(county, "chen", "matches/confirm?step=R4", {})
    assert (none.status_code, "请先选几件" in text_of(none)) == (422, True)
    silent = send(county, "chen", "matches/dismiss", {"chosen": [small], "reason": ""})
    assert silent.status_code == 422
    assert re.search(rf'value="{small}"[^>]* checked', silent.text)
    done = send(county, "chen", "matches/confirm?step=R4", {"chosen": [small, large, "f" * 16]})
    assert done.status_code == 303
    assert "step=R4" in done.location
    for _ in range(2):  # it is still there after a reload
        told = text_of(county.as_("chen").get(done.location))
        assert "办了 1 件，没办成 2 件" in told
        assert re.search(r"第 1 次匹配 ?： ?对上了", told)
        assert "超过一个人能确认的，请提出" in told
        assert "别人刚动过，没有再办" in told
    proposed = send(county, "chen", "matches/propose", {"chosen": [large], "key": "k1"})
    assert "proposed" in proposed.location
    assert "要由别人批准：李建国" in text_of(county.get("chen", "decisions/3"))
    second = county.post("wang", f"suggestions/{small}/confirm")
    assert second.status_code == 409
    assert re.search(r"陈晓在 \d\d:\d\d 已经办了：确认一条匹配建议", text_of(second))
    assert "办了" not in text_of(county.get("chen", "matches?results=confirmed.zz~x.y~moved"))


def test_many_exceptions_are_worked_on_at_once_and_officers_see_each_other(county):
    first, second, closed = found(county), found(county, subject="line/ab/8"), 999_999
    listed = county.get("wang", "exceptions?kind=unknown_receipt")
    assert listed.text.count('name="chosen"') == 2
    chosen = [str(one) for one in (first, second, closed)]
    chen = county.members["chen"]
    given = send(county, "wang", "exceptions/assign", {"chosen": chosen, "owner_to": chen})
    assert "办了 2 件，没办成 1 件" in text_of(county.as_("wang").get(given.location))
    assert [item(county, one).owner for one in (first, second)] == [chen, chen]
    small = found(county, subject="line/ab/9", amount=50)
    causes = {"chosen": [str(first), str(small)], "reason": "银行手续费", "key": "k"}
    told = text_of(
        county.as_("wang").get(send(county, "wang", "exceptions/resolve", causes).location)
    )
    assert "已提出，等别人批准" in told
    assert "要先附证据" in told
    assert (item(county, small).state, item(county, first).state) == ("proposed", "assigned")
    assert send(county, "sun", "exceptions/assign", {"chosen": chosen}).status_code == 403
    assert send(county, "wang", "exceptions/find", {}).location.endswith("exceptions?done=looked")

    officers_on_one_exception_see_each_other_for_a_minute(county, second)


def officers_on_one_exception_see_each_other_for_a_minute(county, number):
    page, poll = f"exceptions/{number}", f"presence?on=exception/{number}"
    assert "正开着这一件" not in text_of(county.get("chen", page))
    assert "陈晓也正开着这一件" in text_of(county.get("wang", page))
    assert "王秀兰也正开着这一件" in text_of(county.get("chen", poll))
    assert county.get("chen", f"presence?on=exception/{number + 1}").data == b""
    later(county.site.gate, seconds=61)
    assert county.get("wang", poll).data == b""
    assert county.get("wang", "presence?on=../etc").status_code == 404
    # A page that asks by itself keeps nobody signed in, and is told to stop without losing what was typed.
    idle = county.site.gate.limits.idle
    for _ in range(6):
        later(county.site.gate, seconds=int(idle.total_seconds()) // 5)
        county.get("wang", poll)
    assert county.get("wang", poll).status_code == 286
    assert county.get("wang", page).status_code == 303


SHEET = (
    b"Date,Label,Amount,Balance,Partner Name\r\n"
    b"12/15/2018,Supplies,-33.50,-23.50,John Doe\r\n"
    b'12/31/2018,Payment,"1,533.50","1,510.00",Azure Interior\r\n'
)


def test_mappings_and_rules_are_looked_at_before_they_are_proposed(county):
    assert "还没有。用一份样表提出第一个" in text_of(county.get("zhou", "mappings"))
    guessed = send(county, "zhou", "mappings/guess", {"file": (io.BytesIO(SHEET), "us.csv")})
    assert guessed.status_code == 422  # the sheet does not say its currency
    fields = dict(re.findall(r'<input[^>]*? name="([a-z_]+)"[^>]*? value="([^"]*)"', guessed.text))
    fields |= {"sign": "plus-in", "encoding": "auto", "delimiter": ",", "currency": "CNY"}
    del fields["csrf_token"]
    assert (fields["date"], fields["date_format"]) == ("Date", "%m/%d/%Y")
    looked = text_of(send(county, "zhou", "mappings/preview", fields))
    assert "2 行都读出来了，余额前后接得上。合计 1,500.00 元" in looked
    assert "Azure Interior" in looked
    wrong = send(county, "zhou", "mappings", {**fields, "date_format": "%d/%m/%Y"})
    assert wrong.status_code == 422
    assert 'value="%d/%m/%Y"' in wrong.text
    proposed = send(county, "zhou", "mappings", {**fields, "name": "美国的银行"})
    assert "done=proposed" in proposed.location, text_of(proposed)
    county.post("li", "decisions/1/approve", version="1")
    told = text_of(county.get("wang", "mappings"))
    assert "美国的银行" in told
    assert "第 1 版 现在用的" in told
    assert send(county, "wang", "mappings", fields).status_code == 403

    rules_of_matching_are_tried_before_they_are_proposed(county)


def rules_of_matching_are_tried_before_they_are_proposed(county):
    page = text_of(county.get("zhou", "matching-rules"))
    assert "还没有改过，用的是通常的规则" in page
    assert "提出这些规则" not in page
    typed = {"tolerance_minor": "x", "holidays": "2026-10-01，2026-13-01"}
    assert send(county, "zhou", "matching-rules/try", typed).status_code == 422
    typed |= {"tolerance_minor": "0.50", "amount_and_date_steps": ["R3", "R4"]}
    wrong = send(county, "zhou", "matching-rules/try", typed)
    assert (wrong.status_code, 'id="holidays-error"' in wrong.text) == (422, True)
    typed |= {"holidays": "2026-10-01 2026-10-02"}
    tried = text_of(send(county, "zhou", "matching-rules/try", typed))
    assert "还没有结过账的月份，没法试" in tried
    assert "提出这些规则" in tried
    send(county, "zhou", "matching-rules", {**typed, "key": "k"})
    county.post("li", "decisions/2/approve", version="1")
    now = text_of(county.get("wang", "matching-rules"))
    assert "0.50 元" in now
    assert "2026-10-01 2026-10-02" in now
    assert send(county, "wang", "matching-rules/try", typed).status_code == 403
