"""The pages of transfers in a browser: what is offered is approved, filed, entered, and nothing scrolls sideways."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger.desk import actions, transferring
from ledger.desk import wanted as wanting
from ledger.factors import FreshFactor
from ledger.funds.payees import Payee
from ledger.transfers.booking import Proposal
from tests.browser.test_desk import SIDEWAYS, enter
from tests.desk.counties import new_county

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("SHOTS")
PAYEES = {
    "Assets:Fund:Main": Payee("6228450199207716", "青禾县中医药扶贫基金", "县农商行"),
    "Assets:Bank:CCB": Payee("6228450188300031", "青禾县财政局打赏归集户", "县农商行"),
}


@pytest.fixture
def county(served):
    found = new_county(served.site, served.site.ledger)
    act = (found.ledger.sequencer, found.fund)
    for name, payee in PAYEES.items():
        transferring.set_payee(*act, name, payee)
    for amount, reference in ((2_500_000, "QINGHE-T13"), (2_000_000, "QINGHE-T14")):
        one = Proposal("Assets:Bank:CCB", "Assets:Fund:Main", "CNY", amount, reference, "打赏划转")
        actions.propose(*act, found.members["wang"], wanting.transfer(one))
    fresh = FreshFactor("totp", found.ledger.clock.now())
    actions.approve(*act, found.members["li"], 1, 1, fresh)
    transferring.payment_file(*act, found.members["wang"], (1,))
    transferring.enter(*act, found.members["chen"], 1)
    return found


def look(page, name: str) -> None:
    """Keep a picture where somebody asks for it."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_of_transfers_fit_and_are_approved(county, served, new_page, width):
    for who, names in (
        ("li", ("transfers", "transfers/1", "decisions/2")),
        ("wang", ("decisions/new/transfer", "transfers/check", "transfers/1")),
    ):
        page = new_page()
        page.set_viewport_size({"width": width, "height": 900})
        enter(served, page, who)
        for language in ("", "/en"):
            for name in names:
                page.goto(f"{language}/desk/qinghe/{name}")
                assert page.evaluate(SIDEWAYS) == 0, (language, name)
                look(page, f"{who}-{name.replace('/', '_')}-{width}{language.replace('/', '-')}")
        if who == "li":
            page.goto("/desk/qinghe/decisions/2")
            page.click("button:has-text('批准，转 20,000.00 元')")
            page.wait_for_selector("text=已经批准并办好")
        page.context.close()
