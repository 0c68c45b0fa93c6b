"""Matching on the pages of the desk: suggestions with their reasons, confirmed, dismissed, released."""

from __future__ import annotations

import re

from ledger.matching import matches
from ledger.matching.matches import Asked
from tests.desk.counties import text_of
from tests.desk.test_files import bank_file, bring

OUT = ("20261010 09:00:00", "-340.00", "49660.00", "转账")
"""The transfer's sum and day, without its reference."""


def suggested(county):
    """Approve a transfer, bring a line that only may be it, and match; return the suggestion's id."""
    number = county.propose_transfer()
    county.post("li", f"decisions/{number}/approve", version="1")
    day = county.ledger.clock.now().strftime("%Y%m%d")
    bring(county, bank_file((f"{day} 23:00:00", *OUT[1:])))
    answer = county.post("wang", "matches")
    assert answer.location == "/desk/qinghe/matches?done=reconciled"
    with county.ledger.database.reading() as connection:
        (found,) = matches.suggestion_list(connection, county.fund.fund_id, Asked())
    return found.id


def kept(county):
    with county.ledger.database.reading() as connection:
        return matches.match_list(connection, county.fund.fund_id, Asked())


def test_a_suggestion_shows_both_sides_and_is_confirmed(county):
    one = suggested(county)
    told = text_of(county.get("wang", "matches"))
    assert "金额和日期" in told
    assert "银行这一行" in told
    assert "-340.00" in told or "−340.00" in told
    answer = county.post("chen", f"suggestions/{one}/confirm")
    assert answer.status_code == 303, text_of(answer)
    (match,) = kept(county)
    assert match.confirmed_by == county.members["chen"]
    page = text_of(county.as_("chen").get(answer.location))
    assert "对上了，已记入账本" in page
    assert county.post("chen", f"suggestions/{one}/confirm").status_code == 409


def test_a_suggestion_is_dismissed_with_a_reason_and_not_made_again(county):
    one = suggested(county)
    empty = county.post("wang", f"suggestions/{one}/dismiss", reason="")
    assert empty.status_code == 422
    assert county.post("wang", f"suggestions/{one}/dismiss", reason="别的款").status_code == 303
    county.post("wang", "matches")
    assert "没有建议要看" in text_of(county.get("wang", "matches"))
    assert kept(county) == []


def test_a_match_is_released_by_two_and_stays_listed(county):
    one = suggested(county)
    county.post("chen", f"suggestions/{one}/confirm")
    (match,) = kept(county)
    assert county.post("chen", f"matches/{match.number}/release", reason="").status_code == 422
    asked = county.post("chen", f"matches/{match.number}/release", reason="对错了")
    number = int(re.findall(r"decisions/(\d+)", asked.location)[0])
    assert county.post("li", f"decisions/{number}/approve", version="1").status_code == 303
    (match,) = kept(county)
    assert match.state == "released"
    assert "已撤回" in text_of(county.get("wang", f"matches/{match.number}"))


def test_who_only_reads_confirms_nothing(county):
    one = suggested(county)
    assert county.get("sun", "matches").status_code == 200
    assert county.post("sun", f"suggestions/{one}/confirm").status_code == 403
    assert county.get("wang", "matches", "/en").status_code == 200
