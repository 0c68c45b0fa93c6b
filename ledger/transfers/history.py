"""Read transfers."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from ledger.errors import NotFoundError
from ledger.keyset import Listing, Sort
from ledger.moneyline.parcels import Parcels, from_text, total
from ledger.transfers.states import PROMISING
from ledger.transfers.tables import transfer_files, transfer_steps, transfers


class Transfer(NamedTuple):
    """One transfer and the entries of its steps.

    Attributes:
        number: Counted in the fund from 1.
        state: See `states.NEXT`.
        from_account: Collection account.
        to_account: Fund account.
        commodity: Currency.
        amount: What leaves, fee included; minor units.
        fee: What the sending bank kept of it.
        reference: Own reference, given to the bank.
        proposed_by: Member who proposed it first.
        approved_by: Member who gave the last approval.
        proposed_seq: Entry.
        approved_seq: Entry.
        sent_seq: Entry by which the first of it left.
        ended_seq: Entry that confirmed, returned or rejected it, with which nothing of it was open any more.
        decision: Number of the decision that proposed it.
        gone: What has left its account, fees included.
        arrived: What has come to the fund's account.
        back: What has come back.
        given_up: What of it will not leave: it was called off when a part had left.
        on_way: Intervals of the transit line, as text.
        purpose: What it is for; anyone may read it.
        payee: What stands for the details of the fund's account as they were proposed; empty of old transfers.
        evidence: Hashes of files, with spaces between.
        entered_by: Member who entered it at the bank.
        entered_seq: Entry.
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
    decision: int | None
    gone: int = 0
    arrived: int = 0
    back: int = 0
    given_up: int = 0
    on_way: str = ""
    purpose: str = ""
    payee: str = ""
    evidence: str = ""
    entered_by: str | None = None
    entered_seq: int | None = None

    @property
    def parcels(self) -> Parcels:
        """Return where it lies on the transit line."""
        return from_text(self.on_way)

    @property
    def under_way(self) -> int:
        """Return what has left and neither arrived nor come back, minor units."""
        return total(self.parcels)

    @property
    def rest(self) -> int:
        """Return what was decided and has not left, minor units."""
        return self.amount - self.gone - self.given_up

    @property
    def promised(self) -> int:
        """Return what its account still owes to it, minor units."""
        return self.rest if self.state in PROMISING else 0


_COLUMNS = [transfers.c[name] for name in Transfer._fields]


def all_transfers(
    connection: sa.Connection, fund_id: int, state: str | None = None
) -> list[Transfer]:
    """Return transfers in the order they were proposed, all or those in one state."""
    query = sa.select(*_COLUMNS).where(transfers.c.fund_id == fund_id)
    if state is not None:
        query = query.where(transfers.c.state == state)
    return [Transfer(*row) for row in connection.execute(query.order_by(transfers.c.number))]


class TransferFilter(NamedTuple):
    """Which transfers are asked for; empty texts ask for all.

    Attributes:
        state: One of the states.
        account: That it leaves or reaches.
        text: Stands in its reference or purpose, without regard to case.
    """

    state: str = ""
    account: str = ""
    text: str = ""


def transfer_listing(fund_id: int, wanted: TransferFilter) -> Listing[Transfer]:
    """Return transfers as a list that the database sorts and cuts, newest first.

    Args:
        fund_id: The fund.
        wanted: Which.

    Returns:
        The list; orders `number`, `state` and `amount`.
    """
    c = transfers.c
    query = sa.select(*_COLUMNS).where(c.fund_id == fund_id)
    if wanted.state:
        query = query.where(c.state == wanted.state)
    if wanted.account:
        query = query.where(
            sa.or_(*(side == wanted.account for side in (c.from_account, c.to_account)))
        )
    if wanted.text:
        like = (one.icontains(wanted.text, autoescape=True) for one in (c.reference, c.purpose))
        query = query.where(sa.or_(*like))
    return Listing(
        query,
        {"number": (c.number,), "state": (c.state, c.number), "amount": (c.amount, c.number)},
        Sort("number", descending=True),
        lambda _connection, rows: [
            Transfer(*(row[name] for name in Transfer._fields)) for row in rows
        ],
        c.commodity,
    )


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


def kept_files(connection: sa.Connection, fund_id: int, hashes: Iterable[str]) -> frozenset[str]:
    """Return those of some hashes, hexadecimal, under which a file of evidence is kept."""
    wanted = [bytes.fromhex(one) for one in hashes if _is_hash(one)]
    rows = connection.execute(
        sa.select(transfer_files.c.sha256).where(
            transfer_files.c.fund_id == fund_id, transfer_files.c.sha256.in_(wanted)
        )
    ).scalars()
    return frozenset(bytes(one).hex() for one in rows)


def _is_hash(text: str) -> bool:
    return len(text) == 2 * sha256().digest_size and not set(text) - set("0123456789abcdef")


def last_payee(connection: sa.Connection, fund_id: int, account: str) -> tuple[int, str] | None:
    """Return the newest transfer that has left to an account and names its payee: number and payee.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        account: Of the fund.

    Returns:
        None before the first.
    """
    row = connection.execute(
        sa.select(transfers.c.number, transfers.c.payee)
        .where(
            transfers.c.fund_id == fund_id,
            transfers.c.to_account == account,
            transfers.c.sent_seq.is_not(None),
            transfers.c.payee != "",
        )
        .order_by(transfers.c.sent_seq.desc())
        .limit(1)
    ).first()
    return None if row is None else (int(row.number), str(row.payee))


def last_number(connection: sa.Connection, fund_id: int) -> int:
    """Return the number of the newest transfer, 0 before the first."""
    found = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(transfers.c.number), 0)).where(
            transfers.c.fund_id == fund_id
        )
    ).scalar_one()
    return int(found)


class Step(NamedTuple):
    """An entry about a transfer, beside those of its decision.

    Attributes:
        seq: The entry.
        step: `entered`, `sent`, `confirmed`, `returned`, `released`, `stopped` …
        amount: What moved, fee included, minor units; 0 where nothing did.
        fee: What a bank kept of it.
        reverses: Entry of the step that a release took back; else None.
    """

    seq: int
    step: str
    amount: int
    fee: int
    reverses: int | None


def steps(connection: sa.Connection, fund_id: int, number: int) -> list[Step]:
    """Return the steps of a transfer beside those of its decision, oldest first."""
    columns = [transfer_steps.c[name] for name in Step._fields]
    rows = connection.execute(
        sa.select(*columns)
        .where(transfer_steps.c.fund_id == fund_id, transfer_steps.c.number == number)
        .order_by(transfer_steps.c.place)
    )
    return [Step(*row) for row in rows]


def released_between(connection: sa.Connection, fund_id: int, first: int, stop: int) -> list[int]:
    """Return the numbers of the transfers of which entries of a span took a step back."""
    rows = connection.execute(
        sa.select(transfer_steps.c.number)
        .distinct()
        .where(
            transfer_steps.c.fund_id == fund_id,
            transfer_steps.c.seq >= first,
            transfer_steps.c.seq < stop,
            transfer_steps.c.step == "released",
        )
        .order_by(transfer_steps.c.number)
    )
    return [int(row.number) for row in rows]


class Part(NamedTuple):
    """What left by one entry and arrived, or came back, by one entry; or is still under way.

    Attributes:
        sent_seq: By which it left.
        amount: Minor units, without what the sending bank kept.
        ended_seq: By which it arrived or came back; None while it is under way.
        came_back: Whether it came back.
    """

    sent_seq: int
    amount: int
    ended_seq: int | None
    came_back: bool = False


def parts_of(found: Iterable[Step]) -> list[Part]:
    """Pair what left with what arrived or came back, first in, first out.

    Args:
        found: Steps of one transfer, oldest first; perhaps only those up to some entry.

    Returns:
        What ended, in the order in which it did, and then what is under way.
    """
    ended: list[Part] = []
    way: list[tuple[int, int]] = []  # entry of the sending, and how much
    for one in found:
        if one.step == "sent":
            way.append((one.seq, one.amount - one.fee))
        elif one.step in ("confirmed", "returned"):
            taken, way = _take(way, one.amount)
            back = one.step == "returned"
            ended += [Part(seq, amount, one.seq, back) for seq, amount in taken]
        elif one.step == "released":
            way = [two for two in way if two[0] != one.reverses]
            again = [two for two in ended if two.ended_seq == one.reverses]
            ended = [two for two in ended if two.ended_seq != one.reverses]
            way += [(two.sent_seq, two.amount) for two in again]
    return [*ended, *(Part(seq, amount, None) for seq, amount in way)]


def _take(
    way: list[tuple[int, int]], amount: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    taken = []
    left = list(way)
    while amount and left:
        seq, there = left[0]
        part = min(there, amount)
        taken.append((seq, part))
        left[:1] = [(seq, there - part)] if there > part else []
        amount -= part
    return taken, left
