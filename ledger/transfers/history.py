"""Read transfers."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.errors import NotFoundError
from ledger.transfers.tables import transfers


class Transfer(NamedTuple):
    """One transfer and the entries of its steps.

    Attributes:
        number: Counted in the fund from 1.
        state: See `states.NEXT`.
        from_account: Collection account.
        to_account: Fund account.
        commodity: Currency.
        amount: What leaves, fee included; minor units.
        fee: What the bank keeps of it; known when sent.
        reference: Own reference, given to the bank.
        proposed_by: Member who proposed it first.
        approved_by: Member who gave the last approval.
        proposed_seq: Entry.
        approved_seq: Entry.
        sent_seq: Entry.
        ended_seq: Entry that confirmed, returned or rejected it.
        transit_start: Where its sending put it on the transit line.
        decision: Number of the decision that proposed it.
    """

    number: int
    state: str
    from_account: str
    to_account: str
    commodity: str
    amount: int
    fee: int
    reference: str
    proposed_by: str
    approved_by: str | None
    proposed_seq: int
    approved_seq: int | None
    sent_seq: int | None
    ended_seq: int | None
    transit_start: int | None
    decision: int | None


_COLUMNS = [transfers.c[name] for name in Transfer._fields]


def all_transfers(
    connection: sa.Connection, fund_id: int, state: str | None = None
) -> list[Transfer]:
    """Return transfers in the order they were proposed, all or those in one state."""
    query = sa.select(*_COLUMNS).where(transfers.c.fund_id == fund_id)
    if state is not None:
        query = query.where(transfers.c.state == state)
    return [Transfer(*row) for row in connection.execute(query.order_by(transfers.c.number))]


def transfer(connection: sa.Connection, fund_id: int, number: int) -> Transfer:
    """Return one transfer.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        number: The transfer's number.

    Returns:
        The transfer.

    Raises:
        NotFoundError: There is no such transfer.
    """
    row = connection.execute(
        sa.select(*_COLUMNS).where(transfers.c.fund_id == fund_id, transfers.c.number == number)
    ).first()
    if row is None:
        raise NotFoundError(what="transfer", number=number)
    return Transfer(*row)


def of_decision(connection: sa.Connection, fund_id: int, decision: int) -> Transfer:
    """Return the transfer that a decision is about.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        decision: Number of the decision.

    Returns:
        The transfer.

    Raises:
        NotFoundError: It is about none.
    """
    row = connection.execute(
        sa.select(*_COLUMNS).where(
            transfers.c.fund_id == fund_id, transfers.c.decision == decision
        )
    ).first()
    if row is None:
        raise NotFoundError(what="transfer", decision=decision)
    return Transfer(*row)


def last_number(connection: sa.Connection, fund_id: int) -> int:
    """Return the number of the newest transfer, 0 before the first."""
    found = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(transfers.c.number), 0)).where(
            transfers.c.fund_id == fund_id
        )
    ).scalar_one()
    return int(found)
