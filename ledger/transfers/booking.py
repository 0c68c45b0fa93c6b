"""A transfer's steps become entries: proposed by one member, approved by others, sent, confirmed.

Proposing, editing, approving, rejecting and withdrawing are the steps of its decision (`ledger.decisions`); here is
what makes it a transfer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

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
from ledger.funds.payees import payee_of, pseudonym_of
from ledger.journal import accounts
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.money import AMOUNT_MAX
from ledger.moneyline import parcels as under_way
from ledger.moneyline.parcels import Parcels
from ledger.privacy.numbers import check_public
from ledger.roles import acting
from ledger.sequencer.books import Books
from ledger.transfers import history, store
from ledger.transfers.history import Transfer
from ledger.transfers.states import PROMISING, check_step

PURPOSE_MAX = 140
"""Characters: what a payment message has room for."""

FILES_MAX = 20
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
        purpose: What it is for, in words that anyone may read; may be empty.
        evidence: Hashes of files that were brought before, hexadecimal.
        policy: Name of the standing policy that proposes it; empty where a person does.
    """

    from_account: str
    to_account: str
    commodity: str
    amount: int
    reference: str
    purpose: str = ""
    evidence: tuple[str, ...] = ()
    policy: str = ""


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
        What it holds less what is proposed or approved and has not left.
    """
    promised = sum(
        one.promised
        for state in PROMISING
        for one in history.all_transfers(books.connection, books.fund.fund_id, state)
        if (one.from_account, one.commodity) == (account, commodity) and one.number != besides
    )
    return books.totals(account, commodity).balance - promised


class Paid(NamedTuple):
    """Who would be paid.

    Attributes:
        payee: What stands for them in entries.
        last: Number of the newest transfer that went to this account, where it went to somebody else; else None.
    """

    payee: str
    last: int | None


def paid(books: Books, account: str) -> Paid:
    """Return who stands behind a fund account now, and whether that changed since money went there last.

    Args:
        books: The fund's books.
        account: Of the fund.

    Returns:
        The payee.
    """
    connection, fund_id = books.connection, books.fund.fund_id
    now = pseudonym_of(books.keys, books.fund.slug, payee_of(connection, fund_id, account))
    last = history.last_payee(connection, fund_id, account)
    return Paid(now, None if last is None or last[1] == now else last[0])


def check_payee_now(books: Books, found: Transfer) -> None:
    """Hold that the details behind a transfer's account are those that it was approved with.

    Args:
        books: The fund's books.
        found: The transfer.

    Raises:
        StateError: They changed since.
    """
    now = paid(books, found.to_account).payee
    if found.payee not in ("", now):
        raise StateError(
            what="transfer", key=found.number, state="payee-changed-since", needed="edit"
        )


def check_payee_seen(books: Books, decided: Decision, *, seen: bool) -> dict[str, bool]:
    """Hold that whoever approves a transfer pays who was proposed, and has seen it where they changed.

    Args:
        books: The fund's books.
        decided: About a transfer, open.
        seen: Whether they say so.

    Returns:
        What the approval says besides.

    Raises:
        StateError: The details changed since it was proposed (`payee-changed-since`), or a change was not said to
            be seen (`payee-changed`).
    """
    content = decided.latest.content
    found = history.of_decision(books.connection, books.fund.fund_id, decided.number)
    check_payee_now(books, found)
    if "payee_changed" not in content:
        return {}
    if not seen:
        raise StateError(
            what="transfer", key=found.number, state="payee-changed", needed="payee-seen"
        )
    return {"payee_seen": True}


def wanted(number: int, proposal: Proposal, to: Paid | None = None) -> Proposed:
    """Return a transfer as what two people are to decide.

    Args:
        number: Of the transfer.
        proposal: From where, to where, how much.
        to: Who would be paid; None where only what was asked for matters.

    Returns:
        What its decision says.
    """
    content = _content(number, proposal)
    if to is not None:
        content["payee"] = to.payee
        if to.last is not None:
            content["payee_changed"] = to.last
    return Proposed("transfer", content, proposal.amount, proposal.commodity)


def _content(number: int, proposal: Proposal) -> dict[str, Any]:
    content: dict[str, Any] = {
        "number": number,
        "from": proposal.from_account,
        "to": proposal.to_account,
        "amount": proposal.amount,
        "commodity": proposal.commodity,
        "reference": proposal.reference,
    }
    if proposal.purpose:
        content["purpose"] = proposal.purpose
    if proposal.evidence:
        content["evidence"] = list(proposal.evidence)
    if proposal.policy:
        content["policy"] = proposal.policy
    return content


def own_reference(slug: str, number: int) -> str:
    """Return the reference that is offered for a transfer: short enough for every bank, long enough to be found."""
    return f"{slug[:20].upper()}-T{number:04d}"


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
    to = paid(books, proposal.to_account)
    decided = decisions.propose(books, member, wanted(number, proposal, to), key)
    store.add(
        books.connection,
        fund_id=books.fund.fund_id,
        number=number,
        state="proposed",
        fee=0,
        proposed_by=member.member_id,
        proposed_seq=decided.latest.seq,
        decision=decided.number,
        **_columns(proposal, to),
    )
    return decided


def _columns(proposal: Proposal, to: Paid) -> dict[str, str | int]:
    values = proposal._asdict()
    del values["policy"]
    return {**values, "evidence": " ".join(proposal.evidence), "payee": to.payee}


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
    to = paid(books, proposal.to_account)
    decided = decisions.edit(books, member, number, version, wanted(found.number, proposal, to))
    _move_on(books, found.number, **_columns(proposal, to))
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
    _check_words(books, proposal)
    if not 0 < proposal.amount <= AMOUNT_MAX:
        raise AmountError(field="amount", value=proposal.amount, reason="not-positive")
    there = available(books, proposal.from_account, proposal.commodity, besides)
    if proposal.amount > there:
        raise InsufficientError(
            account=proposal.from_account, available=there, asked=proposal.amount
        )


def _check_words(books: Books, proposal: Proposal) -> None:
    """Hold that purpose and evidence can be proposed.

    Raises:
        FieldError: A purpose of several lines, too long or with a number of a person, or a file that nobody has
            brought.
    """
    if len(proposal.purpose) > PURPOSE_MAX or not proposal.purpose.isprintable():
        raise FieldError(field="purpose", value="", reason="too-long")
    check_public("purpose", proposal.purpose)
    hashes = proposal.evidence
    if len(set(hashes)) < len(hashes) or len(hashes) > FILES_MAX:
        raise FieldError(field="evidence", value=len(hashes), reason="too-many")
    kept = history.kept_files(books.connection, books.fund.fund_id, hashes)
    for one in hashes:
        if one not in kept:
            raise FieldError(field="evidence", value=one[:64], reason="unknown")


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
    """Stop a transfer that is approved and has not left, or what of it has not. One person may: it moves nothing.

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
        StateError: It is not approved, or all of it has left already.
    """
    decisions.check_reason(reason)
    roles = (*kind_of("transfer").proposers, *SLOT_ROLES)
    actor = member.acting(*roles)
    found = _there(books, number)
    if found.state not in ("approved", "sent") or not found.rest:
        raise StateError(what="transfer", key=number, state=found.state, needed="approved")
    body: dict[str, object] = {"number": number, "decision": found.decision, "reason": reason}
    if found.gone:
        body["amount"] = found.rest
    seq = books.post(Draft("transfer.rejected", to_text(books.clock.now()), actor, body))
    books.settle()
    _add_step(books, number, seq, "stopped")
    if found.gone:
        _stand(books, found._replace(given_up=found.rest), seq)
    else:
        _move_on(books, number, state="rejected", ended_seq=seq)
    return seq


def send(  # what a bank says of a payment
    books: Books, actor: Actor, number: int, fee: int, proof: Proof, amount: int | None = None
) -> int:
    """Book that an approved transfer, or a part of it, has left its account.

    Args:
        books: The fund's books.
        actor: Who says so: the matching, or a member.
        number: The transfer.
        fee: What the bank kept of it, minor units.
        proof: The bank line.
        amount: What has left, fee included; None for all that has not left yet.

    Returns:
        The entry.

    Raises:
        StateError: It is not approved, or less of it has not left yet.
        AmountError: The fee is not a part of it.
        InsufficientError: The account does not hold it.
    """
    found = _there(books, number)
    if found.state != "sent" or not found.rest:
        check_step(number, found.state, "sent")
    leaves = found.rest if amount is None else amount
    if not 0 < leaves <= found.rest:
        raise StateError(what="transfer", key=number, state=leaves, needed=found.rest)
    if not 0 <= fee < leaves:
        raise AmountError(field="fee", value=fee, reason="not-a-part")
    held = books.totals(found.from_account, found.commodity).balance
    if leaves > held:
        raise InsufficientError(account=found.from_account, available=held, asked=leaves)
    transit, arrives = _transit(found), leaves - fee
    postings = [Posting(transit, found.from_account, found.commodity, arrives)]
    if fee:
        postings.append(Posting(accounts.BANK_FEES, found.from_account, found.commodity, fee))
    start = books.totals(transit, found.commodity).debits
    body = {"number": number, "amount": leaves, "fee": fee, "file": proof.file, "row": proof.row}
    move = Move(found.from_account, found.commodity, leaves, transit, found.commodity, arrives)
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
    _add_step(books, number, seq, "sent", leaves, fee)
    now = found._replace(
        gone=found.gone + leaves,
        fee=found.fee + fee,
        sent_seq=seq if found.sent_seq is None else found.sent_seq,
        on_way=under_way.as_text(under_way.put(found.parcels, start, arrives)),
    )
    _stand(books, now, seq)
    return seq


def confirm(  # the same
    books: Books, actor: Actor, number: int, amount: int, proof: Proof, fee: int = 0
) -> int:
    """Book that a transfer, or a part of it, has reached the fund.

    Args:
        books: The fund's books.
        actor: Who says so.
        number: The transfer.
        amount: What the bank line shows, minor units.
        proof: The bank line.
        fee: What the fund's bank kept before it.

    Returns:
        The entry.

    Raises:
        StateError: It is not under way, or less of it is.
        AmountError: A fee below zero.
    """
    return _end(books, actor, (number, "confirmed"), (amount, fee), proof)


def give_back(  # the same
    books: Books, actor: Actor, number: int, amount: int, proof: Proof, fee: int = 0
) -> int:
    """Book that a bank returned a transfer, or a part of it, to the account it came from.

    Args:
        books: The fund's books.
        actor: Who says so.
        number: The transfer.
        amount: What the bank line shows, minor units.
        proof: The bank line.
        fee: What a bank kept before it.

    Returns:
        The entry.

    Raises:
        StateError: It is not under way, or less of it is.
        AmountError: A fee below zero.
    """
    return _end(books, actor, (number, "returned"), (amount, fee), proof)


def taken_back(books: Books, steps: Sequence[tuple[int, int, int, int]]) -> dict[int, Parcels]:
    """Return what of the transit line leaves when sendings are undone, in this order.

    Args:
        books: The fund's books.
        steps: Of each: transfer, entry, and where and how much it put on the transit line.

    Returns:
        Intervals, by entry.

    Raises:
        InsufficientError: So much is not under way any more.
    """
    left: dict[int, Parcels] = {}
    found = {}
    for number, seq, start, length in steps:
        there = left[number] if number in left else _there(books, number).parcels
        if under_way.total(there) < length:
            raise InsufficientError(
                account=_transit(_there(books, number)),
                available=under_way.total(there),
                asked=length,
            )
        found[seq], left[number] = under_way.take_back(there, start, length)
    return found


class Undoing(NamedTuple):
    """A step that the release of a match reverses.

    Attributes:
        number: Of the transfer.
        kind: Of the entry: `transfer.sent`, `transfer.confirmed` or `transfer.returned`.
        seq: The entry.
        amount: What it moved.
        start: Where a sending had put it on the transit line.
        places: Where what arrived or came back lies on the transit line again.
        fee: What a bank had kept of a sending.
    """

    number: int
    kind: str
    seq: int
    amount: int
    start: int
    places: Parcels = ()
    fee: int = 0


def step_back(books: Books, one: Undoing, release: int) -> None:
    """Let a transfer stand where it stood before a step: the release of a match has reversed that.

    Args:
        books: The fund's books.
        one: The step.
        release: The entry.

    Raises:
        StateError: It has gone on since.
    """
    found = _there(books, one.number)
    _add_step(books, one.number, release, "released", one.amount, reverses=one.seq)
    if one.kind == "transfer.sent":
        _, left = under_way.take_back(found.parcels, one.start, one.amount - one.fee)
        now = found._replace(
            gone=found.gone - one.amount,
            fee=found.fee - one.fee,
            on_way=under_way.as_text(left),
            sent_seq=_first_sending(books, one.number),
        )
    else:
        left = found.parcels
        for place in one.places:
            left = under_way.put(left, *place)
        now = found._replace(on_way=under_way.as_text(left), ended_seq=None)
        if one.kind == "transfer.returned":
            now = now._replace(back=found.back - one.amount)
        else:
            now = now._replace(arrived=found.arrived - one.amount)
    _stand(books, now, release)


def _first_sending(books: Books, number: int) -> int | None:
    steps = history.steps(books.connection, books.fund.fund_id, number)
    undone = {one.reverses for one in steps}
    return next((one.seq for one in steps if one.step == "sent" and one.seq not in undone), None)


def _end(
    books: Books, actor: Actor, step: tuple[int, str], came: tuple[int, int], proof: Proof
) -> int:
    (number, state), (amount, fee) = step, came
    found = _there(books, number)
    check_step(number, found.state, state)
    if fee < 0:
        raise AmountError(field="fee", value=fee, reason="not-a-part")
    leaves = amount + fee
    if amount <= 0 or leaves > found.under_way:
        raise StateError(what="transfer", key=number, state=leaves, needed=found.under_way)
    transit, commodity = _transit(found), found.commodity
    target = found.to_account if state == "confirmed" else found.from_account
    taken, left = under_way.take(found.parcels, leaves)
    moves = [
        Move(transit, commodity, length, target, commodity, length, start=start)
        for start, length in taken
    ]
    postings = [Posting(target, transit, commodity, leaves)]
    body = {"number": number, "amount": leaves, "file": proof.file, "row": proof.row}
    if fee:
        # A bank that keeps something keeps it of what is on the account then: first in, first out.
        cost = accounts.FUND_FEES if state == "confirmed" else accounts.RETURN_FEES
        postings.append(Posting(cost, target, commodity, fee))
        moves.append(Move(target, commodity, fee, cost, commodity, fee))
        body["fee"] = fee
    seq = books.post(
        Draft(
            f"transfer.{state}",
            to_text(proof.at),
            actor,
            dict(body),
            tuple(postings),
            tuple(moves),
            proof.claim,
        )
    )
    books.settle()
    _add_step(books, number, seq, state, leaves, fee)
    now = found._replace(on_way=under_way.as_text(left))
    if state == "confirmed":
        now = now._replace(arrived=found.arrived + leaves)
    else:
        now = now._replace(back=found.back + leaves)
    _stand(books, now, seq)
    return seq


def _stand(books: Books, now: Transfer, seq: int) -> None:
    """Keep where a transfer stands after an entry; what is open of it decides the state."""
    if not now.gone:
        state, ended = "approved", None
    elif now.rest or now.on_way:
        state, ended = "sent", None
    else:
        state, ended = ("confirmed" if now.arrived else "returned"), seq
    _move_on(
        books,
        now.number,
        state=state,
        ended_seq=ended,
        sent_seq=now.sent_seq,
        fee=now.fee,
        gone=now.gone,
        arrived=now.arrived,
        back=now.back,
        given_up=now.given_up,
        on_way=now.on_way,
    )


def _there(books: Books, number: int) -> Transfer:
    books.settle()
    return history.transfer(books.connection, books.fund.fund_id, number)


def _transit(found: Transfer) -> str:
    return accounts.in_transit(found.to_account.rsplit(":", 1)[-1])


def _add_step(  # noqa: PLR0913, PLR0917  # the columns
    books: Books,
    number: int,
    seq: int,
    step: str,
    amount: int = 0,
    fee: int = 0,
    reverses: int | None = None,
) -> None:
    store.add_step(
        books.connection,
        books.fund.fund_id,
        number,
        seq=seq,
        step=step,
        amount=amount,
        fee=fee,
        reverses=reverses,
    )


def _move_on(books: Books, number: int, **values: int | str | None) -> None:
    store.move_on(books.connection, books.fund.fund_id, number, **values)
