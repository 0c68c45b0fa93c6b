"""Nobody approves what they proposed, whichever face they act with, or however they change faces on the way."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ledger.db import Database
from ledger.funds.members import SETUP, NewMember, enrol
from ledger.funds.tokens import NewToken, make_token
from ledger.signin import enrolling, terminal
from ledger.verify.database import verify_database
from ledger.web import limits
from tests.db import ways
from tests.db.ledgers import START, Ledger, agree, decision, new_ledger
from tests.db.ways import Hand, Try, attempt, broken
from tests.desk.hands import EveryHand, PageHand, TerminalHand, TokenHand
from tests.flow.cli import Cli
from tests.signin.gates import PASSWORD
from tests.signin.sites import new_site

PEOPLE = {
    "Villain": {"finance", "controller", "approver"},
    "Second": {"finance"},
    "Sun": {"administrator"},
}


@dataclass
class Faces:
    """A ledger, and the hands with which a villain may act on it."""

    ledger: Ledger
    hands: dict[str, Hand]

    def a_try(self, hand: str) -> Try:
        villain, innocent = (self.ledger.member(name).member_id for name in ("Villain", "Second"))
        return Try(self.ledger, self.hands[hand], "rate", villain, innocent)


@pytest.fixture
def faces(migrated_sqlite, tmp_path, monkeypatch) -> Iterator[Faces]:
    monkeypatch.setattr(limits, "rules_of", lambda *_args, **_more: ())
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(migrated_sqlite, home / "ledger.db")
    database = Database(f"sqlite:///{home / 'ledger.db'}")
    ledger = new_ledger(database, home / "keys")
    site = new_site(database, ledger.clock, home)
    browsers = {}
    for name, roles in PEOPLE.items():
        email = f"{name.lower()}@qinghe.example.com"
        user = enrolling.enrol_for_script(site.gate, email, name, PASSWORD)
        new = NewMember(name, frozenset(roles), user.user_id)
        member_id = ledger.decide(lambda books, new=new: enrol(books, SETUP, new))
        browsers[member_id] = site.visitor()
        browsers[member_id].enter(email)
        terminal.open_for_script(site.gate, user.user_id)

    def a_token(member_id: str) -> str:
        new = NewToken("villainy", frozenset({"propose"}))
        return make_token(database, ledger.clock, ledger.fund, member_id, new)

    hands: dict[str, Hand] = {
        "pages": PageHand(browsers),
        "token": TokenHand(browsers, make_token=a_token),
        "terminal": TerminalHand(Cli(tmp_path, now=START)),
    }
    hands["every"] = EveryHand(tuple(hands.values()))
    yield Faces(ledger, hands)
    ledger.close()


@pytest.mark.parametrize(
    ("hand", "step"), [("pages", 1), ("token", 1), ("terminal", 5), ("every", 2)]
)
def test_every_pair_of_acts_on_every_face(faces, hand, step):
    tried = list(itertools.islice(ways.ways(2), 0, None, step))
    for way in tried:
        one = faces.a_try(hand)
        assert attempt(one, way), "at least one of the approvals is refused"
        for number in one.seen:
            found = decision(faces.ledger, number)
            assert broken(found) == [], (hand, way)
            assert not found.is_approved, (hand, way)
    report = verify_database(
        faces.ledger.database.url.render_as_string(hide_password=False), faces.ledger.keys
    )
    assert report.failures == []


@pytest.mark.parametrize("hand", ["pages", "terminal"])
def test_what_the_villain_cannot_do_others_can(faces, hand):
    one = faces.a_try(hand)
    one.begin()
    assert agree(faces.ledger, one.number, "Chen").is_approved
    other = faces.a_try(hand)
    other.number = other.hand.propose(other.innocent, ways.something("rate", 9))
    other.hand.approve(other.villain, other.number, 1)
    assert decision(faces.ledger, other.number).is_approved
