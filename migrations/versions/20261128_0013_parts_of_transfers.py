"""Transfers: what of each has left, arrived and come back, and the entries of these steps.

Locks: `transfers`, for as long as reading the entries of transfers takes; it has some hundred rows a year.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0025"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
SUMS = (
    "gone >= fee AND given_up >= 0 AND gone + given_up <= amount "
    "AND arrived >= 0 AND back >= 0 AND arrived + back <= gone - fee"
)
KINDS = (
    "transfer.sent",
    "transfer.confirmed",
    "transfer.returned",
    "transfer.rejected",
    "match.released",
)


def upgrade() -> None:
    """Add columns and steps, and fill them from the entries."""
    for name, said in (
        ("gone", "Has left, fees included"),
        ("arrived", "In the fund's account"),
        ("back", "Came back"),
        ("given_up", "Will not leave"),
    ):
        new = sa.Column(name, BIG_INT, nullable=False, server_default="0", comment=said)
        op.add_column("transfers", new)
    said = "Intervals of the transit line: start+length,…"
    op.add_column(
        "transfers",
        sa.Column("on_way", sa.Text(), nullable=False, server_default="", comment=said),
    )
    _create_steps()
    _fill()
    op.drop_column("transfers", "transit_start")
    op.create_index("ix_transfers_state", "transfers", ["fund_id", "state", "number"])
    _check_sums()
    _refuse_changes()


def _create_steps() -> None:
    op.create_table(
        "transfer_steps",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("place", BIG_INT, autoincrement=False, nullable=False, comment="From 1"),
        sa.Column("seq", BIG_INT, nullable=False, comment="The entry"),
        sa.Column(
            "step", sa.Text(), nullable=False, comment="sent, confirmed, returned, released …"
        ),
        sa.Column("amount", BIG_INT, nullable=False, comment="What moved, fee included; or 0"),
        sa.Column("fee", BIG_INT, nullable=False, comment="What a bank kept of it"),
        sa.Column("reverses", BIG_INT, comment="Entry of the step that a release takes back"),
        sa.PrimaryKeyConstraint("fund_id", "number", "place", name=op.f("pk_transfer_steps")),
        sa.ForeignKeyConstraint(
            ["fund_id", "number"],
            ["transfers.fund_id", "transfers.number"],
            name=op.f("fk_transfer_steps_fund_id_number_transfers"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_transfer_steps_fund_id_seq_entries"),
        ),
        sa.CheckConstraint(
            "place > 0 AND amount >= 0 AND fee >= 0", name=op.f("ck_transfer_steps_place")
        ),
        sqlite_strict=True,
    )


def _fill() -> None:
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE transfers SET gone = CASE WHEN sent_seq IS NULL THEN 0 ELSE amount END, "
            "arrived = CASE WHEN state = 'confirmed' THEN amount - fee ELSE 0 END, "
            "back = CASE WHEN state = 'returned' THEN amount - fee ELSE 0 END, "
            "on_way = CASE WHEN state = 'sent' THEN transit_start || '+' || (amount - fee) "
            "ELSE '' END"
        )
    )
    rows = connection.execute(
        sa.text(
            "SELECT fund_id, seq, kind, entry FROM entries WHERE kind IN :kinds "
            "ORDER BY fund_id, seq"
        ).bindparams(sa.bindparam("kinds", KINDS, expanding=True))
    )
    moved: dict[tuple[int, int], tuple[int, int]] = {}
    places: dict[tuple[int, int], int] = {}
    for fund_id, seq, kind, data in rows.all():
        body = json.loads(bytes(data))["body"]
        for number, *row in _steps(
            kind, body, {k[1]: v for k, v in moved.items() if k[0] == fund_id}
        ):
            place = places[fund_id, number] = places.get((fund_id, number), 0) + 1
            _insert(connection, (fund_id, number, place, seq, *row))
        if kind in ("transfer.sent", "transfer.confirmed"):
            moved[fund_id, seq] = (body["number"], body["amount"])


def _steps(
    kind: str, body: dict[str, object], moved: dict[int, tuple[int, int]]
) -> list[tuple[object, ...]]:
    """Return number, step, amount, fee and reversed entry of what an entry says of transfers."""
    if kind == "match.released":
        return [
            (moved[one][0], "released", moved[one][1], 0, one)
            for one in body["reverses"]  # type: ignore[attr-defined]
            if one in moved
        ]
    if kind == "transfer.rejected":
        return [] if "version" in body else [(body["number"], "stopped", 0, 0, None)]
    step = kind.removeprefix("transfer.")
    return [(body["number"], step, body["amount"], body.get("fee", 0), None)]


def _insert(connection: sa.Connection, row: tuple[object, ...]) -> None:
    names = ("fund_id", "number", "place", "seq", "step", "amount", "fee", "reverses")
    marks = ", ".join(f":{name}" for name in names)
    connection.execute(
        sa.text(f"INSERT INTO transfer_steps ({', '.join(names)}) VALUES ({marks})"),
        dict(zip(names, row, strict=True)),
    )


def _check_sums() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.create_check_constraint(op.f("ck_transfers_sums"), "transfers", SUMS)
        return
    # SQLite adds no constraint to a table that is there: triggers say the same.
    for change in ("INSERT", "UPDATE"):
        names = ("gone", "fee", "given_up", "amount", "arrived", "back")
        said = SUMS
        for name in names:
            said = said.replace(name, f"NEW.{name}")
        op.execute(
            f"CREATE TRIGGER transfers_sums_{change.lower()} BEFORE {change} ON transfers "
            f"WHEN NOT ({said}) "
            "BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: ck_transfers_sums'); END"
        )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER transfer_steps_no_{change.lower()} BEFORE {change} "
                "ON transfer_steps BEGIN SELECT RAISE(ABORT, "
                f"'append-only: {change} on transfer_steps is refused'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER transfer_steps_no_change BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON transfer_steps FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"GRANT SELECT, INSERT ON transfer_steps TO {ROLE}")


def downgrade() -> None:
    """Drop what was added. A transfer in parts has one place only from then on: that of its first sending."""
    op.add_column("transfers", sa.Column("transit_start", BIG_INT, nullable=True))
    op.execute(
        "UPDATE transfers SET transit_start = (SELECT s.to_start FROM segments s "
        "WHERE s.fund_id = transfers.fund_id AND s.seq = transfers.sent_seq AND s.part = 0)"
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in ("insert", "update"):
            op.execute(f"DROP TRIGGER transfers_sums_{change}")
    else:
        op.drop_constraint(op.f("ck_transfers_sums"), "transfers")
    op.drop_index("ix_transfers_state", "transfers")
    op.drop_table("transfer_steps")
    for name in ("on_way", "given_up", "back", "arrived", "gone"):
        op.drop_column("transfers", name)
