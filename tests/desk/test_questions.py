"""Viewers' questions at the desk, by form."""

from __future__ import annotations

from ledger.questions.asking import Asked, ask
from tests.desk.counties import County


def asked(county: County, body: str) -> int:
    ledger = county.ledger
    return ask(ledger.database, ledger.clock, county.fund, Asked(body, "zh"))


def test_a_question_is_read_published_and_answered(county):
    number = asked(county, "钱到基金了吗？加微信领红包")
    page = county.get("wang", "questions").text
    assert "没看过" in page
    assert "像广告" in page
    answer = county.post("wang", f"questions/{number}", kind="answered", body=" ")
    assert (answer.status_code, "这里要填" in answer.text) == (422, True)
    for kind, body in (("assigned", ""), ("answered", "到了，10 月 8 日。")):
        assert county.post("wang", f"questions/{number}", kind=kind, body=body).status_code == 303
    shown = county.get("wang", f"questions/{number}", language="/en").text
    assert "到了，10 月 8 日。" in shown
    assert "answered" in shown
    assert county.get("wang", "questions?state=waiting").text.count("钱到基金") == 0
    assert county.post("sun", f"questions/{number}", kind="hidden").status_code == 403
    assert "没有这" not in county.get("sun", f"questions/{number}").text
    assert "领红包" in county.get("wang", "questions.csv").text
