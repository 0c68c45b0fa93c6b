"""What officers do, each one commit: what the command line, the desk's pages and the interface call.

What two people have to decide goes through five functions, whatever it is. `propose` and `edit` take what `wanted`
makes: `propose(sequencer, fund, "m1", wanted.transfer(proposal), key)`, or `wanted.rate`, `close`, `erasure`,
`publication`, `enrolment`, `roles`, `rule`. `approve`, `reject` and `withdraw` take the decision's number. `approve`
fills one slot; when it was the last, what was decided is done in the same commit. Each reads the member anew inside its
transaction and puts an activity on record in the same commit. While a fund is set up, `set_rule` sets a rule of it by
the command line, as `funds.booking.set_rate` and `funds.members.enrol_member` do with rates and members.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from ledger.activity.recording import note
from ledger.activity.records import Activity
from ledger.actors import Actor, Member
from ledger.db import Database
from ledger.decisions import booking as decisions
from ledger.decisions import history as decided
from ledger.decisions.rules import Rule
from ledger.decisions.shapes import Decision
from ledger.desk import effects
from ledger.desk.acting import member_now
from ledger.desk.matched import keep_by_hand
from ledger.desk.wanted import Wanted
from ledger.errors import AboveLimitError, FieldError
from ledger.factors import FreshFactor
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.funds.members import SETUP, check_setting_up
from ledger.journal.history import Fund
from ledger.matching import booking as matching
from ledger.matching import file_inspecting, file_taking
from ledger.matching import history as matching_history
from ledger.matching.booking import TakenFile
from ledger.matching.file_inspecting import Inspection
from ledger.matching.file_reading import Reading
from ledger.matching.file_takers import Taker
from ledger.matching.file_taking import Taken
from ledger.matching.history import StoredLine
from ledger.matching.lines import BankFile, SettlementFile
from ledger.matching.matches import LineKey
from ledger.roles import acting
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer
from ledger.transfers import booking as transfers
from ledger.transfers import history as transfer_history
from ledger.transfers import standing
from ledger.transfers.booking import Proof
from ledger.transfers.history import Transfer

OPERATOR = Actor("operator", "files")
"""Whoever brings a file on the machine, without a sign-in: automatic checks decide."""

Upload = tuple[str, bytes]
"""Name and bytes of a file."""


def take_settlements(
    sequencer: Sequencer,
    fund: Fund,
    upload: Upload,
    sheet: SettlementFile,
    member_id: str | None = None,
) -> TakenFile:
    """Book the settlements of a sheet; all or none.

    Args:
        sequencer: The writer.
        fund: The fund.
        upload: The file.
        sheet: As read.
        member_id: Who brings it; None for whoever has the machine.

    Returns:
        What came of it.

    Raises:
        NotAllowedError: None of the member's roles brings files.
    """
    with sequencer.database.reading() as connection:
        known = funds.all_channels(connection, fund.fund_id)
        zone = funds.details(connection, fund.fund_id).zone
    activity = _bringing(fund, member_id, sha256(upload[1]).hexdigest())

    def decide(books: Books) -> TakenFile:
        taker = _taker(books, activity)
        return matching.take_settlement_file(
            books, taker.actor, known, zone, upload, sheet, taken_by=taker.member_id
        )

    return sequencer.decide(fund, decide).value


def take_file(
    sequencer: Sequencer,
    fund: Fund,
    reading: Reading,
    account: MoneyAccount | None = None,
    member_id: str | None = None,
    again: str | None = None,
) -> Taken:
    """Keep a file of a bank or wallet; let its statements count, or hold them.

    Args:
        sequencer: The writer.
        fund: The fund.
        reading: The file.
        account: Chosen for it; None where the file names its own.
        member_id: Who brings it; None for whoever has the machine.
        again: Why bytes that were taken before are to be taken by this reading, and the first taking to be withdrawn.

    Returns:
        What came of it; of bytes that were taken before, what came of them then.

    Raises:
        NotAllowedError: None of the member's roles brings files.
        UnknownNameError: A statement is of an account that the fund does not have.
        FieldError: No account is known, it is another one than was chosen, or in another currency; or no reason.
        StateError: Something of the file is matched, so that it cannot be taken again.
    """
    with sequencer.database.reading() as connection:
        accounts = funds.money_account_list(connection, fund.fund_id)
    activity = _bringing(fund, member_id, reading.sha256.hex())

    def take(books: Books) -> Taken:
        taker = _taker(books, activity)
        return file_taking.take(books, taker, accounts, reading, account, again)

    return sequencer.decide(fund, take).value


def inspect_file(
    database: Database, fund: Fund, reading: Reading, account: MoneyAccount | None = None
) -> Inspection:
    """Hold a file against what is stored, before it is taken; nothing is written.

    Args:
        database: Where.
        fund: The fund.
        reading: The file.
        account: Chosen for it; None where the file names its own.

    Returns:
        What would come of it.

    Raises:
        UnknownNameError: As `take_file`.
        FieldError: As `take_file`.
    """
    with database.reading() as connection:
        accounts = funds.money_account_list(connection, fund.fund_id)
        return file_inspecting.inspect(connection, fund.fund_id, accounts, reading, account)


def _bringing(fund: Fund, member_id: str | None, digest: str) -> Activity | None:
    """Return what goes on record; None where nobody is named, and the machine's own log says who it was."""
    if member_id is None:
        return None
    return Activity(fund.fund_id, "file.take", f"file/{digest}", member_id)


def _taker(books: Books, activity: Activity | None) -> Taker:
    """Return who brings a file, read anew, and put it on record.

    Raises:
        NotAllowedError: None of their roles brings files.
    """
    if activity is None:
        return Taker(OPERATOR)
    member = member_now(books, activity.member_id or "")
    actor = acting(member, "file.take")
    note(books, replace(activity, role=member.role_text))
    return Taker(actor, member.member_id)


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
        kind: `donation`, `interest`, `other` or `returned-grant`.
        line: An open line.

    Returns:
        The entry.

    Raises:
        AboveLimitError: It is more than one person may confirm: propose a movement.
    """

    def decide(books: Books) -> int:
        matching.check_open(books, line)
        actor = acting(member, "income.book")
        rule = decided.rules_in_force(books.connection, fund.fund_id)["match"].rule
        if rule.slots(line.line.amount_minor, line.line.commodity):
            raise AboveLimitError(
                what="bank-line",
                key=line.evidence.row,
                state="above-limit",
                needed="movement",
            )
        seq = matching.book_income(books, actor, kind, line)
        keep_by_hand(books, actor, ("income", "by-hand", f"income/{kind}"), line, seq)
        return seq

    return sequencer.decide(fund, decide).value


# --- what two people decide -----------------------------------------------------------------------


def propose(
    sequencer: Sequencer, fund: Fund, member_id: str, wanted: Wanted, key: str | None = None
) -> Decision:
    """Propose something.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who proposes.
        wanted: What; made by `ledger.desk.wanted`.
        key: Chosen by the client: the same key gives the first decision again.

    Returns:
        The decision.

    Raises:
        NotAllowedError: None of their roles proposes this.
        ConflictError: The key has proposed something else.
        FieldError: The key is one that only a standing policy has.
    """
    if key is not None and key.startswith(standing.KEYS):
        raise FieldError(field="key", value=key[:20], reason="reserved")
    done = _done(fund, f"{wanted.kind}.propose", member_id)
    return _step(sequencer, fund, done, lambda books, member: wanted.propose(books, member, key))


def edit(
    sequencer: Sequencer, fund: Fund, member_id: str, number: int, version: int, wanted: Wanted
) -> Decision:
    """Change what is proposed: its approvals so far count no more, and the editor cannot approve it.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who edits.
        number: Of the decision.
        version: The one that they saw.
        wanted: What is proposed from now on, of the same kind.

    Returns:
        The decision.

    Raises:
        NotAllowedError: None of their roles proposes this.
        StateError: It has ended, or somebody edited it since.
    """
    done = _done(fund, "decision.edit", member_id)
    return _step(
        sequencer, fund, done, lambda books, member: wanted.edit(books, member, number, version)
    )


def approve(  # noqa: PLR0913  # what was seen
    sequencer: Sequencer,
    fund: Fund,
    member_id: str,
    number: int,
    version: int,
    fresh: FreshFactor,
    *,
    payee_seen: bool = False,
) -> Decision:
    """Fill a slot of a decision, and carry it out when that was the last one.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who approves.
        number: Of the decision.
        version: The one that they saw.
        fresh: Their second factor, shown within the last ten minutes.
        payee_seen: Whether they say that they have seen that a transfer's payee changed.

    Returns:
        The decision; `is_approved` when it was carried out.

    Raises:
        FourEyesError: They proposed or edited it, in whichever version, or have approved it already.
        NotAllowedError: They have no role that an open slot needs.
        FreshFactorNeededError: Their second factor is too long ago.
        StateError: It has ended, somebody edited it since, its rule or a payee has changed since, or a changed payee
            was not said to be seen.
    """

    def step(books: Books, member: Member) -> Decision:
        others = funds.all_members(books.connection, fund.fund_id)
        said = effects.said_with_approval(books, number, payee_seen=payee_seen)
        found = decisions.approve(books, member, number, version, fresh, others, said)
        if found.is_approved:
            effects.carry_out(books, found)
        return found

    return _step(sequencer, fund, _done(fund, "decision.approve", member_id), step)


def reject(sequencer: Sequencer, fund: Fund, member_id: str, number: int, reason: str) -> Decision:
    """Reject what somebody else proposed.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who rejects.
        number: Of the decision.
        reason: In words that anyone may read.

    Returns:
        The decision.

    Raises:
        NotAllowedError: Their roles approve nothing.
        FourEyesError: They proposed or edited it: they withdraw it.
        FieldError: No reason.
        StateError: It has ended.
    """

    def step(books: Books, member: Member) -> Decision:
        found = decisions.reject(books, member, number, reason)
        effects.followed(books, found)
        return found

    done = replace(_done(fund, "decision.reject", member_id), reason=reason)
    return _step(sequencer, fund, done, step)


def withdraw(sequencer: Sequencer, fund: Fund, member_id: str, number: int) -> Decision:
    """Take back what one has proposed or edited.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who takes it back.
        number: Of the decision.

    Returns:
        The decision.

    Raises:
        NotAllowedError: They neither proposed nor edited it.
        StateError: It has ended.
    """

    def step(books: Books, member: Member) -> Decision:
        found = decisions.withdraw(books, member, number)
        effects.followed(books, found)
        return found

    return _step(sequencer, fund, _done(fund, "decision.withdraw", member_id), step)


def _done(fund: Fund, action: str, member_id: str) -> Activity:
    """Return what goes on record, with the origin of this thread: the commit may be written by another one."""
    return Activity(fund.fund_id, action, member_id=member_id)


def _step(
    sequencer: Sequencer,
    fund: Fund,
    done: Activity,
    step: Callable[[Books, Member], Decision],
) -> Decision:
    """Take a step of a decision as a member, who is read anew: a role that was lost a moment ago does not count."""

    def decide(books: Books) -> Decision:
        member = member_now(books, done.member_id or "")
        found = step(books, member)
        subject = f"decision/{found.number}"
        note(books, replace(done, subject=subject, role=member.role_text))
        return found

    return sequencer.decide(fund, decide).value


def call_off_transfer(
    sequencer: Sequencer, fund: Fund, member_id: str, number: int, reason: str
) -> int:
    """Stop a transfer that is approved and has not left; return the entry. One person may: it moves nothing.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who stops it.
        number: Of the transfer.
        reason: In words that anyone may read.

    Returns:
        The entry.

    Raises:
        NotAllowedError: Their roles neither propose nor approve transfers.
        FieldError: No reason.
        StateError: It is not approved, or sent already.
    """
    activity = Activity(
        fund.fund_id, "transfer.call-off", f"transfer/{number}", member_id, reason=reason
    )

    def decide(books: Books) -> int:
        member = member_now(books, member_id)
        seq = transfers.call_off(books, member, number, reason)
        note(books, replace(activity, role=member.role_text))
        return seq

    return sequencer.decide(fund, decide).value


def set_rule(
    sequencer: Sequencer, fund: Fund, kind: str, rule: Rule, reason: str | None = None
) -> int:
    """Set a fund's own rule for a kind of decisions while the fund is set up; return the entry.

    Args:
        sequencer: The writer.
        fund: The fund.
        kind: Of the decisions.
        rule: Who has to approve them.
        reason: Why, where it asks for less than the default.

    Returns:
        The entry.

    Raises:
        FieldError: Not a rule that a fund may have.
        StateError: Money has moved: this needs a decision.
    """

    def decide(books: Books) -> int:
        check_setting_up(books)
        return decisions.put_rule(books, SETUP, (kind, rule, reason))

    return sequencer.decide(fund, decide).value


# --- money that came and went ---------------------------------------------------------------------


def send_by_line(  # what somebody types
    sequencer: Sequencer, fund: Fund, member: Member, number: int, row: int, fee: int = 0
) -> int:
    """Say by hand which line of the collection account sent a transfer, by the line's row; see `send_by`."""
    found = _transfer(sequencer, fund, number)
    return send_by(
        sequencer, fund, member, number, _row(sequencer, fund, found.from_account, row), fee
    )


def confirm_by_line(  # the same
    sequencer: Sequencer, fund: Fund, member: Member, number: int, row: int, fee: int = 0
) -> int:
    """Say by hand which line of the fund's account a transfer arrived with, by the line's row; see `confirm_by`."""
    found = _transfer(sequencer, fund, number)
    key = _row(sequencer, fund, found.to_account, row)
    return confirm_by(sequencer, fund, member, number, key, fee)


def return_by_line(  # the same
    sequencer: Sequencer, fund: Fund, member: Member, number: int, row: int, fee: int = 0
) -> int:
    """Say by hand with which line of the collection account a transfer came back; see `return_by`."""
    found = _transfer(sequencer, fund, number)
    key = _row(sequencer, fund, found.from_account, row)
    return return_by(sequencer, fund, member, number, key, fee)


def send_by(  # the same
    sequencer: Sequencer, fund: Fund, member: Member, number: int, key: LineKey, fee: int = 0
) -> int:
    """Say by hand which bank line sent a transfer, or a part of it.

    Args:
        sequencer: The writer.
        fund: The fund.
        member: Who says so.
        number: The transfer.
        key: Account and identity of an open line out of its collection account.
        fee: What the bank kept of it, minor units: beside the line, or of it where the line shows all that is left.

    Returns:
        The entry.

    Raises:
        FieldError: The line is of another account, or shows more than has not left yet.
        StateError: The line explains something else already, or the transfer is not approved.
    """

    def book(books: Books, actor: Actor, found: Transfer, line: StoredLine) -> int:
        shown = -line.line.amount_minor
        amount = shown if shown == found.rest else shown + fee
        if not 0 < amount <= found.rest:
            raise FieldError(field="row", reason="other-amount", value=shown, expected=found.rest)
        return transfers.send(books, actor, number, fee, proof_of(line), amount)

    return _by_line(sequencer, fund, (member, number, key), ("R4", "from_account"), book)


def confirm_by(  # the same
    sequencer: Sequencer, fund: Fund, member: Member, number: int, key: LineKey, fee: int = 0
) -> int:
    """Say by hand which line of the fund's account a transfer, or a part of it, arrived with.

    Args:
        sequencer: The writer.
        fund: The fund.
        member: Who says so.
        number: The transfer.
        key: Account and identity of an open line.
        fee: What the fund's bank kept before it, minor units.

    Returns:
        The entry.

    Raises:
        FieldError: The line is of another account, or takes money out.
        StateError: The line explains something else already, or so much is not under way.
    """

    def book(books: Books, actor: Actor, _found: Transfer, line: StoredLine) -> int:
        amount = line.line.amount_minor
        return transfers.confirm(books, actor, number, amount, proof_of(line), fee)

    return _by_line(sequencer, fund, (member, number, key), ("R5", "to_account"), book)


def return_by(  # the same
    sequencer: Sequencer, fund: Fund, member: Member, number: int, key: LineKey, fee: int = 0
) -> int:
    """Say by hand with which line of its collection account a transfer, or a part of it, came back; as `confirm_by`."""

    def book(books: Books, actor: Actor, _found: Transfer, line: StoredLine) -> int:
        amount = line.line.amount_minor
        return transfers.give_back(books, actor, number, amount, proof_of(line), fee)

    return _by_line(sequencer, fund, (member, number, key), ("R4", "from_account"), book)


def _by_line(
    sequencer: Sequencer,
    fund: Fund,
    said: tuple[Member, int, LineKey],
    step: tuple[str, str],
    book: Callable[[Books, Actor, Transfer, StoredLine], int],
) -> int:
    """Book a step of a transfer by a line that an officer names, and keep the match, in one commit."""
    member, number, key = said

    def decide(books: Books) -> int:
        books.settle()
        actor = acting(member_now(books, member.member_id), "line.match")
        [line] = matching_history.lines_by_key(books.connection, fund.fund_id, [key])
        matching.check_open(books, line)
        found = transfer_history.transfer(books.connection, fund.fund_id, number)
        if line.account != getattr(found, step[1]):
            raise FieldError(field="row", reason="other-account", value="", expected=step[1])
        seq = book(books, actor, found, line)
        matching.explain_line(books, line, seq)
        keep_by_hand(books, actor, (step[0], "by-hand", f"transfer/{number}"), line, seq)
        note(books, Activity(fund.fund_id, "line.match", f"transfer/{number}", member.member_id))
        return seq

    return sequencer.decide(fund, decide).value


def _transfer(sequencer: Sequencer, fund: Fund, number: int) -> Transfer:
    with sequencer.database.reading() as connection:
        return transfer_history.transfer(connection, fund.fund_id, number)


def _row(sequencer: Sequencer, fund: Fund, account: str, row: int) -> LineKey:
    with sequencer.database.reading() as connection:
        line = matching_history.line_by_row(connection, fund.fund_id, account, row)
    return line.account, line.identity


def proof_of(line: StoredLine) -> Proof:
    """Return a bank line as the proof of a transfer's step."""
    return Proof(
        line.line.booked_at, line.evidence.file, line.evidence.row, matching.line_claim(line)
    )
