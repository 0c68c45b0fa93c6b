"""The steps of a statement's life, and which may follow which. Pure: the books and the checker ask the same."""

from __future__ import annotations

from collections.abc import Mapping

BUILT, SIGNED, SENT = "built", "signed", "sent"
COUNTERSIGNED, RETURNED, PUBLISHED = "countersigned", "returned", "published"

KINDS: Mapping[str, str] = {
    BUILT: "statement.built",
    SIGNED: "statement.signed",
    SENT: "statement.sent",
    COUNTERSIGNED: "opinion.signed",
    RETURNED: "statement.returned",
    PUBLISHED: "statement.published",
}
"""Kind of entry of each step."""

AFTER: Mapping[str, tuple[str, ...]] = {
    BUILT: ("", BUILT, RETURNED),
    SIGNED: (BUILT,),
    SENT: (SIGNED,),
    COUNTERSIGNED: (SENT,),
    RETURNED: (SENT,),
    PUBLISHED: (SIGNED, COUNTERSIGNED),
}
"""After which steps each may come; the empty one is nothing yet."""

OPINIONS = ("none", "unmodified", "qualified", "adverse", "disclaimer", "agreed-upon")
"""What an auditor says: no assurance; four kinds of an opinion; findings of agreed-upon procedures."""

LEVELS = ("B-B", "B-LTA")
FINDINGS_MAX = 2_000
"""Characters of what an auditor finds."""
