"""An officer hands a donor the code of a gift, when the donor has shown the platform's order.

In: the order's number, the sum that stands on it, and what was shown. Out: the receipt number, the masked name and the
code. Guaranteed: whoever has not seen the order learns nothing, not even whether it exists; each try is on record
before anything is shown, with the entry and never with the number, a name or the code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.activity.recording import record
from ledger.activity.records import FAILED, READ, Activity
from ledger.actors import Member
from ledger.clock import Clock
from ledger.db import Database
from ledger.errors import FieldError, InputError
from ledger.funds import history as funds
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.journal.receipt_numbers import receipt_number
from ledger.money import parse_amount
from ledger.privacy.choices import to_hand
from ledger.roles import acting
from ledger.sequencer.tables import claims

ACTION = "gift.code"
PROOFS = ("order-page", "message", "letter")
"""What a donor can show: the order on their telephone, a message from the account that gave, the platform's letter."""

ORDER_MAX = 128


class Order(NamedTuple):
    """What a donor shows.

    Attributes:
        number: The platform's.
        amount: The sum on it, as typed: money, or the platform's units.
        proof: One of `PROOFS`.
    """

    number: str
    amount: str
    proof: str


class Handed(NamedTuple):
    """What is handed over.

    Attributes:
        receipt: The gift's number, in groups.
        code: The donor's code.
        name: Masked.
        channel: Name of its channel.
        occurred_at: RFC 3339 UTC, to the minute.
        amount: Minor units.
        commodity: Of the amount.
    """

    receipt: str
    code: str
    name: str
    channel: str
    occurred_at: str
    amount: int
    commodity: str


def hand_out(database: Database, clock: Clock, fund: Fund, member: Member, order: Order) -> Handed:
    """Find the gift of an order and hand out its code.

    Args:
        database: Where.
        clock: Tells when.
        fund: The fund.
        member: Who hands it out.
        order: What the donor shows.

    Returns:
        What the donor gets.

    Raises:
        NotAllowedError: None of their roles hands out codes.
        FieldError: No gift with this number and sum; the same where its private part is erased. Or no such proof.
    """
    role = acting(member, ACTION).role
    if order.proof not in PROOFS:
        raise FieldError(field="proof", value=order.proof[:20], reason="missing", known=PROOFS)
    with database.writing() as connection:
        found = _find(connection, fund.fund_id, order)
        subject = "gift" if found is None else f"gift/{found[0]}"
        outcome = FAILED if found is None else READ
        one = Activity(fund.fund_id, ACTION, subject, member.member_id, role, order.proof, outcome)
        record(connection, clock, one)
    if found is None:
        raise FieldError(field="order", value="", reason="no-such-order")
    return found[1]


def _find(connection: sa.Connection, fund_id: int, order: Order) -> tuple[int, Handed] | None:
    """Return the entry of an order, and what is handed over."""
    scopes = [f"gift:{one.name}" for one in funds.all_channels(connection, fund_id)]
    seqs = connection.execute(
        sa.select(claims.c.seq).where(
            claims.c.fund_id == fund_id,
            claims.c.scope.in_(scopes),
            claims.c.key == order.number[:ORDER_MAX],
        )
    ).scalars()
    for seq in [*seqs]:
        stored = journal.entry(connection, fund_id, seq)
        value = decode(stored.entry)
        private = to_hand(connection, fund_id, seq)
        if private is None or not _is_sum(value["body"], order.amount):
            continue
        return seq, Handed(
            receipt_number(seq, stored.leaf_hash).grouped,
            private.code,
            private.name,
            value["body"]["channel"],
            value["occurred_at"],
            value["body"]["amount"],
            value["body"]["commodity"],
        )
    return None


def _is_sum(body: dict[str, Any], typed: str) -> bool:
    """Tell whether what was typed is a gift's sum, in money or in the platform's units."""
    plain = typed.replace(",", "").replace("，", "").strip()
    if "units" in body and plain == str(body["units"]):
        return True
    try:
        return bool(parse_amount(plain, body["commodity"]) == body["amount"])
    except InputError:
        return False
