"""Every address, asked by every role, by nobody, and with tokens of every scope: allowed and refused as the table says.

What is asked for does not exist, and forms are empty: whoever is allowed is told so (404, 422 …), whoever is not is
refused before anything is looked up.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from ledger.actors import PEOPLE
from ledger.clock import FixedClock, to_ms
from ledger.db import Database
from ledger.funds import booking as funds
from ledger.funds import store
from ledger.funds.booking import NewFund
from ledger.funds.history import Channel
from ledger.funds.members import enrol_member
from ledger.funds.tokens import hash_of
from ledger.journal.history import Fund
from ledger.role_table import Row, addresses
from ledger.roles import ACTIONS, MARKS, OWN, PUBLIC, SCOPES, Action
from ledger.signin import enrolling
from ledger.web import limits
from tests.signin.gates import PASSWORD
from tests.signin.sites import HOST, Site, Visitor, new_site

VALUES: dict[str, Any] = {
    "fund": "qinghe",
    "number": 999_999,
    "seq": 999_999,
    "member_id": "m99",
    "receipt": "0000-0000-0000",
    "name": "nothing",
    "slug": "nothing",
    "key": "nothing",
    "path": "0/000",
    "source": "kuaishou",
    "channel": "Kuaishou",
    "statement_id": "2026-01",
    "language": "zh",
    "job_id": "20260101000000-00000000",
    "fingerprint": "a" * 64,
    "row": 999_999,
    "sha256": "0" * 64,
    "suggestion": "0" * 16,
    "month": "2026-01",
    "kept": "0" * 32,
    "digest": "0" * 64,
    "kind": "csv",
    "period": "2026-01",
}
"""For the parts of addresses: a fund that is there, and nothing in it."""

OWN_CREDENTIALS = re.compile(r"/sign-in|/sign-out|/reset|/invitation|/webhooks/|/metrics")
"""Open to everybody, and then they ask for a password, a code, a signature or a key of their own."""


@dataclass
class Walk:
    """A fund with one person of each role, signed in, and tokens of each scope for each of them."""

    site: Site
    fund: Fund
    browsers: dict[str | None, Visitor] = field(default_factory=dict)
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    def rules(self) -> Iterator[tuple[Row, str]]:
        """Yield each row of the table with an address to ask."""
        bound = self.site.app.url_map.bind(HOST)
        rules: dict[tuple[str, str], Rule] = {
            (rule.rule, rule.endpoint): rule for rule in self.site.app.url_map.iter_rules()
        }
        # Whatever ends sessions comes last.
        for row in sorted(addresses(self.site.app), key=lambda row: "end" in row.name):
            rule = rules[row.name, row.endpoint]
            values = {name: VALUES[name] for name in rule.arguments}
            yield row, bound.build(row.endpoint, values, method=row.method)

    def ask(self, row: Row, address: str, who: str | None) -> TestResponse:
        visitor = self.browsers[who]
        if row.method == "GET":
            return visitor.get(address)
        return visitor.post(address)

    def ask_with_token(self, row: Row, address: str, token: str) -> TestResponse:
        return self.site.app.test_client().open(
            address,
            method=row.method,
            base_url=f"https://{HOST}",
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"},
            json=None if row.method == "GET" else {},
        )


@pytest.fixture
def walk(
    migrated_sqlite: Path, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Walk]:
    monkeypatch.setattr(limits, "rules_of", lambda *_args, **_more: ())
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    database = Database(f"sqlite:///{file}")
    site = new_site(database, clock, tmp_path)
    sequencer = site.ledger.sequencer
    fund = funds.open_fund(sequencer, clock, HOST, NewFund("qinghe", "青禾", "Qinghe"))
    kuaishou = Channel("Kuaishou", "kuaishou", "快手", "Kuaishou", "CNY")
    funds.open_channel(sequencer, clock, fund, kuaishou)
    made = Walk(site, fund, {None: site.visitor()})
    for role in PEOPLE:
        email = f"{role}@qinghe.example.com"
        user = enrolling.enrol_for_script(site.gate, email, role.title(), PASSWORD)
        member = enrol_member(sequencer, fund, role.title(), role, user.user_id)
        visitor = made.browsers[role] = site.visitor()
        visitor.enter(email)
        for scope in SCOPES:
            made.tokens[role, scope] = new_token(made, member, scope)
    yield made
    database.close()


def new_token(walk: Walk, member: str, scope: str) -> str:
    """Make a token of any scope, past the door that asks whether it opens something to the member."""
    token = f"mz_{member}-{scope}"
    now_ms = to_ms(walk.site.ledger.clock.now())
    with walk.site.ledger.database.writing() as connection:
        store.add_token(
            connection,
            fund_id=walk.fund.fund_id,
            token_hash=hash_of(token),
            number=store.next_token_number(connection, walk.fund.fund_id),
            member_id=member,
            name=scope,
            scopes=scope,
            created_ms=now_ms,
            expires_ms=now_ms + 24 * 3600 * 1000,
        )
    return token


def is_refused(answer: TestResponse) -> bool:
    """Tell whether somebody was refused, or led to sign in first."""
    leads_away = answer.status_code == 303 and "/sign-in" in (answer.location or "")
    # 286 ends the polling of a page whose session is over: nothing is told with it.
    return answer.status_code in {286, 401, 403} or leads_away


def is_allowed(
    row: Row, role: str | None, scope: str | None = None, actions: Mapping[str, Action] = ACTIONS
) -> bool:
    """Tell what the table says."""
    if row.does == PUBLIC:
        return True
    if row.does == OWN:
        return role is not None and scope is None
    action = actions[row.does or ""]
    if row.name.startswith("/api/"):
        return scope is not None and action.by_token == scope and role in action.roles
    return scope is None and role in action.roles


def differences(
    walk: Walk, actions: Mapping[str, Action] = ACTIONS, only: str = ""
) -> list[tuple[str, str]]:
    """Ask every address, or those of one action, as everybody; return where the answer is not what the table says."""
    found = []
    for row, address in walk.rules():
        assert row.does in {*ACTIONS, *MARKS}, f"{row.endpoint} names no action"
        if only not in ("", row.does):
            continue
        if row.does == PUBLIC and OWN_CREDENTIALS.search(row.name):
            continue
        for role in (None, *PEOPLE):
            answer = walk.ask(row, address, role)
            assert answer.status_code < 500, (row, role, answer.text)
            if is_refused(answer) == is_allowed(row, role, actions=actions):
                found.append((f"{row.method} {row.name} {answer.status_code}", str(role)))
    return found


def test_every_address_answers_each_role_as_the_table_says(walk: Walk) -> None:
    found = differences(walk)
    assert not found, "\n".join(map(str, found))


def test_an_address_that_does_not_do_as_the_table_says_is_found(walk: Walk) -> None:
    read = "people.read"
    other = ACTIONS[read]._replace(roles=("administrator", "finance"))
    found = {role for _, role in differences(walk, {**ACTIONS, read: other}, only=read)}
    assert found == {"finance", "approver", "auditor"}


def test_every_address_answers_each_token_as_the_table_says(walk: Walk) -> None:
    wrong = []
    for row, address in walk.rules():
        if row.does == PUBLIC and OWN_CREDENTIALS.search(row.name):
            continue
        asking = [(role, scope) for role in PEOPLE for scope in SCOPES]
        if not row.name.startswith("/api/"):
            asking = asking[:: len(SCOPES) + 1]
            if row.method == "POST":
                continue  # a form asks for the key of a page first, which no token has
        for role, scope in asking:
            answer = walk.ask_with_token(row, address, walk.tokens[role, scope])
            assert answer.status_code < 500, (row, role, answer.text)
            if is_refused(answer) == is_allowed(row, role, scope):
                wrong.append((row.method, row.name, role, scope, answer.status_code))
    assert wrong == []


def test_a_browsers_session_is_nothing_to_the_interface(walk: Walk) -> None:
    for row, address in walk.rules():
        if row.name.startswith("/api/") and row.does in ACTIONS:
            for role in PEOPLE:
                assert walk.ask(row, address, role).status_code == 401, (row, role)


def test_where_a_fresh_factor_is_asked_for_an_old_one_does_not_do(
    walk: Walk, clock: FixedClock
) -> None:
    rows = [
        (row, address)
        for row, address in walk.rules()
        if row.does in ACTIONS
        and ACTIONS[row.does].fresh
        and row.method == "POST"
        # A token was made with a fresh factor, and a session is nothing to the interface.
        and not row.name.startswith("/api/")
    ]
    assert rows
    clock.advance(timedelta(minutes=11))
    for row, address in rows:
        for role in ACTIONS[row.does or ""].roles:
            answer = walk.ask(row, address, role)
            leads_to_step_up = answer.status_code == 303 and "step-up" in (answer.location or "")
            assert leads_to_step_up or answer.status_code == 403, (row, role, answer.status_code)


def test_who_is_removed_may_nothing_any_more(walk: Walk) -> None:
    from ledger.funds.members import SETUP, NewMember, enrol, remove
    from ledger.signin.sessions import end_sessions

    sequencer = walk.site.ledger.sequencer
    another = NewMember("Another", frozenset({"administrator"}))
    sequencer.decide(walk.fund, lambda books: enrol(books, SETUP, another))
    for role in PEOPLE:
        name = role.title()
        sequencer.decide(
            walk.fund,
            lambda books, name=name: remove(books, SETUP, name, end_sessions),
        )
    for row, address in walk.rules():
        if row.does not in ACTIONS:
            continue
        for role in PEOPLE:
            if row.name.startswith("/api/"):
                answer = walk.ask_with_token(row, address, walk.tokens[role, SCOPES[0]])
                assert answer.status_code == 401, (row, role)
            else:
                assert is_refused(walk.ask(row, address, role)), (row, role)
