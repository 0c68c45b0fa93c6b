"""Officers' decisions, each one commit: what the command line, the desk's pages and the interface call."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.actors import Actor, Member
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.intake import erasing
from ledger.intake.booking import close_sessions
from ledger.journal.history import Fund
from ledger.matching import booking as matching
from ledger.matching import history as matching_history
from ledger.matching.booking import TakenFile
from ledger.matching.history import StoredLine
from ledger.matching.lines import BankFile, SettlementFile
from ledger.periods import booking as periods
from ledger.periods.booking import NewStatement
from ledger.roles import acting
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer
from ledger.spending import booking as spending
from ledger.spending.booking import Booked
from ledger.spending.sheet import SpendRow
from ledger.transfers import booking as transfers
from ledger.transfers import history as transfer_history
from ledger.transfers.booking import Proof, Proposal

OPERATOR = Actor("operator", "files")
"""Whoever brings a file: automatic checks decide, so no member is asked for."""

Upload = tuple[str, bytes]
"""Name and bytes of a file."""


def take_settlements(
    sequencer: Sequencer, fund: Fund, upload: Upload, sheet: SettlementFile
) -> TakenFile:
    """Book the settlements of a sheet; all or none.

    Args:
        sequencer: The writer.
        fund: The fund.
        upload: The file.
        sheet: As read.

    Returns:
        What came of it.
    """
    with sequencer.database.reading() as connection:
        known = funds.all_channels(connection, fund.fund_id)
        zone = funds.details(connection, fund.fund_id).zone
    return sequencer.decide(
        fund,
        lambda books: matching.take_settlement_file(books, OPERATOR, known, zone, upload, sheet),
    ).value


def take_bank_file(
    sequencer: Sequencer, fund: Fund, account: MoneyAccount, upload: Upload, file: BankFile
) -> TakenFile:
    """Keep a bank or wallet file and its lines.

    Args:
        sequencer: The writer.
        fund: The fund.
        account: Whose file it is.
        upload: The file.
        file: As read.

    Returns:
        What came of it.
    """
    return sequencer.decide(
        fund, lambda books: matching.take_bank_file(books, account, upload, file)
    ).value


def book_income(
    sequencer: Sequencer, fund: Fund, member: Member, kind: str, line: StoredLine
) -> int:
    """Say that a bank line is a direct donation, interest or other income.

    Args:
        sequencer: The writer.
        fund: The fund.
        member: Who says so.
        kind: `donation`, `interest` or `other`.
        line: An open line.

    Returns:
        The entry.
    """

    def decide(books: Books) -> int:
        matching.check_open(books, line)
        return matching.book_income(books, acting(member, "income.book"), kind, line)

    return sequencer.decide(fund, decide).value


def propose_transfer(sequencer: Sequencer, fund: Fund, member: Member, proposal: Proposal) -> int:
    """Propose a transfer; return its number."""
    return sequencer.decide(fund, lambda books: transfers.propose(books, member, proposal)).value


def approve_transfer(sequencer: Sequencer, fund: Fund, member: Member, number: int) -> int:
    """Approve a transfer that another member proposed; return the entry."""
    return sequencer.decide(fund, lambda books: transfers.approve(books, member, number)).value


def reject_transfer(
    sequencer: Sequencer, fund: Fund, member: Member, number: int, reason: str
) -> int:
    """Reject a transfer; return the entry."""
    return sequencer.decide(
        fund, lambda books: transfers.reject(books, member, number, reason)
    ).value


def send_by_line(
    sequencer: Sequencer, fund: Fund, member: Member, number: int, row: int, fee: int = 0
) -> int:
    """Say by hand which line of the collection account sent a transfer.

    Args:
        sequencer: The writer.
        fund: The fund.
        member: Who says so.
        number: The transfer.
        row: Line of the account's file.
        fee: What the bank kept of it, minor units.

    Returns:
        The entry.

    Raises:
        FieldError: The line shows another sum.
    """
    found, line = _transfer_line(sequencer, fund, number, row, outgoing=True)
    if -line.line.amount_minor not in (found.amount, found.amount - fee):
        raise FieldError(
            field="row",
            reason="other-amount",
            value=-line.line.amount_minor,
            expected=found.amount,
        )

    def decide(books: Books) -> int:
        matching.check_open(books, line)
        seq = transfers.send(books, acting(member, "line.match"), number, fee, proof_of(line))
        matching.explain_line(books, line, seq)
        return seq

    return sequencer.decide(fund, decide).value


def confirm_by_line(
    sequencer: Sequencer, fund: Fund, member: Member, number: int, row: int
) -> int:
    """Say by hand which line of the fund's account a transfer arrived with; return the entry."""
    _found, line = _transfer_line(sequencer, fund, number, row, outgoing=False)

    def decide(books: Books) -> int:
        matching.check_open(books, line)
        seq = transfers.confirm(
            books, acting(member, "line.match"), number, line.line.amount_minor, proof_of(line)
        )
        matching.explain_line(books, line, seq)
        return seq

    return sequencer.decide(fund, decide).value


def proof_of(line: StoredLine) -> Proof:
    """Return a bank line as the proof of a transfer's step."""
    return Proof(
        line.line.booked_at, line.evidence.file, line.evidence.row, matching.line_claim(line)
    )


def _transfer_line(
    sequencer: Sequencer, fund: Fund, number: int, row: int, *, outgoing: bool
) -> tuple[transfer_history.Transfer, StoredLine]:
    with sequencer.database.reading() as connection:
        found = transfer_history.transfer(connection, fund.fund_id, number)
        account = found.from_account if outgoing else found.to_account
        return found, matching_history.line_by_row(connection, fund.fund_id, account, row)


def book_spending(
    sequencer: Sequencer,
    fund: Fund,
    member: Member,
    account: MoneyAccount,
    rows: Sequence[SpendRow],
) -> Booked:
    """Book the rows of a spending sheet; all or none.

    Args:
        sequencer: The writer.
        fund: The fund.
        member: Who brings it.
        account: The fund account that paid.
        rows: As read.

    Returns:
        How many were new.
    """
    with sequencer.database.reading() as connection:
        zone = funds.details(connection, fund.fund_id).zone
    return sequencer.decide(
        fund,
        lambda books: spending.book_rows(
            books, acting(member, "spending.book"), account, zone, rows
        ),
    ).value


def close_month(sequencer: Sequencer, fund: Fund, member: Member, month: str) -> int:
    """Close a month with all its broadcasts; return the entry."""
    with sequencer.database.reading() as connection:
        zone = funds.details(connection, fund.fund_id).zone

    def decide(books: Books) -> int:
        actor = member.acting("controller", "finance")
        close_sessions(books, actor)
        return periods.close(books, actor, month, zone)

    return sequencer.decide(fund, decide).value


def erase_gifts(sequencer: Sequencer, fund: Fund, member: Member, seqs: Sequence[int]) -> int:
    """Erase what is private of gifts; return the entry that records how many."""
    return sequencer.decide(
        fund,
        lambda books: erasing.erase_gifts(
            books, member.acting("controller", "finance", "operator"), seqs
        ),
    ).value


def publish_statement(sequencer: Sequencer, fund: Fund, member: Member, new: NewStatement) -> int:
    """Put a statement's hash into the log; return the entry."""
    return sequencer.decide(
        fund,
        lambda books: periods.publish_statement(books, acting(member, "publish.propose"), new),
    ).value
