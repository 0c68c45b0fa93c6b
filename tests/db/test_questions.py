"""A viewer's question on its way: registered, read by an officer, published, answered; and what looks like spam."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.app import create_app
from ledger.errors import NotAllowedError, StateError
from ledger.questions import asking, history
from ledger.questions.spam import suspicion
from ledger.settings import load_settings
from ledger.wiring import Ledger, build_services
from tests.db import ledgers

AT = "/funds/qinghe/questions"


@pytest.fixture
def site(database, tmp_path):
    made = ledgers.new_ledger(database, tmp_path / "keys")
    ledgers.give(made, ledgers.gift("a"))
    settings = load_settings({"LEDGER_HOME": str(tmp_path)})
    opened = Ledger(settings, database, made.sequencer, made.clock)
    app = create_app(settings, build_services(settings, opened))
    yield app.test_client(), made
    made.close()


def step(ledger, number: int, kind: str, body: str = "", member: str = "Li") -> None:
    asking.step(
        ledger.database, ledger.clock, ledger.fund, ledger.member(member), (number, kind, body)
    )


def test_a_question_is_shown_when_an_officer_has_read_it(site):
    client, ledger = site
    sent = client.post(AT, data={"body": "10 月的钱<b>到</b>基金了吗？"})
    assert (sent.status_code, sent.location) == (303, f"{AT}/1")
    assert "Set-Cookie" not in sent.headers
    assert "登记好了，编号 1" in client.get(f"{AT}/1").text
    assert "到基金了吗" not in client.get(AT).text + client.get(f"{AT}/1").text
    step(ledger, 1, "shown")
    assert "&lt;b&gt;到&lt;/b&gt;" in client.get(AT).text
    assert "还没答复" in client.get(AT).text
    step(ledger, 1, "answered", "10 月 8 日到了。")
    assert "10 月 8 日到了。" in client.get(f"/en{AT}/1").text
    step(ledger, 1, "hidden")
    assert "10 月 8 日到了。" not in client.get(AT).text
    step(ledger, 1, "erased")
    with ledger.database.reading() as connection:
        found = history.question(connection, ledger.fund.fund_id, 1)
    assert (found.body, [one.kind for one in found.steps]) == (
        "",
        ["shown", "answered", "hidden", "erased"],
    )
    with pytest.raises(StateError):
        step(ledger, 1, "shown")
    assert client.get(f"{AT}/2").status_code == 404


def test_wrong_forms_keep_what_was_typed(site):
    client, ledger = site
    for body, receipt in (
        ("短", ""),
        ("x" * 1001, ""),
        ("什么时候用上？", "12"),
    ):
        answer = client.post(AT, data={"body": body, "receipt": receipt})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert body in answer.text
    assert client.post(AT, data={"body": "看这里看这里", "website": "http://x"}).location == AT
    other = client.post(AT, data={"body": "什么时候？"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert other.status_code == 403
    with ledger.database.reading() as connection:
        assert history.last_number(connection, ledger.fund.fund_id) == 0


def test_only_those_who_answer_act_and_many_are_not_taken(site, monkeypatch):
    client, ledger = site
    client.post(AT, data={"body": "这是第一个问题"})
    with pytest.raises(NotAllowedError):
        step(ledger, 1, "shown", member="Wang")
    monkeypatch.setattr(asking, "OPEN_MAX", 1)
    codes = [client.post(AT, data={"body": f"这是第 {at} 个问题"}).status_code for at in (2, 3)]
    assert codes == [303, 422]
    codes = [client.post(AT, data={"body": "再问一个问题"}).status_code for _ in range(9)]
    assert codes[-1] == 429


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("加 微 信 领红包", "words"), ("请看 ｈｔｔｐｓ：//a.cn", "address"), ("我的电话 13800138000", "number"),
        ("写信给 a.b@c.com", "mail"), ("哈" * 30, "repeated"), ("10 月的 1,286,430.20 元到基金了吗？", ""),
        ("2026 年 10 月第 12 次划转，凭证 7K4Q 92HD M3XA", ""), ("Where is my gift of ¥3.00?", ""),
    ],
)  # fmt: skip
def test_what_looks_like_spam_is_told(text, found):
    assert suspicion(text) == found


@given(st.text(max_size=300))
def test_any_text_is_judged(text):
    assert re.fullmatch(r"|words|address|number|mail|repeated", suspicion(text))
