"""Closing, reopening and sealing a month, and issuing the statement of a closed one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from ledger.actors import Actor
from ledger.clock import from_text, month_end, to_minute_text, to_ms, to_text
from ledger.errors import ConflictError, FieldError, PeriodClosedError, StateError, TimeFieldError
from ledger.journal import balances
from ledger.journal import history as journal
from ledger.journal.entries import Claim, Draft
from ledger.journal.months import Step
from ledger.log import history as log
from ledger.periods import store
from ledger.privacy.numbers import check_public
from ledger.sequencer.books import Books

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_REASON_CHARS_MAX = 500
REOPENED_DAYS_MAX = 31


def check_month(books: Books, month: str, zone: str) -> str:
    """Hold that a month has ended.

    Args:
        books: The fund's books.
        month: `2026-10`.
        zone: Time zone that decides where it ends.

    Returns:
        Its first instant after, RFC 3339 UTC.

    Raises:
        TimeFieldError: Not a month as they are written here: `2026-9` would stand after `2026-10`.
        StateError: It has not ended yet.
    """
    if not _MONTH.fullmatch(month):
        raise TimeFieldError(field="month", value=month[:20], reason="not-a-month")
    ends = month_end(month, zone)
    if books.clock.now() < ends:
        raise StateError(what="month", key=month, state="running", needed="ended")
    return to_text(ends)


def check_close(books: Books, month: str, zone: str) -> str:
    """Hold that a month can be closed now.

    Args:
        books: The fund's books.
        month: `2026-10`.
        zone: Time zone that decides where it ends.

    Returns:
        Its first instant after, RFC 3339 UTC.

    Raises:
        TimeFieldError: Not a month.
        StateError: It has not ended yet, or another month that is closing or reopened has to be closed first.
        PeriodClosedError: It is closed, or a later one is.
    """
    ends = check_month(books, month, zone)
    months = books.months
    for one in months.closed:
        if one.month >= month:
            raise PeriodClosedError(month=month, closed=one.month, seq=one.seq)
    step = months.open_step
    if step is not None and step.month != month:
        raise StateError(what="month", key=step.month, state=step.state, needed="closed")
    return ends


def begin_closing(books: Books, actor: Actor, month: str, zone: str) -> int:
    """Begin to close a month: what is dated in it needs a reason from now on.

    Args:
        books: The fund's books.
        actor: Who begins.
        month: `2026-10`.
        zone: Time zone that decides where it ends.

    Returns:
        The entry.

    Raises:
        TimeFieldError: Not a month.
        StateError: It has not ended yet, or it, or another month, is closing or reopened already.
        PeriodClosedError: It is closed, or a later one is.
    """
    ends = check_close(books, month, zone)
    step = books.months.open_step
    if step is not None:
        raise StateError(what="month", key=month, state=step.state, needed="open")
    return _post(books, "period.closing", actor, {"month": month, "ends": ends})


def close(books: Books, actor: Actor, month: str, zone: str, said: Mapping[str, Any]) -> int:
    """Close a month: what is recorded later belongs to the next one.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        month: `2026-10`.
        zone: Time zone that decides where it ends.
        said: `decision`, the number of the decision that this carries out, and `exceptions`, where checks that
            failed were accepted with a reason.

    Returns:
        The entry.

    Raises:
        TimeFieldError: Not a month.
        StateError: The month has not ended yet.
        PeriodClosedError: It is closed, or a later one is.
    """
    ends = check_close(books, month, zone)
    return _post(books, "period.closed", actor, {"month": month, "ends": ends, **said})


def check_reopen(books: Books, month: str, until: str) -> Step:
    """Hold that a month can be reopened now.

    Args:
        books: The fund's books.
        month: `2026-10`.
        until: When it closes by itself, RFC 3339 UTC to the minute.

    Returns:
        The step that closed it.

    Raises:
        TimeFieldError: Not a time to the minute, one that is over, or one that is too far away.
        PeriodClosedError: It is sealed.
        StateError: It is not the last closed month, or another one is closing or reopened.
    """
    ends = from_text(until)
    now = books.clock.now()
    if to_minute_text(ends) != until or not now < ends <= now + timedelta(days=REOPENED_DAYS_MAX):
        raise TimeFieldError(field="until", value=until[:40], reason="not-soon")
    months = books.months
    last, step = months.last_closed, months.open_step
    if months.sealed is not None and month <= months.sealed.month:
        raise PeriodClosedError(month=month, state="sealed")
    if step is not None:
        raise StateError(what="month", key=step.month, state=step.state, needed="closed")
    if last is None or last.month != month:
        state = "open" if last is None or month > last.month else "followed"
        raise StateError(what="month", key=month[:20], state=state, needed="last-closed")
    return last


def reopen(books: Books, actor: Actor, content: Mapping[str, Any], decision: int) -> int:
    """Reopen the last closed month until a time: what is dated in it needs a reason until then.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        content: `month until reason`.
        decision: Number of the decision that this carries out.

    Returns:
        The entry.

    Raises:
        LedgerError: As `check_reopen`.
    """
    last = check_reopen(books, content["month"], content["until"])
    said = {**content, "ends": last.ends, "decision": decision, "closed": last.seq}
    return _post(books, "period.reopened", actor, said)


def check_seal(books: Books, month: str) -> Step:
    """Hold that a month can be sealed now.

    Args:
        books: The fund's books.
        month: `2026-10`.

    Returns:
        The step that closed it.

    Raises:
        PeriodClosedError: It is sealed.
        StateError: It is not closed, or an earlier month is not sealed.
    """
    months = books.months
    if months.sealed is not None and month <= months.sealed.month:
        raise PeriodClosedError(month=month, state="sealed")
    sealed = "" if months.sealed is None else months.sealed.month
    waiting = sorted((one for one in months.closed if one.month > sealed), key=_by_month)
    found = next((one for one in waiting if one.month == month), None)
    if found is None:
        raise StateError(what="month", key=month[:20], state="open", needed="closed")
    if waiting[0].month != month:
        raise StateError(what="month", key=waiting[0].month, state="closed", needed="sealed")
    return found


def _by_month(step: Step) -> str:
    return step.month


def check_issued(books: Books, month: str, *, seals: bool) -> None:
    """Hold that the statement of a month can be issued: its month is sealed, or is sealed with it.

    Args:
        books: The fund's books.
        month: That the statement covers.
        seals: Whether the month is sealed as it is issued.

    Raises:
        PeriodClosedError: It is sealed already.
        StateError: It is not closed, or an earlier one is not sealed; or it is not sealed at all.
    """
    if seals:
        check_seal(books, month)
    elif books.months.sealed is None or books.months.sealed.month < month:
        raise StateError(what="month", key=month[:20], state="closed", needed="sealed")


def seal(books: Books, actor: Actor, said: Mapping[str, Any], zone: str) -> int:
    """Seal a closed month for ever.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        said: `month`, and what the entry says of the log at its closing.
        zone: Time zone that decides where it ends.

    Returns:
        The entry.

    Raises:
        LedgerError: As `check_seal`.
    """
    last = check_seal(books, said["month"]).seq
    ends = to_text(month_end(said["month"], zone))
    return _post(books, "period.sealed", actor, {**said, **_state_at(books, last), "ends": ends})


def _state_at(books: Books, last: int) -> dict[str, Any]:
    """Return what a seal says of the log as it was when its month was closed."""
    connection, fund_id, size = books.connection, books.fund.fund_id, last + 1
    root = log.root_at(
        connection,
        fund_id,
        lambda first, stop: journal.leaf_hashes(connection, fund_id, first, stop),
        size,
    )
    totals = balances.sums_at(connection, fund_id, size)
    return {"last": last, "size": size, "root": root.hex(), "totals": totals}


def _post(books: Books, kind: str, actor: Actor, body: Mapping[str, Any]) -> int:
    seq = books.post(Draft(kind, to_text(books.clock.now()), actor, dict(body)))
    books.settle()
    return seq


def short_reason(reason: str) -> str:
    """Return a reason that may be empty, without blanks around it.

    Raises:
        FieldError: It is long.
    """
    return check_reason(reason) if reason.strip() else ""


def check_reason(reason: str) -> str:
    """Return a reason without blanks around it.

    Raises:
        FieldError: None, a long one, or one that holds a phone or identity number: entries are public for good.
    """
    text = reason.strip()
    if not text or len(text) > _REASON_CHARS_MAX:
        raise FieldError(field="reason", value="", reason="too-long" if text else "missing")
    check_public("reason", text)
    return text


class NewStatement(NamedTuple):
    """A statement's file.

    Attributes:
        number: For example `qinghe-2026-10-M-v1`.
        language: `zh` or `en`.
        month: The closed month.
        size: Size of the log that it was built at.
        sha256: Of the file.
        length: Of the file, bytes.
        opinion: Kind of the auditor's opinion; empty where none was asked.
    """

    number: str
    language: str
    month: str
    size: int
    sha256: bytes
    length: int
    opinion: str = ""


def statement_json(new: NewStatement) -> dict[str, str | int]:
    """Return a statement as its entry, and the proposal to publish it, say it."""
    said: dict[str, str | int] = {
        "number": new.number,
        "language": new.language,
        "sha256": new.sha256.hex(),
        "bytes": new.length,
        "size": new.size,
    }
    return said | ({"opinion": new.opinion} if new.opinion else {})


def is_published(books: Books, new: NewStatement) -> bool:
    """Tell whether this very file is published.

    Args:
        books: The fund's books.
        new: The statement.

    Returns:
        False where nothing is published under its number and language.

    Raises:
        ConflictError: A statement of this number and language is published with other bytes: a correction has a
            number of its own.
    """
    claim = _claim(new)
    first = books.claimed(claim.scope, [claim.key]).get(claim.key)
    if first is None:
        return False
    if first.digest != claim.digest:
        raise ConflictError(key=new.number, field="sha256", seq=first.seq)
    return True


def _claim(new: NewStatement) -> Claim:
    return Claim("statement", f"{new.number}/{new.language}", new.sha256[:16])


def publish_statement(books: Books, actor: Actor, new: NewStatement, decision: int) -> int:
    """Put a statement's hash into the log.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        new: The statement.
        decision: Number of the decision that this carries out.

    Returns:
        The entry.

    Raises:
        ConflictError: A statement of this number and language is published with other bytes.
        StateError: It is published already.
    """
    if is_published(books, new):
        raise StateError(what="statement", key=new.number, state="published", needed="new")
    now = books.clock.now()
    body = {**statement_json(new), "decision": decision}
    seq = books.post(
        Draft("statement.published", to_text(now), actor, dict(body), (), (), _claim(new))
    )
    books.settle()
    store.add_statement(
        books.connection,
        fund_id=books.fund.fund_id,
        number=new.number,
        language=new.language,
        month=new.month,
        size=new.size,
        sha256=new.sha256,
        bytes=new.length,
        built_ms=to_ms(now),
        published_seq=seq,
    )
    return seq
