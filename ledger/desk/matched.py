"""Book a match: its entries, the marks on its lines, and the match with its reasons, in one commit.

Whoever asks (a run, an officer, the last approval of a decision), the things and the lines are read anew in that
commit: what was matched since is refused, so of two at the same moment one stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ledger.actors import Actor
from ledger.clock import to_ms
from ledger.desk.expected import Expecting, Thing, seen
from ledger.errors import StateError
from ledger.funds import history as funds
from ledger.journal.entries import Claim
from ledger.matching import booking as matching
from ledger.matching import confirming, history, matches
from ledger.matching.confirming import Adjusted, Allocated
from ledger.matching.history import StoredLine
from ledger.matching.items import Comparison, Match, Other
from ledger.matching.matches import LineKey, NewMatch, Part
from ledger.matching.passes import describe
from ledger.sequencer.books import Books
from ledger.spending import history as spending
from ledger.transfers import booking as transfers
from ledger.transfers.booking import Proof

MATCHING = Actor("system", "matching")


@dataclass(frozen=True, slots=True)
class Plan:
    """What belongs together, and who says so.

    Attributes:
        step: `R3` to `R6`.
        rule: The pass.
        rule_version: Of the passes and the fund's rules.
        expectations: Ids.
        lines: Account and identity of each.
        others: What lost, and why.
        decision: That confirms it; None where one suffices.
        reason: Of the adjustment that the decision approves; None for none.
    """

    step: str
    rule: str
    rule_version: str
    expectations: tuple[str, ...]
    lines: tuple[LineKey, ...]
    others: tuple[Other, ...] = ()
    decision: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Open:
    """A plan with the rows that it is about, read in the commit; `spent`: the last entry of each payment reference."""

    plan: Plan
    things: tuple[Thing, ...]
    lines: tuple[StoredLine, ...]
    found: Match
    spent: Mapping[str, int]

    @property
    def things_minor(self) -> list[int]:
        return [one.expectation.amount_minor for one in self.things]

    @property
    def lines_minor(self) -> list[int]:
        return [one.line.amount_minor for one in self.lines]


def book(books: Books, actor: Actor, plan: Plan) -> int:
    """Confirm a match.

    Args:
        books: The fund's books.
        actor: Who confirms it.
        plan: What belongs together.

    Returns:
        Number of the match.

    Raises:
        StateError: A thing or a line is not open any more, or the sums differ and nobody approved that.
        InsufficientError: An account does not hold what a line takes.
    """
    [number] = _book(books, actor, [read(books, plan)])
    return number


def book_all(books: Books, actor: Actor, plans: Sequence[Plan]) -> int:
    """Confirm several matches of one step, that have nothing in common; return how many.

    Args:
        books: The fund's books.
        actor: Who confirms them.
        plans: What belongs together.

    Returns:
        Their number.

    Raises:
        LedgerError: As `book`, of the first that cannot be confirmed.
    """
    return len(_book(books, actor, _read(books, plans)))


def _known(books: Books, step: str) -> dict[str, Thing]:
    connection = books.connection
    near = history.open_lines(connection, books.fund.fund_id) if step == "R4" else ()
    return Expecting(connection, books.fund).of_step(step, near)


def _book(books: Books, actor: Actor, found: Sequence[_Open]) -> Sequence[int]:
    """Post the entries of matches of one step, then mark all their lines and keep all of them; return their numbers."""
    booked = [(one, _BOOKS[one.plan.step](books, actor, one)) for one in found]
    _explain(books, booked)
    return _keep(books, actor, booked)


def read(books: Books, plan: Plan) -> _Open:
    """Read what a plan is about, and hold that all of it is open.

    Args:
        books: The fund's books.
        plan: What belongs together.

    Returns:
        The rows.

    Raises:
        StateError: Something is not open any more.
    """
    return _read(books, [plan])[0]


def _read(books: Books, plans: Sequence[Plan]) -> list[_Open]:
    """Read what plans of one step are about; all of it at once, however many there are.

    Raises:
        StateError: As `read`.
    """
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    keys = [key for plan in plans for key in plan.lines]
    lines = dict(zip(keys, history.lines_by_key(connection, fund_id, keys), strict=True))
    for line in lines.values():
        if line.matched_seq is not None:
            raise StateError(
                what="bank-line", state="explained", needed="open", seq=line.matched_seq
            )
    matching.check_open(books, *lines.values())
    known = _known(books, plans[0].step)
    for id_ in (id_ for plan in plans for id_ in plan.expectations):
        if id_ not in known:
            raise StateError(
                what="expectation", key=id_, state="matched-or-unknown", needed="open"
            )
    zone = funds.details(connection, fund_id).zone
    references = {known[id_].reference for plan in plans for id_ in plan.expectations} - {""}
    spent = spending.last_seqs(connection, fund_id, references)
    return [
        _opened(plan, known, [lines[key] for key in plan.lines], zone, spent) for plan in plans
    ]


def _opened(
    plan: Plan,
    known: Mapping[str, Thing],
    lines: Sequence[StoredLine],
    zone: str,
    spent: Mapping[str, int],
) -> _Open:
    things = tuple(known[id_] for id_ in plan.expectations)
    found = describe(plan.rule, [one.expectation for one in things], seen(lines, zone))
    return _Open(plan, things, tuple(lines), found, spent)


def difference(one: _Open) -> Adjusted | None:
    """Return what would book the difference of a plan away.

    Args:
        one: As read.

    Returns:
        The adjustment, without a reason; None where the sums are equal.

    Raises:
        StateError: They differ, and it is not one settlement and one line.
    """
    net, came = sum(one.things_minor), sum(one.lines_minor)
    if net == came:
        return None
    settlement = one.things[0].settlement
    if settlement is None or len(one.things) != 1 or len(one.lines) != 1:
        raise StateError(what="match", key=came, state="sums-differ", needed=net)
    account = one.lines[0].account
    return confirming.difference(settlement, account, came)


# --- each step ----------------------------------------------------------------------------------


class _Claims:
    """Gives a line's claim to the first entry that it proves: a claim is of one entry."""

    def __init__(self, lines: Sequence[StoredLine]) -> None:
        self._left = {at: matching.line_claim(line) for at, line in enumerate(lines)}

    def take(self, at: int) -> Claim | None:
        return self._left.pop(at, None)


def _book_payouts(books: Books, actor: Actor, one: _Open) -> list[Part]:
    """R3: an entry for each part of a line that belongs to a part of a settlement."""
    claims, parts = _Claims(one.lines), list[Part]()
    nets, came = one.things_minor, one.lines_minor
    adjusted = difference(one)
    if adjusted is not None:
        booked_away = _adjust(books, actor, one, adjusted)
        if came[0] > nets[0]:
            parts.append(booked_away)
        # What is short is no part of the line, what is too much is none of the settlement.
        nets = came = [min(nets[0], came[0])]
    for part in confirming.allocate(nets, came):
        thing, line = one.things[part.thing], one.lines[part.line]
        assert thing.settlement is not None
        seq = confirming.pay_part(
            books, actor, thing.settlement, line, part.amount, claims.take(part.line)
        )
        parts.append(_part(thing, line, part, seq))
    books.settle()
    for thing in one.things:
        assert thing.settlement is not None
        last = max(part.seq for part in parts if part.expectation == thing.expectation.id)
        matches.mark_paid(books.connection, books.fund.fund_id, thing.settlement.settled_seq, last)
    return parts


def _adjust(books: Books, actor: Actor, one: _Open, adjusted: Adjusted) -> Part:
    """Book the difference that two people have approved.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        one: A settlement and its line.
        adjusted: The difference.

    Returns:
        What of the line is allocated to it.

    Raises:
        StateError: Nobody has approved it.
    """
    plan, settlement, line = one.plan, one.things[0].settlement, one.lines[0]
    if plan.decision is None or plan.reason is None or settlement is None:
        raise StateError(what="match", key=adjusted.amount, state="adjusted", needed="decision")
    seq = confirming.adjust(
        books, actor, adjusted._replace(reason=plan.reason), plan.decision, settlement, line
    )
    return Part("adjustment", line.account, line.identity, adjusted.amount, seq)


def _book_sendings(books: Books, actor: Actor, one: _Open) -> list[Part]:
    """R4: what of each transfer leaves with each line; the bank's fee is a part of the first of it that leaves."""
    claims, parts, with_fee = _Claims(one.lines), list[Part](), set[int]()
    for part in confirming.allocate(one.things_minor, one.lines_minor):
        thing, line = one.things[part.thing], one.lines[part.line]
        assert thing.transfer is not None
        fees = () if part.thing in with_fee else thing.fees
        with_fee.add(part.thing)
        fee = sum(-other.line.amount_minor for other in fees)
        proof = _proof(line, claims.take(part.line))
        amount = fee - part.amount
        seq = transfers.send(books, actor, thing.transfer.number, fee, proof, amount)
        parts.append(_part(thing, line, part, seq))
        parts += [
            Part(thing.expectation.id, other.account, other.identity, other.line.amount_minor, seq)
            for other in fees
        ]
    return parts


def _book_arrivals(books: Books, actor: Actor, one: _Open) -> list[Part]:
    """R5: what of each transfer arrives with each line."""
    claims, parts = _Claims(one.lines), list[Part]()
    for part in confirming.allocate(one.things_minor, one.lines_minor):
        thing, line = one.things[part.thing], one.lines[part.line]
        assert thing.transfer is not None
        proof = _proof(line, claims.take(part.line))
        seq = transfers.confirm(books, actor, thing.transfer.number, part.amount, proof)
        parts.append(_part(thing, line, part, seq))
    return parts


def _book_payments(_books: Books, _actor: Actor, one: _Open) -> list[Part]:
    """R6: the spending is booked already; its lines are joined to its last entry."""
    parts = []
    for part in confirming.allocate(one.things_minor, one.lines_minor):
        thing = one.things[part.thing]
        parts.append(_part(thing, one.lines[part.line], part, one.spent[thing.reference]))
    return parts


_BOOKS: dict[str, Callable[[Books, Actor, _Open], list[Part]]] = {
    "R3": _book_payouts,
    "R4": _book_sendings,
    "R5": _book_arrivals,
    "R6": _book_payments,
}


def _proof(line: StoredLine, claim: Claim | None) -> Proof:
    return Proof(line.line.booked_at, line.evidence.file, line.evidence.row, claim)


def _part(thing: Thing, line: StoredLine, part: Allocated, seq: int) -> Part:
    return Part(thing.expectation.id, line.account, line.identity, part.amount, seq)


# --- what is kept -------------------------------------------------------------------------------


_Booked = tuple[_Open, list[Part]]


def _explain(books: Books, booked: Sequence[_Booked]) -> None:
    """Join all lines of matches, fees beside transfers included, to the last entry that each explains."""
    last = {(part.account, part.identity): part.seq for _, parts in booked for part in parts}
    lines = [
        line
        for one, _ in booked
        for line in (*one.lines, *(fee for thing in one.things for fee in thing.fees))
    ]
    keys = dict.fromkeys((line.account, line.identity) for line in lines)
    matching.explain_lines(books, [(*key, last[key]) for key in keys])


def _keep(books: Books, actor: Actor, booked: Sequence[_Booked]) -> Sequence[int]:
    books.settle()
    new = [(_new_match(books, actor, one), parts) for one, parts in booked]
    return matches.keep_matches(books.connection, books.fund.fund_id, new)


def _new_match(books: Books, actor: Actor, one: _Open) -> NewMatch:
    plan, found = one.plan, one.found
    references = " ".join(ref for line in one.lines for ref in line.line.references)
    return NewMatch(
        step=plan.step,
        rule=plan.rule,
        rule_version=plan.rule_version,
        amount=found.amount_minor,
        adjustment=found.adjustment_minor,
        commodity=one.lines[0].line.commodity,
        score=found.score,
        compared=matches.without_text(found, {"reference": references}),
        others=plan.others,
        confirmed_by=actor.id,
        confirmed_ms=to_ms(books.clock.now()),
        decision=plan.decision,
    )


def keep_by_hand(
    books: Books, actor: Actor, said: tuple[str, str, str], line: StoredLine, seq: int
) -> int:
    """Keep a match that nobody had to find: an officer named the line, or the bank said what it is.

    Args:
        books: The fund's books.
        actor: Who said so.
        said: Step, pass and what the line is, such as `income`, `by-hand`, `income/interest`.
        line: The line.
        seq: The entry that it explains.

    Returns:
        Number of the match.
    """
    books.settle()
    step, rule, what = said
    amount = line.line.amount_minor
    compared = (
        Comparison("account", line.account, line.account, "equal"),
        Comparison("commodity", line.line.commodity, line.line.commodity, "equal"),
        Comparison("amount_minor", str(amount), str(amount), "equal"),
    )
    new = NewMatch(
        step=step,
        rule=rule,
        rule_version=rule,
        amount=amount,
        adjustment=0,
        commodity=line.line.commodity,
        score=0,
        compared=compared,
        others=(),
        confirmed_by=actor.id,
        confirmed_ms=to_ms(books.clock.now()),
        decision=None,
    )
    part = Part(what, line.account, line.identity, amount, seq)
    [number] = matches.keep_matches(books.connection, books.fund.fund_id, [(new, [part])])
    return number


def at_once(rule_version: str, one: Match, step: str, lines: Sequence[StoredLine]) -> Plan:
    """Return what the passes have confirmed as a plan."""
    return Plan(
        step=step,
        rule=one.rule,
        rule_version=rule_version,
        expectations=one.expectations,
        lines=tuple((line.account, line.identity) for line in lines),
        others=one.others,
    )
