"""Raw SQL tries to break what the database itself has to hold, on a ledger that has a row in every table."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

import ledger.papers.tables
import ledger.periods.tables  # the list below is of all tables
import ledger.publication.tables
import ledger.signin.tables
from ledger.activity.recording import record_alone
from ledger.activity.records import Activity
from ledger.clock import to_ms
from ledger.db import RUNTIME_ROLE, Database, metadata, written
from ledger.desk import spending as desk_spending
from ledger.desk import transferring
from ledger.desk.matching import release
from ledger.desk.reconcile import reconcile
from ledger.desk.spending import Spending
from ledger.errors import ReadOnlyError
from ledger.evidence import Brought
from ledger.funds import history as funds
from ledger.funds.lists import Change
from ledger.periods.booking import NewStatement
from ledger.questions.asking import Asked, ask, step
from ledger.transfers import standing
from tests.db.exceptions import attach, found, raise_it
from tests.db.ledgers import (
    MAIN,
    START,
    Ledger,
    approve,
    bank_line,
    bodies,
    check,
    decide_both,
    gift,
    give,
    new_ledger,
    propose,
    settle,
    settlement_line,
    sign_statement,
    spend_row,
    transfer,
    whole_way,
)

APPEND_ONLY = (
    "funds", "accounts", "entries", "postings", "balances", "tiles", "checkpoints", "segments", "voids", "holes",
    "fills", "activity", "decisions", "decision_versions", "decision_approvals", "decision_ends",
    "working_papers", "exception_notes", "exception_files", "matches", "match_parts", "match_releases",
    "match_dismissals", "transfer_steps", "period_steps", "late_entries", "anchors", "list_changes", "spend_sheets",
    "evidence_files",
    "entry_evidence", "transfer_files", "payment_files", "transfer_rules",
    "statement_steps", "cosignatures", "questions", "question_steps", "file_withdrawals",
)  # fmt: skip


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    whole_way(opened)
    give(opened, *[gift(f"many{at}") for at in range(260)])  # so that there is a tile
    give(opened, gift("late", occurred_at_ms=to_ms(START - timedelta(days=5))))
    match_and_release(opened)
    record_alone(database, opened.clock, Activity(1, "desk.read", "decision/1"))
    run(opened, "INSERT INTO working_papers VALUES (1, 1, 1, 'm1', 0, 'title', '', 'body')")
    attach(opened, raise_it(opened, found()))
    stamp = "SELECT fund_id, size, root, '2026-10-09T12:00:00Z' FROM checkpoints LIMIT 1"
    run(opened, f"INSERT INTO anchors {stamp}")
    signed = "SELECT fund_id, size, 'a witness', note, 0 FROM checkpoints LIMIT 1"
    run(opened, f"INSERT INTO cosignatures {signed}")
    again = "SELECT fund_id, sha256, 1, 0, NULL, 'wrong', 'parser', '[]' FROM files LIMIT 1"
    run(opened, f"INSERT INTO file_withdrawals {again}")
    number = ask(database, opened.clock, opened.fund, Asked("Where is the money?", "en"))
    answered = (number, "answered", "In the fund.")
    step(database, opened.clock, opened.fund, opened.member("Li"), answered)
    one_of_each(opened)
    files_of_transfers(opened)
    sign_statement(opened, NewStatement("qinghe-2026-09-M-v1", "zh", "2026-09", 1, bytes(32), 9))
    yield opened
    opened.close()


def one_of_each(ledger: Ledger) -> None:
    """Write a row into every table of lists and of what proves spending."""
    change = Change("group", "add", "Miners", "矿工", "Miners")
    decide_both(ledger, desk_spending.list_change(change), "Li", "Chen")
    who = ledger.member("Li").member_id
    digest = desk_spending.bring(
        ledger.sequencer, ledger.fund, who, Brought("receipt.txt", "text", b"a receipt")
    )
    with ledger.database.reading() as connection:
        account = funds.money_account(connection, ledger.fund.fund_id, MAIN)
    row = spend_row(1, reference="PAYMENT-E")
    wanted = Spending(account, [row], ("sheet.csv", b"rows"), (digest,))
    desk_spending.book(ledger.sequencer, ledger.fund, who, wanted)


def files_of_transfers(ledger: Ledger) -> None:
    """Bring evidence, make a payment file, and keep a rule."""
    act = (ledger.sequencer, ledger.fund, ledger.member("Li").member_id)
    transferring.attach(*act, ("a.txt", "text", b"a"))
    number = propose(ledger, 1)
    approve(ledger, number)
    transferring.payment_file(*act, (number,))
    ledger.decide(lambda books: standing.keep(books, standing.COLUMNS, {"name": "x"}, 1))


def match_and_release(ledger: Ledger) -> None:
    """Write a row into every table of matches."""
    give(ledger, gift("to-match", 1000))
    settle(ledger, settlement_line("STATEMENT-M", 1000))
    bank_line(ledger, 500, "STATEMENT-M")
    bank_line(ledger, 70, "interest of nobody knows what")
    reconcile(ledger.sequencer, ledger.fund)
    decide_both(ledger, release(1, "the wrong line"), "Li", "Chen")
    run(ledger, "INSERT INTO match_dismissals VALUES (1, 'gone', 'm1', 'none', 0)")


def run(ledger: Ledger, sql: str, **values: Any) -> None:
    """Run a statement as the owner of the tables, and commit."""
    with ledger.database.writing() as connection:
        connection.execute(sa.text(sql), values)


def row_of(ledger: Ledger, table: str) -> dict[str, Any]:
    """Return the newest row of a table, without what the database makes itself."""
    names = ", ".join(f'"{column.name}"' for column in written(metadata.tables[table]))
    keys = ", ".join(f"{column.name} DESC" for column in metadata.tables[table].primary_key)
    with ledger.database.reading() as connection:
        return dict(
            connection.execute(sa.text(f"SELECT {names} FROM {table} ORDER BY {keys} LIMIT 1"))
            .mappings()
            .one()
        )


def insert(ledger: Ledger, table: str, **changes: Any) -> None:
    """Insert a copy of the newest row of a table, changed."""
    row = row_of(ledger, table) | changes
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f":{name}" for name in row)
    run(ledger, f"INSERT INTO {table} ({columns}) VALUES ({marks})", **row)


# --- history does not change -----------------------------------------------------------------------


def test_every_table_of_history_is_in_the_list() -> None:
    own_record = {
        "channels", "claims", "money_accounts", "rates", "members", "tokens", "fund_details", "sessions", "deliveries",
        "held_rows", "private_parts", "files", "file_statements", "waiting_lines", "mappings", "bank_lines",
        "settlement_lines", "open_items", "transfers", "spends",
        "statements", "certificates", "decision_private_parts", "match_suggestions", "exception_texts",
        "question_texts", "reminders", "gift_choices",
    }  # fmt: skip
    of_the_service = {
        "users", "passkeys", "recovery_codes", "used_totp_steps", "user_sessions", "links", "sign_in_tries",
    }  # fmt: skip
    assert {*APPEND_ONLY} | own_record | of_the_service == {*metadata.tables}


def test_no_row_of_history_is_changed_or_removed(ledger: Ledger) -> None:
    """All tables on one ledger: making one is what costs time, and a refused statement leaves nothing."""
    for table in APPEND_ONLY:
        before = row_of(ledger, table)
        for sql in (
            f"UPDATE {table} SET fund_id = fund_id",
            f"UPDATE {table} SET fund_id = 2 WHERE fund_id = 1",
            f"DELETE FROM {table}",
            f"DELETE FROM {table} WHERE fund_id = 1",
        ):
            refusal = rf"append-only: {sql[:6]} on {table} is refused"
            with pytest.raises(sa.exc.DBAPIError, match=refusal):
                run(ledger, sql)
        assert row_of(ledger, table) == before
    check(ledger)


def test_no_table_of_history_is_emptied_or_replaced(ledger: Ledger) -> None:
    for table in APPEND_ONLY:
        row = row_of(ledger, table)
        columns = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        keys = ", ".join(column.name for column in metadata.tables[table].primary_key)
        statements = [
            f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({keys}) DO UPDATE SET fund_id = 1"
        ]
        if ledger.database.is_sqlite:
            statements.append(f"REPLACE INTO {table} ({columns}) VALUES ({marks})")
        else:
            statements += [f"TRUNCATE {table} CASCADE", f"TRUNCATE {table}"]
        for sql in statements:
            # Without CASCADE the tables that others point to are refused before any trigger is asked; and a
            # step of a decision that has ended is refused before it is seen that there is such a row.
            with pytest.raises(
                sa.exc.DBAPIError, match=r"append-only|referenced in a foreign key|decision: "
            ):
                run(ledger, sql, **(row if ":" in sql else {}))
        assert row_of(ledger, table) == row
    check(ledger)


def test_a_claim_is_never_forgotten_and_never_points_elsewhere(ledger: Ledger) -> None:
    before = row_of(ledger, "claims")
    for sql in (
        "DELETE FROM claims",
        "UPDATE claims SET seq = 1",
        "UPDATE claims SET scope = 'other'",
        "UPDATE claims SET fund_id = 1",
        *([] if ledger.database.is_sqlite else ["TRUNCATE claims"]),
    ):
        with pytest.raises(sa.exc.DBAPIError, match=r"append-only: [A-Z]+ on claims is refused"):
            run(ledger, sql)
    assert row_of(ledger, "claims") == before
    # The one change that erasing a donor needs: id and digest become keyed hashes.
    run(ledger, "UPDATE claims SET \"key\" = 'erased', digest = digest WHERE \"key\" = 'many0'")


# --- rows that cannot be ---------------------------------------------------------------------------

BAD_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("funds", {"fund_id": 0, "slug": "zero"}),
    ("funds", {"fund_id": 7}),  # the slug is taken
    ("funds", {"fund_id": 7, "slug": None}),
    ("accounts", {"account_id": 900}),  # the name is taken
    ("accounts", {"account_id": 900, "name": "Assets:New", "fund_id": 7}),
    ("entries", {}),  # the number is taken
    ("entries", {"seq": -1}),
    ("entries", {"seq": 9000, "recorded_at": 61}),
    ("entries", {"seq": 9000, "entry": b"x"}),
    ("entries", {"seq": 9000, "entry": b"x" * 65_536}),
    ("entries", {"seq": 9000, "leaf_hash": b"x" * 31}),
    ("entries", {"seq": 9000, "leaf_hash": b"x" * 33}),
    ("entries", {"seq": 9000, "kind": None}),
    ("entries", {"seq": 9000, "fund_id": 7}),
    ("postings", {}),
    ("postings", {"line": 5, "amount": 0}),
    ("postings", {"line": 5, "amount": -1}),
    ("postings", {"line": 5, "amount": 2**53}),
    ("postings", {"line": 5, "amount": None}),
    ("postings", {"line": 5, "debit_id": 900}),
    ("postings", {"line": 5, "credit_id": 900}),
    ("postings", {"line": 5, "credit_id": None}),
    ("postings", {"line": 5, "debit_id": 1, "credit_id": 1}),
    ("postings", {"line": -1}),
    ("postings", {"line": 5, "seq": 9000}),
    ("postings", {"line": 5, "fund_id": 7}),
    ("balances", {}),
    ("balances", {"seq": 3, "debits": -1}),
    ("balances", {"seq": 3, "credits": -1}),
    ("balances", {"seq": 9000}),
    ("balances", {"account_id": 900}),
    ("tiles", {}),
    ("tiles", {"position": 9, "hashes": b"x" * 8191}),
    ("tiles", {"position": 9, "root": b"x" * 31}),
    ("tiles", {"position": -1}),
    ("tiles", {"level": 6}),
    ("tiles", {"level": -1}),
    ("checkpoints", {}),
    ("checkpoints", {"size": 0}),
    ("checkpoints", {"size": 9000, "root": b"x" * 31}),
    ("checkpoints", {"size": 9000, "edge": b"x" * 33}),
    ("checkpoints", {"size": 9000, "note": None}),
    ("segments", {"part": 9, "stop": -1}),
    ("segments", {"part": 9, "length": 10**12}),
    ("segments", {"part": 9, "to_start": -1}),
    ("segments", {"part": 9, "to_length": -1}),
    ("segments", {"part": 9, "target_id": 900}),
    ("segments", {"part": 9, "source_id": 900}),
    ("segments", {"part": 9}),  # the same money leaves twice
    ("segments", {"part": 9, "seq": 9000}),
    *[
        row
        for table in ("voids", "holes", "fills")
        for row in (
            (table, {}),
            (table, {"start": 9000, "length": 0}),
            (table, {"start": -1}),
            (table, {"start": 9000, "seq": 9000}),
            (table, {"start": 9000, "account_id": 900}),
        )
    ],
    ("claims", {}),
    ("claims", {"key": ""}),
    ("claims", {"key": "k" * 201}),
    ("claims", {"key": "new", "digest": b"x" * 15}),
    ("claims", {"key": "new", "seq": 9000}),
    ("private_parts", {"seq": 3, "salts": b"x" * 127}),
    ("private_parts", {"seq": 9000}),
    ("transfers", {"number": 9, "approved_by": "m1"}),  # who proposed it, approves it
    ("transfers", {"number": 9, "decision": 2}),  # approved, and the decision is about a month
    ("transfers", {"number": 9, "decision": None}),
    ("decisions", {"number": 0}),
    ("decisions", {"number": 9, "fund_id": 7}),
    ("transfers", {"number": 9, "amount": 0}),
    ("transfers", {"number": 9, "fee": -1}),
    ("transfers", {"number": 9, "fee": 500}),
    ("transfers", {"number": 9, "proposed_seq": 9000}),
    ("spends", {"seq": 3, "amount": 0}),
    ("spends", {"seq": 3, "persons": 6}),
    ("spends", {"seq": 3, "persons": -1}),
    ("spends", {"seq": 3, "salt": b"x" * 31}),
    ("period_steps", {}),
    ("period_steps", {"seq": 9000}),
    ("period_steps", {"seq": 3, "state": "open"}),
    ("period_steps", {"seq": 3, "until": "2026-12-01T00:00:00Z"}),
    ("late_entries", {}),
    ("late_entries", {"first_seq": 3, "last_seq": 9000}),
    ("late_entries", {"first_seq": 3, "last_seq": 2}),
    ("late_entries", {"first_seq": 3, "last_seq": 3, "state": "new"}),
    ("late_entries", {"first_seq": 3, "last_seq": 3, "amount": -1}),
    ("bank_lines", {}),
    ("bank_lines", {"identity": "new", "matched_seq": 9000}),
    ("bank_lines", {"identity": "new", "sha256": b"x" * 32}),
    ("settlement_lines", {}),
    ("file_statements", {}),
    ("file_statements", {"part": 0}),
    ("file_statements", {"part": 2, "state": "gone"}),
    ("file_statements", {"part": 2, "state": "held", "why": ""}),
    ("file_statements", {"part": 2, "raised_seq": 9000}),
    ("file_statements", {"part": 2, "sha256": b"x" * 32}),
    ("members", {}),
    ("members", {"member_id": "m9"}),  # the name is taken
    ("channels", {}),
    ("money_accounts", {}),
]


def test_rows_that_cannot_be_are_refused(ledger: Ledger) -> None:
    """All on one ledger: making one is what costs time, and a refused row leaves nothing."""
    taken = []
    for table, changes in BAD_ROWS:
        try:
            insert(ledger, table, **changes)
        except sa.exc.IntegrityError:
            continue
        taken.append((table, changes))
    assert taken == []
    check(ledger)


def test_four_eyes_hold_against_any_statement(ledger: Ledger) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="four_eyes"):
        run(ledger, "UPDATE transfers SET approved_by = proposed_by")
    with pytest.raises(sa.exc.IntegrityError, match="four_eyes"):
        run(ledger, "UPDATE transfers SET proposed_by = approved_by")


def test_a_number_is_no_text_and_bytes_are_no_number(ledger: Ledger) -> None:
    with pytest.raises(sa.exc.DBAPIError):
        insert(ledger, "postings", line=5, amount="a lot")
    with pytest.raises(sa.exc.DBAPIError):
        insert(ledger, "entries", seq=9000, entry=7)


def test_nothing_is_written_inside_a_reading(ledger: Ledger) -> None:
    with (
        pytest.raises(ReadOnlyError),
        ledger.database.reading() as connection,
    ):
        connection.execute(
            sa.text("INSERT INTO funds (fund_id, slug, origin) VALUES (8, 'x', 'y')")
        )
    give(ledger, gift("afterwards"))  # the same connection writes again
    check(ledger)


# --- the service's role ----------------------------------------------------------------------------


@pytest.fixture
def service_url(postgres_url: str, new_postgres: Any, migrated_postgres: str) -> Iterator[str]:
    """Give a database on PostgreSQL, as a login role that is a member of the runtime role and nothing else."""
    url = make_url(new_postgres(migrated_postgres))
    name, word = f"service-{secrets.token_hex(4)}", secrets.token_hex(8)
    server = (
        make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    )
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{word}' IN ROLE {RUNTIME_ROLE}"
        )
    yield url.set(username=name, password=word).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP ROLE "{name}"')


def owner_of(url: str, postgres_url: str) -> Database:
    return Database(make_url(postgres_url).set(database=make_url(url).database))


@pytest.fixture
def service(service_url: str, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(Database(service_url), tmp_path / "keys")
    yield opened
    opened.close()


def test_all_doors_work_as_the_service_s_role(service: Ledger) -> None:
    whole_way(service)
    transfer(service, 20)
    give(service, *[gift(f"many{at}") for at in range(260)])
    kinds = {entry["kind"] for entry in bodies(service)}
    assert {
        "fund.opened", "channel.opened", "account.opened", "member.enrolled", "gift", "gift.reversed", "settlement",
        "payout", "transfer.confirmed", "spend", "period.closed", "exception.raised", "session.opened",
    } <= kinds  # fmt: skip
    check(service)


def test_the_service_s_role_is_nothing_more(service: Ledger) -> None:
    with service.database.reading() as connection:
        row = connection.execute(
            sa.text(
                "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
    assert tuple(row) == (False, False, False, False)


def test_the_service_may_not_change_history_even_without_triggers(
    service: Ledger, service_url: str, postgres_url: str
) -> None:
    whole_way(service)
    owner = owner_of(service_url, postgres_url)
    with owner.writing() as connection:
        for table in (*APPEND_ONLY, "claims"):
            connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    owner.close()
    for table in APPEND_ONLY:
        for sql in (
            f"UPDATE {table} SET fund_id = fund_id",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
            f"ALTER TABLE {table} ENABLE TRIGGER ALL",
            f"ALTER TABLE {table} ADD COLUMN more int",
            f"DROP TABLE {table} CASCADE",
            f"SELECT * FROM {table} FOR UPDATE",
        ):
            with pytest.raises(sa.exc.ProgrammingError) as refused:
                run(service, sql)
            assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege), sql
    for sql in (
        "DELETE FROM claims",
        "TRUNCATE claims",
        "UPDATE claims SET seq = 1",
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP TRIGGER entries_no_change ON entries",
        "DROP FUNCTION refuse_change() CASCADE",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (x int)",
    ):
        with pytest.raises(sa.exc.ProgrammingError) as refused:
            run(service, sql)
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege), sql
    check(service)
