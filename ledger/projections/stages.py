"""The six stages of a fund's money, each term summed from its own accounts.

All money of the fund's commodity is counted, so that what waits at a stage is the balance of its
accounts. Money that was not a gift (an opening balance, interest, a donation, what a bank paid in,
what a conversion brought) *joins* at the stage where it entered. For each stage

    reached = joined + what the stage before passed on = waiting + left + what the next stage took

holds exactly, because every posting that touches the way is on one side of one of these sums. What
came back is not counted as reached again: a returned transfer is taken off `bank` and `sent`, a
reversed spend off `fund` and `work`, a reversed receipt or payment off the stage of its account.
No term is made from another term; who shows them compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.funds.history import Channel
from ledger.journal import accounts as names
from ledger.journal.balances import ANY_SIZE
from ledger.journal.tables import postings
from ledger.moneyline.tables import segments
from ledger.projections.accounts import Accounts
from ledger.projections.shapes import Joined, JoinedKey, Left, LeftKey, Stage, StageKey

PLATFORM, PAYOUT, BANK = "Assets:Platform:", "Assets:Payout:", "Assets:Bank:"
TRANSIT, FUND, PROGRAMME = "Assets:InTransit:", "Assets:Fund:", "Expenses:Programme:"
GIFTS, UNATTRIBUTED = "Income:Gifts:", "Income:Unattributed:"
SHARE, TAX, CHARGEBACKS = "Expenses:PlatformShare:", "Expenses:Tax:", "Expenses:Chargebacks:"
BANK_FEES = "Expenses:BankFees:"
FUND_FEES = "Expenses:FundFees:"
REFUNDED_BANK = names.donation_refunds("Assets:Bank:")
REFUNDED_FUND = names.donation_refunds("Assets:Fund:")
INCOME = "Income:"
WRITTEN_OFF = "Expenses:WrittenOff:Payout:"
"""What platforms owe and will not pay."""
ROUNDED_AWAY = "Expenses:Rounding:"
"""What came short of settlements, within the tolerance."""
PLATFORM_FEES = "Expenses:PlatformFees:"
"""Fees that platforms stated and kept of payouts."""
KEPT = (WRITTEN_OFF, ROUNDED_AWAY, PLATFORM_FEES)
"""Where goes what is settled and does not come."""

_DEDUCTIONS: tuple[tuple[str, LeftKey], ...] = (
    (SHARE, "platform_share"),
    (TAX, "tax"),
    (CHARGEBACKS, "chargeback"),
)
_JOINED: Mapping[str, JoinedKey] = {
    names.OPENING: "opening",
    names.INTEREST: "interest",
    names.DONATIONS: "donation",
    names.RETURNED_GRANTS: "returned_grant",
}


class Outside(NamedTuple):
    """Money that came to an account from outside the way.

    Attributes:
        account: Bank or fund account.
        key: Where it came from.
        amount: Minor units.
    """

    account: str
    key: JoinedKey
    amount: int


def joined_key(income: str) -> JoinedKey:
    """Name where money came from by the account that it is credited to."""
    return _JOINED.get(income, "other")


def from_outside(connection: sa.Connection, fund_id: int, accounts: Accounts) -> list[Outside]:
    """Sum what came from outside, by account and origin.

    One row of the money line for each such line of a bank's file, read by index. What was reversed is taken off.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        accounts: Their size and commodity decide what is counted.

    Returns:
        Sums, by account and origin.
    """
    by_id = {account_id: name for name, account_id in accounts.ids.items()}
    rows = connection.execute(
        sa.select(postings.c.debit_id, postings.c.credit_id, sa.func.sum(postings.c.amount))
        .select_from(
            # From the line's rows to their postings, never the other way: a plain join leaves the order to the
            # database, and SQLite then reads the postings of every gift.
            segments.outerjoin(
                postings,
                sa.and_(
                    postings.c.fund_id == segments.c.fund_id,
                    postings.c.seq == segments.c.seq,
                    postings.c.debit_id == segments.c.target_id,
                    postings.c.commodity == segments.c.target_commodity,
                ),
            )
        )
        .where(
            segments.c.fund_id == fund_id,
            segments.c.source_id.is_(None),
            segments.c.target_commodity == accounts.commodity,
            *_counted(accounts),
        )
        .group_by(postings.c.debit_id, postings.c.credit_id)
        .order_by(postings.c.debit_id, postings.c.credit_id)
    )
    found = [
        Outside(by_id[debit], joined_key(by_id[credit]), int(amount))
        for debit, credit, amount in rows
        # The entry by which a bank's fee comes back brings more than the fee.
        if debit is not None and not by_id[credit].startswith(("Assets:", "Expenses:"))
    ]
    taken_back = connection.execute(
        sa.select(segments.c.source_id, segments.c.target_id, sa.func.sum(segments.c.to_length))
        .where(
            segments.c.fund_id == fund_id,
            segments.c.target_id.in_([accounts.ids[name] for name, _ in accounts.below(INCOME)]),
            segments.c.target_commodity == accounts.commodity,
            segments.c.source_id.is_not(None),
            *_counted(accounts),
        )
        .group_by(segments.c.source_id, segments.c.target_id)
        .order_by(segments.c.source_id, segments.c.target_id)
    )
    found += [
        Outside(by_id[source], joined_key(by_id[target]), -int(amount))
        for source, target, amount in taken_back
    ]
    return found


def _counted(accounts: Accounts) -> tuple[sa.ColumnElement[bool], ...]:
    """Return which segments count at the accounts' size.

    Added to, so that no database enters by the numbers of entries: it would read all of them, where few come from
    outside or go back.
    """
    return () if accounts.size == ANY_SIZE else (segments.c.seq + 0 < accounts.size,)


class CameBack(NamedTuple):
    """What went back a stage, minor units: it is not counted as reached again.

    Attributes:
        to_bank: Transfers that a bank returned, or whose sending was released.
        to_payout: Payouts whose match was released.
        to_transit: Arrivals whose match was released.
    """

    to_bank: int
    to_payout: int = 0
    to_transit: int = 0


def returned(connection: sa.Connection, fund_id: int, accounts: Accounts) -> CameBack:
    """Sum what came back from each stage to the one before it."""

    def back(source: str, target: str) -> int:
        found = connection.execute(
            sa.select(sa.func.coalesce(sa.func.sum(segments.c.to_length), 0)).where(
                segments.c.fund_id == fund_id,
                segments.c.source_id.in_(
                    [accounts.ids[name] for name, _ in accounts.below(source)]
                ),
                segments.c.source_commodity == accounts.commodity,
                segments.c.target_id.in_(
                    [accounts.ids[name] for name, _ in accounts.below(target)]
                ),
                *_counted(accounts),
            )
        ).scalar_one()
        return int(found)

    return CameBack(back(TRANSIT, BANK), back(BANK, PAYOUT), back(FUND, TRANSIT))


def make_stages(
    accounts: Accounts,
    channels: Sequence[Channel],
    outside: Sequence[Outside],
    came_back: CameBack,
) -> tuple[Stage, ...]:
    """Sum the six stages.

    Args:
        accounts: In the fund's commodity.
        channels: The fund's channels: a channel in another currency brings money in by conversion.
        outside: What `from_outside` gave for the same accounts.
        came_back: What `returned` gave.

    Returns:
        The stages in order; waits and lateness are not known here.
    """
    foreign = {one.name for one in channels if one.commodity != accounts.commodity}
    conversion = accounts[names.CONVERSION]
    reversed_spending = accounts.credits(PROGRAMME)
    undone_bank = (
        accounts.credits(BANK_FEES)
        + accounts.credits(names.OTHER_PAYMENTS)
        + accounts.credits(REFUNDED_BANK)
        - _taken_back(outside, BANK)
    )
    undone_fund = (
        accounts.credits(FUND_FEES)
        + accounts.credits(names.MANAGEMENT)
        + accounts.credits(REFUNDED_FUND)
        - _taken_back(outside, FUND)
    )
    deducted = sum(
        accounts.balance(prefix + name) for prefix, _ in _DEDUCTIONS for name in foreign
    )
    work = accounts.balance(PROGRAMME)
    return (
        Stage(
            "raised",
            accounts.credits(GIFTS)
            + accounts.credits(UNATTRIBUTED)
            - accounts.debits(UNATTRIBUTED),
            accounts.balance(PLATFORM),
            _left(
                {
                    **_deductions(accounts, foreign, wanted=False),
                    "refund": accounts.debits(GIFTS),
                    "other": conversion.debits,
                }
            ),
        ),
        Stage(
            "settled",
            accounts.debits(PAYOUT)
            + deducted
            - came_back.to_payout
            # Fees and differences that were booked and were none: nothing was settled anew.
            - accounts.credits(ROUNDED_AWAY)
            - accounts.credits(PLATFORM_FEES),
            accounts.balance(PAYOUT),
            _left(
                {
                    **_deductions(accounts, foreign, wanted=True),
                    "written_off": accounts.balance(WRITTEN_OFF) + accounts.balance(ROUNDED_AWAY),
                    "platform_fee": accounts.balance(PLATFORM_FEES),
                }
            ),
            joined=(Joined("other", conversion.credits),) if conversion.credits else (),
        ),
        Stage(
            "bank",
            accounts.debits(BANK) - came_back.to_bank - came_back.to_payout - undone_bank,
            accounts.balance(BANK),
            _left(
                {
                    "bank_fee": accounts.balance(BANK_FEES),
                    "donation_refund": accounts.balance(REFUNDED_BANK),
                    "other": accounts.balance(names.OTHER_PAYMENTS),
                }
            ),
            joined=_joined(outside, BANK),
        ),
        Stage(
            "sent",
            accounts.debits(TRANSIT) - came_back.to_bank - came_back.to_transit,
            accounts.balance(TRANSIT),
        ),
        Stage(
            "fund",
            accounts.debits(FUND) - reversed_spending - came_back.to_transit - undone_fund,
            accounts.balance(FUND),
            _left(
                {
                    "bank_fee": accounts.balance(FUND_FEES),
                    "management_cost": accounts.balance(names.MANAGEMENT),
                    "donation_refund": accounts.balance(REFUNDED_FUND),
                }
            ),
            joined=_joined(outside, FUND),
        ),
        Stage("work", work, work),
    )


def _taken_back(outside: Sequence[Outside], prefix: str) -> int:
    """Sum what of the receipts of a stage's accounts was reversed, below zero."""
    return sum(one.amount for one in outside if one.amount < 0 and one.account.startswith(prefix))


def _deductions(accounts: Accounts, foreign: set[str], *, wanted: bool) -> dict[LeftKey, int]:
    """Sum what settlements deduct, of foreign channels or of all others.

    A foreign channel's deductions are stated in the currency that it pays in, behind the conversion.
    """
    found: dict[LeftKey, int] = {}
    for prefix, key in _DEDUCTIONS:
        found[key] = sum(
            totals.balance
            for name, totals in accounts.below(prefix)
            if (name.removeprefix(prefix) in foreign) is wanted
        )
    return found


def _left(parts: Mapping[LeftKey, int]) -> tuple[Left, ...]:
    order = sorted(parts.items(), key=lambda part: -part[1])
    return tuple(Left(key, amount) for key, amount in order if amount)


def _joined(outside: Sequence[Outside], prefix: str) -> tuple[Joined, ...]:
    found: dict[JoinedKey, int] = {}
    for one in outside:
        if one.account.startswith(prefix):
            found[one.key] = found.get(one.key, 0) + one.amount
    order = sorted(found.items(), key=lambda part: -part[1])
    return tuple(Joined(key, amount) for key, amount in order if amount)


def stages_at(
    connection: sa.Connection, fund_id: int, accounts: Accounts, channels: Sequence[Channel]
) -> tuple[Stage, ...]:
    """Read and sum the six stages in a log of the accounts' size."""
    return make_stages(
        accounts,
        channels,
        from_outside(connection, fund_id, accounts),
        returned(connection, fund_id, accounts),
    )


ACCOUNTS_OF: Mapping[StageKey, str] = {
    "raised": PLATFORM,
    "settled": PAYOUT,
    "bank": BANK,
    "sent": TRANSIT,
    "fund": FUND,
    "work": PROGRAMME,
}
"""How the accounts of a stage begin."""
