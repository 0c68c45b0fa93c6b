"""Read Stripe's payout reconciliation report `payout_reconciliation.itemized` (CSV)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.assembly import bank_file
from ledger.matching.formats.mapped import moment
from ledger.matching.formats.sheets import (
    YEARS,
    Record,
    Row,
    check_unique,
    header_at,
    plain,
    rows_under,
)
from ledger.matching.lines import BankFile, BankLine, normalise_text, references_in
from ledger.money import EXPONENTS

FORMAT = "stripe_payouts"

PAYOUT = "automatic_payout_id"
LINE_ID = "balance_transaction_id"
TIME = "created_utc"
CURRENCY = "currency"
GROSS = "gross"
FEE = "fee"
NET = "net"
CATEGORY = "reporting_category"
SEARCHED = ("source_id", "description", "charge_id", "payment_intent_id")

REQUIRED = (PAYOUT, LINE_ID, TIME, CURRENCY, GROSS, FEE, NET, CATEGORY)

FEE_CATEGORIES = ("fee", "network_cost", "platform_fee", "tax")


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this report; its columns are chosen freely."""
    return header_at(given, REQUIRED, plain) is not None


def read(name: str, given: Sequence[Record]) -> tuple[BankFile, ...]:
    """Read the transactions of payouts.

    1. gross − fee = net in every row.
    2. A transaction is one line of its gross and, if there is one, one of its fee; so the lines of
    a payout sum to what arrives at the bank.

    Args:
        name: File name for errors.
        given: Records of the whole file; amounts are in whole units of the currency.

    Returns:
        One statement for each payout and currency, `account` empty: Stripe names none. There are no
        balances.

    Raises:
        FileFormatError: A column or a value is wrong.
        BalanceTieError: A row's net is not its gross less its fee.

    Source:
        Inputs, section 5.4.
    """
    start = header_at(given, REQUIRED, plain)
    if start is None:
        raise FileFormatError(file=name, line=1, field="header", reason="not-a-payout-report")
    rows = list(rows_under(name, given[start], given[start + 1 :], plain))
    if not rows:
        raise FileFormatError(file=name, line=given[start].line, field="row", reason="no-lines")
    check_unique(rows, LINE_ID)
    payouts: dict[tuple[str, str], list[BankLine]] = {}
    for row in rows:
        key = (row.identifier_needed(PAYOUT), _commodity(row))
        payouts.setdefault(key, []).extend(_lines(row, *key))
    return tuple(
        bank_file(FORMAT, lines, "", commodity) for (_, commodity), lines in payouts.items()
    )


def _commodity(row: Row) -> str:
    commodity = row.text(CURRENCY).upper()
    if commodity not in EXPONENTS:
        raise row.wrong(CURRENCY, "unknown-currency")
    return commodity


def _lines(row: Row, payout: str, commodity: str) -> list[BankLine]:
    gross, fee, net = (row.amount_needed(field, commodity) for field in (GROSS, FEE, NET))
    if gross - fee != net:
        raise BalanceTieError(
            file=row.file, line=row.line, field=NET, expected=gross - fee, found=net
        )
    number = row.identifier_needed(LINE_ID)
    category = row.text(CATEGORY)
    words = [row.text(field) for field in SEARCHED]
    line = BankLine(
        line_no=row.line,
        account="",
        booked_at=_instant(row),
        amount_minor=gross,
        commodity=commodity,
        balance_minor=None,
        bank_id=number,
        references=references_in(*words, payout, number),
        counterparty="",
        text=normalise_text(f"{category} {row.text('description')} {payout}"),
        kind="fee" if category in FEE_CATEGORIES else "ordinary",
    )
    if not fee:
        return [line]
    return [line, replace(line, amount_minor=-fee, bank_id=f"{number}/fee", kind="fee")]


def _instant(row: Row) -> datetime:
    try:
        at = moment(row.text(TIME), "%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError) as error:
        raise row.wrong(TIME, "not-a-time") from error
    if at.year not in YEARS:
        raise row.wrong(TIME, "not-a-time")
    return at.replace(tzinfo=UTC)
