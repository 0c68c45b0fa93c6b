"""What the fund pays for becomes entries; small counts stay out of them.

Up to the fund's limit one person books; above it two decide (`limits.py` counts what the limit is held to). Whoever
books, all rows go in or none, and never more than the fund holds.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ledger.actors import Actor
from ledger.clock import local_date, to_ms, to_text
from ledger.errors import ConflictError, FieldError, InsufficientError, PeriodClosedError
from ledger.funds import list_history
from ledger.funds.history import MoneyAccount
from ledger.journal import accounts
from ledger.journal.codec import encode
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.privacy.commitments import SALT_BYTES, commit
from ledger.sequencer.books import Books
from ledger.spending import evidence, history, limits, store
from ledger.spending.movements import is_reversed
from ledger.spending.sheet import SpendRow, provider_of

SHEET_COMMODITY = "CNY"
"""What the sheet's `amount_cny` is in."""


SCOPE = "spend"
"""Of the claims of rows."""


class Booked(NamedTuple):
    """What came of a sheet.

    Attributes:
        added: Rows that became entries, one after another.
        repeated: Rows that were booked before.
        first: The first of these entries; None without any.
    """

    added: int
    repeated: int
    first: int | None = None


class Terms(NamedTuple):
    """What rows that are booked together have in common.

    Attributes:
        evidence: SHA-256 of the files that prove them.
        sheet: Commitment to the sheet that they stand in; None for what was typed.
        decision: That approved them; None up to the limit of one person.
    """

    evidence: tuple[str, ...] = ()
    sheet: str | None = None
    decision: int | None = None


ALONE = Terms()


def book_rows(
    books: Books,
    actor: Actor,
    account: MoneyAccount,
    zone: str,
    rows: Sequence[SpendRow],
    terms: Terms = ALONE,
) -> Booked:
    """Book spending, all rows or none.

    Args:
        books: The fund's books.
        actor: Who brings it, or who gave the last approval.
        account: The fund account that paid.
        zone: Time zone of the days.
        rows: As read.
        terms: What they have in common.

    Returns:
        How many were new.

    Raises:
        InsufficientError: The fund does not hold that much; nothing is booked.
        ConflictError: A row is booked with other figures; names the first that differs.
        FieldError: The account is not the fund's, or is kept in another currency than the sheet's yuan; a row's
            disease, group or provider is not on the fund's lists, or its day is to come; or a file was not brought.
        PeriodClosedError: A row is dated in a month that takes it no more.
        AboveLimitError: It is above what one person may book, and nobody has approved it.
    """
    wanted = check(books, account, zone, rows, terms.evidence)
    new = list(new_rows(books, wanted))
    check_months(books, zone, [row for row, _ in new])
    if terms.decision is None:
        limits.check_free(books, [row for row, _ in new])
    first = books.size if new else None
    for row, claim in new:
        _book(books, actor, account, zone, (row, claim, terms))
    return Booked(len(new), len(rows) - len(new), first)


def booked_from(books: Books, rows: Sequence[SpendRow], first: int) -> Booked:
    """Tell again what came of rows that were booked together.

    Args:
        books: The fund's books.
        rows: As they were booked, in their order.
        first: The first entry of theirs.

    Returns:
        As `book_rows` returned it: its entries follow one another, so a row that has the next one is one of them.
    """
    seen: Counter[str] = Counter()
    keys = [_claim(row, seen).key for row in rows]
    known = books.claimed(SCOPE, keys)
    stop = first
    for key in keys:
        times, found = 0, known.get(key)
        while found is not None and found.seq < stop:
            times += 1
            again = f"{key}~{times}"
            found = books.claimed(SCOPE, [again]).get(again)
        stop += found is not None and found.seq == stop
    return Booked(stop - first, len(rows) - (stop - first), first)


def check(
    books: Books,
    account: MoneyAccount,
    zone: str,
    rows: Sequence[SpendRow],
    files: Sequence[str],
) -> list[SpendRow]:
    """Hold rows to account, lists and evidence.

    Args:
        books: The fund's books.
        account: The fund account that paid.
        zone: Time zone of the days.
        rows: As read.
        files: SHA-256 of the files that prove them.

    Returns:
        The rows, each provider by its code where the fund has a list.

    Raises:
        FieldError: As `book_rows`.
    """
    _check_account(account)
    evidence.check(books, files)
    return _on_lists(books, zone, rows)


def check_months(books: Books, zone: str, rows: Sequence[SpendRow]) -> None:
    """Hold that the months of rows that are not booked yet take them.

    Args:
        books: The fund's books.
        zone: Time zone of the days.
        rows: Not booked yet.

    Raises:
        PeriodClosedError: One does not; names the line.
    """
    for row in rows:
        try:
            books.months.mark("spend", to_text(_spent_at(row, zone)), {})
        except PeriodClosedError as error:
            raise PeriodClosedError(**{**error.fields, "line": row.line_no}) from error


def _spent_at(row: SpendRow, zone: str) -> datetime:
    return datetime.combine(row.spent_on, time(12), tzinfo=ZoneInfo(zone))


def _check_account(account: MoneyAccount) -> None:
    if not account.name.startswith("Assets:Fund:"):
        raise FieldError(field="account", reason="not-a-fund-account", value=account.name)
    if account.commodity != SHEET_COMMODITY:
        raise FieldError(
            field="account",
            reason="other-currency",
            value=account.commodity,
            expected=SHEET_COMMODITY,
        )


def _on_lists(books: Books, zone: str, rows: Sequence[SpendRow]) -> list[SpendRow]:
    """Hold rows to the fund's lists as they are at this very entry.

    Raises:
        FieldError: A row names what is not on them, or a day to come.
    """
    books.settle()
    lists = list_history.lists(books.connection, books.fund.fund_id)
    today = local_date(books.clock.now(), zone)
    found = []
    for row in rows:
        try:
            lists.check("disease", row.disease, field="disease")
            lists.check("group", row.people, field="group")
            provider = provider_of(lists, row.provider)
        except FieldError as error:
            raise FieldError(**{**error.fields, "line": row.line_no}) from error
        if row.spent_on > today:
            raise FieldError(
                field="spent_on",
                line=row.line_no,
                value=row.spent_on.isoformat(),
                reason="in-the-future",
            )
        found.append(row if provider == row.provider else replace(row, provider=provider))
    return found


def new_rows(books: Books, rows: Sequence[SpendRow]) -> Iterator[tuple[SpendRow, Claim]]:
    """Leave out rows that are booked.

    Args:
        books: The fund's books.
        rows: As read.

    Yields:
        Those that are not, each with what it claims. A row that was reversed may come again with other figures.

    Raises:
        ConflictError: A row is booked with other figures; names the first that differs.
    """
    seen: Counter[str] = Counter()
    claims = [_claim(row, seen) for row in rows]
    known = books.claimed(SCOPE, [one.key for one in claims])
    for row, wanted in zip(rows, claims, strict=True):
        claim: Claim | None = wanted
        times = 0
        while claim is not None:
            first = (
                books.claimed(SCOPE, [claim.key]).get(claim.key) if times else known.get(claim.key)
            )
            if first is None:
                yield row, claim
                break
            if first.digest == claim.digest:
                break
            if not is_reversed(books, first.seq):
                field = _differs(books, first.seq, row)
                raise ConflictError(
                    key=row.reference, line=row.line_no, field=field, seq=first.seq
                )
            times += 1
            key = claim.key.split("~")[0]
            claim = Claim(claim.scope, f"{key}~{times}", claim.digest)


def _differs(books: Books, seq: int, row: SpendRow) -> str:
    """Name the first figure in which a row differs from what is booked."""
    books.settle()
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
    return Claim(SCOPE, f"{likeness}/{seen[likeness]}", sha256(figures.encode()).digest()[:16])


def _book(
    books: Books,
    actor: Actor,
    account: MoneyAccount,
    zone: str,
    one: tuple[SpendRow, Claim, Terms],
) -> int:
    row, claim, terms = one
    commodity = account.commodity
    held = books.totals(account.name, commodity).balance
    if row.amount_minor > held:
        raise InsufficientError(
            account=account.name, available=held, asked=row.amount_minor, line=row.line_no
        )
    spent_at = _spent_at(row, zone)
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
        "evidence": list(terms.evidence),
    }
    if terms.sheet is not None:
        body["sheet"] = terms.sheet
    if terms.decision is not None:
        body["decision"] = terms.decision
    amount = row.amount_minor
    seq = books.post(
        Draft(
            "spend",
            to_text(spent_at),
            actor,
            dict(body),
            (Posting(programme, account.name, commodity, amount),),
            (Move(account.name, commodity, amount, programme, commodity, amount),),
            claim,
        )
    )
    # All rows of a sheet are inserted together.
    store.add(
        books,
        fund_id=books.fund.fund_id,
        seq=seq,
        spent_ms=to_ms(spent_at),
        disease=row.disease,
        people=row.people,
        provider=row.provider,
        batch=row.batch,
        persons=row.persons,
        person_times=row.person_times,
        amount=amount,
        commodity=commodity,
        reference=row.reference,
        salt=salt,
    )
    evidence.join(books, seq, terms.evidence)
    return seq
