"""Kept sums of the gifts of closed spans, so that figures alone do not read every gift again.

In: a closed span. Out: what its gifts add up to. Guaranteed: a file is named by the root of the tree that it was summed
under, so it can be dropped and is made again from the entries; what it says is held to the accounts by the equations of
the statement. A statement that is issued never uses one: it reads its gifts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ledger.projections.month import Month
from ledger.statements.lines.tally import GiftTally, tally_of

FORMAT = 1


def kept_tally(month: Month, folder: Path) -> GiftTally:
    """Return what the gifts of a span add up to, from a kept file or from the entries.

    Args:
        month: A closed span.
        folder: Of the fund's outputs.

    Returns:
        The sums, to which settlements may be added.
    """
    path = _path(month, folder)
    found = _read(month, path)
    if found is None:
        found = tally_of(month)
        keep_tally(month, folder, found)
    return found


def keep_tally(month: Month, folder: Path, tally: GiftTally) -> None:
    """Keep the sums of a span, before anything but gifts was added to them.

    Args:
        month: The span.
        folder: Of the fund's outputs.
        tally: Its sums.
    """
    path = _path(month, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps({"format": FORMAT, **tally.state()}), encoding="utf-8")
    temporary.replace(path)


def _path(month: Month, folder: Path) -> Path:
    root = month.root_at(month.cut.size).hex()
    return folder / "tallies" / f"{month.cut.first}-{month.cut.size}-{root[:32]}.json"


def _read(month: Month, path: Path) -> GiftTally | None:
    """Read kept sums; nothing where there are none, or none that can be read."""
    try:
        state: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if state["format"] != FORMAT:
            return None
        tally = GiftTally(month.details.commodity, month.details.zone)
        tally.restore(
            {
                **state,
                "days": {
                    date.fromisoformat(day): [int(gifts), int(gross)]
                    for day, (gifts, gross) in state["days"].items()
                },
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return tally
