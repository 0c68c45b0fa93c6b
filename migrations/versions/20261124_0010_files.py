"""Statements of files, what waits in them, mappings, and settlements by channel.

Until now a file was one statement, taken whole or refused. Each statement of a file has its row now, taken or held;
what is held or pending waits in a table of its own, so that nothing that reads bank lines meets what is not money.
Two platforms may number their settlements alike: the channel is part of the key.

Locks: `files`, `bank_lines` and `settlement_lines` while columns and keys change. On SQLite `settlement_lines` is
written anew, which has at most some rows a month.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
NEW = ("file_statements", "waiting_lines", "mappings")

UTC_FORMATS = "('camt052', 'camt053', 'camt054', 'mt940', 'mt942', 'mt950', 'ofx', 'bai2')"
"""Readers that take a day without a time for midnight in UTC; all others read Chinese files, eight hours ahead."""

SETTLEMENT_COLUMNS = (
    "fund_id, channel, statement_no, period, commodity, gross, refund, share, tax, net, "
    "settled_seq, paid_seq"
)


def upgrade() -> None:
    """Create the tables, and fill them from the files that were taken."""
    _add_columns()
    _create_statements()
    _create_waiting()
    _create_mappings()
    _rekey(("fund_id", "channel", "statement_no"))
    _fill()
    if op.get_bind().dialect.name != "sqlite":
        for table in NEW:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")


def _add_columns() -> None:
    for column in (
        sa.Column(
            "parser",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="Which reader, and its version; of a mapping its own too",
        ),
        sa.Column(
            "taken_by",
            sa.Text(),
            nullable=True,
            comment="Member; NULL for whoever has the machine",
        ),
        sa.Column("first_day", sa.Text(), nullable=True, comment="As the bank means it, ISO 8601"),
        sa.Column("last_day", sa.Text(), nullable=True),
    ):
        op.add_column("files", column)
    for column in (
        sa.Column(
            "part", BIG_INT, nullable=False, server_default="1", comment="Statement of its file"
        ),
        sa.Column(
            "day",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="That the bank booked it on, ISO 8601",
        ),
        sa.Column(
            "bank_id",
            sa.Text(),
            nullable=True,
            comment="The bank's own number of it, where it has one",
        ),
        sa.Column(
            "taken_ms",
            BIG_INT,
            nullable=False,
            server_default="0",
            comment="When it began to count; later than its file, if that was held",
        ),
    ):
        op.add_column("bank_lines", column)
    op.create_index("ix_bank_lines_day", "bank_lines", ["fund_id", "account", "day"])
    op.create_index(
        "ix_bank_lines_booked", "bank_lines", ["fund_id", "booked_ms", "account", "identity"]
    )


def _create_statements() -> None:
    op.create_table(
        "file_statements",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("part", BIG_INT, autoincrement=False, nullable=False, comment="From 1"),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="The bank's"),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Text(), nullable=True),
        sa.Column("last_day", sa.Text(), nullable=True),
        sa.Column("opening", BIG_INT, nullable=True),
        sa.Column("closing", BIG_INT, nullable=True),
        sa.Column("total", BIG_INT, nullable=False, comment="Of its booked lines"),
        sa.Column("lines", BIG_INT, nullable=False),
        sa.Column("pending", BIG_INT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="taken, held, replaced, left-out"),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="Why it is or was held; empty if never"
        ),
        sa.Column(
            "expected",
            BIG_INT,
            nullable=True,
            comment="Balance that was expected, where it is held",
        ),
        sa.Column("found", BIG_INT, nullable=True),
        sa.Column(
            "joins", sa.Text(), nullable=False, comment="To the file before it, when it came"
        ),
        sa.Column("gap_days", BIG_INT, nullable=True, comment="Days between, without a file"),
        sa.Column("notices", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("raised_seq", BIG_INT, nullable=True, comment="The exception of a held one"),
        sa.Column(
            "ended_seq",
            BIG_INT,
            nullable=True,
            comment="The entry that let it in, or that another replaced it",
        ),
        sa.CheckConstraint("part > 0", name=op.f("ck_file_statements_part")),
        sa.CheckConstraint(
            "state IN ('taken', 'held', 'replaced', 'left-out')",
            name=op.f("ck_file_statements_state"),
        ),
        sa.CheckConstraint("state = 'taken' OR why <> ''", name=op.f("ck_file_statements_why")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_file_statements_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "sha256"],
            ["files.fund_id", "files.sha256"],
            name=op.f("fk_file_statements_fund_id_sha256_files"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "raised_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_file_statements_fund_id_raised_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "ended_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_file_statements_fund_id_ended_seq_entries"),
        ),
        sa.PrimaryKeyConstraint("fund_id", "sha256", "part", name=op.f("pk_file_statements")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_file_statements_account", "file_statements", ["fund_id", "account", "first_day"]
    )


def _create_waiting() -> None:
    op.create_table(
        "waiting_lines",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("part", BIG_INT, autoincrement=False, nullable=False),
        sa.Column(
            "place", BIG_INT, autoincrement=False, nullable=False, comment="In its statement"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="held, pending, information"),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False, comment="Empty while it is not booked"),
        sa.Column("line_no", BIG_INT, nullable=False),
        sa.Column("booked_ms", BIG_INT, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("amount", BIG_INT, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("balance", BIG_INT, nullable=True),
        sa.Column("bank_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("refs", sa.Text(), nullable=False),
        sa.Column("counterparty", sa.Text(), nullable=False, comment="Personal: erasable"),
        sa.Column("text", sa.Text(), nullable=False, comment="Personal: erasable"),
        sa.CheckConstraint(
            "state IN ('held', 'pending', 'information')", name=op.f("ck_waiting_lines_state")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_waiting_lines_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "sha256", "part"],
            ["file_statements.fund_id", "file_statements.sha256", "file_statements.part"],
            name=op.f("fk_waiting_lines_fund_id_sha256_part_file_statements"),
        ),
        sa.PrimaryKeyConstraint(
            "fund_id", "sha256", "part", "place", name=op.f("pk_waiting_lines")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_waiting_lines_booked", "waiting_lines", ["fund_id", "booked_ms"])


def _create_mappings() -> None:
    op.create_table(
        "mappings",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", BIG_INT, autoincrement=False, nullable=False, comment="From 1"),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON, as it was decided"),
        sa.Column("decision", BIG_INT, nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_mappings_version")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_mappings_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "decision"],
            ["decisions.fund_id", "decisions.number"],
            name=op.f("fk_mappings_fund_id_decision_decisions"),
        ),
        sa.PrimaryKeyConstraint("fund_id", "name", "version", name=op.f("pk_mappings")),
        sqlite_strict=True,
    )


def _rekey(key: tuple[str, ...]) -> None:
    """Give `settlement_lines` another primary key. SQLite cannot change one: the table is written anew."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("pk_settlement_lines", "settlement_lines", type_="primary")
        op.create_primary_key("pk_settlement_lines", "settlement_lines", list(key))
        return
    op.rename_table("settlement_lines", "settlement_lines_before")
    columns = {
        name: sa.Column(name, BIG_INT, nullable=False) for name in ("fund_id", "settled_seq")
    }
    columns |= {
        name: sa.Column(name, BIG_INT, nullable=False)
        for name in ("gross", "refund", "share", "tax", "net")
    }
    columns["paid_seq"] = sa.Column("paid_seq", BIG_INT, nullable=True)
    for name in ("channel", "statement_no", "period", "commodity"):
        columns[name] = sa.Column(name, sa.Text(), nullable=False)
    op.create_table(
        "settlement_lines",
        *(columns[name] for name in SETTLEMENT_COLUMNS.split(", ")),
        sa.ForeignKeyConstraint(
            ["fund_id", "settled_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_settlement_lines_fund_id_settled_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_settlement_lines_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_settlement_lines")),
        sqlite_strict=True,
    )
    op.execute(
        f"INSERT INTO settlement_lines ({SETTLEMENT_COLUMNS}) "
        f"SELECT {SETTLEMENT_COLUMNS} FROM settlement_lines_before"
    )
    op.drop_table("settlement_lines_before")


def _fill() -> None:
    """Tell of the files that were taken what the new columns say: each was one statement, and tied."""
    offset = f"CASE WHEN f.format IN {UTC_FORMATS} THEN 0 ELSE 28800 END"
    seconds = f"(b.booked_ms / 1000 + {offset})"
    if op.get_bind().dialect.name == "sqlite":
        day = f"date({seconds}, 'unixepoch')"
    else:
        day = f"to_char(to_timestamp({seconds}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    of_file = "FROM files f WHERE f.fund_id = b.fund_id AND f.sha256 = b.sha256"
    op.execute(
        f"UPDATE bank_lines AS b SET day = (SELECT {day} {of_file}), "
        f"taken_ms = (SELECT f.taken_ms {of_file})"
    )
    of_lines = "FROM bank_lines b WHERE b.fund_id = f.fund_id AND b.sha256 = f.sha256"
    op.execute(
        f"UPDATE files AS f SET first_day = (SELECT min(b.day) {of_lines}), "
        f"last_day = (SELECT max(b.day) {of_lines}), parser = format || '/1'"
    )
    op.execute(
        "INSERT INTO file_statements (fund_id, sha256, part, account, format, number, commodity, first_day, "
        "last_day, opening, closing, total, lines, pending, state, why, joins, notices) "
        "SELECT f.fund_id, f.sha256, 1, f.account, f.format, '', a.commodity, f.first_day, f.last_day, f.opening, "
        f"f.closing, coalesce(f.closing - f.opening, (SELECT sum(b.amount) {of_lines}), 0), f.lines, 0, "
        "'taken', '', 'unknown', '[]' "
        "FROM files f JOIN money_accounts a ON a.fund_id = f.fund_id AND a.name = f.account"
    )


def downgrade() -> None:
    """Drop what is new. Lines that were held or pending go with it; their bytes stay in `files`.

    Two settlements of one number cannot stand in the table as it was: the newer one is left out of it, its entry stays.
    """
    op.execute(
        "DELETE FROM settlement_lines WHERE EXISTS (SELECT 1 FROM settlement_lines o "
        "WHERE o.fund_id = settlement_lines.fund_id AND o.statement_no = settlement_lines.statement_no "
        "AND o.settled_seq < settlement_lines.settled_seq)"
    )
    _rekey(("fund_id", "statement_no"))
    for table in reversed(NEW):
        if table != "file_statements":
            op.drop_table(table)
    op.drop_table("file_statements")
    op.drop_index("ix_bank_lines_booked", "bank_lines")
    op.drop_index("ix_bank_lines_day", "bank_lines")
    for column in ("taken_ms", "bank_id", "day", "part"):
        op.drop_column("bank_lines", column)
    for column in ("last_day", "first_day", "taken_by", "parser"):
        op.drop_column("files", column)
