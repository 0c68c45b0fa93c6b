"""What the registers of a pack are read from, and what a register is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.export.public_data import Column, Row
from ledger.journal.history import Fund
from ledger.packs.scope import Scope


class Source(NamedTuple):
    """A snapshot, and what of it a pack covers.

    Attributes:
        connection: In a transaction: one snapshot for the whole pack.
        fund: The fund.
        scope: What is covered.
        zone: Of the times.
    """

    connection: sa.Connection
    fund: Fund
    scope: Scope
    zone: ZoneInfo


class PackRegister(NamedTuple):
    """A register of a pack.

    Attributes:
        name: Of the file, without its ending.
        zh: Title.
        en: Title.
        columns: In order.
        rows: Reads them.
    """

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    rows: Callable[[Source], Iterator[Row]]
