"""Erase a donor: the person goes, the gift and every proof stay."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import sqlalchemy as sa

from ledger.actors import Actor
from ledger.clock import to_text
from ledger.errors import FieldError, NotFoundError
from ledger.intake import store
from ledger.journal.entries import Draft
from ledger.privacy import store as privacy_store
from ledger.privacy.aliases import Aliases
from ledger.sequencer.books import Books


def check_erasable(books: Books, seqs: Sequence[int]) -> None:
    """Hold that there is something private of each of these gifts.

    Args:
        books: The fund's books.
        seqs: The gifts' entries.

    Raises:
        NotFoundError: One of them is no gift, or is erased already.
        FieldError: None is named.
    """
    if not seqs:
        raise FieldError(field="gifts", value="", reason="missing")
    _found(books, seqs)


def _found(books: Books, seqs: Sequence[int]) -> dict[int, privacy_store.PrivatePart]:
    found = privacy_store.find(books.connection, books.fund.fund_id, list(seqs))
    missing = sorted(set(seqs) - found.keys())
    if missing:
        raise NotFoundError(what="private-part", seq=missing[0])
    return found


def erase_gifts(books: Books, actor: Actor, seqs: Sequence[int], decision: int) -> int:
    """Erase what is private of gifts: names, ids, messages, exact times, salts, and what the platform sent.

    The entry says how many, never whose. A repeat of an erased gift is still known, by a keyed hash.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        seqs: The gifts' entries.
        decision: Number of the decision that this carries out.

    Returns:
        The entry that records it.

    Raises:
        NotFoundError: One of them is no gift, or is erased already; nothing was erased.
    """
    connection, fund_id = books.connection, books.fund.fund_id
    found = _found(books, seqs)
    aliases = Aliases(books.keys, books.fund.slug)
    for part in found.values():
        delivery = orjson.loads(part.delivery)
        scope = f"gift:{part.channel}"
        known = books.claimed(scope, [delivery["event"]])[delivery["event"]]
        keys = (delivery["event"], aliases.of_id(scope, delivery["event"]))
        books.erase_claim(scope, keys, aliases.of_digest(known.digest))
        store.empty_deliveries(connection, fund_id, part.channel, delivery)
    privacy_store.erase(connection, fund_id, list(found))
    now = to_text(books.clock.now())
    return books.post(
        Draft("privacy.erased", now, actor, {"count": len(found), "decision": decision})
    )


def gifts_of_giver(connection: sa.Connection, fund_id: int, seq: int) -> list[int]:
    """Return the entries of all gifts of the person who gave one of them, as far as they are not erased.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        seq: One gift.

    Returns:
        Entries, in order; only this one when the platform names no person.

    Raises:
        NotFoundError: Not a gift, or erased already.
    """
    part = privacy_store.find(connection, fund_id, [seq]).get(seq)
    if part is None:
        raise NotFoundError(what="private-part", seq=seq)
    if not part.giver:
        return [seq]
    return privacy_store.of_giver(connection, fund_id, part.channel, part.giver)
