"""The steps of statements, and the certificates with which auditors countersign.

New tables only: nothing is locked. Steps are never changed or removed; of a certificate only its end is written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0031"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
STEPS, CERTIFICATES = "statement_steps", "certificates"


def upgrade() -> None:
    """Create both tables, and refuse changes to what is written."""
    op.create_table(
        STEPS,
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="qinghe-2026-10-M-v1"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False, comment="built, signed, sent …"),
        sa.Column(
            "sha256", sa.LargeBinary(), nullable=False, comment="Of the file that the step left"
        ),
        sa.Column("bytes", BIG_INT, nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "number", "language", "seq", name=op.f(f"pk_{STEPS}")),
        *_fund_and_entry(STEPS, "seq"),
        sa.CheckConstraint("length(sha256) = 32", name=op.f(f"ck_{STEPS}_sha256_size")),
        sqlite_strict=True,
    )
    op.create_table(
        CERTIFICATES,
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column(
            "fingerprint", sa.LargeBinary(), nullable=False, comment="SHA-256 of the certificate"
        ),
        sa.Column("member_id", sa.Text(), nullable=False, comment="Who countersigns with it"),
        sa.Column(
            "name", sa.Text(), nullable=False, comment="As the certificate calls its holder"
        ),
        sa.Column("chain", sa.Text(), nullable=False, comment="It and those above it, PEM"),
        sa.Column("enrolled_seq", BIG_INT, nullable=False),
        sa.Column("ended_seq", BIG_INT, comment="Entry since which nothing is signed with it"),
        sa.PrimaryKeyConstraint("fund_id", "fingerprint", name=op.f(f"pk_{CERTIFICATES}")),
        *_fund_and_entry(CERTIFICATES, "enrolled_seq"),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f(f"fk_{CERTIFICATES}_fund_id_member_id_members"),
        ),
        sa.CheckConstraint(
            "length(fingerprint) = 32", name=op.f(f"ck_{CERTIFICATES}_fingerprint_size")
        ),
        sqlite_strict=True,
    )
    _refuse_changes()


def _fund_and_entry(table: str, seq: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f(f"fk_{table}_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", seq],
            ["entries.fund_id", "entries.seq"],
            name=op.f(f"fk_{table}_fund_id_{seq}_entries"),
        ),
    ]


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, changes in ((STEPS, ("UPDATE", "DELETE")), (CERTIFICATES, ("DELETE",))):
            for change in changes:
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {table} is refused'); END"
                )
        op.execute(
            f"CREATE TRIGGER {CERTIFICATES}_no_update BEFORE UPDATE ON {CERTIFICATES} "
            "WHEN OLD.ended_seq IS NOT NULL OR NEW.ended_seq IS NULL OR NEW.fund_id <> OLD.fund_id "
            "OR NEW.fingerprint <> OLD.fingerprint OR NEW.member_id <> OLD.member_id "
            "OR NEW.name <> OLD.name OR NEW.chain <> OLD.chain OR NEW.enrolled_seq <> OLD.enrolled_seq "
            f"BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE on {CERTIFICATES} is refused'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {STEPS}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {STEPS} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {CERTIFICATES}_no_change BEFORE DELETE OR TRUNCATE ON {CERTIFICATES} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON {STEPS} TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE (ended_seq) ON {CERTIFICATES} TO {ROLE}")


def downgrade() -> None:
    """Drop both; the entries stay."""
    op.drop_table(CERTIFICATES)
    op.drop_table(STEPS)
