"""The interface as its own description tells it, asked thousands of times at random: no fault of the server, nothing
that the table forbids, and no answer that the description does not know.
"""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode as Mode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ledger.db import Database
from ledger.funds.booking import NewAccount, open_account
from ledger.roles import ACTIONS, PUBLIC, SCOPES, action_of
from ledger.web import limits
from tests.web.machines import Machines, enrol_member, machines, new_token

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = {"GET": 10, "POST": 20}
"""Of each address, by its method: most of what a GET takes stands in its path."""

ALLOWED_KINDS = {
    "gift", "session.opened", "transfer.proposed", "transfer.withdrawn", "decision.proposed", "decision.withdrawn",
    "spend", "period.closing",
}  # fmt: skip


@dataclass
class Asked:
    """The interface, tokens of all kinds, and what was answered to each."""

    machines: Machines
    tokens: dict[str, str | None]
    scopes: dict[str, tuple[frozenset[str], frozenset[str]]]
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    others: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.others = itertools.cycle([name for name in self.tokens if name != "all"])

    @property
    def app(self) -> Flask:
        return self.machines.app

    def may(self, action: str, token: str) -> bool:
        """Tell what the table says."""
        if action == PUBLIC:
            return True
        row = ACTIONS[action]
        scopes, roles = self.scopes.get(token, (frozenset(), frozenset()))
        return row.by_token in scopes and bool(roles & {*row.roles})


@pytest.fixture(scope="module")
def asked(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    home = tmp_path_factory.mktemp("interface")
    shutil.copyfile(migrated_sqlite, home / "ledger.db")
    database = Database(f"sqlite:///{home / 'ledger.db'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "rules_of", lambda *_args, **_more: ())
        opened = machines(database, home)
        ledger, fund = opened.ledger, opened.fund
        for stage, name, number in (("bank", "CCB", "1001"), ("fund", "Main", "1002")):
            new = NewAccount(stage, name, number, "CNY", 100_000)
            open_account(ledger.sequencer, ledger.clock, fund, new)
        enrol_member(ledger.sequencer, fund, "Wang", "finance,controller,approver,operator")
        enrol_member(ledger.sequencer, fund, "Zhou", "administrator")
        working = ("gifts", "propose", "read")
        yield Asked(
            opened,
            {
                "nobody": None,
                "wrong": "mz_wrong",
                "all": new_token(ledger, fund, "Wang", *SCOPES),
                "gifts": opened.token,
                "people": new_token(ledger, fund, "Zhou", "people"),
                "working": new_token(ledger, fund, "Wang", *working),
            },
            {
                "all": (frozenset(SCOPES), frozenset({"finance", "approver", "operator"})),
                "gifts": (frozenset({"gifts"}), frozenset({"operator"})),
                "people": (frozenset({"people"}), frozenset({"administrator"})),
                "working": (frozenset(working), frozenset({"finance", "operator"})),
            },
        )
        opened.close()


def test_the_interface_answers_as_it_is_described_and_as_the_table_says(asked: Asked) -> None:
    described = schemathesis.openapi.from_wsgi("/api/openapi.json", asked.app)
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:

        @settings(
            max_examples=EXAMPLES[operation.method.upper()],
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in Mode)),
            names=st.data(),
        )
        def ask_at_random(case: schemathesis.Case, names: st.DataObject) -> None:
            bring_near(case, names)
            ask(asked, case)

        ask_at_random()
    nothing_was_done_that_no_token_may(asked)


def bring_near(case: schemathesis.Case, names: st.DataObject) -> None:
    """Name what is there in most of the questions: nothing at random would ever find it."""
    there = {
        "fund": ("qinghe",),
        "number": (1, 2, 3),
        "seq": (0, 3),
        "channel": ("Own", "own"),
        "from": ("CCB",),
        "to": ("Main",),
        "amount": ("1.00", "0.01"),
        "month": ("2026-08", "2026-09"),
        "currency": ("CNY",),
        "at": ("2026-10-09T12:00:00Z",),
        "account": ("Main",),
        "spent_on": ("2026-10-08",),
        "disease": ("Stroke", "高血压"),
        "group": ("Disabled",),
        "amount_cny": ("1.00", "20000.00"),
        "on": ("2026-10-08",),
    }
    body = case.body if isinstance(case.body, dict) else {}
    given = body.get("rows")
    inner = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    for part in (case.path_parameters, case.query, body, *inner):
        for name in part.keys() & there.keys():
            if names.draw(st.integers(0, 9), f"is {name} there"):
                part[name] = names.draw(st.sampled_from(there[name]), name)


def ask(asked: Asked, case: schemathesis.Case) -> None:
    """Ask the same with the token that opens most, and with each of the others in turn."""
    action = _action(asked.app, case)
    for name in ("all", next(asked.others)):
        token = asked.tokens[name]
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)
        if not asked.may(action, name):
            # An address or a method that is none is told before anybody is asked for.
            told = {401, 403, 404, 405} | ({422} if _is_no_text(case) else set())
            assert answer.status_code in told, (name, action, answer.status_code)
        asked.seen[name, answer.status_code] += 1


def _is_no_text(case: schemathesis.Case) -> bool:
    """Tell whether a parameter holds the one character that no text of a database can have."""
    return any("\0" in f"{name}{value}" for name, value in case.query.items())


def _action(app: Flask, case: schemathesis.Case) -> str:
    for rule in app.url_map.iter_rules():
        if _plain(rule.rule) == case.operation.path and case.method in (rule.methods or set()):
            return action_of(app.view_functions[rule.endpoint]) or ""
    raise AssertionError(case.operation.path)


def _plain(rule: str) -> str:
    """Write an address as OpenAPI does."""
    import re

    return re.sub(r"<(?:[a-z]+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule)


def nothing_was_done_that_no_token_may(asked: Asked) -> None:
    """After all that: nothing but gifts and proposals came of it."""
    with asked.machines.ledger.database.reading() as connection:
        from ledger.journal.history import size, span

        fund_id = asked.machines.fund.fund_id
        kinds = Counter(
            one.kind for one in span(connection, fund_id, 0, size(connection, fund_id))
        )
    set_up = {"fund.opened", "channel.opened", "account.opened", "rate.set", "member.enrolled"}
    assert {*kinds} <= ALLOWED_KINDS | set_up
    assert kinds["member.enrolled"] == 3
    for answered, least in {
        ("all", 200): 50,
        ("all", 201): 5,
        ("gifts", 403): 20,
        ("people", 403): 20,
        ("nobody", 401): 50,
        ("wrong", 401): 50,
    }.items():
        assert asked.seen[answered] >= least, asked.seen
