"""Correction notices at the desk: offered where a published statement was corrected, and prepared from there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.funds import booking as funds
from ledger.funds.members import enrol_member
from ledger.periods.booking import NewStatement
from ledger.statements.build import Issue, figures_of
from ledger.statements.jobs import Jobs
from tests.db.ledgers import DOUYIN, KUAISHOU, Ledger, publish
from tests.db.test_spending import undo
from tests.desk.counties import County, text_of
from tests.flow.test_notice import MONTHLY, spends
from tests.flow.test_statement import CLOSED, october


@pytest.fixture
def corrected(county: County) -> County:
    """Walk a month at the county, publish its statement, and take a payment of it back."""
    of = county.ledger
    for channel in (KUAISHOU, DOUYIN):
        funds.open_channel(of.sequencer, of.clock, county.fund, channel)
    for name, role in (
        ("Li", "finance"),
        ("Wang", "approver"),
        ("Zhao", "operator"),
        ("Chen", "controller"),
    ):
        enrol_member(of.sequencer, county.fund, name, role)
    hands = Ledger(of.database, of.settings.keys, of.clock, of.sequencer, county.fund)
    october(hands)
    size = figures_of(of, county.fund, "2026-10", Issue(CLOSED)).ledger.checkpoint.size
    of.clock.advance(timedelta(days=1))
    publish(hands, NewStatement(MONTHLY, "zh", "2026-10", size, bytes(32), 9))
    undo(hands, spends(hands)[0])
    return county


def test_it_is_offered_wherever_the_correction_is_seen(corrected, monkeypatch):
    asked = []

    def start(ledger, fund, task, member_id, wish, *, job=None):
        asked.append((task, dict(wish)))
        return Jobs(ledger.settings.home, fund.slug).new(task, member_id, wish, ledger.clock.now())

    monkeypatch.setattr("ledger.web.desk.statements.start", start)
    for page in ("day", "corrections", "statements", f"statements/{MONTHLY}/zh"):
        for language in ("", "/en"):
            shown = corrected.get("wang", page, language)
            assert shown.status_code == 200
            assert MONTHLY in text_of(shown), page
            if page != "day":
                assert 'name="period" value="2026-11"' in shown.text
                assert "qinghe-2026-11-C-v1" in text_of(shown)
    register = text_of(corrected.get("wang", "corrections"))
    assert "还没发" in register
    assert 'name="period"' not in corrected.get("sun", "statements").text  # who may not prepare
    done = corrected.post("wang", "statements/prepare", kind="C", period="2026-11", language="en")
    assert done.status_code == 303
    assert asked == [("prepare", {"kind": "C", "period": "2026-11", "language": "en"})]
