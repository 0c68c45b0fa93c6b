"""Check the references of the four tables that grow with every gift once a statement, not once a row (PostgreSQL).

A foreign key runs a query for each row: measured, 55 of the 72 microseconds that PostgreSQL spent on a gift. The rows
come in arrays, so one anti-join over the statement's new rows refuses the same rows with the same error
(`foreign_key_violation`). The other half of a foreign key, that what is pointed at is neither removed nor renumbered,
is held by the triggers of the step before, which refuse both for everything that these tables point at.
SQLite keeps its foreign keys: they are cheap there.

Locks: each of the four tables and those that they point at exclusively, and when taken back, for as long as checking
all rows takes.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ENTRY = (("fund_id", "seq"), "entries", ("fund_id", "seq"))
REFERENCES = (
    ("entries", ("fund_id",), "funds", ("fund_id",)),
    ("postings", *ENTRY),
    ("postings", ("fund_id", "debit_id"), "accounts", ("fund_id", "account_id")),
    ("postings", ("fund_id", "credit_id"), "accounts", ("fund_id", "account_id")),
    ("claims", *ENTRY),
    ("private_parts", *ENTRY),
)
"""Table, its columns, and what they point at."""

CHECKED = {
    "require_funds": ("entries",),
    "require_entries": ("postings", "claims", "private_parts"),
    "require_accounts": ("postings",),
}
"""The tables that each function checks."""

PLAN = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
"""Look-ups by key only: whatever was planned while a table was small stays right when it is large."""

CHECKS = {
    "require_funds": """
        SELECT n.fund_id INTO lost FROM (SELECT DISTINCT fund_id FROM added) n
        WHERE NOT EXISTS (SELECT FROM funds f WHERE f.fund_id = n.fund_id) LIMIT 1;""",
    # The rows of a commit point at all entries of a stretch: counting those is half the price of looking each up.
    "require_entries": """
        SELECT s.fund_id INTO lost FROM (
            SELECT fund_id, min(seq) AS low, max(seq) AS high, count(DISTINCT seq) AS numbers
            FROM added GROUP BY fund_id
        ) s
        WHERE s.high - s.low + 1 <> s.numbers OR s.numbers <> (
            SELECT count(*) FROM entries e WHERE e.fund_id = s.fund_id AND e.seq BETWEEN s.low AND s.high
        ) LIMIT 1;
        IF NOT FOUND THEN RETURN NULL; END IF;
        SELECT n.fund_id, n.seq INTO lost FROM added n
        WHERE NOT EXISTS (SELECT FROM entries e WHERE e.fund_id = n.fund_id AND e.seq = n.seq) LIMIT 1;""",
    "require_accounts": """
        SELECT n.fund_id, n.id INTO lost
        FROM (SELECT fund_id, debit_id AS id FROM added UNION SELECT fund_id, credit_id FROM added) n
        WHERE NOT EXISTS (SELECT FROM accounts a WHERE a.fund_id = n.fund_id AND a.account_id = n.id) LIMIT 1;""",
}


def upgrade() -> None:
    """Put triggers in the place of foreign keys."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for name, check in CHECKS.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
            f"SET search_path FROM CURRENT {PLAN} AS $$ DECLARE lost record; BEGIN {check} "
            "IF FOUND THEN RAISE foreign_key_violation USING MESSAGE = "
            "format('%s points at what is not there: %s', TG_TABLE_NAME, lost), TABLE = TG_TABLE_NAME; "
            "END IF; RETURN NULL; END $$"
        )
        for table in CHECKED[name]:
            for change in ("INSERT", "UPDATE"):
                op.execute(
                    f"CREATE TRIGGER {table}_{name}_{change.lower()} AFTER {change} ON {table} "
                    f"REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
                )
    for table, columns, target, _ in REFERENCES:
        op.drop_constraint(_name(table, columns, target), table, type_="foreignkey")


def downgrade() -> None:
    """Put the foreign keys back."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns, target, target_columns in REFERENCES:
        op.create_foreign_key(
            _name(table, columns, target), table, target, list(columns), list(target_columns)
        )
    for name, tables in CHECKED.items():
        for table in tables:
            for change in ("insert", "update"):
                op.execute(f"DROP TRIGGER {table}_{name}_{change} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")


def _name(table: str, columns: tuple[str, ...], target: str) -> str:
    return f"fk_{table}_{'_'.join(columns)}_{target}"
