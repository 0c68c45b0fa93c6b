"""What people do about matches: confirm or dismiss what is suggested, and release what was confirmed.

Up to the fund's limit one officer confirms alone. Above it, where sums differ, and to release a match, two decide:
`match`, `adjustment` and `release` give what `actions.propose` and `actions.edit` take; `match_decided`
and `adjustment_decided` are what decisions of these kinds bring about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ledger.activity.recording import note
from ledger.activity.records import Activity
from ledger.actors import Actor, Member
from ledger.clock import to_ms
from ledger.decisions import booking as decisions
from ledger.decisions import history as decided
from ledger.decisions.booking import Proposed, check_reason
from ledger.decisions.shapes import Decision
from ledger.desk.acting import member_now
from ledger.desk.matched import MATCHING, Plan, book, difference, read
from ledger.desk.wanted import Wanted
from ledger.errors import AboveLimitError, FourEyesError, PeriodClosedError, StateError
from ledger.journal.history import Fund
from ledger.matching import booking as matching
from ledger.matching import history, matches, releasing
from ledger.matching.confirming import adjusted_json
from ledger.matching.items import Other
from ledger.matching.matches import KeptMatch, Release, Suggestion
from ledger.matching.officers_rules import rules_from_json, rules_to_json
from ledger.matching.passes import Rules
from ledger.matching.releasing import Undone
from ledger.roles import acting
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer
from ledger.transfers import booking as transfers
from ledger.transfers.booking import Undoing

T = TypeVar("T")

# --- one person ---------------------------------------------------------------------------------


def confirm(sequencer: Sequencer, fund: Fund, member_id: str, suggestion: str) -> int:
    """Confirm a suggestion whose sums are equal, up to the amount that one person may confirm.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who confirms.
        suggestion: Its id.

    Returns:
        Number of the match.

    Raises:
        NotAllowedError: None of their roles confirms matches.
        NotFoundError: There is no such suggestion any more.
        StateError: It is ambiguous, not open any more, or two people have to decide it: then `needed` says what to
            propose.
    """
    subject = f"suggestion/{suggestion}"

    def act(books: Books, member: Member) -> int:
        actor = acting(member, "match.confirm")
        found, plan = _suggested(books, suggestion)
        if difference(read(books, plan)) is not None:
            raise StateError(
                what="suggestion", key=suggestion, state="sums-differ", needed="adjustment"
            )
        rule = decided.rules_in_force(books.connection, fund.fund_id)["match"].rule
        if rule.slots(abs(found.amount), found.commodity):
            raise AboveLimitError(
                what="suggestion", key=suggestion, state="above-limit", needed="match"
            )
        return _drop(books, suggestion, book(books, actor, plan))

    return _act(sequencer, fund, Activity(fund.fund_id, "match.confirm", subject, member_id), act)


def dismiss(
    sequencer: Sequencer, fund: Fund, member_id: str, suggestion: str, reason: str
) -> None:
    """Say that a suggestion is none: it is not made again.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who dismisses it.
        suggestion: Its id.
        reason: Why, for the officers; not public.

    Raises:
        NotAllowedError: None of their roles confirms matches.
        NotFoundError: There is no such suggestion any more.
        FieldError: No reason.
    """
    activity = Activity(
        fund.fund_id, "match.dismiss", f"suggestion/{suggestion}", member_id, reason=reason
    )

    def act(books: Books, member: Member) -> None:
        acting(member, "match.dismiss")
        check_reason(reason)
        books.settle()
        matches.suggestion(books.connection, fund.fund_id, suggestion)
        said = (member.member_id, reason, to_ms(books.clock.now()))
        matches.keep_dismissal(books.connection, fund.fund_id, suggestion, said)

    _act(sequencer, fund, activity, act)


def _act(sequencer: Sequencer, fund: Fund, done: Activity, act: Callable[[Books, Member], T]) -> T:
    """Let a member, who is read anew, do something, and put it on record in the same commit."""

    def decide(books: Books) -> T:
        member = member_now(books, done.member_id or "")
        found = act(books, member)
        note(books, replace(done, role=member.role_text))
        return found

    return sequencer.decide(fund, decide).value


def _suggested(books: Books, suggestion: str) -> tuple[Suggestion, Plan]:
    """Return a suggestion as it stands, and what would be confirmed.

    Raises:
        StateError: It is ambiguous: there is nothing that could be confirmed.
    """
    books.settle()
    found = matches.suggestion(books.connection, books.fund.fund_id, suggestion)
    if not (found.expectations and found.lines) or found.verdict != "suggested":
        raise StateError(
            what="suggestion", key=suggestion, state=found.verdict, needed="suggested"
        )
    plan = Plan(
        found.step, found.rule, found.rule_version, found.expectations, found.lines, found.others
    )
    return found, plan


def _drop(books: Books, suggestion: str, number: int) -> int:
    matches.drop_suggestion(books.connection, books.fund.fund_id, suggestion)
    return number


# --- what two people decide ---------------------------------------------------------------------


def match(suggestion: str) -> Wanted:
    """Want to confirm a suggestion above the amount that one person may confirm."""

    def make(books: Books) -> Proposed:
        found, plan = _suggested(books, suggestion)
        if difference(read(books, plan)) is not None:
            raise StateError(
                what="suggestion", key=suggestion, state="sums-differ", needed="adjustment"
            )
        return Proposed("match", _content(found), abs(found.amount), found.commodity)

    return _about("match", make)


def adjustment(suggestion: str, reason: str) -> Wanted:
    """Want to confirm a suggestion whose sums differ, and to book the difference away.

    Args:
        suggestion: Its id.
        reason: Why they differ, in words that anyone may read.

    Returns:
        For `actions.propose`.
    """

    def make(books: Books) -> Proposed:
        check_reason(reason)
        found, plan = _suggested(books, suggestion)
        adjusted = difference(read(books, plan))
        if adjusted is None:
            raise StateError(what="suggestion", key=suggestion, state="sums-equal", needed="match")
        content = {
            **_content(found),
            "adjustment": adjusted_json(adjusted._replace(reason=reason)),
        }
        return Proposed("adjustment", content, adjusted.amount, adjusted.commodity)

    return _about("adjustment", make)


def release(number: int, reason: str) -> Wanted:
    """Want to release a match: its entries are reversed, its lines open again.

    Args:
        number: Of the match.
        reason: Why, in words that anyone may read.

    Returns:
        For `actions.propose`.
    """

    def make(books: Books) -> Proposed:
        check_reason(reason)
        _releasable(books, number)
        return Proposed("match", {"release": number, "reason": reason})

    return _about("match", make)


def rules(new: Rules) -> Wanted:
    """Want the passes to go by other rules from the approval on."""
    content = rules_to_json(new)
    # What was decided is read again by whoever matches: only what can be read may be proposed.
    return _about("rule", lambda _books: Proposed("rule", rules_to_json(rules_from_json(content))))


def _about(kind: str, make: Callable[[Books], Proposed]) -> Wanted:
    def propose(books: Books, member: Member, key: str | None) -> Decision:
        acting(member, f"{kind}.propose")
        return decisions.propose(books, member, make(books), key)

    def edit(books: Books, member: Member, number: int, version: int) -> Decision:
        acting(member, f"{kind}.propose")
        return decisions.edit(books, member, number, version, make(books))

    return Wanted(kind, propose, edit)


def _content(found: Suggestion) -> dict[str, Any]:
    """Return a suggestion as its decision says it: digests and ids, no name and no text."""
    return {
        "suggestion": found.id,
        "step": found.step,
        "pass": found.rule,
        "rule_version": found.rule_version,
        "expectations": list(found.expectations),
        "lines": [list(line) for line in found.lines],
        "others": [[one.id, one.why] for one in found.others],
    }


def _plan(content: Mapping[str, Any], decision: int, reason: str | None) -> Plan:
    return Plan(
        step=content["step"],
        rule=content["pass"],
        rule_version=content["rule_version"],
        expectations=tuple(content["expectations"]),
        lines=tuple((line[0], line[1]) for line in content["lines"]),
        others=tuple(Other(one[0], one[1]) for one in content["others"]),
        decision=decision,
        reason=reason,
    )


# --- what a decision brings about ---------------------------------------------------------------


def match_decided(books: Books, actor: Actor, found: Decision) -> None:
    """Confirm what was decided, or release it."""
    content = found.latest.content
    if "release" in content:
        said = {"reason": content["reason"], "decision": found.number}
        _release(books, actor, content["release"], said)
        return
    plan = _plan(content, found.number, None)
    _check_not_taker(books, actor, plan)
    _drop(books, content["suggestion"], book(books, actor, plan))


def _check_not_taker(books: Books, actor: Actor, plan: Plan) -> None:
    """Hold that whoever confirms above the limit did not bring the file that they confirm by.

    Raises:
        FourEyesError: They did.
    """
    connection, fund_id = books.connection, books.fund.fund_id
    lines = history.lines_by_key(connection, fund_id, plan.lines)
    if actor.id in history.takers(connection, fund_id, lines):
        raise FourEyesError(member=actor.id, reason="took-the-file")


def adjustment_decided(books: Books, actor: Actor, found: Decision) -> None:
    """Confirm what was decided, and book the difference away as it was approved.

    Raises:
        StateError: The difference is another one than was approved.
    """
    content = found.latest.content
    reason = content["adjustment"]["reason"]
    plan = _plan(content, found.number, reason)
    adjusted = difference(read(books, plan))
    if (
        adjusted is None
        or adjusted_json(adjusted._replace(reason=reason)) != content["adjustment"]
    ):
        raise StateError(what="decision", key=found.number, state="other-sums", needed="edit")
    _drop(books, content["suggestion"], book(books, actor, plan))


def release_of_entry(books: Books, seq: int, reversal: int) -> list[int]:
    """Release the matches that an entry explains, because it was reversed; raise an exception for each.

    Args:
        books: The fund's books, in the commit that reverses it.
        seq: The entry that is reversed.
        reversal: The entry that reverses it.

    Returns:
        Numbers of the matches.
    """
    books.settle()
    found = matches.of_entry(books.connection, books.fund.fund_id, seq)
    for one in found:
        said = {"reason": "reversed", "reversal": reversal}
        _post_release(books, MATCHING, one, said, [])
        matching.raise_exception(
            books,
            MATCHING,
            "reversed_match",
            f"match/{one.number}",
            abs(one.amount),
            one.commodity,
        )
    return [one.number for one in found]


def _release(books: Books, actor: Actor, number: int, said: dict[str, Any]) -> None:
    kept = _releasable(books, number)
    _post_release(books, actor, kept, said, releasing.undone(books, kept))


def _releasable(books: Books, number: int) -> KeptMatch:
    """Return a match that can be released now.

    Raises:
        NotFoundError: There is no such match.
        StateError: It is released already.
        PeriodClosedError: A sealed month covers it. What a closed one covers is undone in the open month.
    """
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    found = matches.match(connection, fund_id, number)
    if found.release is not None:
        raise StateError(what="match", key=number, state="released", needed="confirmed")
    sealed = books.months.sealed
    if sealed is not None and min(part.seq for part in found.parts) <= books.months.sealed_last:
        raise PeriodClosedError(month=sealed.month, state="sealed", what="match", key=number)
    return found


def _post_release(
    books: Books, actor: Actor, kept: KeptMatch, said: dict[str, Any], undone: Sequence[Undone]
) -> None:
    connection, fund_id = books.connection, books.fund.fund_id
    sendings = [
        (one.body["number"], one.seq, one.body["segments"][0]["to_start"], one.arrived)
        for one in undone
        if one.kind == "transfer.sent"
    ]
    body = {"match": kept.number, **said}
    in_transit = transfers.taken_back(books, sendings)
    seq, places = releasing.release(books, actor, body, undone, in_transit)
    books.settle()
    for one in undone:
        if "statement_no" in one.body:
            _unpay(books, one.body["channel"], one.body["statement_no"])
        if not one.kind.startswith("transfer."):
            continue
        number, amount = one.body["number"], one.body["amount"]
        start = one.body["segments"][0]["to_start"]
        fee = one.left - one.arrived
        undoing = Undoing(number, one.kind, one.seq, amount, start, places[one.seq], fee)
        transfers.step_back(books, undoing, seq)
    release = Release(
        seq, said["reason"], actor.id, to_ms(books.clock.now()), said.get("decision")
    )
    matches.keep_release(connection, fund_id, kept.number, release)


def _unpay(books: Books, channel: str, statement_no: str) -> None:
    connection, fund_id = books.connection, books.fund.fund_id
    for one in history.settlements(connection, fund_id):
        if (one.channel, one.statement_no) == (channel, statement_no):
            matches.mark_paid(connection, fund_id, one.settled_seq, None)
