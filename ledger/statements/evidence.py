"""What shows that a statement's figures come from the log: its journal, its checkpoints, and how they join.

In: a closed span. Out: files to attach. Guaranteed: whoever has the opening checkpoint (that of the statement before)
and the closing one can recompute the closing root from the journal, or prove that one tree extends the other.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

import rfc8785

from ledger.clock import from_text
from ledger.journal import history as journal_history
from ledger.log import history as log_history
from ledger.log.proofs import consistency_proof
from ledger.projections.month import Month
from ledger.publication.anchors import Stamp, stamps_of
from ledger.publication.history import Cosignature, cosignatures_of, first_cosigned
from reports.registers import EMBEDDED_MAX

JOURNAL = "journal.jsonl"
CHECKPOINTS = "checkpoints.json"
FORMAT = "mingzhang-checkpoints/1"


def journal_lines(month: Month) -> bytes | None:
    """Return the span's entries, a line each: the exact bytes that the log hashes as leaves.

    Args:
        month: A closed span.

    Returns:
        None where they are too many to embed: then the log itself serves them, and the root names them.
    """
    found = bytearray()
    span = journal_history.span(
        month.connection, month.fund.fund_id, month.cut.first, month.cut.size
    )
    with closing(span):
        for one in span:
            # Canonical JSON has no raw line break, so that a line is an entry.
            found += one.entry + b"\n"
            if len(found) > EMBEDDED_MAX:
                return None
    return bytes(found)


def cosigned(month: Month, at: datetime) -> list[Cosignature]:
    """Return the lines of witnesses below the closing checkpoint, or the first one behind it that has some.

    Witnesses sign whatever is the newest when they are asked: a busy log has gone on by then, and what continues the
    closing tree vouches for it.

    Args:
        month: A closed span.
        at: Only lines that were there at this instant.

    Returns:
        All of one size; none where nobody has signed yet.
    """
    connection, fund_id = month.connection, month.fund.fund_id
    size = first_cosigned(connection, fund_id, month.cut.size, at.timestamp())
    found = [] if size is None else cosignatures_of(connection, fund_id, size)
    return [one for one in found if one.signed_at <= at.timestamp()]


def _later(month: Month, lines: list[Cosignature]) -> int | None:
    """Return the size that witnesses signed behind the closing checkpoint; None for this one, or without any."""
    size = lines[0].size if lines else month.cut.size
    return None if size == month.cut.size else size


def stamps(month: Month, at: datetime) -> list[Stamp]:
    """Return the time stamps over checkpoints of the span that were there at an instant."""
    found = stamps_of(month.connection, month.fund.fund_id, month.cut.first, month.cut.size)
    return [one for one in found if from_text(one.at) <= at]


def closing_note(month: Month, lines: list[Cosignature]) -> bytes:
    """Return the closing checkpoint with the lines of its witnesses."""
    return month.cut.note + b"".join(one.line for one in lines)


def checkpoints_json(month: Month, keys: list[str], at: datetime) -> bytes:
    """Tell the opening and the closing tree, and what joins them.

    Args:
        month: A closed span.
        keys: Public keys (vkeys) that the log had named by its end.
        at: When the statement is issued: lines of witnesses and time stamps that came later are left out.

    Returns:
        Canonical JSON: `opening` (null for a fund's first span) and `closing` with `size`, `root` and the signed
        `note`; `edge`, the roots of the perfect subtrees of the opening tree, largest first; `consistency`, the
        proof from the opening to the closing tree (RFC 9162, 2.1.4); `timestamps` over checkpoints of the span, each
        with its proof to the closing tree; `witnesses`, their keys; `witnessed`, the first checkpoint behind the
        closing one that they signed, with the proof from the closing tree (null where they signed the closing one, or
        none did); hashes in base64.
    """
    witnesses = cosigned(month, at)
    later = _later(month, witnesses)
    first, size = month.cut.first, month.cut.size
    connection, fund_id = month.connection, month.fund.fund_id

    def leaves(lo: int, hi: int) -> list[bytes]:
        return journal_history.leaf_hashes(connection, fund_id, lo, hi)

    read = log_history.reader(connection, fund_id, leaves, size)
    opening = None
    proof: list[bytes] = []
    if first:
        note = log_history.checkpoint_note(connection, fund_id, first)
        opening = _tree(first, month.root_at(first), note)
        proof = consistency_proof(first, size, read)
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "origin": month.fund.origin,
            "keys": list(keys),
            "opening": opening,
            "closing": _tree(
                size,
                month.root_at(size),
                closing_note(month, [] if later is not None else witnesses),
            ),
            "witnessed": None if later is None else _witnessed(month, witnesses, leaves),
            "timestamps": [
                {
                    "size": one.size,
                    "at": one.at,
                    "token": _base64(one.token),
                    "note": log_history.checkpoint_note(connection, fund_id, one.size).decode(),
                    "consistency": [
                        _base64(step) for step in consistency_proof(one.size, size, read)
                    ],
                }
                for one in stamps(month, at)
            ],
            "witnesses": [one.vkey for one in witnesses],
            "edge": [_base64(one) for one in _edge(first, read)],
            "consistency": [_base64(one) for one in proof],
        }
    )


def _witnessed(
    month: Month, lines: list[Cosignature], leaves: Callable[[int, int], list[bytes]]
) -> dict[str, Any]:
    """Return the later checkpoint that witnesses signed, with the proof that it continues the closing tree."""
    connection, fund_id, size = month.connection, month.fund.fund_id, lines[0].size
    note = log_history.checkpoint_note(connection, fund_id, size)
    read = log_history.reader(connection, fund_id, leaves, size)
    steps = consistency_proof(month.cut.size, size, read)
    return {
        **_tree(size, month.root_at(size), note + b"".join(one.line for one in lines)),
        "consistency": [_base64(step) for step in steps],
    }


def _tree(size: int, root: bytes, note: bytes) -> dict[str, int | str]:
    return {"size": size, "root": _base64(root), "note": note.decode()}


def _edge(size: int, read: Callable[[int, int], bytes]) -> list[bytes]:
    """Return the roots of the perfect subtrees that a tree is made of, largest first."""
    found, at = [], 0
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            found.append(read(height, at >> height))
            at += 1 << height
    return found


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
