"""The same bytes come out in another process, zone, locale and order of hashing, later, and from the other database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa

from ledger.all_tables import metadata
from ledger.db import Database
from ledger.desk import actions
from ledger.funds.members import change_roles
from tests.db.ledgers import (
    IMPORT,
    MAIN,
    Ledger,
    bank_line,
    gift,
    give,
    new_ledger,
    spend,
    spend_row,
)
from tests.db.test_matches import released, run
from tests.flow.test_statement import CLOSED, CLOSED_AGAIN, close
from tests.flow.test_statement_again import paid_and_sent

BUILD = """
import sys
from pathlib import Path

from ledger.clock import FixedClock, from_text
from ledger.funds.history import all_members
from ledger.journal.history import fund_by_slug
from ledger.settings import load_settings
from ledger.statements.build import Issue, build_statement
from ledger.statements.reproduce import Rebuilding, reproduce
from ledger.wiring import open_ledger

home, url, at, out, kept = sys.argv[1:]
ledger = open_ledger(load_settings({"LEDGER_HOME": home, "DATABASE_URL": url}), FixedClock(from_text(at)))
with ledger.database.reading() as connection:
    fund = fund_by_slug(connection, "qinghe")
    member = min(all_members(connection, fund.fund_id), key=lambda one: one.member_id)
if kept:
    found = reproduce(Rebuilding(ledger, fund, "2026-10", "zh", member), Path(kept).read_bytes())
    assert found.differs_at is None, found
    print(found.sha256)
else:
    issue = Issue(ledger.clock.now(), prepared_by=member)
    Path(out).write_bytes(build_statement(ledger, fund, "2026-10", "zh", issue).pdf)
"""


def built(home: Path, url: str, out: Path, kept: Path | None = None, **env: str) -> str:
    """Build in a process of its own; its sums of gifts are made anew."""
    shutil.rmtree(home / "outputs", ignore_errors=True)
    at = "2026-11-05T09:00:00Z" if kept is None else "2027-03-01T00:00:00Z"
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(home), url, at, str(out), str(kept or "")],
        env={**os.environ, **env},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def copied(source: Database, target: Database) -> None:
    """Copy every row, the generated columns but for themselves."""
    with source.reading() as old, target.writing() as new:
        # What triggers ask for stood in rows that come later here.
        new.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in metadata.sorted_tables:
            columns = [one for one in table.columns if one.computed is None]
            rows = [row._asdict() for row in old.execute(sa.select(*columns))]
            if rows:
                new.execute(sa.insert(table), rows)


def later(ledger: Ledger, arrival: int) -> None:
    """Let things happen behind the month that a statement read as it now is would tell of."""
    ledger.clock.advance(timedelta(days=2))
    li = ledger.member("Li").member_id
    ledger.decide(
        lambda books: change_roles(books, IMPORT, li, frozenset({"finance", "controller"}))
    )
    released(ledger, arrival)
    bank_line(ledger, -30, "PAYMENT-1", account=MAIN)
    run(ledger)
    give(ledger, gift("later", 500))
    close(ledger, "2026-11", CLOSED_AGAIN)


def test_no_byte_depends_on_process_time_or_database(
    migrated_sqlite: Path,
    migrated_postgres: str,
    new_postgres: Callable[[str], str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    here, there = f"sqlite:///{file}", new_postgres(migrated_postgres)
    ledger = new_ledger(Database(here), tmp_path / "keys")
    *_, arrived = paid_and_sent(ledger)
    line = bank_line(ledger, 30, "a direct donation", account=MAIN)
    actions.book_income(ledger.sequencer, ledger.fund, ledger.member("Li"), "donation", line)
    spend(ledger, spend_row(30))
    close(ledger, "2026-10", CLOSED)
    first = tmp_path / "first.pdf"
    built(tmp_path, here, first, TZ="UTC", LC_ALL="C", LANG="C", PYTHONHASHSEED="0")
    later(ledger, arrived.number)
    target = Database(there)
    copied(ledger.database, target)
    target.close()
    ledger.close()
    other = {"TZ": "America/New_York", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4242"}
    again = built(tmp_path, here, first, first, **other)
    elsewhere = built(tmp_path, there, first, first, TZ="Asia/Shanghai", PYTHONHASHSEED="random")
    assert again == elsewhere == sha256(first.read_bytes()).hexdigest()
