"""Files from banks and platforms, their lines, and what stays open."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import POSTGRESQL_ONLY, SQLITE_ONLY, STRICT, BigInt, Bytes, metadata

_WORDS = "lower(text || '\n' || counterparty || '\n' || refs)"


def _words() -> sa.Column[str]:
    """Return the column that a search reads: all words of a line, in small letters.

    The database makes it of the others: whoever erases them erases it. SQLite keeps it in the index alone.
    """
    kept = sa.Computed(_WORDS, persisted=True)
    return sa.Column("words", sa.Text, kept, comment="Personal: follows what it is made of")


files = sa.Table(
    "files",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False, comment="Empty for a settlement sheet"),
    sa.Column("opening", BigInt),
    sa.Column("closing", BigInt),
    sa.Column("lines", BigInt, nullable=False),
    sa.Column("taken_ms", BigInt, nullable=False),
    sa.Column("body", Bytes, nullable=False, comment="The bytes as uploaded: evidence"),
    sa.Column(
        "parser",
        sa.Text,
        nullable=False,
        server_default="",
        comment="Which reader, and its version; of a mapping its own too",
    ),
    sa.Column("taken_by", sa.Text, comment="Member; NULL for whoever has the machine"),
    sa.Column("first_day", sa.Text, comment="As the bank means it, ISO 8601"),
    sa.Column("last_day", sa.Text),
    **STRICT,
)

file_statements = sa.Table(
    "file_statements",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.Column("part", BigInt, primary_key=True, autoincrement=False, comment="From 1"),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False, comment="The bank's"),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("first_day", sa.Text),
    sa.Column("last_day", sa.Text),
    sa.Column("opening", BigInt),
    sa.Column("closing", BigInt),
    sa.Column("total", BigInt, nullable=False, comment="Of its booked lines"),
    sa.Column("lines", BigInt, nullable=False),
    sa.Column("pending", BigInt, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="taken, held, replaced, left-out"),
    sa.Column("why", sa.Text, nullable=False, comment="Why it is or was held; empty if never"),
    sa.Column("expected", BigInt, comment="Balance that was expected, where it is held"),
    sa.Column("found", BigInt),
    sa.Column("joins", sa.Text, nullable=False, comment="To the file before it, when it came"),
    sa.Column("gap_days", BigInt, comment="Days between, without a file"),
    sa.Column("notices", sa.Text, nullable=False, comment="JSON"),
    sa.Column("raised_seq", BigInt, comment="The exception of a held one"),
    sa.Column(
        "ended_seq", BigInt, comment="The entry that let it in, or that another replaced it"
    ),
    sa.CheckConstraint("part > 0", name="part"),
    sa.CheckConstraint("state IN ('taken', 'held', 'replaced', 'left-out')", name="state"),
    sa.CheckConstraint("state = 'taken' OR why <> ''", name="why"),
    sa.ForeignKeyConstraint(["fund_id", "sha256"], ["files.fund_id", "files.sha256"]),
    sa.ForeignKeyConstraint(["fund_id", "raised_seq"], ["entries.fund_id", "entries.seq"]),
    sa.ForeignKeyConstraint(["fund_id", "ended_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
sa.Index(
    "ix_file_statements_account",
    file_statements.c.fund_id,
    file_statements.c.account,
    file_statements.c.first_day,
)

file_withdrawals = sa.Table(
    "file_withdrawals",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False, comment="From 1"),
    sa.Column("at_ms", BigInt, nullable=False),
    sa.Column("member_id", sa.Text, comment="Who; NULL for whoever has the machine"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("parser", sa.Text, nullable=False, comment="By which it was read"),
    sa.Column(
        "statements", sa.Text, nullable=False, comment="JSON: figures of what was withdrawn"
    ),
    sa.CheckConstraint("number > 0", name="number"),
    sa.ForeignKeyConstraint(["fund_id", "sha256"], ["files.fund_id", "files.sha256"]),
    **STRICT,
)

waiting_lines = sa.Table(
    "waiting_lines",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.Column("part", BigInt, primary_key=True, autoincrement=False),
    sa.Column("place", BigInt, primary_key=True, autoincrement=False, comment="In its statement"),
    sa.Column("state", sa.Text, nullable=False, comment="held, pending, information"),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("identity", sa.Text, nullable=False, comment="Empty while it is not booked"),
    sa.Column("line_no", BigInt, nullable=False),
    sa.Column("booked_ms", BigInt, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("balance", BigInt),
    sa.Column("bank_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("refs", sa.Text, nullable=False),
    sa.Column("counterparty", sa.Text, nullable=False, comment="Personal: erasable"),
    sa.Column("text", sa.Text, nullable=False, comment="Personal: erasable"),
    _words(),
    sa.CheckConstraint("state IN ('held', 'pending', 'information')", name="state"),
    sa.ForeignKeyConstraint(
        ["fund_id", "sha256", "part"],
        ["file_statements.fund_id", "file_statements.sha256", "file_statements.part"],
    ),
    **STRICT,
)
sa.Index("ix_waiting_lines_booked", waiting_lines.c.fund_id, waiting_lines.c.booked_ms)

mappings = sa.Table(
    "mappings",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", BigInt, primary_key=True, autoincrement=False, comment="From 1"),
    sa.Column("content", sa.Text, nullable=False, comment="JSON, as it was decided"),
    sa.Column("decision", BigInt, nullable=False),
    sa.CheckConstraint("version > 0", name="version"),
    sa.ForeignKeyConstraint(["fund_id", "decision"], ["decisions.fund_id", "decisions.number"]),
    **STRICT,
)

bank_lines = sa.Table(
    "bank_lines",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("identity", sa.Text, primary_key=True),
    sa.Column("sha256", Bytes, nullable=False),
    sa.Column("line_no", BigInt, nullable=False),
    sa.Column("booked_ms", BigInt, nullable=False),
    sa.Column(
        "amount", BigInt, nullable=False, comment="Signed minor units, + is into the account"
    ),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("balance", BigInt),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("refs", sa.Text, nullable=False, comment="References found, joined by spaces"),
    sa.Column("counterparty", sa.Text, nullable=False, comment="Personal: erasable"),
    sa.Column("text", sa.Text, nullable=False, comment="Personal: erasable"),
    sa.Column("matched_seq", BigInt, comment="The entry that explains it"),
    sa.Column("part", BigInt, nullable=False, server_default="1", comment="Statement of its file"),
    sa.Column(
        "day",
        sa.Text,
        nullable=False,
        server_default="",
        comment="That the bank booked it on, ISO 8601",
    ),
    sa.Column("bank_id", sa.Text, comment="The bank's own number of it, where it has one"),
    sa.Column(
        "taken_ms",
        BigInt,
        nullable=False,
        server_default="0",
        comment="When it began to count; later than its file, if that was held",
    ),
    _words(),
    sa.ForeignKeyConstraint(["fund_id", "sha256"], ["files.fund_id", "files.sha256"]),
    sa.ForeignKeyConstraint(["fund_id", "matched_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
sa.Index(
    "ix_bank_lines_open", bank_lines.c.fund_id, bank_lines.c.matched_seq, bank_lines.c.booked_ms
)

sa.Index("ix_bank_lines_file", bank_lines.c.fund_id, bank_lines.c.sha256, bank_lines.c.line_no)
sa.Index("ix_bank_lines_day", bank_lines.c.fund_id, bank_lines.c.account, bank_lines.c.day)
sa.Index(
    "ix_bank_lines_booked",
    bank_lines.c.fund_id,
    bank_lines.c.booked_ms,
    bank_lines.c.account,
    bank_lines.c.identity,
    info=POSTGRESQL_ONLY,
)

sa.Index(
    "ix_bank_lines_words",
    bank_lines.c.fund_id,
    bank_lines.c.booked_ms,
    bank_lines.c.account,
    bank_lines.c.identity,
    bank_lines.c.words,
    info=SQLITE_ONLY,
)
sa.Index(
    "ix_bank_lines_account", bank_lines.c.fund_id, bank_lines.c.account, bank_lines.c.booked_ms
)

settlement_lines = sa.Table(
    "settlement_lines",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("statement_no", sa.Text, primary_key=True),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("gross", BigInt, nullable=False),
    sa.Column("refund", BigInt, nullable=False),
    sa.Column("share", BigInt, nullable=False),
    sa.Column("tax", BigInt, nullable=False),
    sa.Column("net", BigInt, nullable=False),
    sa.Column("settled_seq", BigInt, nullable=False),
    sa.Column("paid_seq", BigInt),
    sa.Column(
        "payout_fee",
        BigInt,
        nullable=False,
        server_default="0",
        comment="That the platform states and may keep of the net",
    ),
    sa.ForeignKeyConstraint(["fund_id", "settled_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)

open_items = sa.Table(
    "open_items",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("raised_seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("raised_ms", BigInt, nullable=False),
    sa.Column("resolved_seq", BigInt),
    sa.Column(
        "since", sa.Text, nullable=False, comment="Day it was observed on; ages count from it"
    ),
    sa.Column("due", sa.Text, nullable=False, comment="Day by which it is to be explained"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, comment="Member who looks after it"),
    sa.Column("disputed", sa.Text, comment="Day since when it is contested"),
    sa.Column("paused", sa.Text, comment="Day since when an outside party is waited for"),
    sa.Column("decision", BigInt, comment="Open decision about it"),
    sa.ForeignKeyConstraint(["fund_id", "raised_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
sa.Index("ix_open_items_state", open_items.c.fund_id, open_items.c.state, open_items.c.raised_seq)
sa.Index("ix_open_items_subject", open_items.c.fund_id, open_items.c.kind, open_items.c.subject)
