"""How much of what a fund pays in a year may be management cost: data that two people decide, with its source. Pure.

Source:
    Statements, section 3, line F6, and section 4, part 7. The usual limit, ten percent of the year's payments, is that
    of foundations with public fundraising [K]: the fund's counsel says which is the fund's own, and its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ledger.errors import FieldError

WHAT = "management_limit"
"""Names, in the content of a decision of kind `rule`, that it is about this limit."""

ALL = 10_000
"""Everything, in hundredths of a percent."""

SOURCE_CHARS_MAX = 200


class CostLimit(NamedTuple):
    """A limit on management cost.

    Attributes:
        permyriad: Of programme spending and management cost together, in a calendar year; hundredths of a percent.
        source: Where it is written; anyone may read it. Empty for the usual one, whose source is a sentence of ours.
        entry: The last approval of the decision that set it; None for the usual one.
        decision: Number of that decision.
    """

    permyriad: int = 1_000
    source: str = ""
    entry: int | None = None
    decision: int | None = None

    @property
    def percent(self) -> str:
        """Return the part in percent, such as `10%` or `7.5%`."""
        return percent(self.permyriad)


def limit_to_json(limit: CostLimit) -> dict[str, Any]:
    """Return a limit as its decision says it."""
    return {WHAT: {"permyriad": limit.permyriad, "source": limit.source}}


def limit_from_json(content: Mapping[str, Any]) -> CostLimit:
    """Read a limit, and hold that a fund may have it.

    Args:
        content: Of a decision.

    Returns:
        The limit.

    Raises:
        FieldError: Something else is said, a part that is none, or no source.
    """
    said = content.get(WHAT)
    if not isinstance(said, dict) or len(content) != 1 or set(said) != {"permyriad", "source"}:
        raise FieldError(field=WHAT, value="", reason="malformed")
    permyriad, source = said["permyriad"], said["source"]
    if type(permyriad) is not int or not 0 <= permyriad <= ALL:
        raise FieldError(field="permyriad", value=str(permyriad)[:20], reason="out-of-range")
    if not isinstance(source, str) or not source.strip():
        raise FieldError(field="source", value="", reason="missing")
    if len(source) > SOURCE_CHARS_MAX or not source.isprintable():
        raise FieldError(field="source", value=len(source), reason="too-long")
    return CostLimit(permyriad, source)


def percent(permyriad: int) -> str:
    """Write a part of a whole in percent, such as `10%` or `7.5%`."""
    whole, rest = divmod(permyriad, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def parse_percent(text: str) -> int:
    """Read a percentage with at most two places, such as `7.5` or `10%`.

    Returns:
        Hundredths of a percent.

    Raises:
        FieldError: It is none from 0 to 100.
    """
    whole, dot, places = text.strip().removesuffix("%").removesuffix("％").strip().partition(".")
    digits = f"{whole}{places}"
    if not (digits.isascii() and digits.isdigit() and 1 <= len(whole) <= 3 and len(places) <= 2):  # noqa: PLR2004 -- at most 100.00
        raise FieldError(field="permyriad", value=text[:20], reason="not-a-percentage")
    if dot and not places:
        raise FieldError(field="permyriad", value=text[:20], reason="not-a-percentage")
    found = int(whole) * 100 + int(places.ljust(2, "0") or 0)
    if found > ALL:
        raise FieldError(field="permyriad", value=text[:20], reason="not-a-percentage")
    return found
