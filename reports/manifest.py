"""`manifest.json`: every code with its value, and every file with its digest. What it says is what is checked.

In: a statement and the files that go with it. Out: canonical bytes. Guaranteed: the same statement gives the same
bytes, in whatever language it is printed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import rfc8785

from ledger.clock import to_text
from reports.statement import AttachmentRecord, Name, lines, record_attachment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.statement import Statement

MANIFEST: Final = "manifest.json"
FORMAT: Final = "mingzhang-manifest/1"
SOFTWARE: Final = "mingzhang/1"
"""Names the rules by which the figures were made; a change of any rule takes a new number."""


def manifest_json(statement: Statement, records: Iterable[AttachmentRecord]) -> bytes:
    """Write the manifest.

    Args:
        statement: A checked statement.
        records: All files but the manifest itself, embedded or served.

    Returns:
        RFC 8785 bytes.

    Source:
        Statements, section 6, `manifest.json`.
    """
    ledger = statement.ledger
    previous: dict[str, Any] | None = None
    if statement.previous is not None:
        previous = {
            "number": statement.previous.number,
            "sha256": dict(statement.previous.files),
        }
    body: dict[str, Any] = {
        "format": FORMAT,
        "software": SOFTWARE,
        "number": statement.number,
        "document": statement.kind,
        "version": statement.version,
        "commodity": statement.commodity,
        "issued_at": to_text(statement.issued_at),
        "period": {
            "first": statement.period.first.isoformat(),
            "last": statement.period.last.isoformat(),
            "zone": statement.period.zone,
        },
        "log": {
            "origin": ledger.checkpoint.origin,
            "url": statement.ledger_url,
            "first": ledger.l1_first,
            "size": ledger.checkpoint.size,
            "root": ledger.checkpoint.root,
            "opening_root": ledger.l5_opening,
        },
        "lines": dict(lines(statement)),
        "files": [_file(one) for one in sorted(records, key=lambda one: one.name)],
        "previous": previous,
    }
    return rfc8785.dumps(body)


def _file(one: AttachmentRecord) -> dict[str, str | int | bool | None]:
    return {
        "name": one.name,
        "title_zh": one.title.zh,
        "title_en": one.title.en,
        "sha256": one.sha256,
        "bytes": one.size_bytes,
        "rows": one.rows,
        "relationship": one.relationship,
        "embedded": not one.url,
        "url": one.url or None,
    }


def manifest_record(content: bytes) -> AttachmentRecord:
    """Describe the manifest, whose digest is printed on the cover."""
    title = Name("清单：全部代码和文件摘要", "Manifest: all codes, and the digest of each file")
    return record_attachment(MANIFEST, title, content, None)


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file, lower-case hexadecimal."""
    return sha256(content).hexdigest()
