"""What money should come and go, from the doors' own rows: what the passes match bank lines with.

Each has a day on which it is due. A settlement's net is due from the day that its sheet came, at the latest when its
period ends. A transfer may have left before its approval was put in, and spending may be paid in advance, so these
look back as far as a reference looks ahead.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.clock import from_ms, from_text, month_end
from ledger.funds import history as funds
from ledger.intake.history import gifts_on_line
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.matching import history
from ledger.matching.history import StoredLine, StoredSettlement
from ledger.matching.items import DAYS_AFTER, Expectation, Observation, Run, carries_number
from ledger.matching.lines import BankLine
from ledger.matching.officers_rules import TOLERANCE_MAX
from ledger.spending import history as spending
from ledger.transfers import history as transfer_history
from ledger.transfers.history import Transfer

STEPS = ("R3", "R4", "R5", "R6")
"""In the order of the money's way: a transfer can be confirmed only when it was sent."""

_BACK = timedelta(days=DAYS_AFTER)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something expected, and the row of a door that expects it.

    Attributes:
        expectation: As the passes see it.
        settlement: Of step R3.
        transfer: Of steps R4 and R5.
        reference: Of step R6.
        fees: Lines beside the transfer's own that the bank took as its fee.
    """

    expectation: Expectation
    settlement: StoredSettlement | None = None
    transfer: Transfer | None = None
    reference: str = ""
    fees: tuple[StoredLine, ...] = ()


def line_id(line: StoredLine) -> str:
    """Name a bank line among all of a fund."""
    return f"{line.account}/{line.identity}"


def seen(lines: Iterable[StoredLine], zone: str) -> list[Observation]:
    """Return lines as the passes see them, their times in the fund's zone: the day that the bank means."""
    return [Observation(line_id(one), one.account, _in_zone(one, zone)) for one in lines]


def _in_zone(one: StoredLine, zone: str) -> BankLine:
    return replace(one.line, booked_at=one.line.booked_at.astimezone(ZoneInfo(zone)))


class Expecting:
    """Tells what a fund expects.

    Args:
        connection: In a transaction.
        fund: The fund.
        also: Ids of what is explained already and is looked at as if it were not: for a dry run.
    """

    def __init__(
        self, connection: sa.Connection, fund: Fund, also: frozenset[str] = frozenset()
    ) -> None:
        self._connection, self._fund, self._also = connection, fund, also
        self._details = funds.details(connection, fund.fund_id)

    @property
    def zone(self) -> str:
        """Return the fund's time zone."""
        return self._details.zone

    def of_step(self, step: str, lines: Sequence[StoredLine]) -> dict[str, Thing]:
        """Return what a step expects.

        Args:
            step: One of `STEPS`.
            lines: Open lines: a fee beside a transfer is one of them.

        Returns:
            Things by the id of their expectation.
        """
        make = {
            "R3": lambda: self._payouts(lines),
            "R4": lambda: self._sendings(lines),
            "R5": self._arrivals,
            "R6": self._payments,
        }[step]
        return {one.expectation.id: one for one in make()}

    def _payouts(self, lines: Sequence[StoredLine]) -> list[Thing]:
        """R3: each settlement's net, on any collection account, by its statement number."""
        collecting = self._names("Assets:Bank:")
        unpaid = self._settlements()
        booked = self._days_of([one.settled_seq for one in unpaid])
        gifts = gifts_of(self._connection, self._fund.fund_id, unpaid, lines)
        found = []
        for one in unpaid:
            expectation = self._payout(one, collecting, booked[one.settled_seq])
            counted = replace(expectation, gifts=gifts.get(one.settled_seq))
            found.append(Thing(counted, settlement=one))
        return found

    def _settlements(self) -> list[StoredSettlement]:
        return [
            one
            for one in history.settlements(self._connection, self._fund.fund_id)
            if one.net > 0 and (one.paid_seq is None or payout_id(one) in self._also)
        ]

    def _payout(
        self, one: StoredSettlement, accounts: tuple[str, ...], booked: date
    ) -> Expectation:
        last = (month_end(one.period, self.zone) - timedelta(seconds=1)).astimezone(
            ZoneInfo(self.zone)
        )
        return Expectation(
            id=payout_id(one),
            step="R3",
            accounts=accounts,
            commodity=one.commodity,
            amount_minor=one.net,
            references=(one.statement_no,),
            due_first=min(booked, last.date()),
            due_last=last.date(),
            run=Run(one.channel, last.date().replace(day=1), last.date()),
            fee_minor=one.payout_fee or None,
        )

    def _days_of(self, seqs: Sequence[int]) -> dict[int, date]:
        """Return the day, where the fund is, on which each of some entries happened."""
        zone = ZoneInfo(self.zone)
        found = {}
        for seq in seqs:
            stored = journal_history.entry(self._connection, self._fund.fund_id, seq)
            found[seq] = from_text(decode(stored.entry)["occurred_at"]).astimezone(zone).date()
        return found

    def _transfers(self, *states: str) -> list[Transfer]:
        return [
            one
            for one in transfer_history.all_transfers(self._connection, self._fund.fund_id)
            if one.state in states or transfer_id(one) in self._also
        ]

    def _sendings(self, lines: Sequence[StoredLine]) -> list[Thing]:
        """R4: each approved transfer, by its reference: what left, or what left beside a fee of the same reference."""
        wanted = [
            one
            for one in self._transfers("approved", "sent")
            if one.approved_seq is not None and (one.rest or transfer_id(one) in self._also)
        ]
        approved = self._days_of([one.approved_seq or 0 for one in wanted])
        found = []
        for one in wanted:
            fees = _fees_beside(one, lines)
            fee = sum(-line.line.amount_minor for line in fees)
            day = approved[one.approved_seq or 0]
            expectation = Expectation(
                id=transfer_id(one),
                step="R4",
                accounts=(one.from_account,),
                commodity=one.commodity,
                amount_minor=-((one.rest or one.amount) - fee),
                references=(one.reference,),
                due_first=day - _BACK,
                due_last=day,
            )
            found.append(Thing(expectation, transfer=one, fees=tuple(fees)))
        return found

    def _arrivals(self) -> list[Thing]:
        """R5: each transfer under way, by its own reference or those that the bank gave its sending."""
        wanted = [
            one
            for one in self._transfers("sent")
            if one.sent_seq is not None and (one.under_way or transfer_id(one) in self._also)
        ]
        sent = self._days_of([one.sent_seq or 0 for one in wanted])
        found = []
        for one in wanted:
            day = sent[one.sent_seq or 0]
            own = history.references_of_entry(self._connection, self._fund.fund_id, one.sent_seq)
            expectation = Expectation(
                id=transfer_id(one),
                step="R5",
                accounts=(one.to_account,),
                commodity=one.commodity,
                amount_minor=one.under_way or one.amount - one.fee,
                references=(one.reference, *own),
                due_first=day,
                due_last=day,
            )
            found.append(Thing(expectation, transfer=one))
        return found

    def _payments(self) -> list[Thing]:
        """R6: the sum of all spending with one payment reference that no line explains."""
        paying = self._names("Assets:Fund:")
        zone = ZoneInfo(self.zone)
        connection, fund_id = self._connection, self._fund.fund_id
        seqs = {
            seq for account in paying for seq in history.explaining(connection, fund_id, account)
        }
        explained = spending.references_of(connection, fund_id, seqs) if seqs else set()
        found = []
        for one in spending.payments(connection, fund_id):
            id_ = payment_id(one.reference)
            if one.reference in explained and id_ not in self._also:
                continue
            expectation = Expectation(
                id=id_,
                step="R6",
                accounts=paying,
                commodity=self._details.commodity,
                amount_minor=-one.amount,
                references=(one.reference,),
                due_first=from_ms(one.first_ms).astimezone(zone).date() - _BACK,
                due_last=from_ms(one.last_ms).astimezone(zone).date(),
            )
            found.append(Thing(expectation, reference=one.reference))
        return found

    def _names(self, prefix: str) -> tuple[str, ...]:
        return tuple(
            one.name
            for one in funds.money_account_list(self._connection, self._fund.fund_id)
            if one.name.startswith(prefix)
        )


def payout_id(one: StoredSettlement) -> str:
    """Name the payout of a settlement: two platforms may count alike."""
    return f"settlement/{one.channel}/{one.statement_no}"


def gifts_of(
    connection: sa.Connection,
    fund_id: int,
    settlements: Iterable[StoredSettlement],
    lines: Iterable[StoredLine],
) -> dict[int, int]:
    """Count the gifts in the settlements that some line names and misses by little: rounding may take a fen of each.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        settlements: Not paid yet.
        lines: Open ones.

    Returns:
        By the settlement's entry: how many, at most `TOLERANCE_MAX`; those that no line misses by little are left out.
    """
    by_amount = sorted((one.line for one in lines), key=_amount)
    found = {}
    for one in settlements:
        at = bisect_left(by_amount, one.net - TOLERANCE_MAX, key=_amount)
        if any(_names(line, one) for line in takewhile(_below(one), islice(by_amount, at, None))):
            entry = journal_history.entry(connection, fund_id, one.settled_seq)
            # One whose gross was nothing moved nothing.
            for segment in decode(entry.entry)["body"].get("segments", [])[:1]:
                span = (segment["start"], segment["end"])
                found[one.settled_seq] = gifts_on_line(
                    connection, fund_id, one.channel, span, TOLERANCE_MAX
                )
    return found


def _amount(line: BankLine) -> int:
    return line.amount_minor


def _names(line: BankLine, one: StoredSettlement) -> bool:
    """Tell whether a line of another sum is a settlement's by its number: what the pass `tolerance` asks."""
    return line.amount_minor != one.net and carries_number(line, one.statement_no)


def _below(one: StoredSettlement) -> Callable[[BankLine], bool]:
    return lambda line: line.amount_minor <= one.net + TOLERANCE_MAX


def transfer_id(one: Transfer) -> str:
    """Name a transfer."""
    return f"transfer/{one.number}"


def payment_id(reference: str) -> str:
    """Name the spending that was paid at once."""
    return f"payment/{reference}"


def _fees_beside(one: Transfer, lines: Sequence[StoredLine]) -> list[StoredLine]:
    """Return the fee lines that share a reference with the transfer's own line out."""
    mine = [
        line
        for line in lines
        if line.account == one.from_account
        and line.line.amount_minor < 0
        and line.line.kind == "ordinary"
        and one.reference in line.line.text
    ]
    references = {reference for line in mine for reference in line.line.references}
    fees = [
        line
        for line in lines
        if line.account == one.from_account
        and line.line.kind == "fee"
        and line.line.amount_minor < 0
        and references.intersection(line.line.references)
    ]
    left = {-line.line.amount_minor for line in mine}
    fee = sum(-line.line.amount_minor for line in fees)
    return fees if (one.rest or one.amount) - fee in left else []
