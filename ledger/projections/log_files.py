"""What the log's addresses give: tiles, bundles of entries, and entries on their own."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.clock import from_text
from ledger.errors import NotFoundError
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.log import history as log_history
from ledger.log.bundles import encode_bundle
from ledger.log.tiles import TILE_WIDTH, TileAddress, tile_width
from ledger.projections.fund_page import View
from ledger.projections.shapes import EntryPage, PostingLine


def tile_bytes(connection: sa.Connection, fund_id: int, address: TileAddress) -> bytes | None:
    """Return a tile or a bundle of entries.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        address: What is asked for.

    Returns:
        Its bytes; None where the published tree does not reach so far.
    """
    size, _ = log_history.latest_note(connection, fund_id)
    if tile_width(address.level or 0, address.index, size) < address.width:
        return None
    if address.is_bundle:
        first = address.index * TILE_WIDTH
        stored = journal_history.span(connection, fund_id, first, first + address.width)
        return encode_bundle([one.entry for one in stored])

    def leaves(first: int, stop: int) -> list[bytes]:
        return journal_history.leaf_hashes(connection, fund_id, first, stop)

    try:
        return log_history.tile(
            connection, fund_id, leaves, address.level or 0, address.index, address.width
        )
    except NotFoundError:
        return None


def entry_page(of: View, seq: int) -> EntryPage | None:
    """Make the page of an entry; None above the last one."""
    connection, fund_id = of.connection, of.fund.fund_id
    try:
        stored = journal_history.entry(connection, fund_id, seq)
    except NotFoundError:
        return None
    value = decode(stored.entry)
    return EntryPage(
        slug=of.fund.slug,
        fund=of.name,
        contact=of.contact,
        zone=of.details.zone,
        seq=seq,
        last=journal_history.size(connection, fund_id) - 1,
        kind=stored.kind,
        recorded_at=from_text(value["recorded_at"]),
        occurred_at=from_text(value["occurred_at"]),
        role=value["actor"]["role"],
        actor=value["actor"]["id"],
        postings=tuple(
            PostingLine(line["account"], line["amount"], line["commodity"])
            for line in value["postings"]
        ),
        canonical=stored.entry,
        leaf_hash=stored.leaf_hash.hex(),
    )
