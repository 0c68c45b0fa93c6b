"""Decisions: what two people take, with the rule of two held by the database itself.

New tables, append-only but for what is private of an open decision; and transfers name their decision. Triggers on
each new row hold that nobody approves what they proposed or edited in any version, that a step is taken on the latest
version of a decision that has not ended, that it ends as approved only with every slot filled, and that a transfer
leaves *proposed* for *approved* only with such an end.

On PostgreSQL each step of a decision takes the decision's advisory lock, so that of two at the same moment the second
sees the first. That holds where each statement sees what was committed before it: another isolation is refused.

A transfer from before this step may name no decision; it can go on if it was approved then, and be rejected if not.
Where the step was taken back and is taken again, the rows are made anew from the entries; only what was private of
open decisions is gone, and an edit brings it back.

Locks: `transfers`, for as long as reading the entries of decisions takes.
"""

from textwrap import dedent
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
APPEND_ONLY = ("decisions", "decision_versions", "decision_approvals", "decision_ends")
PRIVATE = "decision_private_parts"

OF = "fund_id = NEW.fund_id AND number = NEW.number"
LATEST = f"(SELECT coalesce(max(version), 0) FROM decision_versions WHERE {OF})"
TOUCHED = f"EXISTS (SELECT 1 FROM decision_versions WHERE {OF} AND member_id = NEW.member_id)"
ENDED = f"EXISTS (SELECT 1 FROM decision_ends WHERE {OF})"
SLOTS = f"(SELECT slots FROM decision_versions WHERE {OF} AND version = NEW.version)"
FILLED = f"(SELECT count(*) FROM decision_approvals WHERE {OF} AND version = NEW.version)"

REFUSED = {
    "decision_versions": (
        (ENDED, "it has ended"),
        (f"NEW.version <> 1 + {LATEST}", "not the next version"),
    ),
    "decision_approvals": (
        (ENDED, "it has ended"),
        (f"NEW.version <> {LATEST}", "not the latest version"),
        (TOUCHED, "whoever proposed or edited it cannot approve it"),
        (f"NEW.slot >= {SLOTS}", "no such slot"),
    ),
    "decision_ends": (
        (f"NEW.version <> {LATEST}", "not the latest version"),
        (f"NEW.ending = 'approved' AND {FILLED} <> {SLOTS}", "a slot is open"),
        (f"NEW.ending <> 'withdrawn' AND {TOUCHED}", "whoever proposed or edited it withdraws it"),
        (f"NEW.ending = 'withdrawn' AND NOT {TOUCHED}", "only who touched it withdraws it"),
    ),
}
"""By table, what a new row must not be, and why."""

UNDECIDED = (
    "NEW.state NOT IN ('proposed', 'rejected', 'withdrawn') AND NOT EXISTS ("
    "SELECT 1 FROM decision_ends e JOIN decisions d ON d.fund_id = e.fund_id AND d.number = e.number "
    "WHERE e.fund_id = NEW.fund_id AND e.number = NEW.decision AND e.ending = 'approved' AND d.kind = 'transfer')"
)
"""A transfer that goes on without its decision."""


def upgrade() -> None:
    """Create tables and triggers."""
    _create_tables()
    op.add_column("transfers", sa.Column("decision", BIG_INT, nullable=True))
    _fill_from_entries()
    if op.get_bind().dialect.name == "sqlite":
        _hold_on_sqlite()
    else:
        _hold_on_postgresql()
        _tell_states("proposed, approved, rejected, withdrawn, sent, confirmed, returned")


def _tell_states(states: str) -> None:
    op.execute(f"COMMENT ON COLUMN transfers.state IS '{states}'")


def _create_tables() -> None:
    op.create_table(
        "decisions",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_decisions_number")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_decisions_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "number", name=op.f("pk_decisions")),
        sqlite_strict=True,
    )
    _create_step(
        "decision_versions",
        ("fund_id", "number", "version"),
        sa.Column("version", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="Canonical JSON, as in the entry"),
        sa.Column(
            "needed", sa.Text(), nullable=False, comment="A role for each slot, with commas"
        ),
        sa.Column("slots", BIG_INT, nullable=False, comment="How many approvals it needs"),
        sa.Column("amount", BIG_INT, comment="Minor units"),
        sa.Column("commodity", sa.Text()),
        sa.Column("commitment", sa.Text(), comment="To what is private of it"),
        sa.ForeignKeyConstraint(
            ["fund_id", "number"],
            ["decisions.fund_id", "decisions.number"],
            name=op.f("fk_decision_versions_fund_id_number_decisions"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_decision_versions_version")),
        sa.CheckConstraint("slots > 0", name=op.f("ck_decision_versions_slots")),
        sa.CheckConstraint(
            "amount IS NULL OR amount >= 0", name=op.f("ck_decision_versions_amount")
        ),
    )
    _create_step(
        "decision_approvals",
        ("fund_id", "number", "version", "slot"),
        sa.Column("version", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("slot", BIG_INT, autoincrement=False, nullable=False),
        _of_version("decision_approvals"),
        sa.UniqueConstraint(
            "fund_id",
            "number",
            "version",
            "member_id",
            name=op.f("uq_decision_approvals_fund_id_number_version_member_id"),
        ),
        sa.CheckConstraint("slot >= 0", name=op.f("ck_decision_approvals_slot")),
    )
    _create_step(
        "decision_ends",
        ("fund_id", "number"),
        sa.Column("version", BIG_INT, nullable=False),
        sa.Column("ending", sa.Text(), nullable=False, comment="approved, rejected, withdrawn"),
        sa.Column("reason", sa.Text(), comment="Of a rejection"),
        _of_version("decision_ends"),
        sa.CheckConstraint(
            "ending IN ('approved', 'rejected', 'withdrawn')", name=op.f("ck_decision_ends_ending")
        ),
    )
    op.create_table(
        PRIVATE,
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("version", BIG_INT, autoincrement=False, nullable=False),
        sa.Column(
            "content", sa.Text(), nullable=False, comment="Personal; goes when it is decided"
        ),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        _of_version(PRIVATE),
        sa.CheckConstraint("length(salt) = 32", name=op.f(f"ck_{PRIVATE}_salt_size")),
        sa.PrimaryKeyConstraint("fund_id", "number", "version", name=op.f(f"pk_{PRIVATE}")),
        sqlite_strict=True,
    )


def _create_step(table: str, key: tuple[str, ...], *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False, comment="Who took the step"),
        sa.Column("seq", BIG_INT, nullable=False, comment="Its entry"),
        *parts,
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f(f"fk_{table}_fund_id_seq_entries"),
        ),
        sa.UniqueConstraint("fund_id", "seq", name=op.f(f"uq_{table}_fund_id_seq")),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )


def _of_version(table: str) -> sa.ForeignKeyConstraint:
    columns = ("fund_id", "number", "version")
    return sa.ForeignKeyConstraint(
        columns,
        [f"decision_versions.{column}" for column in columns],
        name=op.f(f"fk_{table}_fund_id_number_version_decision_versions"),
    )


def _fill_from_entries() -> None:
    """Make the rows of decisions that the entries tell of, oldest first."""
    connection = op.get_bind()
    entries = connection.execute(
        sa.text(
            "SELECT fund_id, seq, kind, entry FROM entries WHERE kind LIKE 'decision.%' OR kind IN ("
            "'transfer.proposed', 'transfer.edited', 'transfer.approved', 'transfer.rejected', 'transfer.withdrawn') "
            "ORDER BY fund_id, seq"
        )
    ).all()
    for row in entries:
        entry = orjson.loads(bytes(row.entry))
        body, (first, _, step) = entry["body"], row.kind.partition(".")
        if (
            "version" not in body
        ):  # from before there were decisions, or a transfer that was called off
            continue
        number = body["number"] if first == "decision" else body["decision"]
        at = {"fund_id": row.fund_id, "number": number}
        common = {
            **at,
            "version": body["version"],
            "seq": row.seq,
            "member_id": entry["actor"]["id"],
        }
        if step in ("proposed", "edited"):
            if step == "proposed":
                _add("decisions", **at, kind=body["kind"] if first == "decision" else first)
            if first == "transfer":
                _name_decision(row.fund_id, number, body["number"])
            _add("decision_versions", **common, **_version(first, body))
        elif step == "approved":
            _add("decision_approvals", **common, slot=body["slot"])
            if connection.execute(sa.text(IS_COMPLETE), common).scalar():
                _add("decision_ends", **common, ending=step)
        else:
            _add("decision_ends", **common, ending=step, reason=body.get("reason"))


IS_COMPLETE = (
    "SELECT 1 FROM decision_versions v WHERE fund_id = :fund_id AND number = :number AND version = :version "
    "AND slots = (SELECT count(*) FROM decision_approvals a WHERE a.fund_id = v.fund_id AND a.number = v.number "
    "AND a.version = v.version)"
)


def _version(first: str, body: dict[str, Any]) -> dict[str, Any]:
    beside = ("decision", "version", "needed")
    content = (
        body["content"]
        if first == "decision"
        else {k: v for k, v in body.items() if k not in beside}
    )
    return {
        "content": orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode(),
        "needed": ",".join(body["needed"]),
        "slots": len(body["needed"]),
        "amount": body.get("amount"),
        "commodity": body.get("commodity"),
        "commitment": body.get("private"),
    }


def _add(table: str, **values: Any) -> None:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    op.get_bind().execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def _name_decision(fund_id: int, decision: int, transfer: int) -> None:
    op.get_bind().execute(
        sa.text("UPDATE transfers SET decision = :d WHERE fund_id = :f AND number = :t"),
        {"d": decision, "f": fund_id, "t": transfer},
    )


def _hold_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {table} is refused'); END"
            )
    for table, rules in REFUSED.items():
        checks = " ".join(
            f"SELECT RAISE(ABORT, 'decision: {why}') WHERE {wrong};" for wrong, why in rules
        )
        op.execute(f"CREATE TRIGGER {table}_held BEFORE INSERT ON {table} BEGIN {checks} END")
    refuse = "BEGIN SELECT RAISE(ABORT, 'decision: a transfer goes on undecided'); END"
    op.execute(
        f"CREATE TRIGGER transfers_decided BEFORE UPDATE ON transfers "
        f"WHEN OLD.state IN ('proposed', 'rejected', 'withdrawn') AND {UNDECIDED} {refuse}"
    )
    op.execute(
        "CREATE TRIGGER transfers_decided_new BEFORE INSERT ON transfers "
        f"WHEN {UNDECIDED} {refuse}"
    )


def _hold_on_postgresql() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {PRIVATE} TO {ROLE}")
    for table, rules in REFUSED.items():
        checks = " ".join(
            f"IF {wrong} THEN RAISE check_violation USING MESSAGE = 'decision: {why}'; END IF;"
            for wrong, why in rules
        )
        op.execute(
            dedent(f"""
            CREATE FUNCTION hold_{table}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN
                IF current_setting('transaction_isolation') <> 'read committed' THEN
                    RAISE check_violation USING MESSAGE = 'decision: an isolation that does not see other steps';
                END IF;
                PERFORM pg_advisory_xact_lock(hashtextextended(NEW.fund_id || '/' || NEW.number, 0));
                {checks}
                RETURN NEW;
            END $$""")
        )
        op.execute(
            f"CREATE TRIGGER {table}_held BEFORE INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION hold_{table}()"
        )
    op.execute(
        dedent(f"""
        CREATE FUNCTION hold_transfers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN
            IF TG_OP = 'UPDATE' AND OLD.state NOT IN ('proposed', 'rejected', 'withdrawn') THEN RETURN NEW; END IF;
            IF {UNDECIDED} THEN
                RAISE check_violation USING MESSAGE = 'decision: a transfer goes on undecided';
            END IF;
            RETURN NEW;
        END $$""")
    )
    op.execute(
        "CREATE TRIGGER transfers_decided BEFORE INSERT OR UPDATE ON transfers "
        "FOR EACH ROW EXECUTE FUNCTION hold_transfers()"
    )


def downgrade() -> None:
    """Drop all of it. The entries stay: what was decided can be told from them."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        op.execute("DROP TRIGGER transfers_decided")
        op.execute("DROP TRIGGER transfers_decided_new")
    else:
        op.execute("DROP TRIGGER transfers_decided ON transfers")
        op.execute("DROP FUNCTION hold_transfers()")
        _tell_states("proposed, approved, rejected, sent, confirmed, returned")
    op.drop_column("transfers", "decision")
    for table in (PRIVATE, *reversed(APPEND_ONLY)):
        op.drop_table(table)
    if not is_sqlite:
        for table in REFUSED:
            op.execute(f"DROP FUNCTION hold_{table}()")
