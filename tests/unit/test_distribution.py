"""Where tables go on Citus: the real ones fit, one that does not is refused by name, what is done is passed over."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest
import sqlalchemy as sa

import ledger
from ledger.all_tables import metadata
from ledger.db import BigInt
from ledger.distribution import Placed, Standing, Trigger, check, is_owned, plan, statements
from ledger.errors import StateError

FOREIGN_KEY = (
    'ALTER TABLE "entries" ADD CONSTRAINT "fk_entries_fund_id_funds" '
    'FOREIGN KEY (fund_id) REFERENCES "funds" (fund_id)'
)
STANDING = Standing("ledger", "ledger_owner", "13.0-1", 3, True, {}, (), {}, 0)


def test_every_table_of_the_code_is_registered_in_a_fresh_process():
    for module in pkgutil.walk_packages(ledger.__path__, "ledger."):
        if module.name.endswith("tables"):
            importlib.import_module(module.name)
    told = subprocess.run(
        [sys.executable, "-c", "from ledger.all_tables import metadata; print(*metadata.tables)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert set(told.split()) == set(metadata.tables)


def test_the_real_tables_fit_and_come_in_an_order_that_foreign_keys_allow():
    wanted = plan(metadata)
    assert {one.table for one in wanted} == {*metadata.tables, "alembic_version"}
    places = {one.table: one.place for one in wanted}
    assert places["funds"] == places["users"] == places["sign_in_tries"] == "reference"
    assert {name for name, place in places.items() if place == "distributed"} == {
        table.name
        for table in metadata.sorted_tables
        if "fund_id" in table.c and table.name != "funds"
    }
    assert wanted[-1] == Placed("alembic_version", "local")
    seen: set[str] = set()
    for one in wanted[:-1]:
        for key in metadata.tables[one.table].foreign_key_constraints:
            assert key.referred_table.name in seen | {one.table}
        seen.add(one.table)
    owned = [one for one in wanted if one.place == "distributed"]
    assert [one.beside for one in owned] == ["", *[owned[0].table] * (len(owned) - 1)]


def column(name: str = "fund_id", *, kind: object = BigInt, **more: object) -> sa.Column[int]:
    return sa.Column(name, kind, autoincrement=False, **more)  # type: ignore[call-overload]


def misfit(*parts: object) -> sa.MetaData:
    tables = sa.MetaData()
    sa.Table("funds", tables, column(primary_key=True))
    sa.Table("owned", tables, column(primary_key=True), column("n", primary_key=True))
    sa.Table("misfit", tables, *parts)  # type: ignore[arg-type]
    return tables


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ((column(), column("n", primary_key=True)), "primary key (n)"),
        ((column("n", primary_key=True), column(primary_key=True)), "primary key (n, fund_id)"),
        (
            (column(primary_key=True), column("n"), sa.UniqueConstraint("n")),
            "unique constraint (n)",
        ),
        (
            (column(primary_key=True), column("n"), sa.Index("i", "n", unique=True)),
            "unique index (n)",
        ),
        ((column(kind=sa.Text, primary_key=True),), "no bigint"),
        (
            (
                column(primary_key=True),
                column("n", primary_key=True),
                sa.ForeignKeyConstraint(["n", "fund_id"], ["owned.n", "owned.fund_id"]),
            ),
            "foreign key to owned",
        ),
        (
            (
                column("id", primary_key=True),
                column("a"),
                column("b"),
                sa.ForeignKeyConstraint(["a", "b"], ["owned.fund_id", "owned.n"]),
            ),
            "points at owned",
        ),
    ],
)
def test_a_table_that_cannot_lie_on_one_shard_is_refused_by_name(parts, told):
    with pytest.raises(StateError) as refused:
        plan(misfit(*parts))
    assert refused.value.fields["what"] == "table misfit"
    assert told in str(refused.value.fields["state"])


def test_what_a_server_lacks_is_told_in_one_sentence():
    wanted = plan(metadata)
    check(wanted, STANDING)
    for change, told in (
        ({"citus": ""}, "CREATE EXTENSION citus"),
        ({"nodes": 0}, "citus_add_node"),
        ({"knows_itself": False}, "citus_set_coordinator_host"),
        ({"placed": {"entries": "reference"}}, "distributed"),
        ({"funds": 1}, "an empty ledger"),
    ):
        with pytest.raises(StateError) as refused:
            check(wanted, STANDING._replace(**change))
        assert told in str(refused.value.fields["needed"])
    done = {one.table: one.place for one in wanted}
    check(wanted, STANDING._replace(funds=7, placed=done))


def test_what_is_done_is_passed_over_and_the_rest_follows_it():
    wanted = plan(metadata)
    done = {one.table: one.place for one in wanted}
    assert statements(metadata, wanted, STANDING._replace(placed=done)) == []
    del done["entries"]
    trigger = Trigger(
        "entries_require_funds_insert", "entries", "require_funds", "SELECT FROM added"
    )
    held = Trigger("entries_no_change", "entries", "refuse_change", "RAISE")
    granted = {"entries": ["INSERT", "SELECT", "TRUNCATE"], "postings": ["SELECT"]}
    found = STANDING._replace(placed=done, triggers=[trigger, held], grants=granted)
    assert statements(metadata, wanted, found)[3:] == [
        'DROP TRIGGER "entries_require_funds_insert" ON "entries"',
        "SELECT create_distributed_function('refuse_change()')",
        "SELECT create_distributed_table('entries', 'fund_id', colocate_with => 'activity')",
        FOREIGN_KEY,
        'GRANT INSERT, SELECT ON "entries" TO ledger_runtime',
        'REVOKE TRUNCATE ON "entries" FROM PUBLIC, ledger_runtime, "ledger_owner"',
    ]
    assert all(
        is_owned(metadata.tables[one.table]) for one in wanted if one.place == "distributed"
    )
