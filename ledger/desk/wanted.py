"""What somebody wants two people to decide: one function a kind, each giving what `actions.propose` and `actions.edit`
take. Whether it could be carried out now is checked when it is proposed, and again when it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ledger.actors import Member
from ledger.clock import to_minute_text
from ledger.decisions import booking as decisions
from ledger.decisions.booking import Proposed
from ledger.decisions.cost_limit import CostLimit, limit_from_json, limit_to_json
from ledger.decisions.promises import Promises, promises_from_json, promises_to_json
from ledger.decisions.rules import Rule, check_rule, kind_of, rule_to_json
from ledger.decisions.shapes import Decision
from ledger.desk.checklist import Checklist, accepted, check_accepted, checklist
from ledger.errors import ConflictError, FieldError, StateError
from ledger.funds import booking as setting_up
from ledger.funds import history as funds
from ledger.funds.history import Rate
from ledger.funds.members import NewMember, check_name
from ledger.funds.payees import Payee, check_change, check_payee
from ledger.intake import erasing
from ledger.issuing import booking as issuing
from ledger.issuing.booking import File, NewCertificate
from ledger.issuing.numbers import is_notice
from ledger.matching import saved_mappings
from ledger.matching.exceptions import booking as exceptions
from ledger.matching.exceptions.booking import Words
from ledger.matching.formats.mappings import Mapping as SheetMapping
from ledger.matching.saved_mappings import MAPPING
from ledger.periods import booking as periods
from ledger.periods.booking import NewStatement
from ledger.roles import acting, check_roles
from ledger.sequencer.books import Books
from ledger.transfers import booking as transfers
from ledger.transfers import standing
from ledger.transfers.booking import Proposal
from ledger.transfers.payment_files import Columns, mapping_from_json, mapping_json
from ledger.transfers.standing import Policy


class Wanted(NamedTuple):
    """What somebody wants.

    Attributes:
        kind: Of the decision.
        propose: Proposes it, with the client's key.
        edit: Makes it the next version of a decision, by its number and the version that was seen.
    """

    kind: str
    propose: Callable[[Books, Member, str | None], Decision]
    edit: Callable[[Books, Member, int, int], Decision]


def _wanted(new: Proposed, check: Callable[[Books], object]) -> Wanted:
    def propose(books: Books, member: Member, key: str | None) -> Decision:
        first = decisions.repeated(books, member, new, key)
        if first is not None:
            return first
        acting(member, f"{new.kind}.propose")
        check(books)
        return decisions.propose(books, member, new, key)

    def edit(books: Books, member: Member, number: int, version: int) -> Decision:
        acting(member, f"{new.kind}.propose")
        check(books)
        return decisions.edit(books, member, number, version, new)

    return Wanted(new.kind, propose, edit)


def transfer(proposal: Proposal) -> Wanted:
    """Want a transfer into the fund."""
    return Wanted(
        "transfer",
        lambda books, member, key: transfers.propose(books, member, proposal, key),
        lambda books, member, number, version: transfers.edit(
            books, member, number, version, proposal
        ),
    )


def rate(new: Rate) -> Wanted:
    """Want to say what a platform's unit is worth; its `seq` is not looked at."""
    content = {name: value for name, value in new._asdict().items() if name != "seq"}
    return _wanted(Proposed("rate", content), lambda _books: setting_up.check_rate(new))


def close(month: str, reason: str = "") -> Wanted:
    """Want to close a month, such as `2026-10`, with all its broadcasts.

    Args:
        month: Which.
        reason: Why it may close although checks fail that block it; what fails is read when it is proposed, and
            nothing else may fail when it is approved. Ignored where nothing fails.

    Returns:
        What is wanted.
    """

    def new(books: Books) -> Proposed:
        periods.check_close(books, month, zone_of(books))
        return Proposed("close", accepted(_looked(books, month), periods.short_reason(reason)))

    def propose(books: Books, member: Member, key: str | None) -> Decision:
        first = decisions.repeated(books, member, Proposed("close", {"month": month}), key)
        if first is not None:
            return first
        acting(member, "close.propose")
        return decisions.propose(books, member, new(books), key)

    def edit(books: Books, member: Member, number: int, version: int) -> Decision:
        acting(member, "close.propose")
        return decisions.edit(books, member, number, version, new(books))

    return Wanted("close", propose, edit)


def check_closing(books: Books, content: Mapping[str, Any]) -> None:
    """Hold that nothing blocks a month but what was accepted when its closing was proposed.

    Raises:
        FieldError: Something else does.
    """
    check_accepted(_looked(books, content["month"]), content)


def _looked(books: Books, month: str) -> Checklist:
    books.settle()
    return checklist(books.connection, books.fund, month, books.clock.now())


def seal(month: str, statements: Sequence[NewStatement] = ()) -> Wanted:
    """Want to seal a closed month for ever; with the digest of each statement that is issued with it."""
    content: dict[str, Any] = {"month": month}
    if statements:
        content["statements"] = [periods.statement_json(one) for one in statements]
    return _wanted(Proposed("seal", content), lambda books: periods.check_seal(books, month))


def reopen(month: str, until: datetime, reason: str) -> Wanted:
    """Want to reopen the last closed month until a time, which is cut to the minute, for a reason."""
    ends = to_minute_text(until)
    content = {"month": month, "until": ends, "reason": periods.check_reason(reason)}
    return _wanted(
        Proposed("reopen", content), lambda books: periods.check_reopen(books, month, ends)
    )


def zone_of(books: Books) -> str:
    """Return the time zone of a fund."""
    return funds.details(books.connection, books.fund.fund_id).zone


def erasure(gifts: Sequence[int]) -> Wanted:
    """Want to erase who gave gifts, by their entries. Which ones stays private."""
    seqs = sorted(set(gifts))
    return _wanted(
        Proposed("erase", {"count": len(seqs)}, private={"gifts": seqs}),
        lambda books: erasing.check_erasable(books, seqs),
    )


def thread_erasure(found: Sequence[Words]) -> Wanted:
    """Want to erase what steps of exceptions' threads say. Which ones stays private."""
    notes = sorted(set(found))
    content = {"count": len(notes), "of": exceptions.THREADS}
    return _wanted(
        Proposed("erase", content, private={"notes": [list(one) for one in notes]}),
        lambda books: exceptions.check_erasable(books, notes),
    )


def publication(statements: Sequence[NewStatement], *, seals: bool = False) -> Wanted:
    """Want to publish the signed statements of a month: one a language. The first seals the month for ever.

    A correction notice covers no month: it says what published ones got wrong, as soon as the entries that correct them
    are there, and seals nothing.
    """
    said = [periods.statement_json(one) for one in statements]
    month = statements[0].month if statements else ""
    content: dict[str, Any] = {"month": month, "statements": said}
    if seals:
        content["seal"] = {"month": month, "statements": said}
    notices = {is_notice(one.number) for one in statements}

    def check(books: Books) -> None:
        if not statements or len({one.month for one in statements}) > 1:
            raise FieldError(field="statements", value=len(statements), reason="one-month")
        if notices != {True}:
            periods.check_issued(books, month, seals=seals)
        if len(notices) > 1 or (seals and notices == {True}):
            raise FieldError(field="statements", value=len(statements), reason="one-kind")
        for one in statements:
            if periods.is_published(books, one):
                raise StateError(what="statement", key=one.number, state="published", needed="new")
            check_signed(books, one)

    return _wanted(Proposed("publish", content), check)


def check_signed(books: Books, new: NewStatement) -> None:
    """Hold that a file is the one that was signed last, with the auditor's opinion that it says.

    Args:
        books: The fund's books.
        new: What is to be published.

    Raises:
        StateError: It is not signed, or with the auditor.
        ConflictError: It is another file, or the opinion is another one.
    """
    file = File(new.number, new.language, new.sha256, new.length)
    if issuing.check_publishable(books, file) != new.opinion:
        raise ConflictError(what="statement", key=new.number, field="opinion")


def certificate(new: NewCertificate) -> Wanted:
    """Want an auditor to countersign with a certificate."""
    return _wanted(
        Proposed("certificate", issuing.certificate_json(new)),
        lambda books: issuing.check_certificate(books, new),
    )


def enrolment(new: NewMember) -> Wanted:
    """Want to enrol somebody. Name and sign-in stay private."""
    content = {"roles": sorted(new.roles)}
    private = {"name": new.name, "user_id": new.user_id}

    def check(books: Books) -> None:
        check_name(new.name)
        check_roles(new.roles)
        for one in funds.all_members(books.connection, books.fund.fund_id):
            is_user = new.user_id is not None and one.user_id == new.user_id
            if not one.removed and (is_user or one.name == new.name):
                raise ConflictError(what="member", key="user" if is_user else "name")

    return _wanted(Proposed("members", content, private=private), check)


def roles(member_id: str, wanted: frozenset[str]) -> Wanted:
    """Want to give a member other roles: all that they have from then on."""
    content = {"member": member_id, "roles": sorted(wanted)}

    def check(books: Books) -> None:
        check_roles(wanted)
        found = funds.member(books.connection, books.fund.fund_id, member_id)
        if found.member_id != member_id:
            raise FieldError(field="member", value="", reason="not-an-id")
        if found.roles == wanted:
            raise StateError(what="member", key=member_id, state="same", needed="other-roles")

    return _wanted(Proposed("members", content), check)


def promises(new: Promises) -> Wanted:
    """Want the fund to promise other days: for transfers, settlements and statements."""
    content = promises_to_json(new)
    return _wanted(Proposed("rule", content), lambda _books: promises_from_json(content))


def cost_limit(new: CostLimit) -> Wanted:
    """Want another part of what the fund pays to be the limit of its management cost."""
    content = limit_to_json(new)
    return _wanted(Proposed("rule", content), lambda _books: limit_from_json(content))


def mapping(new: SheetMapping) -> Wanted:
    """Want to read sheets by a mapping; the next version of it, where there is one of its name."""
    content = {MAPPING: saved_mappings.mapping_content(new)}
    return _wanted(Proposed("rule", content), lambda _books: saved_mappings.check_public(new))


def payee(account: str, new: Payee) -> Wanted:
    """Want other details to stand behind an account. They stay private."""
    clean = check_payee(new)
    return _wanted(
        Proposed("payee", {"account": account}, private=clean._asdict()),
        lambda books: check_change(books, account, clean),
    )


def payment_columns(new: Columns) -> Wanted:
    """Want sheets for a bank's portal to be written with these columns."""
    content = mapping_json(new)
    return _wanted(
        Proposed("rule", {standing.COLUMNS: content}), lambda _books: mapping_from_json(content)
    )


def transfer_policy(new: Policy) -> Wanted:
    """Want transfers to be proposed by a standing policy; never approved by it."""
    return _wanted(
        Proposed("rule", {standing.POLICY: standing.policy_json(new)}),
        lambda books: standing.check_policy(books, new),
    )


def rule(kind: str, new: Rule, reason: str | None = None) -> Wanted:
    """Want the fund to have a rule of its own for a kind of decisions; with a reason where it asks for less."""
    return _wanted(
        Proposed("four-eyes", rule_to_json(kind, new, reason)),
        lambda _books: check_rule(kind_of(kind), new, reason),
    )
