"""An officer hands a donor who shows the platform's order the code of the gift."""

from __future__ import annotations

import re
from functools import partial

import pytest
from structlog.testing import capture_logs

from ledger.activity.history import of_fund
from ledger.activity.records import FAILED, READ, REFUSED
from ledger.funds import booking as funding
from ledger.intake.booking import Recorded, book_gifts
from ledger.limits import rules
from ledger.privacy import store
from ledger.privacy.gift_codes import gift_code
from ledger.projections.gift_finding import by_order
from ledger.web.limits import rules_of
from ledger.wiring import Services
from tests.db.ledgers import IMPORT, KUAISHOU, ZONE, gift, prepared
from tests.desk.counties import County, text_of


@pytest.fixture
def given(county: County) -> list[int]:
    """Record two gifts, one of them in the platform's coins; return their entries."""
    ledger = county.ledger
    funding.open_channel(ledger.sequencer, ledger.clock, county.fund, KUAISHOU)
    gifts = prepared(
        gift("ORDER-1", 300, nickname="李小花"), gift("ORDER-2", 500, nickname="王大山")
    )
    done = ledger.sequencer.decide(
        county.fund, lambda books: book_gifts(books, KUAISHOU, IMPORT, ZONE, gifts)
    ).value
    assert all(isinstance(one, Recorded) for one in done)
    return [one.seq for one in done]


def activities(county: County) -> list[tuple[str, str, str]]:
    with county.ledger.database.reading() as connection:
        found = of_fund(connection, county.fund.fund_id, action="gift.code")
    done = [one.activity for one in found if one.activity.outcome != REFUSED]
    return [(one.subject, one.outcome, one.reason) for one in done]


def hand(county: County, who: str, **typed: str):
    return county.post(who, "gift-code", **{"proof": "order-page", **typed})


def test_the_code_is_handed_to_whoever_shows_the_order(county, given):
    with county.ledger.database.reading() as connection:
        part = store.find(connection, county.fund.fund_id, given[:1])[given[0]]
    code = gift_code(part.salts)
    with capture_logs() as logged:
        answer = hand(county, "wang", order=" ORDER-1 ", amount="3")
    told = text_of(answer)
    assert answer.status_code == 200
    assert f"{code[:4]} {code[4:]}" in told
    assert "李**" in told
    assert "小花" not in told
    assert "no-store" in answer.headers["Cache-Control"]
    assert activities(county) == [(f"gift/{given[0]}", READ, "order-page")]
    # Neither the number nor the code stands in a log.
    assert "gift.code" in str(logged)
    assert not re.search(f"ORDER-1|{code}", str(logged))
    # With both the donor finds the gift without a receipt number.
    services = Services(county.ledger)
    receipt = services.read("qinghe", partial(by_order, order="ORDER-1", code=code))
    assert receipt is not None
    assert receipt in told.replace("-", "").replace(" ", "")


def test_without_the_order_nothing_is_told_and_the_try_is_on_record(county, given):
    wrong = hand(county, "wang", order="ORDER-2", amount="3.00")
    absent = hand(county, "wang", order="ORDER-9", amount="3.00")
    assert wrong.status_code == absent.status_code == 422
    assert text_of(wrong).replace("ORDER-2", "") == text_of(absent).replace("ORDER-9", "")
    assert 'value="ORDER-2"' in wrong.text
    assert hand(county, "wang", order="ORDER-2", amount="5", proof="a hunch").status_code == 422
    assert activities(county) == [("gift", FAILED, "order-page")] * 2
    assert hand(county, "li", order="ORDER-2", amount="5").status_code == 403
    assert county.get("wang", "more", "/en").text.count("gift-code") == 1
    assert rules_of("POST", "/desk/qinghe/gift-code", token=False)[-1] is rules.HANDED
