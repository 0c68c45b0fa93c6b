"""A gate over a fresh database, cheap to hash with, and people at it. All names are invented."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ledger.clock import FixedClock
from ledger.db import Database
from ledger.settings import Settings, load_settings
from ledger.signin import enrolling, signing_in
from ledger.signin.engine import HashCost
from ledger.signin.enrolling import Enrolled
from ledger.signin.gate import Gate, open_gate
from ledger.signin.sessions import Where
from ledger.signin.signing_in import Opened

CHEAP = HashCost(memory_kib=64, rounds=1)
PASSWORD = "a quiet morning on the steppe"
HERE = Where("web", "a browser", "192.0.2.7")
LI, WANG = "li@qinghe.example.com", "wang@qinghe.example.com"


def settings_at(home: Path, **more: str) -> Settings:
    return load_settings({"LEDGER_HOME": str(home), **more})


def new_gate(database: Database, clock: FixedClock, home: Path, **more: str) -> Gate:
    return open_gate(settings_at(home, **more), database, clock, cost=CHEAP)


def enrol(gate: Gate, email: str = LI, name: str = "Zhao Lei") -> Enrolled:
    return enrolling.enrol_for_script(gate, email, name, PASSWORD)


def sign_in(gate: Gate, email: str = LI) -> Opened:
    """Sign in by password and the next code."""
    user_id = signing_in.password_step(gate, email, PASSWORD, HERE.address)
    return signing_in.second_step(gate, user_id, enrolling.next_code(gate, user_id), HERE, None)


def later(gate: Gate, **step: int) -> None:
    """Let time pass."""
    assert isinstance(gate.clock, FixedClock)
    gate.clock.advance(timedelta(**step))


def letters(home: Path) -> list[str]:
    """Return the letters in the outbox, the oldest first."""
    import email
    from email import policy

    return [
        email.message_from_bytes(file.read_bytes(), policy=policy.default).get_content()
        for file in sorted(
            (home / "outbox").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns
        )
    ]
