"""Refunds for minors, and the restricted columns: worked out by hand, and again by the program that travels inside."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.db import Database
from ledger.desk import wanted
from ledger.funds.history import Rate
from ledger.intake import booking as intake
from ledger.projections.refunds import RefundEvent
from ledger.statements.build import Issue, figures_of, make
from ledger.statements.lines.refunds import Queue, _walk
from ledger.statements.lines.restriction import Pools, walk
from ledger.verify import attached
from reports.render import pack
from reports.statement import Statement, lines
from tests.db.ledgers import (
    IMPORT,
    MAIN,
    Ledger,
    decide_both,
    gift,
    give,
    new_ledger,
    pay_out,
    settle,
    settlement_line,
    spend,
    spend_row,
    transfer,
)
from tests.db.test_spending import moved, undo
from tests.flow.test_statement import CLOSED, CLOSED_AGAIN, close, opened


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def take_back(ledger: Ledger, seq: int, reason: str) -> None:
    at = "2026-10-09T12:00:00Z"
    ledger.decide(lambda books: intake.reverse_gift(books, IMPORT, seq, at, reason))


def figures(ledger: Ledger, month: str) -> Statement:
    issue = Issue(ledger.clock.now())
    return figures_of(opened(ledger), ledger.fund, month, issue)


def test_refunds_for_minors_are_told_apart_before_and_after_settlement(ledger: Ledger) -> None:
    seqs = [
        one.seq
        for one in give(
            ledger, gift("a", 600), gift("b", 400), gift("c", 150), gift("d", 70), gift("e", 30)
        ).value
    ]
    take_back(ledger, seqs[2], "minor-refund")
    take_back(ledger, seqs[3], "refund")
    settle(ledger, settlement_line("STATEMENT-1", 1000))
    pay_out(ledger, "STATEMENT-1", 500)
    # Given back after they were settled: the next settlement charges them, oldest first.
    take_back(ledger, seqs[1], "refund")
    take_back(ledger, seqs[0], "minor-refund")
    close(ledger, "2026-10", CLOSED)
    first = lines(figures(ledger, "2026-10"))
    assert [first[code] for code in ("G3", "G3a", "G3b")] == [220, 150, 70]
    give(ledger, gift("f", 2000))
    settle(ledger, settlement_line("STATEMENT-2", 2000, refund=-700, net=300))
    close(ledger, "2026-11", CLOSED_AGAIN)
    second = figures(ledger, "2026-11")
    found = lines(second)
    # 700 of the 1,000 that wait: 400 of others, then 300 of the minor's 600.
    assert [found[code] for code in ("G3", "G3a", "G3b")] == [700, 300, 400]
    [queue] = second.gifts.queues
    assert (queue.waiting, queue.ahead_minor) == (((400, False), (600, True)), 0)
    assert second.gifts.by_platform[0].refund_minors_minor == 300


def test_both_sides_of_the_fund_are_worked_out_by_hand(ledger: Ledger) -> None:
    give(ledger, gift("a", 2000))
    settle(ledger, settlement_line("STATEMENT-1", 2000))
    pay_out(ledger, "STATEMENT-1", 1000)
    transfer(ledger, 1000)
    moved(ledger, "income", "donation", 500)
    moved(ledger, "income", "interest", 40)
    cost = moved(ledger, "expense", "management", 90, item="Audit")
    close(ledger, "2026-10", CLOSED)
    first = figures(ledger, "2026-10").fund
    assert first.restricted is not None
    assert first.unrestricted is not None
    # Interest pays what it can of the cost, the rest is bound money's.
    assert (first.restricted.f6, first.unrestricted.f6) == (50, 40)
    assert (first.restricted.f8, first.unrestricted.f8) == (1450, 0)
    moved(ledger, "income", "interest", 7)
    undo(ledger, cost)
    spend(ledger, spend_row(1460, reference="P-1"))
    close(ledger, "2026-11", CLOSED_AGAIN)
    second = figures(ledger, "2026-11").fund
    assert second.restricted is not None
    assert second.unrestricted is not None
    assert (second.restricted.f1, second.unrestricted.f1) == (1450, 0)
    # What was taken back goes to where it came from; then 1,500 of bound money covers all of the spending.
    assert (second.restricted.f6, second.unrestricted.f6) == (-50, -40)
    assert (second.restricted.f5, second.unrestricted.f5) == (1460, 0)
    assert (second.restricted.f8, second.unrestricted.f8) == (40, 47)
    assert MAIN.startswith("Assets:Fund:")


AMOUNTS = st.integers(min_value=1, max_value=50)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("void", "late", "charge")), st.sampled_from("xy"), AMOUNTS, st.booleans()
    ),
    max_size=25,
)


@given(past=EVENTS, events=EVENTS)
def test_the_attached_program_finds_the_same_minors(
    past: list[tuple[str, str, int, bool]], events: list[tuple[str, str, int, bool]]
) -> None:
    def made(of: list[tuple[str, str, int, bool]]) -> list[RefundEvent]:
        return [RefundEvent(0, name, step, amount, minor) for step, name, amount, minor in of]  # type: ignore[arg-type]

    queues = {"x": Queue(), "y": Queue()}
    before, _ = _walk(made(past), queues)
    start = [
        {
            "platform": name,
            "waiting": [list(one) for one in queue.waiting],
            "ahead_minor": queue.ahead,
        }
        for name, queue in queues.items()
    ]
    minors, others = _walk(made(events), queues)
    assert sum(minors.values()) == attached.minors_of(start, events)
    # Months add up: the past and the span one after the other are both together.
    whole, _ = _walk(made(past + events), {"x": Queue(), "y": Queue()})
    assert sum(whole.values()) == sum(before.values()) + sum(minors.values())
    charged = sum(amount for step, _, amount, _ in events if step != "late")
    assert sum(minors.values()) + sum(others.values()) == charged


MOVES = st.lists(
    st.tuples(
        st.sampled_from(("F2", "F3", "F4", "F5", "F6", "F7")),
        st.integers(min_value=-60, max_value=60),
    ),
    max_size=25,
)


@given(past=MOVES, moves=MOVES)
def test_the_attached_program_finds_the_same_sides(
    past: list[tuple[str, int]], moves: list[tuple[str, int]]
) -> None:
    pools = Pools()
    walk(past, pools)
    fund = {
        "restricted": {"f1": pools.restricted},
        "unrestricted": {"f1": pools.unrestricted},
        "restriction": {
            "programme_minor": pools.programme,
            "management_minor": pools.management,
        },
    }
    both = walk(moves, pools)
    again = attached.sides_of(fund, moves, begun=False)
    for found, other in zip(both, again, strict=True):
        assert {code: found[code] for code in found} == {code: other[code] for code in found}
    assert (again[0]["F8"], again[1]["F8"]) == (pools.restricted, pools.unrestricted)
    total = sum(amount for _, amount in (*past, *moves))
    assert pools.restricted + pools.unrestricted == total


def test_a_tampered_column_or_refund_is_noticed_from_the_entries(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    ledger = new_ledger(Database(f"sqlite:///{file}"), tmp_path / "keys")
    test_refunds_for_minors_are_told_apart_before_and_after_settlement(ledger)
    made = make(opened(ledger), ledger.fund, "2026-11", Issue(ledger.clock.now()))
    ledger.close()
    files = dict(pack(made.statement, made.files).contents)
    found = {one.name: one.state for one in attached.check(attached.Bundle(dict(files)))}
    assert attached.BROKEN not in found.values()
    figures = json.loads(files["figures.json"])
    figures["adjustments"].append({"kind": "adjustment"})
    assert _lines_of(files, figures) == "adjustments: adjustment = entries"
    figures["adjustments"].pop()
    for name, sign in (("restricted", 1), ("unrestricted", -1)):
        figures["fund"][name]["f4"] += sign
        figures["fund"][name]["f8"] += sign
    assert attached.equations(figures).different() is None
    assert _lines_of(files, figures).startswith("F4 restricted")
    for place in (figures["lines"], figures["gifts"]):
        for code in place.keys() & {"G3a", "g3a"}:
            place[code] += 9
        for code in place.keys() & {"G3b", "g3b"}:
            place[code] -= 9
    row = figures["gifts"]["by_platform"][0]
    row["refund_minors_minor"] += 9
    row["refund_others_minor"] -= 9
    assert attached.equations(figures).different() is None
    assert _lines_of(files, figures).startswith("G3a")


def _lines_of(files: dict[str, bytes], figures: dict[str, Any]) -> str:
    """Name the first line that the entries do not bear out."""
    edge = [base64.b64decode(one) for one in json.loads(files["checkpoints.json"])["edge"]]
    first = json.loads(files["checkpoints.json"])["opening"]["size"]
    journal = attached.Journal("CNY", first, attached.Tree(first, edge))
    for line in files["journal.jsonl"].splitlines():
        journal.take(line)
    different = attached.recomputed(figures, journal).different()
    return "" if different is None else str(different[0])


def test_sizes_add_up_beside_what_was_settled_without_a_gift(ledger: Ledger) -> None:
    give(ledger, gift("a", 600), gift("b", 40))
    settle(ledger, settlement_line("STATEMENT-1", 700))
    close(ledger, "2026-10", CLOSED)
    first = figures(ledger, "2026-10")
    assert sum(one.gross_minor for one in first.gifts.bands) == 640
    assert first.gifts.g2 == 700
    assert first.changes == ()  # everything is new in the first one
    rate = Rate("KSCOIN", 10, 100, "CNY", 0, 0)
    decide_both(ledger, wanted.rate(rate), "Li", "Chen")
    give(ledger, gift("c", 60))  # fills the hole: it was counted with the settlement
    close(ledger, "2026-11", CLOSED_AGAIN)
    second = figures(ledger, "2026-11")
    assert [one.en for one in second.changes] == ["Rate: 10 KSCOIN are 1.00 CNY"]
    beside = [one.gross_minor for one in second.gifts.by_platform if not one.gifts]
    assert sum(one.gross_minor for one in second.gifts.bands) + sum(beside) == second.gifts.g2
