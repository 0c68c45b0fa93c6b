"""Matches with their reasons, releases, and what is suggested.

New tables only: nothing is locked. Matches, their parts, releases and dismissals are append-only; suggestions are a
projection that each run makes anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
APPEND_ONLY = ("matches", "match_parts", "match_releases", "match_dismissals")
MADE_ANEW = "match_suggestions"


def upgrade() -> None:
    """Create the tables, and refuse changes to those that are history."""
    _create_matches()
    _create_parts()
    _create_suggestions()
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {table} is refused'); END"
                )
        return
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {MADE_ANEW} TO {ROLE}")


def _fund() -> sa.Column[int]:
    return sa.Column("fund_id", BIG_INT, nullable=False)


def _of_fund(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_fund_id_funds")
    return sa.ForeignKeyConstraint(["fund_id"], ["funds.fund_id"], name=name)


def _entry(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_fund_id_seq_entries")
    return sa.ForeignKeyConstraint(
        ["fund_id", "seq"], ["entries.fund_id", "entries.seq"], name=name
    )


def _of_match(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_fund_id_number_matches")
    return sa.ForeignKeyConstraint(
        ["fund_id", "number"], ["matches.fund_id", "matches.number"], name=name
    )


def _create_matches() -> None:
    op.create_table(
        "matches",
        _fund(),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False, comment="R3, R4, R5, R6, or income"),
        sa.Column("pass", sa.Text(), nullable=False, comment="Which pass found it"),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column(
            "amount", BIG_INT, nullable=False, comment="Sum of the lines, signed minor units"
        ),
        sa.Column("adjustment", BIG_INT, nullable=False, comment="Lines less what was expected"),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("score", BIG_INT, nullable=False),
        sa.Column("compared", sa.Text(), nullable=False, comment="JSON: fields with both values"),
        sa.Column("others", sa.Text(), nullable=False, comment="JSON: what lost, and why"),
        sa.Column("confirmed_by", sa.Text(), nullable=False, comment="A member, or matching"),
        sa.Column("confirmed_ms", BIG_INT, nullable=False),
        sa.Column("decision", BIG_INT, comment="That confirmed it"),
        sa.Column("seq", BIG_INT, nullable=False, comment="The last entry that it explains"),
        sa.PrimaryKeyConstraint("fund_id", "number", name=op.f("pk_matches")),
        _of_fund("matches"),
        _entry("matches"),
        sa.CheckConstraint("number > 0", name=op.f("ck_matches_number")),
        sqlite_strict=True,
    )


def _create_parts() -> None:
    op.create_table(
        "match_parts",
        _fund(),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("part", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("expectation", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("amount", BIG_INT, nullable=False, comment="Allocated, signed minor units"),
        sa.Column("seq", BIG_INT, nullable=False, comment="The entry that the line explains"),
        sa.PrimaryKeyConstraint("fund_id", "number", "part", name=op.f("pk_match_parts")),
        _of_match("match_parts"),
        sa.ForeignKeyConstraint(
            ["fund_id", "account", "identity"],
            ["bank_lines.fund_id", "bank_lines.account", "bank_lines.identity"],
            name=op.f("fk_match_parts_fund_id_account_identity_bank_lines"),
        ),
        _entry("match_parts"),
        sqlite_strict=True,
    )
    op.create_index("ix_match_parts_line", "match_parts", ["fund_id", "account", "identity"])
    op.create_index("ix_match_parts_seq", "match_parts", ["fund_id", "seq"])
    op.create_table(
        "match_releases",
        _fund(),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("seq", BIG_INT, nullable=False, comment="The entry match.released"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("released_ms", BIG_INT, nullable=False),
        sa.Column("decision", BIG_INT),
        sa.PrimaryKeyConstraint("fund_id", "number", name=op.f("pk_match_releases")),
        _of_match("match_releases"),
        _entry("match_releases"),
        sqlite_strict=True,
    )


def _create_suggestions() -> None:
    op.create_table(
        MADE_ANEW,
        _fund(),
        sa.Column("suggestion", sa.Text(), nullable=False, comment="Digest of pass and members"),
        sa.Column("verdict", sa.Text(), nullable=False, comment="suggested, ambiguous"),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("pass", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False, comment="Of the first line; may be empty"),
        sa.Column("day_ms", BIG_INT, nullable=False, comment="Of the first line, or what is due"),
        sa.Column("amount", BIG_INT, nullable=False),
        sa.Column("adjustment", BIG_INT, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("score", BIG_INT, nullable=False),
        sa.Column("expectations", sa.Text(), nullable=False, comment="JSON: ids"),
        sa.Column(
            "lines", sa.Text(), nullable=False, comment="JSON: account and identity of each"
        ),
        sa.Column("compared", sa.Text(), nullable=False),
        sa.Column("others", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "suggestion", name=op.f("pk_match_suggestions")),
        _of_fund(MADE_ANEW),
        sqlite_strict=True,
    )
    op.create_table(
        "match_dismissals",
        _fund(),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("dismissed_ms", BIG_INT, nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "suggestion", name=op.f("pk_match_dismissals")),
        _of_fund("match_dismissals"),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f("fk_match_dismissals_fund_id_member_id_members"),
        ),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop the tables, and with them their triggers."""
    for table in ("match_dismissals", MADE_ANEW, "match_releases", "match_parts", "matches"):
        op.drop_table(table)
