"""The private parts of a gift: what is committed to, and the row that can be erased.

In: personal fields. Out: commitments for the entry, and the erasable row. Guaranteed: fresh salts, one a field.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from ledger.errors import VerificationError
from ledger.privacy.commitments import (
    SALT_BYTES,
    commit_column,
    keys_of,
    open_commitment,
    split_commitments,
)

LABELS = ("donor", "name", "delivery", "message")
"""What a gift's entry commits to, in the order of the salts: the platform's id of the user, the nickname, the event's
id with its exact times and the hash of what arrived, and the message if there is one.
"""


class Sealed(NamedTuple):
    """One gift's commitments and what opens them.

    Attributes:
        commitments: In the order of `LABELS`, the last one only for a gift with a message.
        delivery: Canonical JSON.
        salts: 128 bytes: 32 for each label.
    """

    commitments: tuple[str, ...]
    delivery: str
    salts: bytes


class Personal(NamedTuple):
    """What of a gift is personal.

    Attributes:
        giver: The platform's id of the user.
        nickname: Display name.
        message: What the giver wrote.
        event: The platform's id of the gift.
        occurred_ms: Exact time of the gift.
        received_ms: Exact time of its arrival.
        session: The platform's room or broadcast.
        evidence: SHA-256 of what arrived.
    """

    giver: str
    nickname: str
    message: str
    event: str
    occurred_ms: int
    received_ms: int
    session: str
    evidence: bytes


def delivery_text(personal: Personal) -> str:
    """Return the canonical JSON that the `delivery` commitment is over."""
    return orjson.dumps(
        {
            "event": personal.event,
            "evidence": personal.evidence.hex(),
            "occurred_ms": personal.occurred_ms,
            "received_ms": personal.received_ms,
            "session": personal.session,
        },
        option=orjson.OPT_SORT_KEYS,
    ).decode()


def seal_many(gifts: Sequence[Personal]) -> list[Sealed]:
    """Commit to the private parts of many gifts.

    Args:
        gifts: In order.

    Returns:
        One for each, in order.
    """
    step = SALT_BYTES * len(LABELS)
    random = os.urandom(step * len(gifts))
    keys = dict(zip(LABELS, keys_of(random, len(LABELS)), strict=True))
    deliveries = [delivery_text(gift) for gift in gifts]
    written = [at for at, gift in enumerate(gifts) if gift.message]
    keys["message"] = (
        [keys["message"][0][at] for at in written],
        [keys["message"][1][at] for at in written],
    )
    columns = {
        "donor": [gift.giver for gift in gifts],
        "name": [gift.nickname for gift in gifts],
        "delivery": deliveries,
        "message": [gifts[at].message for at in written],
    }
    made = {
        label: split_commitments(commit_column(label, keys[label], map(str.encode, texts)))
        for label, texts in columns.items()
    }
    commitments: list[tuple[str, ...]] = list(
        zip(made["donor"], made["name"], made["delivery"], strict=True)
    )
    for at, message in zip(written, made["message"], strict=True):
        commitments[at] += (message,)
    salts = [random[at : at + step] for at in range(0, len(random), step)]
    return list(map(Sealed, commitments, deliveries, salts))


def check_opening(
    body: dict[str, object], giver: str, nickname: str, delivery: str, message: str, salts: bytes
) -> int:
    """Open the commitments of a gift's entry with what is stored beside it.

    Args:
        body: The entry's body.
        giver: As stored.
        nickname: As stored.
        delivery: As stored.
        message: As stored.
        salts: 128 bytes.

    Returns:
        How many commitments were opened.

    Raises:
        VerificationError: One does not open.
    """
    opened = 0
    for at, (label, private) in enumerate(
        zip(LABELS, (giver, nickname, delivery, message), strict=True)
    ):
        commitment = body.get(label)
        if commitment is None and label == "message" and not private:
            continue
        if not isinstance(commitment, str):
            raise VerificationError(reason="commitment-missing", field=label)
        open_commitment(commitment, salts[32 * at : 32 * at + 32], label, private.encode())
        opened += 1
    return opened
