"""What the fund pays for becomes entries; small counts stay out of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ledger.actors import Actor
from ledger.clock import to_ms, to_text
from ledger.errors import ConflictError, FieldError, InsufficientError
from ledger.funds.history import MoneyAccount
from ledger.journal import accounts
from ledger.journal.codec import encode
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.privacy.commitments import SALT_BYTES, commit
from ledger.sequencer.books import Books
from ledger.spending import history, store
from ledger.spending.sheet import SpendRow

SHEET_COMMODITY = "CNY"
"""What the sheet's `amount_cny` is in."""


class Booked(NamedTuple):
    """What came of a sheet: new entries, and rows that were booked before."""

    added: int
    repeated: int


def book_rows(
    books: Books, actor: Actor, account: MoneyAccount, zone: str, rows: Sequence[SpendRow]
) -> Booked:
    """Book spending, all rows or none.

    Args:
        books: The fund's books.
        actor: Who brings it.
        account: The fund account that paid.
        zone: Time zone of the days.
        rows: As read.

    Returns:
        How many were new.

    Raises:
        InsufficientError: The fund does not hold that much; nothing is booked.
        ConflictError: A row is booked with other figures; names the first that differs.
        FieldError: The account is not the fund's, or is kept in another currency than the sheet's yuan.
    """
    if not account.name.startswith("Assets:Fund:"):
        raise FieldError(field="account", reason="not-a-fund-account", value=account.name)
    if account.commodity != SHEET_COMMODITY:
        raise FieldError(
            field="account",
            reason="other-currency",
            value=account.commodity,
            expected=SHEET_COMMODITY,
        )
    seen: Counter[str] = Counter()
    added = 0
    for row in rows:
        claim = _claim(row, seen)
        first = books.claimed(claim.scope, [claim.key]).get(claim.key)
        if first is None:
            _book(books, actor, account, zone, row, claim)
            added += 1
        elif first.digest != claim.digest:
            field = _differs(books, first.seq, row)
            raise ConflictError(key=row.reference, line=row.line_no, field=field, seq=first.seq)
    return Booked(added, len(rows) - added)


def _differs(books: Books, seq: int, row: SpendRow) -> str:
    """Name the first figure in which a row differs from what is booked."""
    amount, persons, _ = history.figures(books.connection, books.fund.fund_id, seq)
    if amount != row.amount_minor:
        return "amount_cny"
    return "persons" if persons != row.persons else "person_times"


def _claim(row: SpendRow, seen: Counter[str]) -> Claim:
    """Identify a row: everything but its figures, and its place among equal ones."""
    likeness = sha256(
        repr(
            (row.reference, row.spent_on, row.disease, row.people, row.provider, row.batch)
        ).encode()
    ).hexdigest()
    seen[likeness] += 1
    figures = repr((row.amount_minor, row.persons, row.person_times))
    return Claim("spend", f"{likeness}/{seen[likeness]}", sha256(figures.encode()).digest()[:16])


def _book(
    books: Books, actor: Actor, account: MoneyAccount, zone: str, row: SpendRow, claim: Claim
) -> int:
    commodity = account.commodity
    held = books.totals(account.name, commodity).balance
    if row.amount_minor > held:
        raise InsufficientError(
            account=account.name, available=held, asked=row.amount_minor, line=row.line_no
        )
    spent_at = datetime.combine(row.spent_on, time(12), tzinfo=ZoneInfo(zone))
    programme = accounts.programme(row.disease)
    salt = os.urandom(SALT_BYTES)
    counts = encode({"person_times": row.person_times, "persons": row.persons})
    body = {
        "account": account.name,
        "disease": row.disease,
        "people": row.people,
        "provider": row.provider,
        "batch": row.batch,
        "amount": row.amount_minor,
        "commodity": commodity,
        "reference": row.reference,
        "counts": commit(salt, "counts", counts),
    }
    seq = books.post(
        Draft(
            "spend",
            to_text(spent_at),
            actor,
            dict(body),
            (Posting(programme, account.name, commodity, row.amount_minor),),
            (
                Move(
                    account.name,
                    commodity,
                    row.amount_minor,
                    programme,
                    commodity,
                    row.amount_minor,
                ),
            ),
            claim,
        )
    )
    books.settle()
    store.add(
        books.connection,
        fund_id=books.fund.fund_id,
        seq=seq,
        spent_ms=to_ms(spent_at),
        disease=row.disease,
        people=row.people,
        provider=row.provider,
        batch=row.batch,
        persons=row.persons,
        person_times=row.person_times,
        amount=row.amount_minor,
        commodity=commodity,
        reference=row.reference,
        salt=salt,
    )
    return seq
