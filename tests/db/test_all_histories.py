"""Random histories of everything that can be done with money, months and matches: the checker finds nothing, ever.

Each history is a list of acts in a random order, most of which are refused where they stand; what is refused leaves
nothing. At the end all invariants are recomputed from the entries (1, 7, 8 and 10 of the design among them).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.clock import local_month, to_ms, to_text
from ledger.db import Database
from ledger.desk import matching, spending
from ledger.desk import wanted as wanting
from ledger.desk.reconcile import reconcile
from ledger.errors import FourEyesError, LedgerError
from ledger.intake.booking import reverse_gift
from ledger.periods import booking as periods
from tests.db.ledgers import (
    IMPORT,
    MATCHING,
    ZONE,
    Ledger,
    agree,
    bank_line,
    bodies,
    check,
    close_month,
    decide_both,
    gift,
    give,
    new_ledger,
    proposal,
    settle,
    settlement_line,
    spend,
    spend_row,
    transfer,
    want,
)
from tests.db.test_periods import failures

ACTS = 110
SEEDS = (2, 5)


class History:
    """One ledger, and what is done with it at random."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger, self.luck = ledger, random.Random(seed)
        self.number = 0
        self.done: Counter[str] = Counter()

    def acts(self) -> dict[str, tuple[int, Callable[[], object]]]:
        """Return every act with how often it is tried."""
        return {
            "gift": (6, self.gift),
            "reverse": (2, self.reverse),
            "settle": (4, self.settle),
            "line": (4, self.line),
            "match": (4, lambda: reconcile(self.ledger.sequencer, self.ledger.fund)),
            "release": (2, self.release),
            "transfer": (3, lambda: transfer(self.ledger, self.luck.randint(1, 400))),
            "alone": (2, self.alone),
            "spend": (3, self.spend),
            "take-back": (2, self.take_back),
            "closing": (1, lambda: self.month(self.begin)),
            "close": (2, lambda: self.month(lambda one: close_month(self.ledger, one))),
            "reopen": (2, lambda: self.month(self.reopen)),
            "seal": (1, lambda: self.month(self.seal)),
            "time": (
                3,
                lambda: self.ledger.clock.advance(timedelta(hours=self.luck.randint(1, 300))),
            ),
        }

    def run(self) -> None:
        names = [name for name, (often, _) in self.acts().items() for _ in range(often)]
        for _ in range(ACTS):
            name = self.luck.choice(names)
            size = len(bodies(self.ledger)) if name not in ("match", "transfer", "line") else None
            try:
                self.acts()[name][1]()
            except LedgerError:
                # A proposal may stand though its approval was refused; nothing else may.
                assert size is None or name in _DECIDED or len(bodies(self.ledger)) == size
                continue
            self.done[name] += 1

    # --- acts ---------------------------------------------------------------------------------

    def gift(self) -> None:
        self.number += 1
        back = self.luck.choice((0, 0, 86_400_000 * 20))
        at = min(to_ms(self.ledger.clock.now()), to_ms(self.ledger.clock.now()) - back)
        give(
            self.ledger,
            gift(f"g{self.number}", self.luck.randint(2, 900), occurred_at_ms=_early(at)),
        )

    def reverse(self) -> None:
        gifts = [one["seq"] for one in bodies(self.ledger) if one["kind"] == "gift"]
        seq, at = self.luck.choice(gifts or [0]), to_text(self.ledger.clock.now())
        self.ledger.decide(lambda books: reverse_gift(books, IMPORT, seq, at, "refund"))

    def settle(self) -> None:
        self.number += 1
        settle(
            self.ledger, settlement_line(f"SHEET-{self.number:05}", 2 * self.luck.randint(1, 500))
        )

    def line(self) -> None:
        settled = [one["body"] for one in bodies(self.ledger) if one["kind"] == "settlement"]
        one = self.luck.choice(settled or [{"net": 70, "statement_no": "unknown"}])
        bank_line(self.ledger, one["net"], one["statement_no"], at=self.ledger.clock.now())

    def release(self) -> None:
        number = self.luck.randint(1, 3)
        decide_both(self.ledger, matching.release(number, "the wrong line"), "Li", "Chen")

    def alone(self) -> None:
        number = want(self.ledger, wanting.transfer(proposal(1)), "Li").number
        with pytest.raises(FourEyesError):
            agree(self.ledger, number, "Li")

    def spend(self) -> None:
        self.number += 1
        spend(self.ledger, spend_row(self.luck.randint(1, 300), reference=f"PAY-{self.number:06}"))

    def take_back(self) -> None:
        spends = [one["seq"] for one in bodies(self.ledger) if one["kind"] == "spend"]
        new = spending.reversal(self.luck.choice(spends or [0]), "booked twice")
        decide_both(self.ledger, new, "Li", "Chen")

    # --- months -------------------------------------------------------------------------------

    def month(self, act: Callable[[str], object]) -> None:
        """Do something with a month near now."""
        days = self.luck.choice((0, 31, 31, 62))
        act(local_month(self.ledger.clock.now() - timedelta(days=days), ZONE))

    def begin(self, month: str) -> None:
        self.ledger.decide(lambda books: periods.begin_closing(books, MATCHING, month, ZONE))

    def reopen(self, month: str) -> None:
        until = self.ledger.clock.now() + timedelta(hours=self.luck.randint(1, 500))
        decide_both(self.ledger, wanting.reopen(month, until, "a sheet was found"), "Chen", "Wang")

    def seal(self, month: str) -> None:
        decide_both(self.ledger, wanting.seal(month), "Chen", "Wang")


_DECIDED = ("release", "alone", "take-back", "close", "reopen", "seal")


def _early(ms: int) -> int:
    """Gifts are prepared as of the ledger's first day: none may be later."""
    from tests.db.ledgers import START

    return min(ms, to_ms(START) - 1000)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def test_whatever_is_done_in_whatever_order_the_ledger_holds(ledger: Ledger) -> None:
    done: Counter[str] = Counter()
    for seed in SEEDS:
        history = History(ledger, seed)
        history.number = 10_000 * seed
        history.run()
        done += history.done
    check(ledger)
    assert failures(ledger) == []
    # Histories in which something never happens would prove nothing of it.
    assert {name for name in History(ledger, 0).acts() if not done[name]} <= {"alone"}, done
    late = [one["body"]["late"]["state"] for one in bodies(ledger) if "late" in one["body"]]
    assert late
