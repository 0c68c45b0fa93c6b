"""Match what is open: payouts, transfers and spending against bank lines; what fits nothing stays open.

Only what is unique from both sides is confirmed (`matching.passes`). Each match is one decision: the
entry and the mark on its line stand or fall together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.actors import Actor
from ledger.desk.actions import proof_of
from ledger.funds import history as funds
from ledger.journal.history import Fund
from ledger.matching import booking as matching
from ledger.matching import history
from ledger.matching.history import StoredLine
from ledger.matching.items import Expectation, Observation
from ledger.matching.lines import BankLine
from ledger.matching.passes import match
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer
from ledger.spending import history as spending
from ledger.transfers import booking as transfers
from ledger.transfers import history as transfer_history

MATCHING = Actor("system", "matching")
_ALWAYS = (date(2000, 1, 1), date(2200, 1, 1))
"""An expectation without a due day: its reference and its sum tell it."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a run did.

    Attributes:
        payouts: Settlements that reached an account.
        sent: Transfers that left.
        confirmed: Transfers that arrived.
        spending: Payments explained by spending.
        interest: Interest lines booked.
        open_lines: Lines that nothing explains.
        unpaid: Settlements that have not arrived.
    """

    payouts: int
    sent: int
    confirmed: int
    spending: int
    interest: int
    open_lines: int
    unpaid: int


def reconcile(sequencer: Sequencer, fund: Fund) -> Reconciled:
    """Run all steps until none finds anything more to confirm.

    Args:
        sequencer: The writer.
        fund: The fund.

    Returns:
        What was done, and what is open.
    """
    desk = _Desk(sequencer, fund)
    done = {
        name: desk.run(expected)
        for name, expected in (
            ("payouts", desk.expected_payouts),
            ("sent", desk.expected_sendings),
            ("confirmed", desk.expected_arrivals),
            ("spending", desk.expected_payments),
        )
    }
    interest = desk.book_interest()
    with sequencer.database.reading() as connection:
        open_lines = len(history.open_lines(connection, fund.fund_id))
        unpaid = len(history.settlements(connection, fund.fund_id, unpaid=True))
    return Reconciled(**done, interest=interest, open_lines=open_lines, unpaid=unpaid)


Act = Callable[[Books, StoredLine], object]
Expected = Callable[[sa.Connection, list[StoredLine]], list[tuple[Expectation, Act]]]


class _Desk:
    def __init__(self, sequencer: Sequencer, fund: Fund) -> None:
        self._sequencer = sequencer
        self._fund = fund

    def run(self, expected: Expected) -> int:
        """Match one kind of expectation, and book each confirmed pair on its own."""
        with self._sequencer.database.reading() as connection:
            zone = funds.details(connection, self._fund.fund_id).zone
            lines = {
                f"{one.account}/{one.identity}": one
                for one in history.open_lines(connection, self._fund.fund_id)
            }
            pairs = expected(connection, list(lines.values()))
        observations = [
            Observation(name, one.account, _in_zone(one, zone)) for name, one in lines.items()
        ]
        acts = {expectation.id: act for expectation, act in pairs}
        outcome = match([expectation for expectation, _ in pairs], observations)
        done = 0
        for pair in outcome.confirmed:
            # Sets are left to people until the desk can show them: one line, one thing.
            if len(pair.expectations) == len(pair.observations) == 1:
                self._book(acts[pair.expectations[0]], lines[pair.observations[0]])
                done += 1
        return done

    def _book(self, act: Act, line: StoredLine) -> None:
        def decide(books: Books) -> None:
            matching.check_open(books, line)
            act(books, line)

        self._sequencer.decide(self._fund, decide)

    def expected_payouts(
        self, connection: sa.Connection, _lines: list[StoredLine]
    ) -> list[tuple[Expectation, Act]]:
        """R3: each settlement's net, once, on any collection account, by its statement number."""
        found: list[tuple[Expectation, Act]] = []
        collecting = _names(connection, self._fund, "Assets:Bank:")
        for one in history.settlements(connection, self._fund.fund_id, unpaid=True):
            expectation = Expectation(
                one.statement_no,
                "R3",
                collecting,
                one.commodity,
                one.net,
                (one.statement_no,),
                *_ALWAYS,
            )
            found.append((expectation, _paying(one.statement_no)))
        return found

    def expected_sendings(
        self, connection: sa.Connection, lines: list[StoredLine]
    ) -> list[tuple[Expectation, Act]]:
        """R4: each approved transfer, by its reference: what left, or what left beside a fee of the same reference."""
        found: list[tuple[Expectation, Act]] = []
        for one in transfer_history.all_transfers(connection, self._fund.fund_id, "approved"):
            fees = _fees_beside(one, lines)
            fee = sum(-line.line.amount_minor for line in fees)
            expectation = Expectation(
                f"transfer-{one.number}",
                "R4",
                (one.from_account,),
                one.commodity,
                -(one.amount - fee),
                (one.reference,),
                *_ALWAYS,
            )
            found.append((expectation, _sending(one.number, fee, fees)))
        return found

    def expected_arrivals(
        self, connection: sa.Connection, _lines: list[StoredLine]
    ) -> list[tuple[Expectation, Act]]:
        """R5: each transfer under way, by its own reference or those that the bank gave its sending."""
        found: list[tuple[Expectation, Act]] = []
        for one in transfer_history.all_transfers(connection, self._fund.fund_id, "sent"):
            expectation = Expectation(
                f"transfer-{one.number}",
                "R5",
                (one.to_account,),
                one.commodity,
                one.amount - one.fee,
                (
                    one.reference,
                    *history.references_of_entry(connection, self._fund.fund_id, one.sent_seq),
                ),
                *_ALWAYS,
            )
            found.append((expectation, _confirming(one.number)))
        return found

    def expected_payments(
        self, connection: sa.Connection, _lines: list[StoredLine]
    ) -> list[tuple[Expectation, Act]]:
        """R6: the sum of all spending with one payment reference."""
        found: list[tuple[Expectation, Act]] = []
        paying = _names(connection, self._fund, "Assets:Fund:")
        commodity = funds.details(connection, self._fund.fund_id).commodity
        for reference, total in spending.totals_by_reference(
            connection, self._fund.fund_id
        ).items():
            expectation = Expectation(
                reference, "R6", paying, commodity, -total, (reference,), *_ALWAYS
            )
            found.append((expectation, _explaining(reference)))
        return found

    def book_interest(self) -> int:
        """Book what a bank calls interest: it needs no explanation beyond the bank's own word.

        A line before it on the same account that is still open holds it back: money takes its place on the line in the
        order in which it came.
        """
        with self._sequencer.database.reading() as connection:
            lines = history.open_lines(connection, self._fund.fund_id)
        booked = 0
        waiting: set[str] = set()
        for line in lines:
            if (
                line.line.kind != "interest"
                or line.line.amount_minor <= 0
                or line.account in waiting
            ):
                waiting.add(line.account)
            else:
                self._book(_as_interest, line)
                booked += 1
        return booked


def _as_interest(books: Books, line: StoredLine) -> int:
    return matching.book_income(books, MATCHING, "interest", line)


def _paying(statement_no: str) -> Act:
    return lambda books, line: matching.pay_out(books, MATCHING, statement_no, line)


def _sending(number: int, fee: int, fees: list[StoredLine]) -> Act:
    def act(books: Books, line: StoredLine) -> None:
        seq = transfers.send(books, MATCHING, number, fee, proof_of(line))
        for one in (line, *fees):
            matching.explain_line(books, one, seq)

    return act


def _confirming(number: int) -> Act:
    def act(books: Books, line: StoredLine) -> None:
        seq = transfers.confirm(books, MATCHING, number, line.line.amount_minor, proof_of(line))
        matching.explain_line(books, line, seq)

    return act


def _explaining(reference: str) -> Act:
    def act(books: Books, line: StoredLine) -> None:
        seqs = spending.seqs_of_reference(books.connection, books.fund.fund_id, reference)
        matching.explain_line(books, line, seqs[-1])

    return act


def _fees_beside(one: transfer_history.Transfer, lines: list[StoredLine]) -> list[StoredLine]:
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
    return fees if one.amount - fee in left else []


def _names(connection: sa.Connection, fund: Fund, prefix: str) -> tuple[str, ...]:
    return tuple(
        one.name
        for one in funds.money_account_list(connection, fund.fund_id)
        if one.name.startswith(prefix)
    )


def _in_zone(one: StoredLine, zone: str) -> BankLine:
    """Return a line with its time in the fund's zone: the day that the bank means."""
    return replace(one.line, booked_at=one.line.booked_at.astimezone(ZoneInfo(zone)))
