r"""A search reads one column of a line, made of its words by the database: one that is erased is erased there too.

Locks: PostgreSQL writes both tables of lines anew, a second for each 100,000 lines. SQLite keeps the words in an index
only, which takes the place of the one without them. PostgreSQL keeps that: its keys are bounded, and a bank's words
are not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0045"
branch_labels = None
depends_on = None

WORDS = "lower(text || '\n' || counterparty || '\n' || refs)"
TABLES = ("bank_lines", "waiting_lines")
ORDER = ("fund_id", "booked_ms", "account", "identity")


def upgrade() -> None:
    """Add the words, SQLite's index of them, and one for the lines of an account by time."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in TABLES:
        kept = sa.Computed(WORDS, persisted=not is_sqlite)
        comment = "Personal: follows what it is made of"
        op.add_column(table, sa.Column("words", sa.Text(), kept, comment=comment))
    op.create_index("ix_bank_lines_account", "bank_lines", ["fund_id", "account", "booked_ms"])
    if is_sqlite:
        op.drop_index("ix_bank_lines_booked", "bank_lines")
        op.create_index("ix_bank_lines_words", "bank_lines", [*ORDER, "words"])


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_bank_lines_words", "bank_lines")
        op.create_index("ix_bank_lines_booked", "bank_lines", list(ORDER))
    op.drop_index("ix_bank_lines_account", "bank_lines")
    for table in TABLES:
        op.drop_column(table, "words")
