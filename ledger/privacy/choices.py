"""What a donor wants shown of a gift. Not an entry: it is theirs, can be changed, and goes with the private part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.clock import Clock, to_ms
from ledger.db import Database
from ledger.errors import FieldError
from ledger.privacy import store
from ledger.privacy.gift_codes import gift_code, is_code
from ledger.privacy.pseudonyms import mask_nickname
from ledger.privacy.tables import gift_choices

NAMES = ("masked", "hidden")
THANKS = ("none", "name", "amount")


class Choice(NamedTuple):
    """What a donor wants.

    Attributes:
        name: `masked`, as for everybody, or `hidden`: on pages.
        thanks: On the stream: `none`, with the masked `name`, or with name and `amount`.
    """

    name: str = "masked"
    thanks: str = "none"


def of(connection: sa.Connection, fund_id: int, seqs: Sequence[int]) -> dict[int, Choice]:
    """Return the choices of those gifts whose donors have made one."""
    c = gift_choices.c
    rows = connection.execute(
        sa.select(c.seq, c.name, c.thanks).where(c.fund_id == fund_id, c.seq.in_(seqs))
    )
    return {row.seq: Choice(row.name, row.thanks) for row in rows}


def to_thank(connection: sa.Connection, fund_id: int, most: int) -> list[tuple[int, Choice]]:
    """Return the newest gifts whose donors agreed to be thanked on the stream, newest first."""
    c = gift_choices.c
    found: list[tuple[int, Choice]] = []
    for thanks in THANKS[1:]:
        rows = connection.execute(
            sa.select(c.seq, c.name, c.thanks)
            .where(c.fund_id == fund_id, c.thanks == thanks)
            .order_by(c.seq.desc())
            .limit(most)
        )
        found += [(row.seq, Choice(row.name, row.thanks)) for row in rows]
    return sorted(found, reverse=True)[:most]


def has_code(connection: sa.Connection, fund_id: int, seq: int | None, code: str) -> bool:
    """Tell whether a code is that of a gift; a gift that there is not, or is erased, takes as long."""
    parts = {} if seq is None else store.find(connection, fund_id, [seq])
    part = None if seq is None else parts.get(seq)
    return is_code(code, None if part is None else part.salts)


class Handed(NamedTuple):
    """What may be handed to a gift's donor.

    Attributes:
        code: Of the gift.
        name: Masked.
    """

    code: str
    name: str


def to_hand(connection: sa.Connection, fund_id: int, seq: int) -> Handed | None:
    """Return the code of a gift and its masked name; None where it is erased."""
    part = store.find(connection, fund_id, [seq]).get(seq)
    return None if part is None else Handed(gift_code(part.salts), mask_nickname(part.nickname))


def choose(
    database: Database, clock: Clock, fund_id: int, gift: tuple[int, str], choice: Choice
) -> None:
    """Keep what a donor wants.

    Args:
        database: Where.
        clock: Tells when.
        fund_id: The fund.
        gift: Its entry, and the code that was typed.
        choice: What is wanted.

    Raises:
        FieldError: The code is another, or there is no such choice; nothing is kept.
    """
    seq, code = gift
    for field, value, known in (("name", choice.name, NAMES), ("thanks", choice.thanks, THANKS)):
        if value not in known:
            raise FieldError(field=field, value=value[:20], reason="unknown", known=known)
    if choice.name == "hidden" and choice.thanks != "none":
        raise FieldError(field="thanks", value=choice.thanks, reason="hidden")
    with database.writing() as connection:
        if not has_code(connection, fund_id, seq, code):
            raise FieldError(field="code", value="", reason="wrong")
        key = (gift_choices.c.fund_id == fund_id, gift_choices.c.seq == seq)
        connection.execute(sa.delete(gift_choices).where(*key))
        connection.execute(
            sa.insert(gift_choices).values(
                fund_id=fund_id,
                seq=seq,
                name=choice.name,
                thanks=choice.thanks,
                chosen_ms=to_ms(clock.now()),
            )
        )
