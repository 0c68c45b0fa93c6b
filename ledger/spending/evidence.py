"""Files that prove spending and other movements: kept by their hash, named by the entries that they prove.

An entry names a file's SHA-256 and nothing else of it. The file itself may hold names; who reads it is put on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.actors import Actor
from ledger.clock import to_ms
from ledger.errors import FieldError
from ledger.evidence import Brought
from ledger.sequencer.books import Books
from ledger.spending import history, store

FILES_MAX = 20
"""Files that one entry may name: each takes 67 of its 65,535 bytes."""


def keep(books: Books, actor: Actor, file: Brought) -> str:
    """Keep a file. The same bytes are kept once, with the name they first came with.

    Args:
        books: The fund's books.
        actor: Who brings it.
        file: What.

    Returns:
        Its SHA-256, hexadecimal.
    """
    digest = sha256(file.data)
    connection, fund_id = books.connection, books.fund.fund_id
    books.settle()
    if not history.files(connection, fund_id, [digest.hexdigest()]):
        store.add_file(
            connection,
            fund_id=fund_id,
            sha256=digest.digest(),
            member_id=actor.id,
            taken_ms=to_ms(books.clock.now()),
            name=file.name,
            kind=file.kind,
            body=file.data,
        )
    return digest.hexdigest()


def check(books: Books, digests: Sequence[str]) -> None:
    """Hold that files that are named were brought.

    Args:
        books: The fund's books.
        digests: SHA-256 of each, hexadecimal.

    Raises:
        FieldError: One was not, is named twice, or there are too many.
    """
    if len(digests) > FILES_MAX or len(set(digests)) != len(digests):
        raise FieldError(field="evidence", value="", reason="too-many")
    books.settle()
    known = {one.sha256 for one in history.files(books.connection, books.fund.fund_id, digests)}
    for digest in digests:
        if digest not in known:
            raise FieldError(field="evidence", value=digest[:64], reason="unknown")


def join(books: Books, seq: int, digests: Sequence[str]) -> None:
    """Join files to the entry that they prove, so that each finds the other."""
    for digest in digests:
        store.join_file(
            books,
            fund_id=books.fund.fund_id,
            seq=seq,
            sha256=bytes.fromhex(digest),
        )
