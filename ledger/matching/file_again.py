"""Withdraw what came of a file that was read wrongly, so that the same bytes can be taken as they should be.

The bytes stay, and a record says who withdrew what, when and why. Nothing of the file may be matched: what moved money
is released first, by two people. Lines that another file has too go on counting, as that file brought them.
"""

from __future__ import annotations

import json

import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.decisions.booking import check_reason
from ledger.errors import InputError, MatchedFileError, StateError
from ledger.funds.history import MoneyAccount
from ledger.matching import file_history as history
from ledger.matching import store
from ledger.matching.exceptions import booking as exceptions
from ledger.matching.file_history import KeptStatement, SavedMapping
from ledger.matching.file_inspecting import Shelf, span_of
from ledger.matching.file_reading import Reading, read
from ledger.matching.file_takers import Taker
from ledger.matching.history import KeptFile
from ledger.matching.joins import overlapping
from ledger.matching.lines import line_identities
from ledger.matching.matches import of_file
from ledger.sequencer.books import Books

NAMED_MAX = 20
"""So many matches are named that have to be released first."""

MAPPED = "mapping:"
"""What the parser of a file begins with that was read by a mapping; its name and version follow."""


def withdraw(
    books: Books, taker: Taker, kept: KeptFile, now: tuple[str, MoneyAccount | None], reason: str
) -> None:
    """Withdraw what came of a file, because the same bytes are to be taken by another reading.

    Args:
        books: The fund's books, in the commit that takes it again.
        taker: Who brings it again.
        kept: The file as it was taken.
        now: By which reader it is read now, and the account that is chosen for it.
        reason: Why; for the officers.

    Raises:
        FieldError: No reason.
        StateError: It would be read as it was.
        MatchedFileError: Something of it is matched; `matches` says what to release first.
    """
    check_reason(reason)
    connection, fund_id = books.connection, books.fund.fund_id
    key = kept.sha256.hex()[:12]
    parser, chosen = now
    statements = history.statements_of(connection, fund_id, kept.sha256)
    same = chosen is None or all(one.account == chosen.name for one in statements)
    if kept.parser == parser and same:
        raise StateError(what="file", key=key, state="read-so", needed="another-reading")
    matched = of_file(connection, fund_id, kept.sha256, NAMED_MAX)
    if matched:
        raise MatchedFileError(
            what="file", key=key, state="matched", needed="released", matches=list(matched)
        )
    for one in statements:
        if one.state == "held" and one.raised_seq is not None:
            exceptions.close_by_file(books, taker.actor, one.raised_seq, "withdrawn")
    store.add_withdrawal(
        connection,
        fund_id=fund_id,
        sha256=kept.sha256,
        at_ms=to_ms(books.clock.now()),
        member_id=taker.member_id,
        reason=reason,
        parser=kept.parser,
        statements=json.dumps([_told(one) for one in statements]),
    )
    store.forget_file(connection, fund_id, kept.sha256, {one.account for one in statements})
    for one in statements:
        _restore(books, one)


def _told(one: KeptStatement) -> dict[str, object]:
    """Return what a record keeps of a statement: figures, and nothing of its lines."""
    names = ("part", "account", "state", "first_day", "last_day", "opening", "closing", "total")
    return {name: getattr(one, name) for name in (*names, "lines", "raised_seq")}


def _restore(books: Books, gone: KeptStatement) -> None:
    """Let lines count again that the statement brought first, and that another one has too."""
    connection, fund_id = books.connection, books.fund.fund_id
    mine = span_of(gone)
    for one in history.statements_of_account(connection, fund_id, gone.account, "taken"):
        if overlapping(mine, [span_of(one)]):
            _let_in_again(books, one)


def _let_in_again(books: Books, one: KeptStatement) -> None:
    connection, fund_id = books.connection, books.fund.fund_id
    kept = history.kept_file(connection, fund_id, one.sha256)
    assert kept is not None
    file = reread(connection, fund_id, kept).statements[one.part - 1]
    identities = line_identities(file)
    known = Shelf(connection, fund_id, one.account).known(identities)
    fresh = [
        (identity, line)
        for identity, line in zip(identities, file.lines, strict=True)
        if identity not in known
    ]
    place = store.Placed(one.account, one.sha256, one.part)
    store.keep_lines(connection, fund_id, place, fresh, to_ms(books.clock.now()))


def reread(connection: sa.Connection, fund_id: int, kept: KeptFile) -> Reading:
    """Read the kept bytes of a file as they were read when it was taken.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        kept: The file.

    Returns:
        What it holds.

    Raises:
        InputError: The readers of today do not read it so any more.
    """
    mapping: SavedMapping | None = None
    if kept.parser.startswith(MAPPED):
        name, version, _ = kept.parser.removeprefix(MAPPED).rsplit("/", 2)
        mapping = next(
            one
            for one in history.saved_mappings(connection, fund_id)
            if (one.name, str(one.version)) == (name, version)
        )
    reading = read(kept.name, history.file_body(connection, fund_id, kept.sha256), mapping)
    if reading.fault is not None:
        raise InputError(file=kept.name, field="file", reason="read-otherwise")
    return reading
