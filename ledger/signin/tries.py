"""How often somebody may try: by user, by address, by second factor; each further wrong try costs more time.

A try is counted before it is checked, in a transaction of its own, so that many at the same moment are many. Whom it
is about is stored as a keyed hash: people type passwords into the field for the address. Whether there is such a user
makes no difference here.

Source:
    OWASP ASVS 5.0.0, 2.4.1 and 6.3.1; NIST SP 800-63B-4, 3.2.2 (at most 100 tries in a row).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ledger.clock import to_ms
from ledger.errors import TooManyTriesError
from ledger.signin.keys import SignInKeys
from ledger.signin.tables import sign_in_tries as table

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

IPV6_NETWORK_BITS = 64
"""One household has at least so large a network: a try from anywhere in it is its try."""


class Rule(NamedTuple):
    """How wrong tries of one kind are slowed down.

    Attributes:
        free: Tries in a row that cost nothing.
        first_ms: Wait after the next one; each further one doubles it.
        longest_ms: No wait is longer.
        forget_ms: After so long without a try, counting starts again.
    """

    free: int
    first_ms: int
    longest_ms: int
    forget_ms: int

    def wait_ms(self, failures: int) -> int:
        """Return how long to wait after so many wrong tries in a row."""
        over = failures - self.free
        return min(self.first_ms << min(over - 1, 20), self.longest_ms) if over > 0 else 0


RULES: Mapping[str, Rule] = {
    # Somebody else can lock a user out this way, so never for long; a passkey still opens.
    "user": Rule(5, MINUTE_MS, HOUR_MS, DAY_MS),
    # An office shares one address: many people mistype.
    "address": Rule(20, MINUTE_MS // 2, HOUR_MS // 4, HOUR_MS),
    # Only who knows the password gets here. 6 digits, 3 of them valid: a hundred tries take months.
    "factor": Rule(5, MINUTE_MS, DAY_MS, 30 * DAY_MS),
    "mail": Rule(3, HOUR_MS // 4, DAY_MS, DAY_MS),
}


def network_of(address: str) -> str:
    """Return the network that an address counts for: itself, or the /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, IPV6_NETWORK_BITS), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


class Tries:
    """Counts tries.

    Args:
        keys: For the hashes.
    """

    def __init__(self, keys: SignInKeys) -> None:
        self._keys = keys

    def count(self, connection: sa.Connection, kind: str, about: str, now: datetime) -> None:
        """Count a try before it is checked.

        Args:
            connection: Inside `Database.writing()`.
            kind: A key of `RULES`.
            about: User, network or number that it is about.
            now: The instant.

        Raises:
            TooManyTriesError: It may not be made yet; with the transaction, nothing of it is counted.
        """
        rule, at, key = RULES[kind], to_ms(now), self._keys.keyed_hash(kind, about)
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        first = insert(table).values(kind=kind, key_hash=key, failures=0, last_ms=at, until_ms=0)
        connection.execute(first.on_conflict_do_nothing())
        mine = (table.c.kind == kind) & (table.c.key_hash == key)
        found = connection.execute(sa.select(table).where(mine).with_for_update()).one()
        if found.until_ms > at:
            raise TooManyTriesError(wait_seconds=-(-(found.until_ms - at) // 1000))
        failures = 1 if at - found.last_ms > rule.forget_ms else found.failures + 1
        connection.execute(
            sa.update(table)
            .where(mine)
            .values(failures=failures, last_ms=at, until_ms=at + rule.wait_ms(failures))
        )

    def take_back(self, connection: sa.Connection, kind: str, about: str) -> None:
        """Take one counted try back: it was right. Others before it stay, and cost nothing by themselves.

        Whoever has a sign-in of their own cannot clear an address with it.
        """
        mine = (table.c.kind == kind) & (table.c.key_hash == self._keys.keyed_hash(kind, about))
        connection.execute(
            sa.update(table)
            .where(mine, table.c.failures > 0)
            .values(failures=table.c.failures - 1, until_ms=0)
        )

    def forgive(self, connection: sa.Connection, kind: str, about: str) -> None:
        """Start counting again: a right try ended the row, or an administrator did."""
        connection.execute(
            sa.delete(table).where(
                table.c.kind == kind, table.c.key_hash == self._keys.keyed_hash(kind, about)
            )
        )
