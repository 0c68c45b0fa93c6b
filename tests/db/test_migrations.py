"""Migrations: up, down and up again, with rows in every table, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from ledger.all_tables import metadata
from ledger.cli.database import current, downgrade, drift, upgrade
from ledger.db import Database
from ledger.desk import wanted as wanting
from ledger.funds.history import all_members
from ledger.funds.history import token as find_token
from ledger.funds.tokens import DAYS_MAX, NewToken, hash_of, make_token
from ledger.projections.readiness import MIGRATIONS, newest_schema
from tests.db.ledgers import bodies, check, gift, give, new_ledger, propose, want, whole_way


def revisions() -> list[str]:
    """Return all revisions, newest first, then `base`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    found = ScriptDirectory.from_config(config).walk_revisions()
    return [*(one.revision for one in found), "base"]


@pytest.fixture
def empty(empty_database_url: str, run_folder: Path) -> Iterator[Database]:
    from filelock import FileLock

    opened = Database(empty_database_url)
    # One at a time: the role that the migrations create belongs to the whole server.
    with FileLock(run_folder / "migrate.lock"):
        yield opened
    opened.close()


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return {*sa.inspect(connection).get_table_names()} - {"alembic_version"}


def test_an_empty_database_reaches_the_newest_schema(empty: Database) -> None:
    assert current(empty) == ""
    assert upgrade(empty) == newest_schema()
    assert upgrade(empty) == newest_schema()
    assert drift(empty) == []
    assert tables(empty) == {*metadata.tables}


def test_drift_is_seen(empty: Database) -> None:
    upgrade(empty)
    with empty.writing() as connection:
        connection.execute(sa.text("ALTER TABLE rates ADD COLUMN extra text"))
        connection.execute(sa.text("DROP TABLE statements"))
    found = "\n".join(drift(empty))
    assert "extra" in found
    assert "statements" in found


def decision_rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of decisions that entries tell of, and which transfer is whose."""
    found = {}
    for name in ("decisions", "decision_versions", "decision_approvals", "decision_ends"):
        table = metadata.tables[name]
        with database.reading() as connection:
            rows = connection.execute(sa.select(table).order_by(*table.primary_key)).all()
        found[name] = [tuple(row) for row in rows]
        assert rows
    return found


def test_down_and_up_again_with_rows(empty: Database, tmp_path: Path) -> None:
    upgrade(empty)
    ledger = new_ledger(empty, tmp_path / "keys")
    whole_way(ledger)
    want(
        ledger,
        wanting.erasure(
            [next(entry["seq"] for entry in bodies(ledger) if entry["kind"] == "gift")]
        ),
        "Zhao",
    )
    propose(ledger, 1)
    give(ledger, *[gift(f"many{at}") for at in range(260)])
    size, told = check(ledger), decision_rows(empty)
    steps = revisions()
    assert steps[-2:] == ["0001", "base"]
    for step in steps[1:-1]:
        downgrade(empty, step)
        assert current(empty) == step
        assert (
            len(bodies(ledger)) == size
        )  # steps above the first hold no rows that entries do not tell
    for step in reversed(steps[:-2]):
        upgrade(empty, step)
    assert drift(empty) == []
    assert check(ledger) == size
    assert decision_rows(empty) == told
    assert len(told) == 4
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), empty.writing() as connection:
        connection.execute(sa.text("DELETE FROM entries"))
    give(ledger, gift("goes on"))
    assert check(ledger) == size + 1
    for step in steps[1:]:
        downgrade(empty, step)
    assert tables(empty) == set()
    upgrade(empty)
    shutil.rmtree(tmp_path / "keys")
    again = new_ledger(empty, tmp_path / "keys")
    whole_way(again)
    check(again)
    ledger.close()
    again.close()


def test_roles_and_tokens_are_kept_on_the_way_up(empty: Database, tmp_path: Path) -> None:
    upgrade(empty)
    ledger = new_ledger(empty, tmp_path / "keys")
    new = NewToken("feed", frozenset({"gifts"}), days=1)
    token = make_token(empty, ledger.clock, ledger.fund, "Zhao", new)
    downgrade(empty, "0007")
    upgrade(empty)
    with empty.reading() as connection:
        people = all_members(connection, ledger.fund.fund_id)
        found = find_token(connection, ledger.fund.fund_id, hash_of(token))
    assert [one.role_text for one in people] == ["finance", "approver", "operator", "controller"]
    assert found is not None
    assert (found.number, found.name, found.scopes) == (1, "gifts", {"gifts"})
    assert found.member.name == "Zhao"
    assert found.expires_ms - found.created_ms == DAYS_MAX * 24 * 3600 * 1000
    ledger.close()


def test_without_the_second_step_history_could_be_changed(empty: Database, tmp_path: Path) -> None:
    """What the triggers are for: this is the test that the tests of refusals are about the triggers."""
    upgrade(empty)
    ledger = new_ledger(empty, tmp_path / "keys")
    downgrade(empty, "0001")
    with empty.writing() as connection:
        connection.execute(sa.text("UPDATE entries SET kind = 'gift' WHERE seq = 1"))
    ledger.close()
