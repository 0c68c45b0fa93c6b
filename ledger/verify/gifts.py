"""Read gifts in their usual form, many at once: what nearly all entries are.

In: entries' bytes. Out: columns of their fields. Guaranteed: a gift that the pattern takes, whose columns are whole
and whose texts are sound, is canonical and well-formed: the same as `entries.read_entry` and `entries.read_gift` find
by decoding it and encoding it again. A property test holds the two to each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ledger.verify.entries import BrokenEntryError, posix

_NUMBER = rb"(0|[1-9][0-9]{0,14})"
_COMMIT = rb"(.{43}=)"
_MINUTE = rb"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:00Z)"


def gift_pattern(slug: str) -> re.Pattern[bytes]:
    """Return the pattern of a gift's canonical bytes in its usual form, for one fund.

    The commitments are taken as any 44 bytes that end in `=`, and the item as any text without escapes: whoever uses
    the pattern checks those two for the whole run at once (`are_base64`, `are_utf8`), which costs a tenth.

    Args:
        slug: The fund.

    Returns:
        Groups: amount, channel, commodity, delivery, donor, item, line, message, n, name, rate, session, unit, units,
        occurred_at, recorded_at, seq.

    Source:
        RFC 8785 sections 3.2.2 and 3.2.3: no white space, keys sorted, the shortest form of numbers, and no escape
        but for control characters, quotation mark and backslash.
    """
    fund = re.escape(slug.encode())
    return re.compile(
        rb'\{"actor":\{"id":"[A-Za-z0-9._-]{1,60}","role":"[a-z]{1,20}"\},"body":\{"amount":([1-9][0-9]{0,14}),'
        rb'"channel":"([A-Z0-9][A-Za-z0-9-]{0,39})","commodity":"([A-Z]{2,10})","count":[1-9][0-9]{0,14},'
        rb'"delivery":"'
        + _COMMIT
        + rb'","donor":"'
        + _COMMIT
        + rb'","item":"([^\x00-\x1f"\\]*)","line":'
        + _NUMBER
        + rb',(?:"message":"'
        + _COMMIT
        + rb'",)?"n":([1-9][0-9]{0,14}),"name":"'
        + _COMMIT
        + rb'",(?:"rate":'
        + _NUMBER
        + rb',)?"session":'
        + _NUMBER
        + rb',"signed":(?:true|false),(?:"unit":"([A-Z]{2,10})","units":'
        + _NUMBER
        + rb',)?"via":"[a-z]{1,20}"\},'
        rb'"fund":"'
        + fund
        + rb'","kind":"gift","occurred_at":"'
        + _MINUTE
        + rb'","postings":\[\{"account":"Assets:Platform:\2","amount":\1,"commodity":"\3"\},'
        rb'\{"account":"Income:Gifts:\2","amount":-\1,"commodity":"\3"\}\],"recorded_at":"'
        + _MINUTE
        + rb'","seq":'
        + _NUMBER
        + rb',"v":1\}',
        re.DOTALL,
    )


def are_base64(commitments: bytes) -> bool:
    """Return whether joined commitments hold nothing but base64 of 32 bytes: 43 digits and `=` each."""
    rest = commitments.translate(
        None, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/"
    )
    return rest.count(b"=") == len(rest) == len(commitments) // 44


def are_utf8(text: bytes) -> bool:
    """Return whether bytes are UTF-8; joined by newlines, texts are so only when each of them is."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class GiftFields(NamedTuple):
    """Columns of gifts as their bytes have them, in the order of the pattern's groups; None where nothing stands."""

    amount: tuple[bytes, ...]
    channel: tuple[bytes, ...]
    commodity: tuple[bytes, ...]
    delivery: tuple[bytes, ...]
    donor: tuple[bytes, ...]
    item: tuple[bytes, ...]
    line: tuple[bytes, ...]
    message: tuple[bytes | None, ...]
    n: tuple[bytes, ...]
    name: tuple[bytes, ...]
    rate: tuple[bytes | None, ...]
    session: tuple[bytes, ...]
    unit: tuple[bytes | None, ...]
    units: tuple[bytes | None, ...]
    occurred: tuple[bytes, ...]
    recorded: tuple[bytes, ...]
    seq: tuple[bytes, ...]

    def are_whole(self, seqs: range) -> bool:
        """Return whether gifts have these numbers, and a unit just where they have a rate."""
        return list(map(int, self.seq)) == list(seqs) and (
            self.rate.count(None) == self.unit.count(None) == len(seqs)
            or [one is None for one in self.rate] == [one is None for one in self.unit]
        )

    def have_sound_texts(self) -> bool:
        """Return whether what the pattern takes loosely is right: commitments, items, and the times of the gifts."""
        messages = [one for one in self.message if one is not None]
        commitments = (*self.donor, *self.name, *self.delivery, *messages)
        return (
            are_base64(b"".join(commitments))
            and are_utf8(b"\n".join(self.item))
            and all(map(is_minute, set(self.occurred)))
        )


def read_gifts(found: Sequence[re.Match[bytes] | None]) -> GiftFields:
    """Read gifts into columns.

    Args:
        found: What the pattern has matched, at least one, and no None.

    Returns:
        Their fields.
    """
    return GiftFields._make(zip(*[one.groups() for one in found if one is not None], strict=True))


def is_minute(text: bytes) -> bool:
    """Return whether a text is the time of an entry, cut to the minute."""
    try:
        posix(text.decode("ascii"), minute=True)
    except BrokenEntryError:
        return False
    return True
