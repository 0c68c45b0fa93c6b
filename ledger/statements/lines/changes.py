"""What a month changed: the readings that several sections share."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.funds.history import Channel
from ledger.journal.balances import Totals
from ledger.projections.month import Month, Movement
from reports.statement import Name


def change(month: Month, account: str) -> Totals:
    """Return what the month added to an account's debits and credits."""
    before, after = month.opening[account], month.closing[account]
    return Totals(after.debits - before.debits, after.credits - before.credits)


def balance(month: Month, prefix: str) -> int:
    """Return what the month added to the balance of the accounts whose name begins so, minor units."""
    return month.debits(prefix) - month.credits(prefix)


def net_credits(month: Month, prefix: str) -> int:
    """Return by how much its credits exceed its debits there, minor units."""
    return month.credits(prefix) - month.debits(prefix)


def put_back(month: Month, prefix: str) -> int:
    """Return what releases of matches moved back to the accounts whose name begins so, minor units."""
    return sum(one.to_length for one in month.released("", prefix))


def settlements(month: Month) -> Iterable[Movement]:
    """Return the month's settlements, one movement each."""
    return (one for one in month.movements if one.kind == "settlement")


def in_fund(one: Movement, month: Month) -> bool:
    """Tell whether a settlement can be listed: all of it is in the fund's currency."""
    return bool(one.body["commodity"] == one.body["net_commodity"] == month.details.commodity)


def title(channel: Channel) -> Name:
    """Return a channel's name as statements print it."""
    return Name(channel.title_zh or channel.name, channel.title_en)
