"""Closing a month, and issuing the statement of a closed one."""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.actors import Actor
from ledger.clock import month_end, to_ms, to_text
from ledger.errors import ConflictError, PeriodClosedError, StateError, TimeFieldError
from ledger.journal.entries import Claim, Draft
from ledger.periods import history, store
from ledger.sequencer.books import Books

_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


def check_close(books: Books, month: str, zone: str) -> None:
    """Hold that a month can be closed now.

    Args:
        books: The fund's books.
        month: `2026-10`.
        zone: Time zone that decides where it ends.

    Raises:
        TimeFieldError: Not a month as they are written here: `2026-9` would stand after `2026-10`.
        StateError: The month has not ended yet.
        PeriodClosedError: It is closed, or a later one is.
    """
    if not _MONTH.fullmatch(month):
        raise TimeFieldError(field="month", value=month[:20], reason="not-a-month")
    if books.clock.now() < month_end(month, zone):
        raise StateError(what="month", key=month, state="running", needed="ended")
    for one in history.closed(books.connection, books.fund.fund_id):
        if one.month >= month:
            raise PeriodClosedError(month=month, closed=one.month, seq=one.closed_seq)


def close(books: Books, actor: Actor, month: str, zone: str, decision: int) -> int:
    """Close a month: what is recorded later belongs to the next one.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        month: `2026-10`.
        zone: Time zone that decides where it ends.
        decision: Number of the decision that this carries out.

    Returns:
        The entry.

    Raises:
        TimeFieldError: Not a month.
        StateError: The month has not ended yet.
        PeriodClosedError: It is closed, or a later one is.
    """
    check_close(books, month, zone)
    body = {"month": month, "decision": decision}
    seq = books.post(Draft("period.closed", to_text(books.clock.now()), actor, dict(body)))
    books.settle()
    store.add_period(books.connection, books.fund.fund_id, month, seq)
    return seq


class NewStatement(NamedTuple):
    """A statement's file.

    Attributes:
        number: For example `qinghe-2026-10-M-v1`.
        language: `zh` or `en`.
        month: The closed month.
        size: Size of the log that it was built at.
        sha256: Of the file.
        length: Of the file, bytes.
    """

    number: str
    language: str
    month: str
    size: int
    sha256: bytes
    length: int


def statement_json(new: NewStatement) -> dict[str, str | int]:
    """Return a statement as its entry, and the proposal to publish it, say it."""
    return {
        "number": new.number,
        "language": new.language,
        "sha256": new.sha256.hex(),
        "bytes": new.length,
        "size": new.size,
    }


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
