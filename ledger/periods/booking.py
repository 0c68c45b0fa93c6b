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


def close(books: Books, actor: Actor, month: str, zone: str) -> int:
    """Close a month: what is recorded later belongs to the next one.

    Args:
        books: The fund's books.
        actor: Who closes.
        month: `2026-10`.
        zone: Time zone that decides where it ends.

    Returns:
        The entry.

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
    seq = books.post(Draft("period.closed", to_text(books.clock.now()), actor, {"month": month}))
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


def publish_statement(books: Books, actor: Actor, new: NewStatement) -> int:
    """Put a statement's hash into the log.

    Args:
        books: The fund's books.
        actor: Who publishes.
        new: The statement.

    Returns:
        The entry; for the same file again, the first one.

    Raises:
        ConflictError: A statement of this number and language is published with other bytes: a correction has a
            number of its own.
    """
    claim = Claim("statement", f"{new.number}/{new.language}", new.sha256[:16])
    first = books.claimed(claim.scope, [claim.key]).get(claim.key)
    if first is not None:
        if first.digest == claim.digest:
            return first.seq
        raise ConflictError(key=new.number, field="sha256", seq=first.seq)
    now = books.clock.now()
    body = {
        "number": new.number,
        "language": new.language,
        "sha256": new.sha256.hex(),
        "bytes": new.length,
        "size": new.size,
    }
    seq = books.post(Draft("statement.published", to_text(now), actor, dict(body), (), (), claim))
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
