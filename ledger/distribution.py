"""Citus: which table goes where, and the statements that bring it there.

In: the tables of the code, and what a PostgreSQL says of them. Out: a plan, and SQL. Guaranteed: whatever a fund owns
lies on one shard, distributed by `fund_id` in one colocation group; a table that cannot lie so is refused by name, and
nothing is distributed; what is done already is passed over, so a run that was cut off, and one after a new version, go
on where they are.

| place | which tables |
|---|---|
| reference | those of the whole service: `funds`, users and their sign-ins; a copy on every node |
| distributed | all that begin with `fund_id` |
| local | the mark of the schema's revision |

Source:
    Citus documentation, "Citus Utility Functions" and "Creating and Modifying Distributed Objects"; citusdata/citus
    pull requests 5705 (triggers) and 5924 (queries in a query on a shard).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from ledger.db import CHECKED_BY_STATEMENT, RUNTIME_ROLE, BigInt
from ledger.errors import StateError

BY = "fund_id"
FUNDS = "funds"
REVISION = "alembic_version"

Place = Literal["reference", "distributed", "local"]

_REFERENCE_CHECK = re.compile(r"require_[a-z_]+", re.ASCII)
"""How the functions are called that check references once a statement, in the place of foreign keys."""


class Placed(NamedTuple):
    """A table and where it goes.

    Attributes:
        table: Its name.
        place: Where.
        beside: The distributed table whose shards it joins; empty for the first, and for other places.
    """

    table: str
    place: Place
    beside: str = ""


class Trigger(NamedTuple):
    """A trigger of a table, as PostgreSQL has it: its function's name, and the text of that."""

    name: str
    table: str
    function: str
    source: str


class Standing(NamedTuple):
    """What a PostgreSQL says.

    Attributes:
        database: Name.
        owner: Who owns the tables.
        citus: Version of the extension; empty where there is none.
        nodes: How many nodes hold shards.
        knows_itself: Whether the coordinator is one of the nodes that are known.
        placed: Tables that Citus knows already, and where they are.
        triggers: All of ours.
        grants: What the runtime role may, by table.
        funds: How many funds there are.
    """

    database: str
    owner: str
    citus: str
    nodes: int
    knows_itself: bool
    placed: Mapping[str, Place]
    triggers: Sequence[Trigger]
    grants: Mapping[str, Sequence[str]]
    funds: int


def plan(tables: sa.MetaData) -> list[Placed]:
    """Say where each table goes, in the order that foreign keys demand: whatever is pointed at comes first.

    Args:
        tables: Of the code.

    Returns:
        The plan: reference tables, then distributed ones, then what stays local.

    Raises:
        StateError: A table cannot go where it should; names it, and what of it.
    """
    ordered = tables.sorted_tables
    for table in ordered:
        for problem in _problems(table):
            raise StateError(
                what=f"table {table.name}",
                state=problem,
                needed=f"{BY} first, for one shard a fund",
            )
    shared = [one.name for one in ordered if not is_owned(one)]
    owned = [one.name for one in ordered if is_owned(one)]
    return [
        *(Placed(name, "reference") for name in shared),
        *(Placed(name, "distributed", owned[0] if at else "") for at, name in enumerate(owned)),
        Placed(REVISION, "local"),
    ]


def is_owned(table: sa.Table) -> bool:
    """Tell whether a fund owns a table's rows."""
    return BY in table.columns and table.name != FUNDS


def _problems(table: sa.Table) -> Iterator[str]:
    """Find what keeps a table from its place.

    Yields:
        Each problem, in words.
    """
    for constraint in table.foreign_key_constraints:
        pairs = [(one.parent.name, one.column.name) for one in constraint.elements]
        target = constraint.referred_table
        if not is_owned(table) and is_owned(target):
            yield f"is shared and points at {target.name}, which funds own"
        if is_owned(table) and is_owned(target) and pairs[0] != (BY, BY):
            yield f"its foreign key to {target.name} does not begin with {BY}"
    if not is_owned(table):
        return
    if not isinstance(table.columns[BY].type, type(BigInt)):
        yield f"its {BY} is no bigint, so its shards cannot lie beside the others"
    for what, columns in _uniques(table):
        if not columns or columns[0] != BY:
            yield f"its {what} ({', '.join(columns)}) does not begin with {BY}"


def _uniques(table: sa.Table) -> Iterator[tuple[str, list[str]]]:
    """List what must be unique in a table.

    Yields:
        What it is, and its columns in order.
    """
    yield "primary key", [one.name for one in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            yield "unique constraint", [one.name for one in constraint.columns]
    for index in table.indexes:
        if index.unique:
            yield "unique index", [getattr(one, "name", str(one)) for one in index.expressions]


def standing(connection: sa.Connection) -> Standing:
    """Read what a PostgreSQL says of its tables.

    Args:
        connection: To PostgreSQL, in a transaction, as the owner of the tables.

    Returns:
        How things stand.

    Raises:
        StateError: It is no PostgreSQL.
    """
    if connection.dialect.name != "postgresql":
        raise StateError(
            what="database", state=connection.dialect.name, needed="PostgreSQL with Citus"
        )

    def rows(sql: str, **values: object) -> list[Any]:
        return [*connection.execute(sa.text(sql), values)]

    database, owner = rows(
        "SELECT current_database(), tableowner FROM pg_tables "
        "WHERE schemaname = current_schema() AND tablename = :funds",
        funds=FUNDS,
    )[0]
    version = rows("SELECT extversion FROM pg_extension WHERE extname = 'citus'")
    placed: dict[str, Place] = {}
    nodes: list[Any] = []
    if version:
        nodes = rows("SELECT groupid, shouldhaveshards FROM pg_dist_node WHERE isactive")
        placed = {
            name: "reference" if method == "n" else "distributed"
            for name, method in rows(
                "SELECT relname, partmethod FROM pg_dist_partition "
                "JOIN pg_class ON pg_class.oid = logicalrelid"
            )
        }
    triggers = rows(
        "SELECT tgname, relname, proname, prosrc FROM pg_trigger "
        "JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid "
        "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace "
        "ORDER BY relname, tgname"
    )
    grants: dict[str, list[str]] = {}
    for table, privilege in rows(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE table_schema = current_schema() AND grantee = :role ORDER BY 1, 2",
        role=RUNTIME_ROLE,
    ):
        grants.setdefault(table, []).append(privilege)
    return Standing(
        database,
        owner,
        version[0][0] if version else "",
        sum(bool(one.shouldhaveshards) for one in nodes),
        any(one.groupid == 0 for one in nodes),
        placed,
        [Trigger(*one) for one in triggers],
        grants,
        rows("SELECT count(*) FROM funds")[0][0],
    )


def tables_of(connection: sa.Connection) -> set[str]:
    """Return the names of all tables that are there."""
    return {*sa.inspect(connection).get_table_names()}


def check(wanted: Iterable[Placed], found: Standing) -> None:
    """Hold that a server can be distributed now.

    Args:
        wanted: The plan.
        found: How things stand.

    Raises:
        StateError: It cannot; says what is missing.
    """
    if not found.citus:
        raise StateError(
            what="extension citus", state="absent", needed="CREATE EXTENSION citus, on every node"
        )
    if not found.nodes:
        raise StateError(what="nodes", state="none", needed="SELECT citus_add_node(host, port)")
    if not found.knows_itself:
        raise StateError(
            what="coordinator",
            state="not among the nodes",
            needed="SELECT citus_set_coordinator_host(host, port)",
        )
    for one in wanted:
        if found.placed.get(one.table, one.place) != one.place:
            raise StateError(
                what=f"table {one.table}", state=found.placed[one.table], needed=one.place
            )
    if found.funds and any(one.table not in found.placed for one in moved(wanted)):
        raise StateError(
            what="funds",
            state=f"{found.funds} there already",
            needed="an empty ledger: rows of history are not moved",
        )


def moved(wanted: Iterable[Placed]) -> list[Placed]:
    """Return what does not stay local."""
    return [one for one in wanted if one.place != "local"]


def statements(tables: sa.MetaData, wanted: Sequence[Placed], found: Standing) -> list[str]:
    """Write what has to be run, in one transaction.

    Args:
        tables: Of the code.
        wanted: The plan.
        found: How things stand.

    Returns:
        SQL, a statement each; none where all is done.
    """
    todo = [one for one in moved(wanted) if one.table not in found.placed]
    if not todo:
        return []
    names = {one.table for one in todo}
    return [
        # Triggers hold history on every shard; Citus makes none unless it is told to.
        "SET LOCAL citus.enable_unsafe_triggers TO on",
        # Reference tables and what points at them, in one transaction.
        "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'",
        f'ALTER DATABASE "{found.database}" SET citus.enable_unsafe_triggers TO on',
        *_nested(found, names),
        *(sql for one in found.triggers if one.table in names for sql in _unchecked(one)),
        *_functions(found, names),
        *(_placing(one) for one in todo),
        *_foreign_keys(tables, found, names),
        *_grants(found, todo),
    ]


def _placing(one: Placed) -> str:
    if one.place == "reference":
        return f"SELECT create_reference_table('{one.table}')"
    beside = one.beside or "none"
    return f"SELECT create_distributed_table('{one.table}', '{BY}', colocate_with => '{beside}')"


def _is_reference_check(one: Trigger) -> bool:
    return one.table in CHECKED_BY_STATEMENT and bool(_REFERENCE_CHECK.fullmatch(one.function))


def _unchecked(one: Trigger) -> Iterator[str]:
    """Take away a trigger that checks references: it would ask other shards, and foreign keys are asked on their own.

    Yields:
        SQL.
    """
    if _is_reference_check(one):
        yield f'DROP TRIGGER "{one.name}" ON "{one.table}"'


def _nested(found: Standing, names: set[str]) -> Iterator[str]:
    """Let triggers that hold the rule of two read the decision's other rows: those lie on the same shard.

    Yields:
        SQL.
    """
    reads = re.compile(r"\b(?:FROM|JOIN)\s+[a-z_]+", re.ASCII | re.IGNORECASE)
    asking = [
        one
        for one in found.triggers
        if one.table in names and not _is_reference_check(one) and reads.search(one.source)
    ]
    if asking:
        name = found.database
        yield f'ALTER DATABASE "{name}" SET citus.allow_nested_distributed_execution TO on'


def _functions(found: Standing, names: set[str]) -> Iterator[str]:
    """Bring the triggers' functions to every node.

    Yields:
        SQL.
    """
    kept = (one for one in found.triggers if one.table in names and not _is_reference_check(one))
    for function in sorted({one.function for one in kept}):
        yield f"SELECT create_distributed_function('{function}()')"


def _foreign_keys(tables: sa.MetaData, found: Standing, names: set[str]) -> Iterator[str]:
    """Put the foreign keys back that triggers stood in for.

    Yields:
        SQL.
    """
    dropped = {one.table for one in found.triggers if _is_reference_check(one)}
    for table in tables.sorted_tables:
        if table.name not in names & dropped:
            continue
        for constraint in sorted(
            table.foreign_key_constraints, key=lambda one: [*one.column_keys]
        ):
            columns = [one.parent.name for one in constraint.elements]
            target = constraint.referred_table.name
            pointed = ", ".join(one.column.name for one in constraint.elements)
            yield (
                f'ALTER TABLE "{table.name}" ADD CONSTRAINT "fk_{table.name}_{"_".join(columns)}_{target}" '
                f'FOREIGN KEY ({", ".join(columns)}) REFERENCES "{target}" ({pointed})'
            )


def _grants(found: Standing, todo: Sequence[Placed]) -> Iterator[str]:
    """Say again what the service may, so that it reaches the shards, and take TRUNCATE from everybody.

    Yields:
        SQL.
    """
    for one in todo:
        may = [what for what in found.grants.get(one.table, ()) if what != "TRUNCATE"]
        if may:
            yield f'GRANT {", ".join(may)} ON "{one.table}" TO {RUNTIME_ROLE}'
        # A truncation on Citus asks no trigger.
        yield f'REVOKE TRUNCATE ON "{one.table}" FROM PUBLIC, {RUNTIME_ROLE}, "{found.owner}"'
