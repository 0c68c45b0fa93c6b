"""What officers do about spending and the fund's other money, each one commit.

`book` is for sums that one person may book; `spend`, `movement`, `reversal` and `list_change` give what
`actions.propose` and `actions.edit` take, and `spend_decided` … are what decisions of these kinds bring about.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ledger.activity.recording import note
from ledger.activity.records import Activity
from ledger.actors import Actor, Member
from ledger.decisions import booking as decisions
from ledger.decisions import history as decided
from ledger.decisions.booking import Proposed
from ledger.decisions.shapes import Decision
from ledger.desk.acting import member_now
from ledger.desk.matched import keep_by_hand
from ledger.desk.matching import release_of_entry
from ledger.desk.wanted import Wanted, zone_of
from ledger.errors import ConflictError, FieldError, InsufficientError, StateError
from ledger.evidence import Brought
from ledger.funds import history as funds
from ledger.funds import list_booking
from ledger.funds.history import MoneyAccount
from ledger.funds.lists import Change, change_from_json, change_to_json
from ledger.funds.members import SETUP, check_setting_up
from ledger.journal.history import Fund
from ledger.matching import booking as matching
from ledger.matching import history as lines
from ledger.matching.history import StoredLine
from ledger.privacy.commitments import open_commitment
from ledger.roles import acting
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer
from ledger.spending import (
    booking,
    calls,
    evidence,
    limits,
    movements,
    openings,
    proposing,
    reversing,
    sheets,
)
from ledger.spending.booking import Booked, Terms
from ledger.spending.movements import Movement, Shown
from ledger.spending.openings import Opening
from ledger.spending.sheet import SpendRow

Upload = tuple[str, bytes]
"""Name and bytes of a file."""


class Spending(NamedTuple):
    """What somebody wants to book.

    Attributes:
        account: The fund account that paid.
        rows: As read.
        upload: The sheet that they stand in; None for what was typed.
        evidence: SHA-256 of files that were brought.
    """

    account: MoneyAccount
    rows: Sequence[SpendRow]
    upload: Upload | None = None
    evidence: tuple[str, ...] = ()


# --- one person -----------------------------------------------------------------------------------


def bring(sequencer: Sequencer, fund: Fund, member_id: str, file: Brought) -> str:
    """Keep a file of evidence; return its SHA-256.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who brings it.
        file: What.

    Returns:
        Hexadecimal.

    Raises:
        NotAllowedError: None of their roles books spending.
    """

    def decide(books: Books) -> str:
        member = member_now(books, member_id)
        actor = acting(member, "spending.book")
        digest = evidence.keep(books, actor, file)
        done = Activity(fund.fund_id, "spending.book", f"evidence/{digest}", member_id)
        note(books, replace(done, role=member.role_text))
        return digest

    return sequencer.decide(fund, decide).value


def book(
    sequencer: Sequencer, fund: Fund, member_id: str, wanted: Spending, key: str | None = None
) -> Booked:
    """Book spending up to the limit of one person; all rows or none.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who books it.
        wanted: What.
        key: Chosen by the client: the same key gives the first answer again.

    Returns:
        How many rows were new.

    Raises:
        ConflictError: The key has booked something else; or as `spending.booking.book_rows`.
        NotAllowedError: None of their roles books spending.
        AboveLimitError: It is above the limit: then it has to be proposed.
        InputError: As `spending.booking.book_rows`.
    """
    activity = Activity(fund.fund_id, "spending.book", "spending", member_id)

    def decide(books: Books) -> Booked:
        member = member_now(books, member_id)
        actor = acting(member, "spending.book")
        call = calls.Call(member_id, key, _asked(wanted))
        first = calls.again(books, call, wanted.rows)
        if first is not None:
            return first
        new = [row for row, _ in booking.new_rows(books, wanted.rows)]
        limits.check_free(books, new)
        sheet = None
        if wanted.upload is not None and new:
            sheet = sheets.keep(books, actor.id, wanted.upload)
        terms = Terms(wanted.evidence, sheet)
        zone = zone_of(books)
        done = booking.book_rows(books, actor, wanted.account, zone, wanted.rows, terms)
        calls.remember(books, call, done)
        note(books, replace(activity, role=member.role_text))
        return done

    return sequencer.decide(fund, decide).value


def _asked(wanted: Spending) -> dict[str, Any]:
    """Return what a client's key stands for: the rows wherever they stand in their sheet, and what proves them."""
    return {
        "account": wanted.account.name,
        "rows": [proposing.row_to_json(row)[1:] for row in wanted.rows],
        "evidence": list(wanted.evidence),
    }


class Preview(NamedTuple):
    """What would come of spending, before it is booked.

    Attributes:
        new: Rows that are not booked.
        known: How many are.
        conflict: The first that is booked with other figures.
        sum: Of the new rows, minor units.
        counted: What the limit is held to.
        held: What the account holds.
        needed: Roles that have to approve it; none where one person books it.
    """

    new: list[SpendRow]
    known: int
    conflict: ConflictError | None
    sum: int
    counted: int
    held: int
    needed: tuple[str, ...]


def preview(
    sequencer: Sequencer, fund: Fund, wanted: Spending, *, checked: bool = False
) -> Preview:
    """Hold spending against what is booked; nothing is written.

    Args:
        sequencer: Whose transaction is given back.
        fund: The fund.
        wanted: What.
        checked: Whether account, lists, days, months and evidence are looked at too, as they are when it is booked.

    Returns:
        What would come of it.

    Raises:
        InputError: As `spending.booking.check` and `check_months`, where that is looked at.
    """
    found: list[Preview] = []

    def decide(books: Books) -> None:
        if checked:
            booking.check(books, wanted.account, zone_of(books), wanted.rows, wanted.evidence)
        new: list[SpendRow] = []
        conflict: ConflictError | None = None
        try:
            new = [row for row, _ in booking.new_rows(books, wanted.rows)]
        except ConflictError as error:
            conflict = error
        if checked:
            booking.check_months(books, zone_of(books), new)
        found.append(
            Preview(
                new,
                len(wanted.rows) - len(new),
                conflict,
                sum(row.amount_minor for row in new),
                limits.counted(books, new),
                books.totals(wanted.account.name, wanted.account.commodity).balance,
                limits.needed(books, new) if new else (),
            )
        )
        raise _LookedError

    with contextlib.suppress(_LookedError):
        sequencer.decide(fund, decide)
    return found[0]


class _LookedError(StateError):
    """Ends a look without a commit."""

    code = "looked"


# --- what two people decide -----------------------------------------------------------------------


def _about(asked: Proposed, make: Callable[[Books, Member], Proposed]) -> Wanted:
    """Return what `actions.propose` and `actions.edit` take.

    Args:
        asked: What is known of it before the books are looked into: by that a repeat is told, which must give the
            first decision again although it was carried out since.
        make: Checks it and makes the whole of it.

    Returns:
        What is wanted.
    """
    kind = asked.kind

    def propose(books: Books, member: Member, key: str | None) -> Decision:
        acting(member, f"{kind}.propose")
        books.settle()
        first = decisions.repeated(books, member, asked, key)
        if first is not None:
            return first
        return decisions.propose(books, member, make(books, member), key)

    def edit(books: Books, member: Member, number: int, version: int) -> Decision:
        acting(member, f"{kind}.propose")
        books.settle()
        return decisions.edit(books, member, number, version, make(books, member))

    return Wanted(kind, propose, edit)


def spend(wanted: Spending) -> Wanted:
    """Want to book spending above the limit of one person."""
    asked = _asked(wanted)

    def make(books: Books, member: Member) -> Proposed:
        zone = zone_of(books)
        rows = booking.check(books, wanted.account, zone, wanted.rows, wanted.evidence)
        new = [row for row, _ in booking.new_rows(books, rows)]
        if not new:
            raise FieldError(field="rows", value=len(wanted.rows), reason="known")
        booking.check_months(books, zone, new)
        _check_held(books, wanted.account, sum(row.amount_minor for row in new))
        sheet = None
        if wanted.upload is not None:
            sheet = sheets.keep(books, member.member_id, wanted.upload)
        found = proposing.wanted(books, wanted.account, new, wanted.evidence, sheet)
        return replace(found, asked=asked)

    return _about(Proposed("spend", {}, asked=asked), make)


def _check_held(books: Books, account: MoneyAccount, asked: int) -> None:
    held = books.totals(account.name, account.commodity).balance
    if asked > held:
        raise InsufficientError(account=account.name, available=held, asked=asked)


def movement(wanted: Movement) -> Wanted:
    """Want to book money beside gifts, transfers and spending: a direct donation, a management cost."""

    def make(books: Books, _member: Member) -> Proposed:
        movements.check(books, wanted)
        if wanted.line is not None:
            _line(books, wanted)
        return movements.wanted(wanted)

    return _about(movements.wanted(wanted), make)


def opening(wanted: Opening) -> Wanted:
    """Want to book what accounts held before the ledger began."""

    def make(books: Books, _member: Member) -> Proposed:
        openings.check(books, wanted)
        return openings.wanted(wanted)

    return _about(openings.wanted(wanted), make)


def reversal(seq: int, reason: str) -> Wanted:
    """Want to reverse spending or a movement that was booked by mistake."""
    asked = {"reverses": seq, "reason": reason}

    def make(books: Books, _member: Member) -> Proposed:
        return replace(reversing.wanted(books, seq, reason), asked=asked)

    return _about(Proposed("reversal", {}, asked=asked), make)


def list_change(wanted: Change) -> Wanted:
    """Want to change a list of the fund."""
    asked = Proposed("lists", change_to_json(wanted))

    def make(books: Books, _member: Member) -> Proposed:
        list_booking.check(books, wanted)
        return asked

    return _about(asked, make)


def set_list(sequencer: Sequencer, fund: Fund, wanted: Change) -> int:
    """Change a list while the fund is set up; return the entry.

    Args:
        sequencer: The writer.
        fund: The fund.
        wanted: The change.

    Returns:
        The entry.

    Raises:
        FieldError: It may not be made.
        StateError: Money has moved: this needs a decision.
    """

    def decide(books: Books) -> int:
        check_setting_up(books)
        return list_booking.change(books, SETUP, wanted)

    return sequencer.decide(fund, decide).value


def _line(books: Books, wanted: Movement) -> StoredLine:
    """Return the bank's line of a movement, and hold it to what it proves.

    Raises:
        StateError: It explains another entry.
        FieldError: It shows another sum, or is not of this way.
        NotFoundError: There is no such line.
    """
    books.settle()
    key = (wanted.account, wanted.line or "")
    [found] = lines.lines_by_key(books.connection, books.fund.fund_id, [key])
    if found.matched_seq is not None:
        raise StateError(what="bank-line", state="explained", needed="open", seq=found.matched_seq)
    matching.check_open(books, found)
    signed = wanted.amount if wanted.way == "income" else -wanted.amount
    if (found.line.amount_minor, found.line.commodity) != (signed, wanted.commodity):
        raise FieldError(
            field="amount",
            value=found.line.amount_minor,
            reason="other-amount",
            expected=signed,
        )
    return found


# --- what decisions bring about -------------------------------------------------------------------


def spend_decided(books: Books, actor: Actor, found: Decision) -> None:
    """Book the spending that was approved.

    Raises:
        StateError: Some of it is booked by now, or what is private of it is gone.
        InsufficientError: The fund does not hold it any more.
    """
    content = found.latest.content
    part = decided.private_part(books.connection, books.fund.fund_id, found)
    if part is None:
        raise StateError(what="decision", key=found.number, state="no-private-part", needed="edit")
    open_commitment(found.latest.commitment or "", part.salt, decisions.LABEL, part.text)
    account = funds.money_account(books.connection, books.fund.fund_id, content["account"])
    terms = Terms(tuple(content["evidence"]), content.get("sheet"), found.number)
    rows = proposing.rows_of(part.content)
    done = booking.book_rows(books, actor, account, zone_of(books), rows, terms)
    if done.added != content["rows"]:
        raise StateError(what="decision", key=found.number, state="booked-since", needed="edit")


def movement_decided(books: Books, actor: Actor, found: Decision) -> None:
    """Book the movement that was approved, and join its bank line to it."""
    wanted = movements.of_content(found.latest.content)
    line = None if wanted.line is None else _line(books, wanted)
    shown = None
    if line is not None:
        claim = matching.line_claim(line)
        shown = Shown(line.line.booked_at, line.evidence.file, line.evidence.row, claim)
    seq = movements.book(books, actor, wanted, shown, found.number)
    if line is not None:
        matching.explain_line(books, line, seq)
        said = (wanted.way, "by-hand", f"{wanted.way}/{wanted.cls}")
        keep_by_hand(books, actor, said, line, seq)


def opening_decided(books: Books, actor: Actor, found: Decision) -> None:
    """Book the opening balances that were approved."""
    openings.book(books, actor, openings.of_content(found.latest.content), found.number)


def reversal_decided(books: Books, actor: Actor, found: Decision) -> None:
    """Reverse what was booked by mistake, and release what its entry explained."""
    content = found.latest.content
    seq = content["reverses"]
    reversal_seq = reversing.reverse(books, actor, seq, content["reason"], found.number)
    for one in reversing.explained_by(books, seq):
        release_of_entry(books, one, reversal_seq)


def lists_decided(books: Books, actor: Actor, found: Decision) -> None:
    """Change a list as it was approved."""
    list_booking.change(books, actor, change_from_json(found.latest.content), found.number)
