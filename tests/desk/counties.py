"""A county whose people are signed in at the desk of its fund, over a real ledger. All names are invented."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from werkzeug.test import TestResponse

from ledger.funds import booking as funds
from ledger.funds.booking import NewAccount, NewFund
from ledger.funds.members import enrol_member
from ledger.journal.history import Fund
from ledger.signin import enrolling
from ledger.wiring import Ledger
from tests.signin.gates import PASSWORD
from tests.signin.sites import Site, Visitor

PEOPLE = {
    "wang": ("王秀兰", "finance,operator"),
    "chen": ("陈晓", "finance"),
    "li": ("李建国", "approver,controller"),
    "zhou": ("周敏", "administrator"),
    "sun": ("孙审", "auditor"),
}


@dataclass
class County:
    """A fund with 50,000.00 in its collection account, and its people."""

    site: Site
    ledger: Ledger
    fund: Fund
    members: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Visitor] = field(default_factory=dict)

    def as_(self, who: str) -> Visitor:
        """Return somebody's browser, signed in."""
        if who not in self.browsers:
            visitor = self.site.visitor()
            visitor.enter(email_of(who))
            self.browsers[who] = visitor
        return self.browsers[who]

    def get(self, who: str, page: str = "", language: str = "") -> TestResponse:
        """Read a page of the desk."""
        return self.as_(who).get(f"{language}/desk/{self.fund.slug}/{page}")

    def post(self, who: str, page: str, **fields: str) -> TestResponse:
        """Send a form of the desk, with the key of a page of this session."""
        return self.as_(who).post(f"/desk/{self.fund.slug}/{page}", **fields)

    def propose_transfer(self, who: str = "wang", amount: str = "340.00") -> int:
        """Propose a transfer; return the decision's number."""
        answer = self.post(
            who,
            "decisions/new/transfer",
            **{"from": "Assets:Bank:CCB", "to": "Assets:Fund:Main"},
            amount=amount,
            reference="QH-T14-2026",
        )
        assert answer.status_code == 303, text_of(answer)
        return int(re.findall(r"decisions/(\d+)", answer.location)[0])


def email_of(who: str) -> str:
    return f"{who}@qinghe.example.com"


def text_of(page: TestResponse) -> str:
    """Return what a person reads of a page, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def new_county(site: Site, ledger: Ledger, host: str = "localhost:8000") -> County:
    """Open the fund, its accounts, and its people's sign-ins."""
    new = NewFund("qinghe", "青禾", "Qinghe", "全部进基金。", "All of it.", "CNY", "Asia/Shanghai")
    fund = funds.open_fund(ledger.sequencer, ledger.clock, host, new)
    county = County(site, ledger, fund)
    for who, (name, roles) in PEOPLE.items():
        user = enrolling.enrol_for_script(site.gate, email_of(who), name, PASSWORD)
        county.members[who] = enrol_member(ledger.sequencer, fund, name, roles, user.user_id)
    for stage, account, number, opening in (
        ("bank", "CCB", "15001777330001", 5_000_000),
        ("fund", "Main", "15001777330002", 0),
    ):
        made = NewAccount(stage, account, number, "CNY", opening)
        funds.open_account(ledger.sequencer, ledger.clock, fund, made)
    return county
