"""Account names: legal in beancount and hledger, so that an export is one to one."""

from __future__ import annotations

import re

from ledger.errors import FieldError

_NAME = re.compile(
    r"(?:Assets|Liabilities|Income|Expenses|Equity)(?::[A-Z0-9][A-Za-z0-9-]{0,39}){1,4}"
)
_COMPONENT = re.compile(r"[A-Z0-9][A-Za-z0-9-]{0,39}")

CONVERSION = "Equity:Conversion"
OPENING = "Equity:Opening-Balances"
BANK_FEES = "Expenses:BankFees:All"
RETURN_FEES = "Expenses:BankFees:Returned"
"""What a bank kept of a transfer that came back: it leaves the account, so it has places on the money line."""

FUND_FEES = "Expenses:FundFees:Bank"
"""What the fund's own bank keeps: it leaves an account of the fund, not one that collects."""
DONATIONS = "Income:Donations:Direct"
INTEREST = "Income:Interest:Bank"
OTHER_INCOME = "Income:Other:Bank"
RETURNED_GRANTS = "Income:ReturnedGrants:All"
"""What somebody paid back of what the fund had spent: it is no undone spend, the money came anew."""
OTHER_PAYMENTS = "Expenses:Other:Bank"
BANK_CHARGES = "Expenses:BankFees:Charges"
"""What a bank charges by itself; what it keeps of a transfer is on `BANK_FEES`."""
MANAGEMENT = "Expenses:Management:"
DONATION_REFUNDS = "Expenses:DonationRefunds:"
UNCLASSIFIED = "Unclassified"
"""The disease of spending whose sheet has not come yet: "not classified" is a row, not a gap."""


def check_name(name: str) -> str:
    """Return an account's name if it is legal.

    Args:
        name: For example `Assets:Platform:Kuaishou`.

    Returns:
        The same name.

    Raises:
        FieldError: Not `Root:Component…` with components of letters, digits and dashes that begin with a
            capital or a digit.

    Source:
        Beancount Language Syntax, "Accounts"; hledger manual, "Account names".
    """
    if not _NAME.fullmatch(name):
        raise FieldError(field="account", value=name[:60], reason="not-an-account-name")
    return name


def check_component(text: str) -> str:
    """Return one component of an account's name if it is legal.

    Args:
        text: For example `Kuaishou`.

    Returns:
        The same text.

    Raises:
        FieldError: Not letters, digits and dashes beginning with a capital or a digit.
    """
    if not _COMPONENT.fullmatch(text):
        raise FieldError(field="name", value=text[:60], reason="not-a-component")
    return text


def platform(channel: str) -> str:
    """Return the account of what a channel's platform holds: stage *raised*."""
    return f"Assets:Platform:{channel}"


def payout(channel: str) -> str:
    """Return the account of what is settled and not paid out yet: stage *settled*."""
    return f"Assets:Payout:{channel}"


def bank(name: str) -> str:
    """Return a collection account: stage *in the bank*."""
    return f"Assets:Bank:{name}"


def in_transit(name: str) -> str:
    """Return the account of what is under way to a fund account: stage *on its way*."""
    return f"Assets:InTransit:{name}"


def fund(name: str) -> str:
    """Return an account of the fund: stage *in the fund*."""
    return f"Assets:Fund:{name}"


def programme(disease: str) -> str:
    """Return the account of spending on a disease: stage *at work*."""
    return f"Expenses:Programme:{disease}"


def gifts(channel: str) -> str:
    """Return the income account of a channel's gifts."""
    return f"Income:Gifts:{channel}"


def unattributed(channel: str) -> str:
    """Return the income account of what a platform settled beyond the gifts that we know."""
    return f"Income:Unattributed:{channel}"


def platform_share(channel: str) -> str:
    """Return the expense account of a platform's share."""
    return f"Expenses:PlatformShare:{channel}"


def tax(channel: str) -> str:
    """Return the expense account of tax that a platform withheld."""
    return f"Expenses:Tax:{channel}"


def chargebacks(channel: str) -> str:
    """Return the expense account of what a platform took back."""
    return f"Expenses:Chargebacks:{channel}"


def written_off(account: str) -> str:
    """Return the expense account of what is written off from an account, such as `Assets:Payout:Kuaishou`."""
    return f"Expenses:WrittenOff:{account.removeprefix('Assets:')}"


def platform_fee(channel: str) -> str:
    """Return the expense account of a fee that a platform stated and kept of a payout."""
    return f"Expenses:PlatformFees:{channel}"


def rounded_away(channel: str) -> str:
    """Return the expense account of what came short of a settlement within the tolerance."""
    return f"Expenses:Rounding:{channel}"


def rounded_up(channel: str) -> str:
    """Return the income account of what came beyond a settlement within the tolerance."""
    return f"Income:Rounding:{channel}"


def management(item: str) -> str:
    """Return the expense account of one kind of management cost."""
    return f"{MANAGEMENT}{item}"


def donation_refunds(account: str) -> str:
    """Return the expense account of direct donations given back from a `Bank` or `Fund` account."""
    return f"{DONATION_REFUNDS}{account.split(':')[1]}"
