"""Read spending."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.db import BigInt
from ledger.errors import NotFoundError
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.tables import entries
from ledger.keyset import Listing, Sort
from ledger.spending.tables import entry_evidence, evidence_files, spends

# Described here and not imported: the claims belong to the sequencer; this only reads them.
_claims = sa.table(
    "claims",
    sa.column("fund_id", BigInt),
    sa.column("scope", sa.Text),
    sa.column("key", sa.Text),
    sa.column("seq", BigInt),
)


def standing() -> sa.ColumnElement[bool]:
    """Choose spends that no entry has reversed."""
    return ~sa.exists().where(
        _claims.c.fund_id == spends.c.fund_id,
        _claims.c.scope == "reversal",
        _claims.c.key == sa.cast(spends.c.seq, sa.Text),
    )


class Spend(NamedTuple):
    """One spend as stored."""

    seq: int
    spent_ms: int
    disease: str
    people: str
    provider: str
    batch: str
    persons: int
    person_times: int
    amount: int
    commodity: str
    reference: str


def figures(connection: sa.Connection, fund_id: int, seq: int) -> tuple[int, int, int]:
    """Return amount, persons and person-times of one spend."""
    row = connection.execute(
        sa.select(spends.c.amount, spends.c.persons, spends.c.person_times).where(
            spends.c.fund_id == fund_id, spends.c.seq == seq
        )
    ).one()
    return row.amount, row.persons, row.person_times


class Payment(NamedTuple):
    """All spending with one payment reference.

    Attributes:
        reference: As the bank's line carries it.
        amount: Sum, minor units.
        first_ms: First day of spending, ms since 1970.
        last_ms: Last day.
    """

    reference: str
    amount: int
    first_ms: int
    last_ms: int


def payments(connection: sa.Connection, fund_id: int) -> list[Payment]:
    """Return spending by payment reference, in its order; what was reversed is left out."""
    rows = connection.execute(
        sa.select(
            spends.c.reference,
            sa.func.sum(spends.c.amount),
            sa.func.min(spends.c.spent_ms),
            sa.func.max(spends.c.spent_ms),
        )
        .where(spends.c.fund_id == fund_id, standing())
        .group_by(spends.c.reference)
        .order_by(spends.c.reference)
    )
    return [Payment(row[0], int(row[1]), row[2], row[3]) for row in rows]


def references_of(connection: sa.Connection, fund_id: int, seqs: set[int]) -> set[str]:
    """Return the payment references of those of some entries that are spending."""
    rows = connection.execute(
        sa.select(spends.c.seq, spends.c.reference).where(spends.c.fund_id == fund_id)
    )
    return {reference for seq, reference in rows if seq in seqs}


def seqs_of_reference(connection: sa.Connection, fund_id: int, reference: str) -> list[int]:
    """Return the entries of a payment reference, in order."""
    return list(
        connection.execute(
            sa.select(spends.c.seq)
            .where(spends.c.fund_id == fund_id, spends.c.reference == reference)
            .order_by(spends.c.seq)
        ).scalars()
    )


REFERENCES_A_QUERY = 500
"""Asked for at once: databases limit the parameters of a statement."""


def last_seqs(
    connection: sa.Connection, fund_id: int, references: Iterable[str]
) -> dict[str, int]:
    """Return the last entry of each of some payment references."""
    wanted = sorted(references)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), REFERENCES_A_QUERY):
        rows = connection.execute(
            sa.select(spends.c.reference, sa.func.max(spends.c.seq))
            .where(
                spends.c.fund_id == fund_id,
                spends.c.reference.in_(wanted[start : start + REFERENCES_A_QUERY]),
            )
            .group_by(spends.c.reference)
        )
        found |= {reference: int(seq) for reference, seq in rows}
    return found


class File(NamedTuple):
    """A file of evidence, without its bytes.

    Attributes:
        sha256: Hexadecimal.
        name: As it may be shown.
        kind: What it is by its bytes.
        size: Bytes.
        member_id: Who brought it.
        taken_ms: When.
    """

    sha256: str
    name: str
    kind: str
    size: int
    member_id: str
    taken_ms: int


_FILES = sa.select(
    evidence_files.c.sha256,
    evidence_files.c.name,
    evidence_files.c.kind,
    sa.func.length(evidence_files.c.body).label("size"),
    evidence_files.c.member_id,
    evidence_files.c.taken_ms,
)


def files(connection: sa.Connection, fund_id: int, digests: Iterable[str]) -> list[File]:
    """Return those of some files of evidence that are kept, by their hash."""
    wanted = [bytes.fromhex(digest) for digest in digests if _is_hash(digest)]
    rows = connection.execute(
        _FILES.where(
            evidence_files.c.fund_id == fund_id, evidence_files.c.sha256.in_(wanted)
        ).order_by(evidence_files.c.sha256)
    )
    return [File(bytes(row[0]).hex(), *row[1:]) for row in rows]


def _is_hash(text: str) -> bool:
    return len(text) == 64 and not set(text) - set("0123456789abcdef")  # noqa: PLR2004 -- SHA-256


def file_body(connection: sa.Connection, fund_id: int, digest: str) -> bytes:
    """Return the bytes of a file of evidence.

    Raises:
        NotFoundError: No such file was brought.
    """
    found = None
    if _is_hash(digest):
        found = connection.execute(
            sa.select(evidence_files.c.body).where(
                evidence_files.c.fund_id == fund_id,
                evidence_files.c.sha256 == bytes.fromhex(digest),
            )
        ).scalar()
    if found is None:
        raise NotFoundError(what="file")
    return bytes(found)


def files_of(connection: sa.Connection, fund_id: int, seq: int) -> list[File]:
    """Return the files that prove an entry."""
    digests = connection.execute(
        sa.select(entry_evidence.c.sha256).where(
            entry_evidence.c.fund_id == fund_id, entry_evidence.c.seq == seq
        )
    ).scalars()
    return files(connection, fund_id, [bytes(one).hex() for one in digests])


def reference_of(connection: sa.Connection, fund_id: int, seq: int) -> str | None:
    """Return the payment reference of a spend; None for an entry that is none."""
    return connection.execute(
        sa.select(spends.c.reference).where(spends.c.fund_id == fund_id, spends.c.seq == seq)
    ).scalar()


def standing_sums(
    connection: sa.Connection, fund_id: int, commodity: str, references: Sequence[str]
) -> dict[str, int]:
    """Return what each of some payments comes to, without what was reversed; minor units."""
    found: dict[str, int] = {}
    for first in range(0, len(references), REFERENCES_A_QUERY):
        some = references[first : first + REFERENCES_A_QUERY]
        rows = connection.execute(
            sa.select(spends.c.reference, sa.func.sum(spends.c.amount))
            .where(
                spends.c.fund_id == fund_id,
                spends.c.commodity == commodity,
                spends.c.reference.in_(some),
                standing(),
            )
            .group_by(spends.c.reference)
        )
        found |= {row[0]: int(row[1]) for row in rows}
    return found


# --- pages of a list ------------------------------------------------------------------------------


class Filter(NamedTuple):
    """Which spends a list shows; None leaves a field out.

    Attributes:
        disease: Code.
        people: Code of the group.
        provider: As entries have it.
        reference: Of the payment.
        first_ms: First moment of spending.
        stop_ms: Moment after the last.
        is_reversed: Whether an entry has reversed it.
    """

    disease: str | None = None
    people: str | None = None
    provider: str | None = None
    reference: str | None = None
    first_ms: int | None = None
    stop_ms: int | None = None
    is_reversed: bool | None = None


class Listed(NamedTuple):
    """A spend in a list, and the entry that reversed it."""

    spend: Spend
    reversed_seq: int | None


_REVERSED = (
    sa.select(_claims.c.seq)
    .where(
        _claims.c.fund_id == spends.c.fund_id,
        _claims.c.scope == "reversal",
        _claims.c.key == sa.cast(spends.c.seq, sa.Text),
    )
    .scalar_subquery()
)


def _chosen(fund_id: int, wanted: Filter) -> sa.Select[Any]:
    columns = [*(spends.c[name] for name in Spend._fields), _REVERSED.label("reversed_seq")]
    query = sa.select(*columns).where(spends.c.fund_id == fund_id)
    for name in ("disease", "people", "provider", "reference"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(spends.c[name] == value)
    if wanted.first_ms is not None:
        query = query.where(spends.c.spent_ms >= wanted.first_ms)
    if wanted.stop_ms is not None:
        query = query.where(spends.c.spent_ms < wanted.stop_ms)
    if wanted.is_reversed is not None:
        query = query.where(~standing() if wanted.is_reversed else standing())
    return query


def listing(fund_id: int, wanted: Filter) -> Listing[Listed]:
    """Return spends as a list that is sorted and cut by the database, newest entry first.

    Args:
        fund_id: The fund.
        wanted: Which.

    Returns:
        The list; orders `entry`, `day` and `amount`.
    """
    return Listing(
        query=_chosen(fund_id, wanted),
        orders={
            "entry": (spends.c.seq,),
            "day": (spends.c.spent_ms, spends.c.seq),
            "amount": (spends.c.amount, spends.c.seq),
        },
        usual=Sort("entry", descending=True),
        read=lambda _connection, rows: [
            Listed(Spend(*(row[name] for name in Spend._fields)), row["reversed_seq"])
            for row in rows
        ],
        commodity=spends.c.commodity,
    )


def moved_listing(fund_id: int) -> Listing[Moved]:
    """Return other receipts and payments as a list, newest first; its one order is `entry`."""
    return Listing(
        query=sa.select(entries.c.seq, entries.c.kind, entries.c.entry).where(
            entries.c.fund_id == fund_id, entries.c.kind.in_(("income", "expense"))
        ),
        orders={"entry": (entries.c.seq,)},
        usual=Sort("entry", descending=True),
        read=lambda connection, rows: _moved(
            connection, fund_id, [(row["seq"], row["kind"], bytes(row["entry"])) for row in rows]
        ),
    )


def _moved(
    connection: sa.Connection, fund_id: int, rows: Sequence[tuple[int, str, bytes]]
) -> list[Moved]:
    undone = reversals(connection, fund_id, [seq for seq, _, _ in rows])
    found = []
    for seq, kind, data in rows:
        value = decode(data)
        found.append(Moved(seq, kind, value["occurred_at"], value["body"], undone.get(seq)))
    return found


def movement(connection: sa.Connection, fund_id: int, seq: int) -> Moved:
    """Return one receipt or payment.

    Raises:
        NotFoundError: The entry is none.
    """
    found = journal_history.entry(connection, fund_id, seq)
    if found.kind not in ("income", "expense"):
        raise NotFoundError(what="movement", seq=seq)
    [one] = _moved(connection, fund_id, [(found.seq, found.kind, found.entry)])
    return one


def page(
    connection: sa.Connection,
    fund_id: int,
    wanted: Filter,
    *,
    below: int | None = None,
    limit: int = 100,
) -> list[Listed]:
    """Return spends, newest first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        wanted: Which.
        below: Entry of the last one of the page before.
        limit: How many at most.

    Returns:
        Spends.
    """
    query = _chosen(fund_id, wanted)
    if below is not None:
        query = query.where(spends.c.seq < below)
    rows = connection.execute(query.order_by(spends.c.seq.desc()).limit(limit))
    return [Listed(Spend(*row[:-1]), row[-1]) for row in rows]


def spend(connection: sa.Connection, fund_id: int, seq: int) -> Listed:
    """Return one spend.

    Raises:
        NotFoundError: The entry is none.
    """
    row = connection.execute(
        sa.select(*(spends.c[name] for name in Spend._fields), _REVERSED).where(
            spends.c.fund_id == fund_id, spends.c.seq == seq
        )
    ).first()
    if row is None:
        raise NotFoundError(what="spend", seq=seq)
    return Listed(Spend(*row[:-1]), row[-1])


class Moved(NamedTuple):
    """A receipt or payment beside gifts, transfers and spending.

    Attributes:
        seq: Entry.
        kind: `income` or `expense`.
        at: RFC 3339.
        body: Of the entry.
        reversed_seq: The entry that reversed it.
    """

    seq: int
    kind: str
    at: str
    body: dict[str, Any]
    reversed_seq: int | None


MOVED_MAX = 500


def moved(
    connection: sa.Connection, fund_id: int, *, below: int | None = None, limit: int = MOVED_MAX
) -> list[Moved]:
    """Return other receipts and payments, newest first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        below: Entry of the last one of the page before.
        limit: How many at most.

    Returns:
        Receipts and payments.
    """
    stored = [
        one
        for kind in ("income", "expense")
        for one in journal_history.of_kind(connection, fund_id, kind, newest=limit, below=below)
    ]
    newest = sorted(stored, key=lambda one: -one.seq)[:limit]
    return _moved(connection, fund_id, [(one.seq, one.kind, one.entry) for one in newest])


def reversals(connection: sa.Connection, fund_id: int, seqs: Sequence[int]) -> dict[int, int]:
    """Return the reversing entry of those of some entries that were reversed."""
    rows = connection.execute(
        sa.select(_claims.c.key, _claims.c.seq).where(
            _claims.c.fund_id == fund_id,
            _claims.c.scope == "reversal",
            _claims.c.key.in_([str(seq) for seq in seqs]),
        )
    )
    return {int(row.key): int(row.seq) for row in rows}
