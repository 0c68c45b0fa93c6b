"""A transfer's steps become entries: proposed by one member, approved by others, sent, confirmed.

Proposing, editing, approving, rejecting and withdrawing are the steps of its decision (`ledger.decisions`); here is
what makes it a transfer.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ledger.actors import Actor, Member
from ledger.clock import to_text
from ledger.decisions import booking as decisions
from ledger.decisions.booking import Proposed
from ledger.decisions.rules import SLOT_ROLES, kind_of
from ledger.decisions.shapes import Decision
from ledger.errors import (
    AmountError,
    FieldError,
    InsufficientError,
    StateError,
    UnknownNameError,
)
from ledger.funds.history import money_account_list
from ledger.journal import accounts
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.money import AMOUNT_MAX
from ledger.roles import acting
from ledger.sequencer.books import Books
from ledger.transfers import history, store
from ledger.transfers.states import check_step

REFERENCE_CHARS = (8, 80)
"""Shorter ones are found in texts by chance; longer ones are cut by banks."""


class Proposal(NamedTuple):
    """What should be transferred.

    Attributes:
        from_account: Collection account, `Assets:Bank:…`.
        to_account: Fund account, `Assets:Fund:…`.
        commodity: Currency of both.
        amount: Minor units that leave, fee included.
        reference: At least 8 characters, so that the bank's lines can be told by it.
    """

    from_account: str
    to_account: str
    commodity: str
    amount: int
    reference: str


class Proof(NamedTuple):
    """The bank line of a step.

    Attributes:
        at: When the bank booked it.
        file: SHA-256 of the file, hex.
        row: Line of the file.
        claim: That the line explains one entry only.
    """

    at: datetime
    file: str
    row: int
    claim: Claim | None


def available(books: Books, account: str, commodity: str, besides: int = 0) -> int:
    """Return what may still be proposed from an account, minor units.

    Args:
        books: The fund's books.
        account: A collection account.
        commodity: Currency.
        besides: A transfer whose own amount does not count, because it is being edited.

    Returns:
        What it holds less what is proposed or approved.
    """
    promised = sum(
        one.amount
        for state in ("proposed", "approved")
        for one in history.all_transfers(books.connection, books.fund.fund_id, state)
        if (one.from_account, one.commodity) == (account, commodity) and one.number != besides
    )
    return books.totals(account, commodity).balance - promised


def wanted(number: int, proposal: Proposal) -> Proposed:
    """Return a transfer as what two people are to decide.

    Args:
        number: Of the transfer.
        proposal: From where, to where, how much.

    Returns:
        What its decision says.
    """
    content = {
        "number": number,
        "from": proposal.from_account,
        "to": proposal.to_account,
        "amount": proposal.amount,
        "commodity": proposal.commodity,
        "reference": proposal.reference,
    }
    return Proposed("transfer", content, proposal.amount, proposal.commodity)


def propose(books: Books, member: Member, proposal: Proposal, key: str | None = None) -> Decision:
    """Propose a transfer into the fund.

    Args:
        books: The fund's books.
        member: Who proposes.
        proposal: From where, to where, how much.
        key: Chosen by the client: the same key gives the first decision again.

    Returns:
        The decision; its content names the transfer's number.

    Raises:
        NotAllowedError: The member's role may not.
        FieldError: Accounts of the wrong stage or in another currency, or a reference too short.
        UnknownNameError: The fund has no such account.
        AmountError: Not above zero.
        InsufficientError: More than the account holds and has not promised.
        ConflictError: The key has proposed something else.
    """
    first = decisions.repeated(books, member, wanted(0, proposal), key)
    if first is not None:
        return first
    acting(member, "transfer.propose")
    check(books, proposal)
    number = history.last_number(books.connection, books.fund.fund_id) + 1
    decided = decisions.propose(books, member, wanted(number, proposal), key)
    store.add(
        books.connection,
        fund_id=books.fund.fund_id,
        number=number,
        state="proposed",
        fee=0,
        proposed_by=member.member_id,
        proposed_seq=decided.latest.seq,
        decision=decided.number,
        **_columns(proposal),
    )
    return decided


def _columns(proposal: Proposal) -> dict[str, str | int]:
    return dict(proposal._asdict())


def edit(books: Books, member: Member, number: int, version: int, proposal: Proposal) -> Decision:
    """Change a proposed transfer: its approvals so far count no more, and the editor cannot approve it.

    Args:
        books: The fund's books.
        member: Who edits.
        number: Of the decision.
        version: The one that they saw.
        proposal: From where, to where, how much.

    Returns:
        The decision.

    Raises:
        NotFoundError: The decision is not about a transfer.
        StateError: It has ended, or somebody edited it since.
        NotAllowedError: The member's role may not.
    """
    found = history.of_decision(books.connection, books.fund.fund_id, number)
    acting(member, "transfer.propose")
    check_step(found.number, found.state, "approved")
    check(books, proposal, found.number)
    decided = decisions.edit(books, member, number, version, wanted(found.number, proposal))
    _move_on(books, found.number, **_columns(proposal))
    return decided


def check(books: Books, proposal: Proposal, besides: int = 0) -> None:
    """Hold that a transfer can be proposed now.

    Args:
        books: The fund's books.
        proposal: From where, to where, how much.
        besides: A transfer whose own amount does not count, because it is being edited.

    Raises:
        FieldError: Accounts of the wrong stage or in another currency, or a reference too short.
        UnknownNameError: The fund has no such account.
        AmountError: Not above zero.
        InsufficientError: More than the account holds and has not promised.
    """
    if not proposal.from_account.startswith("Assets:Bank:"):
        raise FieldError(
            field="from", value=proposal.from_account[:60], reason="not-a-collection-account"
        )
    if not proposal.to_account.startswith("Assets:Fund:"):
        raise FieldError(field="to", value=proposal.to_account[:60], reason="not-a-fund-account")
    _check_accounts(books, proposal)
    if not REFERENCE_CHARS[0] <= len(proposal.reference) <= REFERENCE_CHARS[1]:
        raise FieldError(field="reference", value=proposal.reference[:80], reason="length")
    if not 0 < proposal.amount <= AMOUNT_MAX:
        raise AmountError(field="amount", value=proposal.amount, reason="not-positive")
    there = available(books, proposal.from_account, proposal.commodity, besides)
    if proposal.amount > there:
        raise InsufficientError(
            account=proposal.from_account, available=there, asked=proposal.amount
        )


def _check_accounts(books: Books, proposal: Proposal) -> None:
    """Hold that the fund has both accounts, in the transfer's currency.

    Raises:
        UnknownNameError: It has not.
        FieldError: One is in another currency.
    """
    known = {
        one.name: one.commodity for one in money_account_list(books.connection, books.fund.fund_id)
    }
    for name in (proposal.from_account, proposal.to_account):
        if name not in known:
            raise UnknownNameError(what="account", name=name[:60], known=sorted(known))
        if known[name] != proposal.commodity:
            raise FieldError(
                field="commodity", value=proposal.commodity[:10], expected=known[name]
            )


def follow(books: Books, decided: Decision) -> None:
    """Bring a transfer to where its decision is: approved, rejected or withdrawn.

    Args:
        books: The fund's books.
        decided: Has ended just now.

    Raises:
        StateError: The transfer cannot go there.
    """
    assert decided.end is not None
    found = history.of_decision(books.connection, books.fund.fund_id, decided.number)
    end = decided.end
    check_step(found.number, found.state, end.end)
    if end.end == "approved":
        _move_on(
            books,
            found.number,
            state="approved",
            approved_by=end.member_id,
            approved_seq=end.seq,
        )
    else:
        _move_on(books, found.number, state=end.end, ended_seq=end.seq)


def call_off(books: Books, member: Member, number: int, reason: str) -> int:
    """Stop a transfer that is approved and has not left. One person may: it moves nothing.

    Args:
        books: The fund's books.
        member: Who stops it.
        number: The transfer.
        reason: In words that anyone may read.

    Returns:
        The entry.

    Raises:
        NotAllowedError: The member's roles neither propose nor approve transfers.
        FieldError: No reason.
        StateError: It is not approved, or sent already.
    """
    decisions.check_reason(reason)
    roles = (*kind_of("transfer").proposers, *SLOT_ROLES)
    actor = member.acting(*roles)
    found = history.transfer(books.connection, books.fund.fund_id, number)
    if found.state != "approved":
        raise StateError(what="transfer", key=number, state=found.state, needed="approved")
    body = {"number": number, "decision": found.decision, "reason": reason}
    seq = books.post(Draft("transfer.rejected", to_text(books.clock.now()), actor, dict(body)))
    books.settle()
    _move_on(books, number, state="rejected", ended_seq=seq)
    return seq


def send(books: Books, actor: Actor, number: int, fee: int, proof: Proof) -> int:
    """Book that an approved transfer has left its account.

    Args:
        books: The fund's books.
        actor: Who says so: the matching, or a member.
        number: The transfer.
        fee: What the bank kept of it, minor units.
        proof: The bank line.

    Returns:
        The entry.

    Raises:
        StateError: It is not approved.
        AmountError: The fee is not a part of it.
        InsufficientError: The account does not hold it.
    """
    found = history.transfer(books.connection, books.fund.fund_id, number)
    check_step(number, found.state, "sent")
    if not 0 <= fee < found.amount:
        raise AmountError(field="fee", value=fee, reason="not-a-part")
    held = books.totals(found.from_account, found.commodity).balance
    if found.amount > held:
        raise InsufficientError(account=found.from_account, available=held, asked=found.amount)
    transit = accounts.in_transit(found.to_account.rsplit(":", 1)[-1])
    arrives = found.amount - fee
    postings = [Posting(transit, found.from_account, found.commodity, arrives)]
    if fee:
        postings.append(Posting(accounts.BANK_FEES, found.from_account, found.commodity, fee))
    start = books.totals(transit, found.commodity).debits
    body = {
        "number": number,
        "amount": found.amount,
        "fee": fee,
        "file": proof.file,
        "row": proof.row,
    }
    move = Move(
        found.from_account, found.commodity, found.amount, transit, found.commodity, arrives
    )
    seq = books.post(
        Draft(
            "transfer.sent",
            to_text(proof.at),
            actor,
            dict(body),
            tuple(postings),
            (move,),
            proof.claim,
        )
    )
    books.settle()
    _move_on(books, number, state="sent", sent_seq=seq, fee=fee, transit_start=start)
    return seq


def confirm(books: Books, actor: Actor, number: int, amount: int, proof: Proof) -> int:
    """Book that a transfer has reached the fund.

    Args:
        books: The fund's books.
        actor: Who says so.
        number: The transfer.
        amount: What arrived, minor units.
        proof: The bank line.

    Returns:
        The entry.
    """
    return _end(books, actor, (number, "confirmed"), amount, proof)


def give_back(books: Books, actor: Actor, number: int, amount: int, proof: Proof) -> int:
    """Book that a bank returned a transfer to the account it came from.

    Args:
        books: The fund's books.
        actor: Who says so.
        number: The transfer.
        amount: What came back, minor units.
        proof: The bank line.

    Returns:
        The entry.
    """
    return _end(books, actor, (number, "returned"), amount, proof)


def step_back(books: Books, number: int, kind: str, transit_start: int) -> None:
    """Let a transfer stand where it stood before its last step: the release of a match has reversed that.

    Args:
        books: The fund's books.
        number: The transfer.
        kind: Of the entry that was reversed: `transfer.sent` or `transfer.confirmed`.
        transit_start: Where a transfer under way lies on the transit line now.

    Raises:
        StateError: It has gone on since.
    """
    found = history.transfer(books.connection, books.fund.fund_id, number)
    stood = kind.removeprefix("transfer.")
    if found.state != stood:
        raise StateError(what="transfer", key=number, state=found.state, needed=stood)
    if stood == "sent":
        _move_on(books, number, state="approved", sent_seq=None, transit_start=None)
    else:
        _move_on(books, number, state="sent", ended_seq=None, transit_start=transit_start)


def _end(books: Books, actor: Actor, step: tuple[int, str], amount: int, proof: Proof) -> int:
    number, state = step
    found = history.transfer(books.connection, books.fund.fund_id, number)
    check_step(number, found.state, state)
    on_its_way = found.amount - found.fee
    if amount != on_its_way:
        raise StateError(what="transfer", key=number, state=amount, needed=on_its_way)
    transit = accounts.in_transit(found.to_account.rsplit(":", 1)[-1])
    target = found.to_account if state == "confirmed" else found.from_account
    body = {"number": number, "amount": amount, "file": proof.file, "row": proof.row}
    move = Move(
        transit,
        found.commodity,
        amount,
        target,
        found.commodity,
        amount,
        start=found.transit_start,
    )
    seq = books.post(
        Draft(
            f"transfer.{state}",
            to_text(proof.at),
            actor,
            dict(body),
            (Posting(target, transit, found.commodity, amount),),
            (move,),
            proof.claim,
        )
    )
    books.settle()
    _move_on(books, number, state=state, ended_seq=seq)
    return seq


def _move_on(books: Books, number: int, **values: int | str | None) -> None:
    store.move_on(books.connection, books.fund.fund_id, number, **values)
