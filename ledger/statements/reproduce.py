"""Show that a statement can be made again: the same checkpoint, version and time of issue give the same bytes.

In: a closed period, and perhaps a file that was kept. Out: whether every byte is the same. What signing adds comes
behind the rendered file, so a signed one is compared as far as the bytes that were signed first.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from typing import NamedTuple

from ledger.actors import Member
from ledger.clock import from_text
from ledger.errors import FieldError, InvariantError
from ledger.journal.history import Fund
from ledger.statements.build import Issue, build_statement
from ledger.statements.fields import prepare_fields
from ledger.statements.spans import kind_of
from ledger.verify import attached
from ledger.wiring import Ledger
from reports.render import Languages


class Rebuilding(NamedTuple):
    """What is to be built again.

    Attributes:
        ledger: The ledger.
        fund: The fund.
        period: Closed month, quarter or year.
        language: Of the file.
        member: Who builds it.
    """

    ledger: Ledger
    fund: Fund
    period: str
    language: Languages
    member: Member | None


class Reproduced(NamedTuple):
    """What came of building it again.

    Attributes:
        number: Of the statement.
        sha256: Of the rebuilt file before signing, hexadecimal.
        length: Of the rebuilt file.
        differs_at: First byte that differs; None where all are the same.
    """

    number: str
    sha256: str
    length: int
    differs_at: int | None


def reproduce(what: Rebuilding, kept: bytes | None = None) -> Reproduced:
    """Build a statement twice, or once beside a file that was kept.

    Args:
        what: What is to be built.
        kept: A file, signed or not: its version and time of issue are taken.

    Returns:
        Whether the bytes are the same.

    Raises:
        FieldError: The kept file is not a statement of this period.
    """
    issue = Issue(what.ledger.clock.now(), prepared_by=what.member, kind=kind_of(what.period))
    if kept is not None:
        issue = _issue_of(kept, issue)
    built = build_statement(what.ledger, what.fund, what.period, what.language, issue)
    other = kept
    if other is None:
        other = build_statement(what.ledger, what.fund, what.period, what.language, issue).pdf
    return Reproduced(
        built.number, sha256(built.pdf).hexdigest(), len(built.pdf), _differs(built.pdf, other)
    )


def _issue_of(kept: bytes, issue: Issue) -> Issue:
    try:
        manifest = json.loads(attached.bundle_of(kept).files[attached.MANIFEST])
        at, version = from_text(manifest["issued_at"]), int(manifest["version"])
    except (attached.Unreadable, KeyError, TypeError, ValueError) as error:
        raise FieldError(field="against", reason="not-a-statement") from error
    if manifest["document"] != issue.kind:
        raise FieldError(field="against", reason="other-document", value=manifest["document"])
    return issue._replace(at=at, version=version)


def _differs(built: bytes, other: bytes) -> int | None:
    """Return the first byte in which another file does not begin as the built one; None for none."""
    candidates = [built]
    with suppress(InvariantError):  # a document without places for signatures
        candidates.append(prepare_fields(built))
    found = [first_difference(one, other) for one in candidates]
    if None in found:
        return None
    return max(at for at in found if at is not None)


def first_difference(built: bytes, other: bytes) -> int | None:
    """Return the first byte in which a file does not begin as another; None where it does."""
    if other[: len(built)] == built:
        return None
    pairs = enumerate(zip(built, other, strict=False))
    return next((at for at, (one, two) in pairs if one != two), min(len(built), len(other)))
