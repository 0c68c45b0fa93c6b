"""Late entries have an index: runs of those recorded long after they happened, or dated in a month that was closed.

Locks: reads all entries once to fill it, and holds up writers meanwhile; nothing else is touched.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0042"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
LATE = timedelta(days=3)
ROWS = 1_000
STEPS = ("period.closing", "period.closed", "period.reopened")

Run = dict[str, Any]


def upgrade() -> None:
    """Create the table, and fill it from the entries."""
    table = op.create_table(
        "late_entries",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("first_seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", BIG_INT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False, comment="That they are dated in"),
        sa.Column("counts_in", sa.Text(), nullable=False, comment="Month that they count in"),
        sa.Column("state", sa.Text(), nullable=False, comment="Of their month, when recorded"),
        sa.Column("amount", BIG_INT, nullable=False, comment="Sum of gifts, minor units"),
        sa.Column("commodity", sa.Text(), nullable=False, comment="Of the sum; else empty"),
        sa.PrimaryKeyConstraint("fund_id", "first_seq", name=op.f("pk_late_entries")),
        sa.ForeignKeyConstraint(
            ["fund_id", "first_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_late_entries_fund_id_first_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "last_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_late_entries_fund_id_last_seq_entries"),
        ),
        sa.CheckConstraint(
            "last_seq >= first_seq AND amount >= 0", name=op.f("ck_late_entries_run")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'closing', 'closed', 'reopened', 'sealed')",
            name=op.f("ck_late_entries_state"),
        ),
        sqlite_strict=True,
    )
    for name, column in (("month", "month"), ("counts_in", "counts_in")):
        op.create_index(f"ix_late_entries_{name}", "late_entries", ["fund_id", column, "last_seq"])
    bind = op.get_bind()
    for fund_id, zone in bind.execute(sa.text("SELECT fund_id, zone FROM fund_details")).all():
        _fill(bind, table, fund_id, ZoneInfo(zone))
    _refuse_changes()


def _fill(bind: sa.Connection, table: sa.Table, fund_id: int, zone: ZoneInfo) -> None:
    waiting: list[Run] = []
    for run in _runs(bind, fund_id, zone):
        waiting.append(run)
        if len(waiting) >= ROWS:
            bind.execute(sa.insert(table), waiting)
            waiting = []
    if waiting:
        bind.execute(sa.insert(table), waiting)


def _runs(bind: sa.Connection, fund_id: int, zone: ZoneInfo) -> Iterator[Run]:
    """Join neighbours that differ in nothing but number and amount.

    Yields:
        Rows, oldest first.
    """
    last: Run | None = None
    months = _Months()
    for seq, kind, entry in _entries(bind, fund_id):
        value = json.loads(entry)
        one = _late(seq, kind, value, months, zone)
        months.read(kind, value["body"])
        if one is None:
            continue
        one["fund_id"] = fund_id
        if last is not None and last["last_seq"] + 1 == seq and _same(last) == _same(one):
            last["last_seq"], last["amount"] = seq, last["amount"] + one["amount"]
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _entries(bind: sa.Connection, fund_id: int) -> Iterator[tuple[int, str, bytes]]:
    after = -1
    query = sa.text(
        "SELECT seq, kind, entry FROM entries WHERE fund_id = :fund_id AND seq > :after ORDER BY seq LIMIT :rows"
    )
    while True:
        found = bind.execute(query, {"fund_id": fund_id, "after": after, "rows": ROWS}).all()
        for seq, kind, entry in found:
            yield seq, kind, bytes(entry)
        if len(found) < ROWS:
            return
        after = found[-1][0]


class _Months:
    """Ends of the months that are closed at an entry, or closing, or reopened."""

    def __init__(self) -> None:
        self._ends: dict[str, str] = {}

    def read(self, kind: str, body: dict[str, Any]) -> None:
        if kind in STEPS and body.get("ends"):  # entries of the first version have none
            self._ends[body["month"]] = body["ends"]

    def of(self, occurred_at: str) -> str:
        """Return the month that a marked entry is dated in; empty where no step says when it ended."""
        after = [(ends, month) for month, ends in self._ends.items() if ends > occurred_at]
        return min(after, default=("", ""))[1]


def _late(
    seq: int, kind: str, value: dict[str, Any], months: _Months, zone: ZoneInfo
) -> Run | None:
    body, is_gift = value["body"], kind == "gift"
    mark = body.get("late")
    if mark is not None:
        month, counts_in, state = months.of(value["occurred_at"]), mark["counts_in"], mark["state"]
    else:
        happened, recorded = _time(value["occurred_at"]), _time(value["recorded_at"])
        if not is_gift or recorded - happened <= LATE:
            return None
        month = counts_in = f"{happened.astimezone(zone):%Y-%m}"
        state = "open"
    return {
        "first_seq": seq,
        "last_seq": seq,
        "kind": kind,
        "month": month,
        "counts_in": counts_in,
        "state": state,
        "amount": body["amount"] if is_gift else 0,
        "commodity": body["commodity"] if is_gift else "",
    }


def _same(run: Run) -> tuple[str, ...]:
    return tuple(run[name] for name in ("kind", "month", "counts_in", "state", "commodity"))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER late_entries_no_{change.lower()} BEFORE {change} ON late_entries "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on late_entries is refused'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER late_entries_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON late_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON late_entries TO {ROLE}")


def downgrade() -> None:
    """Drop the index; entries tell all of it."""
    op.drop_table("late_entries")
