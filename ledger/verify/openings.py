"""Open the commitments of a run's gifts with the private parts that are kept beside them.

In: columns of gifts, rows of private parts. Out: what is wrong, and the slot that each gift's claim must have filled.
Guaranteed: every column of every row is compared; nothing private is repeated in what is said.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NamedTuple

import orjson

from ledger.privacy.commitments import COMMITMENT_CHARS, SALT_BYTES, Keys, commit_column, keys_of
from ledger.privacy.gift_parts import LABELS
from ledger.verify.columns import AT_ONCE, differing, first_difference, groups_of, taken
from ledger.verify.folding import PRIVATE, GiftColumns

COLUMNS = "seq, channel, giver, nickname, delivery, message, salts"
"""Of `private_parts`: the texts in the order of `PRIVATE`."""


class Fault(NamedTuple):
    """A private part that is not its gift's: the entry, and what of it differs."""

    seq: int
    what: str


@dataclass
class Opened:
    """What came of opening.

    Attributes:
        kept: Private parts of gifts that are there.
        tried: Commitments that were opened, or did not open.
        faults: What is wrong.
        unexpected: Entries that have private parts and are no gifts.
        slots: By entry: what the claim of a gift with its private part leaves in its slot.
    """

    kept: int = 0
    tried: int = 0
    faults: list[Fault] = field(default_factory=list)
    unexpected: list[int] = field(default_factory=list)
    slots: dict[int, int] = field(default_factory=dict)


def open_gifts(gifts: GiftColumns, rows: Sequence[tuple[Any, ...]]) -> Opened:
    """Hold private parts to the commitments of their gifts.

    Args:
        gifts: Of a run.
        rows: Its private parts as `COLUMNS` names them, by entry.

    Returns:
        What came of it. A gift without private parts is not wrong by itself: it may have been erased.
    """
    opened = Opened()
    kept: Sequence[int] = range(len(gifts.seqs))
    if [row[0] for row in rows] != gifts.seqs:
        places = {seq: at for at, seq in enumerate(gifts.seqs)}
        opened.unexpected = [row[0] for row in rows if row[0] not in places]
        rows = [row for row in rows if row[0] in places]
        kept = [places[row[0]] for row in rows]
    opened.kept = len(rows)
    channels = taken(gifts.channels, kept)
    stated = [taken(column, kept) for column in gifts.commitments]
    for at in range(0, len(rows), AT_ONCE):
        part = slice(at, at + AT_ONCE)
        _open(opened, rows[part], channels[part], [column[part] for column in stated])
    return opened


def _open(
    opened: Opened,
    rows: Sequence[tuple[Any, ...]],
    channels: Sequence[str],
    stated: Sequence[Sequence[bytes | None]],
) -> None:
    """Hold some private parts to channels and commitments of the same gifts."""
    seqs, found, *texts, salts = map(list, zip(*rows, strict=True))
    if found != channels:
        opened.faults.append(Fault(seqs[first_difference(found, channels)], "channel"))
    wrong = differing(list(map(len, salts)), SALT_BYTES * len(LABELS))
    if wrong:
        opened.faults += [Fault(seqs[at], "salts") for at in wrong]
        return
    keys = dict(zip(LABELS, keys_of(b"".join(salts), len(LABELS)), strict=True))
    privates = {
        label: list(map(str.encode, column)) for label, column in zip(PRIVATE, texts, strict=True)
    }
    for label, commitments in zip(PRIVATE, stated, strict=True):
        there = differing(commitments, None)
        opened.tried += len(there)
        places = _not_opening(label, keys[label], privates[label], commitments, there)
        opened.faults += [Fault(seqs[at], label) for at in places]
    opened.slots.update(zip(seqs, slots_of(found, privates["delivery"]), strict=True))


def _not_opening(
    label: str,
    keys: Keys,
    privates: Sequence[bytes],
    stated: Sequence[bytes | None],
    there: Sequence[int],
) -> list[int]:
    """Return the first place whose private part does not open its commitment, and one that has no commitment.

    Args:
        label: What kind of field.
        keys: Of the salts.
        privates: Encoded texts.
        stated: Commitments as the entries have them.
        there: Places that have a commitment.

    Returns:
        Places.
    """
    inner, outer = keys
    made = commit_column(label, (taken(inner, there), taken(outer, there)), taken(privates, there))
    wrong = []
    chosen = [one for one in stated if one is not None]
    if made != b"".join(chosen):
        at = next(
            at
            for at, one in enumerate(chosen)
            if one != made[at * COMMITMENT_CHARS : (at + 1) * COMMITMENT_CHARS]
        )
        wrong.append(there[at])
    if len(there) < len(stated):
        wrong += [at for at, one in enumerate(stated) if one is None and privates[at]][:1]
    return wrong


# --- slots -----------------------------------------------------------------------------------------


def begun_slot(scope: str) -> int:
    """Return the checksum of a scope, which a claim's slot goes on from."""
    return zlib.crc32(f"{scope}\0".encode())


_EVENT_HEAD = b'{"event":"'
_EVENT_TAIL = b'","evidence":"'


def slots_of(channels: Sequence[str], deliveries: Sequence[bytes]) -> Sequence[int]:
    """Return the slots that gifts' private parts ask for: a delivery names the platform's id.

    Args:
        channels: Of the gifts.
        deliveries: Their deliveries, encoded.

    Returns:
        Checksums of scope and key, never 0; 0 for a delivery that names no id.
    """
    events = _events(deliveries)
    begun = {channel: begun_slot(f"gift:{channel}") for (channel,), _ in groups_of(channels)}
    return [
        0 if event is None else zlib.crc32(event, begun[channel]) or 1
        for event, channel in zip(events, channels, strict=True)
    ]


def _events(deliveries: Sequence[bytes]) -> Sequence[bytes | None]:
    """Return the platform's ids; in their usual form, without escapes, they are cut out."""
    start = len(_EVENT_HEAD)
    if b"\\" not in b"".join(deliveries) and all(
        map(bytes.startswith, deliveries, repeat(_EVENT_HEAD))
    ):
        try:
            return [one[start : one.index(_EVENT_TAIL)] for one in deliveries]
        except ValueError:
            pass
    return list(map(_event, deliveries))


def _event(delivery: bytes) -> bytes | None:
    try:
        event = orjson.loads(delivery)["event"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return str(event).encode()
