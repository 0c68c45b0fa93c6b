"""Who is signed in: asked once, told everywhere, and made up by nobody."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from ledger.errors import SignInNeededError
from ledger.roles import OWN, does
from ledger.signin import identity, sessions
from tests.signin.gates import enrol, later

LEDGER = Path(__file__).resolve().parents[2] / "ledger"


def makers(tree: ast.AST) -> list[int]:
    """Find where a fresh factor is made."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) == "FreshFactor"
    ]


def test_only_the_sign_in_makes_a_fresh_factor():
    found = {
        file.relative_to(LEDGER).as_posix()
        for file in LEDGER.rglob("*.py")
        if makers(ast.parse(file.read_bytes()))
    }
    assert found == {"signin/sessions.py"}


def test_a_maker_is_seen():
    assert makers(ast.parse("FreshFactor('totp', now)")) == [1]
    assert makers(ast.parse("factors.FreshFactor('totp', now)")) == [1]


def test_nobody_is_signed_in_outside_of_a_request():
    assert identity.current() is None
    with pytest.raises(SignInNeededError):
        identity.required()


@pytest.fixture
def asking(site):
    """Add a page that asks several times who is there."""
    seen = []

    def ask() -> str:
        seen.extend(identity.current() for _ in range(3))
        return "asked"

    site.app.add_url_rule("/desk/asking", "asking", does(OWN)(ask))
    return seen


def test_asking_costs_one_look_up_by_an_index(site, asking, monkeypatch):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.enter()
    looked, find = [], sessions.find
    monkeypatch.setattr(sessions, "find", lambda *given: looked.append(1) or find(*given))
    said = []
    event.listen(
        site.gate.database.engine, "before_cursor_execute", lambda *given: said.append(given[2])
    )
    assert visitor.get("/desk/asking").status_code == 200
    assert len(looked) == 1
    assert asking[0] is asking[1] is asking[2] is not None
    assert not any(text.startswith(("INSERT", "UPDATE", "DELETE", "BEGIN IMM")) for text in said)
    with site.gate.database.reading() as connection:
        plan = connection.execute(
            sa.text(
                "EXPLAIN QUERY PLAN SELECT 1 FROM user_sessions s LEFT JOIN users u "
                "ON u.user_id = s.user_id WHERE s.key_hash = :hash"
            ),
            {"hash": b"x"},
        ).all()
    assert not any("SCAN" in row[-1] for row in plan)


def test_fresh_is_fresh_for_ten_minutes(site, asking):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.enter()
    visitor.get("/desk/asking")
    assert asking[-1].fresh.method == "totp"
    later(site.gate, minutes=10)
    visitor.get("/desk/asking")
    assert asking[-1].fresh is None


def test_what_needs_a_fresh_factor_stops_without_one(site):
    def strict() -> str:
        identity.required(fresh=True)
        return "done"

    site.app.add_url_rule("/desk/strict", "strict", does(OWN)(strict), methods=["GET", "POST"])
    enrol(site.gate)
    visitor = site.visitor()
    assert visitor.get("/desk/strict?a=1").location == "/sign-in?next=/desk/strict?a%3D1"
    visitor.enter()
    assert visitor.get("/desk/strict").status_code == 200
    later(site.gate, minutes=11)
    assert visitor.get("/desk/strict").location == "/account/step-up?next=/desk/strict"
    program = visitor.get("/desk/strict", Accept="application/json")
    assert program.status_code == 403
    assert program.json["type"] == "/problems/fresh-factor-needed"
    back = visitor.post("/account/step-up", code=visitor.code(), next="/desk/strict")
    assert back.location == "/desk/strict"
