"""The files that prove entries: what banks and platforms sent, and what people brought.

In: a snapshot, and the hashes that the entries of the span name. Out: each file once, with where it came from.
Guaranteed: what was taken in during the span is there, and so is whatever an entry of the span names, however old.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_ms
from ledger.export.public_data import Column, Row
from ledger.matching.exceptions.tables import exception_files
from ledger.matching.tables import files
from ledger.packs.source import Source
from ledger.spending.tables import evidence_files, spend_sheets
from ledger.transfers.tables import payment_files, transfer_files

COLUMNS = (
    Column("sha256", "string", "哈希", "SHA-256 of the bytes, hexadecimal."),
    Column("bytes", "integer", "字节数", "Length."),
    Column("from", "string", "来源", "bank, settlement, spending, spending-sheet, transfer, payment-file, exception."),
    Column("name", "string", "原名", "As it was brought; empty where erased or not kept."),
    Column("brought_by", "string", "经办", "Member; empty for whoever had the machine."),
    Column("taken_at", "string", "收到时间", "When; empty for a payment file, which its entry dates."),
    Column("path", "string", "位置", "In this pack."),
)  # fmt: skip

PAYMENT_FILE = "payment-file"

_HASH = re.compile(r"\b[0-9a-f]{64}\b", re.ASCII)
_NAMING = ("file", "evidence", "sha256")
_ENDING = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)


class Found(NamedTuple):
    """A file of evidence.

    Attributes:
        row: Of the register `evidence.csv`.
        path: In the pack.
        data: Its bytes.
    """

    row: Row
    path: str
    data: bytes


class _Kept(NamedTuple):
    """Where files lie, and what is known of one: its key, place, who brought it, when or by which entry, its name."""

    table: sa.Table
    key: sa.Column[Any]
    place: sa.ColumnElement[str]
    by: sa.ColumnElement[Any]
    at: sa.Column[Any]
    name: sa.ColumnElement[str]


def named_in(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find which files an entry names as its proof.

    Args:
        body: Of the entry.

    Yields:
        Member of the body, and the SHA-256.
    """
    for name in _NAMING:
        said = body.get(name)
        for digest in _HASH.findall(" ".join(said) if isinstance(said, list) else str(said)):
            yield name, digest


def _kept() -> tuple[_Kept, ...]:
    c, e, s = files.c, evidence_files.c, spend_sheets.c
    t, x, p = transfer_files.c, exception_files.c, payment_files.c
    nothing, said = sa.literal(""), sa.literal
    # Of the two, only a bank's file belongs to an account.
    sent_by = sa.case((c.account == "", "settlement"), else_="bank")
    return (
        _Kept(files, c.sha256, sent_by, c.taken_by, c.taken_ms, c.name),
        _Kept(evidence_files, e.sha256, said("spending"), e.member_id, e.taken_ms, e.name),
        _Kept(spend_sheets, s.sheet, said("spending-sheet"), s.member_id, s.taken_ms, s.name),
        _Kept(transfer_files, t.sha256, said("transfer"), t.member_id, t.taken_ms, t.name),
        _Kept(exception_files, x.sha256, said("exception"), x.member_id, x.taken_ms, nothing),
        _Kept(payment_files, p.sha256, said(PAYMENT_FILE), nothing, p.seq, nothing),
    )


def evidence(source: Source, named: set[str]) -> Iterator[Found]:
    """Read the files of a pack, one at a time.

    Args:
        source: The snapshot.
        named: Hashes that the entries of the span name.

    Yields:
        Each file once, place by place, in the order of their names there.
    """
    seen: set[str] = set()
    for kept in _kept():
        for row in _wanted(source, kept, named):
            body = source.connection.execute(
                sa.select(kept.table.c.body)
                .where(kept.table.c.fund_id == source.fund.fund_id, kept.key == row.key)
                .limit(1)
            ).scalar_one()
            data = bytes(body)
            digest = sha256(data).hexdigest()
            if digest not in seen:
                seen.add(digest)
                yield _found(source, row, digest, data)


def _wanted(source: Source, kept: _Kept, named: set[str]) -> list[sa.Row[Any]]:
    """List the files of a place that were taken in during the span, or that an entry names; without their bytes."""
    scope = source.scope
    first, stop = scope.since_ms, scope.until_ms
    if kept.table is payment_files:
        first, stop = scope.first, scope.stop
    labelled = [getattr(kept, name).label(name) for name in ("key", "place", "by", "at", "name")]
    rows = source.connection.execute(
        sa.select(*labelled)
        .where(kept.table.c.fund_id == source.fund.fund_id)
        .order_by(kept.key, kept.at)
    ).all()
    return [one for one in rows if first <= one.at < stop or _text(one.key) in named]


def _text(key: str | bytes) -> str:
    return key if isinstance(key, str) else bytes(key).hex()


def _found(source: Source, row: sa.Row[Any], digest: str, data: bytes) -> Found:
    name = row.name.lower()
    ending = name[dot:] if (dot := name.rfind(".")) >= 0 else ""
    # Nothing of what somebody typed becomes a path but a short ending.
    path = f"evidence/{digest}{ending if _ENDING.fullmatch(ending) else ''}"
    at = None
    if row.place != PAYMENT_FILE:
        at = from_ms(row.at).astimezone(source.zone).isoformat(timespec="seconds")
    cells = (digest, len(data), row.place, row.name, row.by or None, at, path)
    return Found(cells, path, data)
