"""Raise exceptions, let people work on them, and close them.

Raising and closing are entries. Who looks after an exception, by when, what is written and brought about it may be
personal and is not: it stands in the thread, and every step is put on the activity record by whoever calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from ledger.actors import Actor, Member
from ledger.clock import local_date, to_ms, to_text
from ledger.errors import FieldError, NotFoundError, StateError
from ledger.evidence import Brought
from ledger.funds import history as funds
from ledger.journal.entries import Draft, Move, Posting
from ledger.matching.exceptions import history, store
from ledger.matching.exceptions.history import Item
from ledger.matching.exceptions.kinds import State, first_due, standing
from ledger.roles import acting
from ledger.sequencer.books import Books

STEPS = (
    "note",
    "assigned",
    "due",
    "paused",
    "resumed",
    "disputed",
    "settled",
    "evidence",
)
"""What people do about an exception, as its thread says it. Proposals and closings are entries."""

NOTE_MAX = 5_000
"""Characters of one note."""


class Found(NamedTuple):
    """Something that does not match.

    Attributes:
        kind: One of `kinds.KINDS`.
        subject: What it is about; anyone may read it.
        amount: Minor units.
        commodity: Of the amount.
        since: Day on which it was observed; None for today.
    """

    kind: str
    subject: str
    amount: int
    commodity: str
    since: date | None = None


def today(books: Books) -> date:
    """Return the day in the fund's zone."""
    zone = funds.details(books.connection, books.fund.fund_id).zone
    return local_date(books.clock.now(), zone)


def raise_found(books: Books, actor: Actor, found: Found) -> int | None:
    """Raise an exception unless there is, or was, one of this kind about the same subject.

    Args:
        books: The fund's books.
        actor: Who noticed.
        found: What.

    Returns:
        The entry; None where it was raised before.
    """
    books.settle()
    if history.known(books.connection, books.fund.fund_id, found.kind, found.subject):
        return None
    return raise_one(books, actor, found)


def raise_all(books: Books, actor: Actor, found: Iterable[Found]) -> list[int]:
    """Raise exceptions, but for those that there are, or were, of this kind about the same subject.

    Args:
        books: The fund's books.
        actor: Who noticed.
        found: What, in order; of several about the same subject the first counts.

    Returns:
        The entries, of those that are new.
    """
    books.settle()
    new: dict[tuple[str, str], Found] = {}
    for one in found:
        new.setdefault((one.kind, one.subject), one)
    for kind in {kind for kind, _ in new}:
        subjects = [subject for of_kind, subject in new if of_kind == kind]
        for subject in history.known_subjects(
            books.connection, books.fund.fund_id, kind, subjects
        ):
            del new[kind, subject]
    return _raise(books, actor, list(new.values()))


def raise_one(books: Books, actor: Actor, found: Found) -> int:
    """Raise an exception.

    Args:
        books: The fund's books.
        actor: Who noticed.
        found: What.

    Returns:
        The entry.
    """
    return _raise(books, actor, [found])[0]


def _raise(books: Books, actor: Actor, found: Sequence[Found]) -> list[int]:
    now, raised_on = books.clock.now(), today(books)
    rows, seqs = [], []
    for one in found:
        body = {
            "kind": one.kind,
            "subject": one.subject,
            "amount": one.amount,
            "commodity": one.commodity,
            "since": (one.since or raised_on).isoformat(),
        }
        seq = books.post(Draft("exception.raised", to_text(now), actor, dict(body)))
        due = first_due(one.kind, raised_on)
        raised = {"fund_id": books.fund.fund_id, "raised_seq": seq, "raised_ms": to_ms(now)}
        rows.append({**raised, **body, "due": due.isoformat(), "state": "open"})
        seqs.append(seq)
    books.settle()
    store.add(books.connection, rows)
    return seqs


# --- closing --------------------------------------------------------------------------------------


def explain(books: Books, actor: Actor, explained: Sequence[tuple[int, int]]) -> list[int]:
    """Close exceptions by the entries that explain them.

    Args:
        books: The fund's books.
        actor: Who says so: the matching.
        explained: Number of each exception, and a payout, a transfer's end, a gift found later …

    Returns:
        The entries that close them; what is closed already is passed over.
    """
    books.settle()
    numbers = [number for number, _ in explained]
    still_open = history.open_numbers(books.connection, books.fund.fund_id, numbers)
    now = to_text(books.clock.now())
    closed = []
    for number, entry in explained:
        if number in still_open:
            body = {"raised": number, "how": "match", "entry": entry}
            closed.append((number, books.post(Draft("exception.resolved", now, actor, body))))
    books.settle()
    store.resolve(books.connection, books.fund.fund_id, closed)
    return [seq for _, seq in closed]


def close_by_file(books: Books, actor: Actor, raised_seq: int, reason: str) -> int | None:
    """Close an exception about a file because of a file that came later.

    Args:
        books: The fund's books.
        actor: Who brought that file.
        raised_seq: Number of the exception.
        reason: `joined`, where it was missing between two others, or `replaced`, where it is the corrected one.

    Returns:
        The entry that closes it; None where it is closed already.
    """
    books.settle()
    if not history.item(books.connection, books.fund.fund_id, raised_seq).is_open:
        return None
    return _close(
        books, actor, {"raised": raised_seq, "how": "file", "reason": reason}, "resolved"
    )


def resolve(
    books: Books, actor: Actor, content: dict[str, object], decision: int, state: State
) -> int:
    """Close an exception as it was decided.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        content: What the entry says: `raised`, `how`, `reason`, `evidence`.
        decision: Number of the decision.
        state: `resolved` or `written-off`.

    Returns:
        The entry.

    Raises:
        StateError: It is closed already.
    """
    check_open(books, int(str(content["raised"])))
    return _close(books, actor, {**content, "decision": decision}, state)


def _close(books: Books, actor: Actor, body: dict[str, object], state: State) -> int:
    now = to_text(books.clock.now())
    seq = books.post(Draft("exception.resolved", now, actor, dict(body)))
    books.settle()
    store.change(
        books.connection,
        books.fund.fund_id,
        int(str(body["raised"])),
        resolved_seq=seq,
        state=state,
        decision=None,
    )
    return seq


class WriteOff(NamedTuple):
    """Money that will not come.

    Attributes:
        raised: Number of the exception.
        source: Account that it is taken from.
        target: Account of what is written off.
        amount: Minor units.
        commodity: Of the amount.
        reason: Why, in words that anyone may read.
    """

    raised: int
    source: str
    target: str
    amount: int
    commodity: str
    reason: str


def write_off(
    books: Books, actor: Actor, one: WriteOff, settlement: tuple[str, str], decision: int
) -> int:
    """Post what a write-off takes from an account. The front of its line leaves: first in, first out.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        one: What.
        settlement: Channel and number of the settlement that is waited for no more.
        decision: Number of the decision.

    Returns:
        The entry.

    Raises:
        StateError: The account holds less.
    """
    check_held(books, one)
    body = {
        "from": one.source,
        "to": one.target,
        "amount": one.amount,
        "commodity": one.commodity,
        "raised": one.raised,
        "reason": one.reason,
        "decision": decision,
    }
    move = Move(one.source, one.commodity, one.amount, one.target, one.commodity, one.amount)
    posting = Posting(one.target, one.source, one.commodity, one.amount)
    now = to_text(books.clock.now())
    seq = books.post(Draft("adjustment", now, actor, body, (posting,), (move,)))
    books.settle()
    store.write_settlement_off(books.connection, books.fund.fund_id, settlement, seq)
    return seq


def check_held(books: Books, one: WriteOff) -> None:
    """Hold that an account holds what is to be written off.

    Args:
        books: The fund's books.
        one: What.

    Raises:
        StateError: It holds less.
    """
    held = books.totals(one.source, one.commodity).balance
    if held < one.amount:
        raise StateError(what="account", key=one.source, state=held, needed=one.amount)


def check_open(books: Books, raised_seq: int) -> Item:
    """Return an exception that is open.

    Args:
        books: The fund's books.
        raised_seq: Its number.

    Returns:
        The exception.

    Raises:
        NotFoundError: There is none of this number.
        StateError: It is closed.
    """
    books.settle()
    found = history.item(books.connection, books.fund.fund_id, raised_seq)
    if not found.is_open:
        raise StateError(what="exception", key=raised_seq, state=found.state, needed="open")
    return found


def follow(books: Books, raised_seq: int, decision: int | None) -> None:
    """Let an exception know which decision waits about it; None where it was rejected or withdrawn."""
    books.settle()
    found = history.item(books.connection, books.fund.fund_id, raised_seq)
    if found.is_open:
        _stand(books, found._replace(decision=decision))


def _stand(books: Books, found: Item) -> None:
    """Keep where an exception stands now."""
    state = standing(decision=found.decision, disputed=found.disputed, owner=found.owner)
    store.change(
        books.connection,
        books.fund.fund_id,
        found.raised_seq,
        state=state,
        owner=found.owner,
        due=found.due,
        disputed=found.disputed,
        paused=found.paused,
        decision=found.decision,
    )


# --- what people do -------------------------------------------------------------------------------


class Step(NamedTuple):
    """What somebody does about an exception.

    Attributes:
        step: One of `STEPS`, but for `evidence`.
        value: Member for `assigned` (empty: nobody), day for `due`; else empty.
        text: In their own words; needed for all but `assigned` and `resumed`.
    """

    step: str
    value: str = ""
    text: str = ""


_WITHOUT_WORDS = ("assigned", "resumed")


def work(books: Books, member: Member, raised_seq: int, step: Step) -> Item:
    """Take a step.

    Args:
        books: The fund's books.
        member: Who.
        raised_seq: Number of the exception.
        step: What.

    Returns:
        The exception as it stands now.

    Raises:
        NotAllowedError: None of their roles works on exceptions.
        StateError: It is closed, or the step does not fit where it stands.
        FieldError: No such step, no words where some are needed, no such member, or not a day.
    """
    actor = acting(member, "exception.work")
    if step.step not in STEPS or step.step == "evidence":
        raise FieldError(field="step", value=step.step[:20], reason="unknown", known=STEPS)
    _check_words(step)
    found = check_open(books, raised_seq)
    changed = _changed(books, found, step)
    _write(books, actor, raised_seq, step)
    _stand(books, changed)
    return history.item(books.connection, books.fund.fund_id, raised_seq)


def _check_words(step: Step) -> None:
    if len(step.text) > NOTE_MAX:
        raise FieldError(field="text", value="", reason="too-long")
    if not step.text.strip() and step.step not in _WITHOUT_WORDS:
        raise FieldError(field="text", value="", reason="missing")


def _changed(books: Books, found: Item, step: Step) -> Item:
    """Return an exception after a step.

    Raises:
        StateError: The step does not fit where it stands.
        FieldError: No such member, or not a day.
    """
    day = today(books)
    if step.step == "assigned":
        return found._replace(owner=_owner(books, step.value))
    if step.step == "due":
        return found._replace(due=_day(step.value).isoformat())
    if step.step in ("paused", "resumed"):
        _check_standing(found, found.paused is not None, needed=step.step == "resumed")
        if step.step == "paused":
            return found._replace(paused=day.isoformat())
        waited = day - date.fromisoformat(found.paused or "")
        due = date.fromisoformat(found.due) + waited
        return found._replace(paused=None, due=due.isoformat())
    if step.step in ("disputed", "settled"):
        _check_standing(found, found.disputed is not None, needed=step.step == "settled")
        return found._replace(disputed=day.isoformat() if step.step == "disputed" else None)
    return found


def _check_standing(found: Item, is_so: bool, *, needed: bool) -> None:
    if is_so is not needed:
        raise StateError(what="exception", key=found.raised_seq, state=found.state, needed="other")


def _owner(books: Books, member_id: str) -> str | None:
    """Return the id of a member who may look after exceptions; None for an empty text.

    Raises:
        FieldError: They are none, were removed, or have no role that works on exceptions.
    """
    if not member_id:
        return None
    for one in funds.all_members(books.connection, books.fund.fund_id):
        if one.member_id == member_id and not one.removed:
            acting(one, "exception.work")
            return one.member_id
    raise FieldError(field="owner", value=member_id[:40], reason="unknown")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(field="due", value=text[:20], reason="not-a-day") from error


def _write(books: Books, actor: Actor, raised_seq: int, step: Step) -> None:
    connection, fund_id = books.connection, books.fund.fund_id
    store.add_note(
        connection,
        fund_id=fund_id,
        raised_seq=raised_seq,
        number=len(history.thread(connection, fund_id, raised_seq)) + 1,
        at_ms=to_ms(books.clock.now()),
        member_id=actor.id,
        step=step.step,
        value=step.value,
        text=step.text.strip(),
    )


def attach(books: Books, member: Member, raised_seq: int, file: Brought) -> str:
    """Keep a file of evidence. The same file twice is kept once.

    Args:
        books: The fund's books.
        member: Who brings it.
        raised_seq: Number of the exception.
        file: What.

    Returns:
        Its SHA-256, hexadecimal.

    Raises:
        NotAllowedError: None of their roles works on exceptions.
        StateError: The exception is closed.
    """
    actor = acting(member, "exception.work")
    check_open(books, raised_seq)
    connection, fund_id = books.connection, books.fund.fund_id
    digest = sha256(file.data)
    if any(
        one.sha256 == digest.hexdigest()
        for one in history.evidence(connection, fund_id, raised_seq)
    ):
        return digest.hexdigest()
    store.add_file(
        connection,
        fund_id=fund_id,
        raised_seq=raised_seq,
        sha256=digest.digest(),
        member_id=actor.id,
        taken_ms=to_ms(books.clock.now()),
        kind=file.kind,
        body=file.data,
    )
    _write(books, actor, raised_seq, Step("evidence", digest.hexdigest(), file.name))
    return digest.hexdigest()


# --- erasing --------------------------------------------------------------------------------------


class Words(NamedTuple):
    """What one step of a thread says: words, or the name of a file.

    Attributes:
        raised: Number of the exception.
        number: Of the step.
    """

    raised: int
    number: int


def check_erasable(books: Books, found: Sequence[Words]) -> None:
    """Hold that each of these steps says something that can be erased.

    Args:
        books: The fund's books.
        found: Which.

    Raises:
        FieldError: None is named, or one twice.
        NotFoundError: One is no step, says nothing, or is erased already.
    """
    if not found or len(set(found)) != len(found):
        raise FieldError(field="notes", value=len(found), reason="missing")
    books.settle()
    for one in found:
        thread = history.thread(books.connection, books.fund.fund_id, one.raised)
        if not any(note.number == one.number and note.text for note in thread):
            raise NotFoundError(what="note", number=one.number, exception=one.raised)


def erase_words(books: Books, actor: Actor, found: Sequence[Words], decision: int) -> int:
    """Erase what steps of threads say. That there was a step, when, whose, and a file's bytes and hash stay.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        found: Which.
        decision: Number of the decision.

    Returns:
        The entry: it says how many, never which.

    Raises:
        NotFoundError: One is erased already; nothing was erased.
    """
    check_erasable(books, found)
    for one in found:
        store.erase_text(books.connection, books.fund.fund_id, one.raised, one.number)
    body = {"count": len(found), "of": THREADS, "decision": decision}
    return books.post(Draft("privacy.erased", to_text(books.clock.now()), actor, body))


THREADS = "threads"
"""What a `privacy.erased` says that it is about, where it is not about gifts."""
