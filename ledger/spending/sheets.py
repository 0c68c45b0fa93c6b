"""Spending sheets as they were uploaded: kept, and committed to by the entries of their rows.

Not by their hash: a sheet holds small counts beside figures that anybody may read, and whoever tries the few numbers
that a count may have would find it by the hash.
"""

from __future__ import annotations

import os
from hashlib import sha256

from ledger.clock import to_ms
from ledger.privacy.commitments import SALT_BYTES, commit
from ledger.sequencer.books import Books
from ledger.spending import store

LABEL = "sheet"


def keep(books: Books, member_id: str, upload: tuple[str, bytes]) -> str:
    """Keep a sheet.

    Args:
        books: The fund's books.
        member_id: Who brings it.
        upload: Name and bytes.

    Returns:
        The commitment that its rows' entries name.
    """
    name, data = upload
    salt = os.urandom(SALT_BYTES)
    sheet = commit(salt, LABEL, sha256(data).digest())
    books.settle()
    store.add_sheet(
        books.connection,
        fund_id=books.fund.fund_id,
        sheet=sheet,
        salt=salt,
        member_id=member_id,
        taken_ms=to_ms(books.clock.now()),
        name=name,
        body=data,
    )
    return sheet
