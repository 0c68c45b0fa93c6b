"""Put activities on record: beside an entry in its own commit, or in a short transaction of their own."""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from ledger.activity import store
from ledger.activity.records import Activity
from ledger.activity.tables import activity
from ledger.clock import Clock, to_ms
from ledger.db import Database
from ledger.sequencer.books import Books

logger = structlog.get_logger(__name__)


def record(connection: sa.Connection, clock: Clock, *activities: Activity) -> None:
    """Put activities on record within a transaction that is open already: they stand if it commits.

    Args:
        connection: Inside `Database.writing()`.
        clock: Tells when.
        activities: What was done, in order.
    """
    at_ms = to_ms(clock.now())
    store.add(connection, [store.row_of(one, at_ms) for one in activities])
    for one in activities:
        _log(one)


def record_alone(database: Database, clock: Clock, *activities: Activity) -> None:
    """Put activities on record in a transaction of their own.

    A reading of personal data is recorded so *before* it is shown: what cannot be recorded is not shown.

    Args:
        database: Where.
        clock: Tells when.
        activities: What was done, in order.

    Raises:
        BusyError: It could not be recorded now.
        StorageFullError: It could not be recorded.
    """
    with database.writing() as connection:
        record(connection, clock, *activities)


def note(books: Books, one: Activity) -> None:
    """Put an activity on record in the commit of a decision: both stand, or neither.

    Args:
        books: The fund's books.
        one: What was done; made by the caller's thread, before the sequencer was called.
    """
    books.add_row(activity, store.COLUMNS, store.row_of(one, to_ms(books.clock.now())))
    _log(one)


def _log(one: Activity) -> None:
    # Ids only: what people write as a reason may name somebody.
    logger.info(
        "activity",
        fund_id=one.fund_id,
        action=one.action,
        subject=one.subject,
        outcome=one.outcome,
        member=one.member_id,
        role=one.role,
        user=one.origin.user_id,
        address=one.origin.address,
        request_id=one.origin.request_id,
    )
