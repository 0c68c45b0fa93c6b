"""Members have a set of roles and a sign-in; tokens have a number, a name, scopes, an end and a last use.

A token that was made before ends 366 days after it was made, the longest that any may hold.

Locks: `members` for as long as adding an index over the people of all funds takes; `tokens` is made anew from its rows,
of which there are a handful a fund.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
LONGEST_MS = 366 * 24 * 3600 * 1000


def upgrade() -> None:
    """Widen both tables."""
    op.execute("ALTER TABLE members RENAME COLUMN role TO roles")
    op.add_column("members", sa.Column("user_id", BIG_INT, nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("COMMENT ON COLUMN members.roles IS 'Sorted, with commas between them'")
        op.execute(
            "COMMENT ON COLUMN members.user_id IS 'Their sign-in; users are of the whole service'"
        )
    op.create_index("uq_members_fund_id_user_id", "members", ["fund_id", "user_id"], unique=True)
    rows = _taken_rows(
        "SELECT fund_id, token_hash, member_id, scope, created_ms, ended_ms FROM tokens "
        "ORDER BY fund_id, created_ms, token_hash"
    )
    _create_tokens()
    numbers: dict[int, int] = {}
    for row in rows:
        numbers[row["fund_id"]] = row["number"] = numbers.get(row["fund_id"], 0) + 1
        row |= {"name": row["scope"], "expires_ms": row["created_ms"] + LONGEST_MS}
    _put_rows(
        "INSERT INTO tokens (fund_id, token_hash, number, member_id, name, scopes, created_ms, expires_ms, ended_ms) "
        "VALUES (:fund_id, :token_hash, :number, :member_id, :name, :scope, :created_ms, :expires_ms, :ended_ms)",
        rows,
    )


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column(
            "token_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of the token; the token is shown once",
        ),
        sa.Column("number", BIG_INT, nullable=False, comment="What people call it: 1, 2 …"),
        sa.Column("member_id", sa.Text(), nullable=False, comment="In whose name it acts"),
        sa.Column("name", sa.Text(), nullable=False, comment="What it is for"),
        sa.Column("scopes", sa.Text(), nullable=False, comment="Sorted, with commas between them"),
        sa.Column("created_ms", BIG_INT, nullable=False),
        sa.Column("expires_ms", BIG_INT, nullable=False),
        sa.Column(
            "last_used_ms",
            BIG_INT,
            nullable=True,
            comment="Written now and then, to the minute at best",
        ),
        sa.Column("ended_ms", BIG_INT, nullable=True),
        sa.CheckConstraint("expires_ms > created_ms", name=op.f("ck_tokens_expires")),
        *_keys(),
        sa.UniqueConstraint("fund_id", "number", name=op.f("uq_tokens_fund_id_number")),
        sqlite_strict=True,
    )
    _grant()


def _keys() -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f("fk_tokens_fund_id_member_id_members"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_tokens_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "token_hash", name=op.f("pk_tokens")),
    )


def _grant() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON tokens TO {ROLE}")


def _taken_rows(sql: str) -> list[dict[str, object]]:
    """Return all rows of `tokens` and drop it."""
    rows = [dict(row) for row in op.get_bind().execute(sa.text(sql)).mappings()]
    op.drop_table("tokens")
    return rows


def _put_rows(sql: str, rows: list[dict[str, object]]) -> None:
    if rows:
        op.get_bind().execute(sa.text(sql), rows)


def downgrade() -> None:
    """Take the new columns away. A token for several things keeps none of them."""
    rows = _taken_rows(
        "SELECT fund_id, token_hash, member_id, scopes, created_ms, ended_ms FROM tokens"
    )
    op.create_table(
        "tokens",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column(
            "token_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of the token; the token is shown once",
        ),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False, comment="gifts"),
        sa.Column("created_ms", BIG_INT, nullable=False),
        sa.Column("ended_ms", BIG_INT, nullable=True),
        *_keys(),
        sqlite_strict=True,
    )
    _grant()
    _put_rows(
        "INSERT INTO tokens (fund_id, token_hash, member_id, scope, created_ms, ended_ms) "
        "VALUES (:fund_id, :token_hash, :member_id, :scopes, :created_ms, :ended_ms)",
        rows,
    )
    op.drop_index("uq_members_fund_id_user_id", "members")
    op.drop_column("members", "user_id")
    op.execute("ALTER TABLE members RENAME COLUMN roles TO role")
