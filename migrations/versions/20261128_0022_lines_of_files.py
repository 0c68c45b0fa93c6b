"""Lines of a file by their row: an exception names a line so.

Locks: `bank_lines` while the index is made; it has some thousands of rows a month.
"""

from alembic import op

revision = "0022"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_bank_lines_file", "bank_lines", ["fund_id", "sha256", "line_no"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_bank_lines_file", "bank_lines")
