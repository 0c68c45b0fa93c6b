"""Ask a time stamp authority about the checkpoints of sealed months.

In: seals without a stamp. Out: tokens, verified and kept. Guaranteed: a seal never waits for an authority, and stands
whatever it answers; what was not stamped is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import sqlalchemy as sa
from cryptography import x509

from ledger.db import Database
from ledger.errors import ExternalError, LedgerError
from ledger.journal.history import Fund
from ledger.journal.tables import period_steps
from ledger.log import history as log_history
from ledger.log.stamps import QUERY, REPLY, REPLY_MAX, Ask
from ledger.outgoing import Bounds, Site
from ledger.publication.tables import anchors

PATIENCE_S = 10.0
"""Whoever seals waits for this long at most."""

Post = Callable[[bytes], bytes]
"""Sends a request to the authority, and gives its reply."""


class Anchored(NamedTuple):
    """A seal and its time stamp.

    Attributes:
        month: That was sealed.
        seq: The entry that sealed it.
        size: Of the checkpoint that covers it.
        at: Time that the authority vouches for, RFC 3339 UTC; empty without a stamp.
        problem: Why there is none; empty where there is.
    """

    month: str
    seq: int
    size: int
    at: str = ""
    problem: str = ""


def anchored(connection: sa.Connection, fund_id: int) -> list[Anchored]:
    """Return all seals of a fund with their stamps, oldest first."""
    rows = connection.execute(
        sa.select(period_steps.c.month, period_steps.c.seq)
        .where(period_steps.c.fund_id == fund_id, period_steps.c.state == "sealed")
        .order_by(period_steps.c.seq)
    )
    stamped = {
        row.size: row.stamped_at
        for row in connection.execute(
            sa.select(anchors.c.size, anchors.c.stamped_at).where(anchors.c.fund_id == fund_id)
        )
    }
    found = []
    for month, seq in rows.all():
        size, _ = log_history.checkpoint_covering(connection, fund_id, seq)
        found.append(Anchored(month, seq, size, stamped.get(size, "")))
    return found


class Stamp(NamedTuple):
    """A time stamp that was kept.

    Attributes:
        size: Of the checkpoint that it was made over.
        at: Time that the authority vouches for, RFC 3339 UTC.
        token: The authority's reply.
    """

    size: int
    at: str
    token: bytes


def stamps_of(connection: sa.Connection, fund_id: int, first: int, last: int) -> list[Stamp]:
    """Return the stamps over checkpoints of a span of sizes, both ends included, the smallest first."""
    rows = connection.execute(
        sa.select(anchors.c.size, anchors.c.stamped_at, anchors.c.token)
        .where(anchors.c.fund_id == fund_id, anchors.c.size >= first, anchors.c.size <= last)
        .order_by(anchors.c.size)
    )
    return [Stamp(row.size, row.stamped_at, bytes(row.token)) for row in rows]


def ask_waiting(
    database: Database, fund: Fund, post: Post, roots: Sequence[x509.Certificate] = ()
) -> list[Anchored]:
    """Ask about every seal that has no stamp, and keep what comes.

    Args:
        database: Where.
        fund: The fund.
        post: Sends.
        roots: Whom to trust; empty trusts a reply's own certificates.

    Returns:
        What came of each; it never raises for what an authority does.
    """
    with database.reading() as connection:
        waiting = [one for one in anchored(connection, fund.fund_id) if not one.at]
        notes = {
            one.size: log_history.checkpoint_note(connection, fund.fund_id, one.size)
            for one in waiting
        }
    return [_ask(database, fund, one, (notes[one.size], post, roots)) for one in waiting]


def _ask(
    database: Database,
    fund: Fund,
    one: Anchored,
    with_: tuple[bytes, Post, Sequence[x509.Certificate]],
) -> Anchored:
    note, post, roots = with_
    try:
        ask = Ask(note)
        token = post(ask.body)
        at = ask.accept(token, roots)
    except (ExternalError, LedgerError) as error:
        return one._replace(problem=str(error.fields.get("reason", error.code))[:80])
    with database.writing() as connection:
        there = connection.execute(
            sa.select(anchors.c.size).where(
                anchors.c.fund_id == fund.fund_id, anchors.c.size == one.size
            )
        ).first()
        if there is None:
            connection.execute(
                sa.insert(anchors).values(
                    fund_id=fund.fund_id, size=one.size, token=token, stamped_at=at
                )
            )
    return one._replace(at=at)


def poster(url: str) -> Post:
    """Return what sends a request to an authority.

    Args:
        url: Its address; the settings let plain http through for this machine only.

    Returns:
        What sends; it raises `ExternalError` where the authority is away or answers something else.
    """
    parts = urlsplit(url)

    def post(body: bytes) -> bytes:
        bounds = Bounds(REPLY_MAX, PATIENCE_S, PATIENCE_S)
        site = Site(
            f"{parts.scheme}://{parts.netloc}", bounds, allow_private=parts.scheme == "http"
        )
        status, content_type, answer = site.post(parts.path.lstrip("/"), body, QUERY)
        if status != HTTPStatus.OK or not content_type.startswith(REPLY):
            raise ExternalError(reason="no-time-stamp", status=status)
        return answer

    return post


def roots_in(folder: Path) -> list[x509.Certificate]:
    """Return the certificates of a folder of whom to trust (`*.pem`, `*.crt`), none where there is no folder."""
    found: list[x509.Certificate] = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.suffix in (".pem", ".crt"):
            data = path.read_bytes()
            if b"-----BEGIN CERTIFICATE-----" in data:
                found += x509.load_pem_x509_certificates(data)
    return found
