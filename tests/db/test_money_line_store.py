"""Random histories through the real doors: what is stored is what the pure lines say, and every unit is somewhere."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk.actions import call_off_transfer
from ledger.errors import InsufficientError, StateError
from ledger.intake.booking import Recorded, book_gifts, reverse_gift
from ledger.journal.balances import all_totals
from ledger.journal.history import account_names
from ledger.matching import booking as matching
from ledger.matching import history as matched
from ledger.matching.lines import SettlementFile
from ledger.moneyline.history import LineReader, is_void, open_holes, platform_front
from ledger.moneyline.intervals import Line, LineState, Segment, is_platform, segment_from_json
from ledger.moneyline.way import totals_by_stage, trace
from ledger.sequencer.books import Books
from ledger.transfers import history as transferred
from ledger.transfers.history import Transfer
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    BANK,
    DOUYIN,
    IMPORT,
    KUAISHOU,
    MAIN,
    MATCHING,
    ZONE,
    Ledger,
    approve,
    bank_line,
    bodies,
    check,
    confirm,
    gift,
    give,
    give_back,
    new_ledger,
    pay_out,
    prepared,
    propose,
    raise_money,
    send,
    settle,
    settlement_line,
    spend,
    spend_row,
    transfer,
)

AT = "2026-10-09T12:00:00Z"
CHANNELS = {"kuaishou": KUAISHOU, "douyin": DOUYIN}
Roots = dict[str, tuple[Line, int, int]]


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def balance(ledger: Ledger, account: str) -> int:
    with ledger.database.reading() as connection:
        found = all_totals(connection, ledger.fund.fund_id)
    return sum(one.totals.balance for one in found if one.account == account)


def line(account: str) -> Line:
    return Line(account, "CNY")


# --- the pure lines, replayed from the entries alone -----------------------------------------------


def replayed(ledger: Ledger) -> tuple[LineState, Roots]:
    """Make the movements of all entries on the pure lines; return them, and where each owner's units came in."""
    state, roots = LineState(), Roots()
    entries = bodies(ledger)
    for seq, entry in enumerate(entries):
        state.seq = seq
        body = entry["body"]
        if entry["kind"] == "gift":
            place_gift(state, roots, seq, body)
        elif entry["kind"] == "gift.reversed":
            first = entries[body["reverses"]]["body"]["line"]
            on = line(f"Assets:Platform:{body['channel']}")
            assert body["settled"] is (first < state.front(on))
            if not body["settled"]:
                state.void(on, first, body["amount"])
        for one in body.get("segments", ()):
            segment = segment_from_json(one, seq)
            assert state.replay(segment) == body.get("unattributed", 0)
            if segment.source is None:
                stop = segment.to_start + segment.to_length
                roots[f"received {seq}"] = segment.target, segment.to_start, stop
    return state, roots | rooms(state)


def rooms(state: LineState) -> Roots:
    """Return the parts of holes that no gift has taken."""
    return {
        f"hole {number} {on.account}": (on, hole.start + hole.filled, hole.start + hole.length)
        for on in state.lines()
        for number, hole in enumerate(state.holes(on))
    }


def place_gift(state: LineState, roots: Roots, seq: int, body: dict[str, Any]) -> None:
    """Put a gift where its entry says."""
    on = line(f"Assets:Platform:{body['channel']}")
    put = state.fill if "fills" in body else state.gift
    assert put(on, body["amount"]) == body["line"]
    roots[f"gift {seq}"] = on, body["line"], body["line"] + body["amount"]


def compare(ledger: Ledger, moments: random.Random) -> None:
    """Hold the stored lines against the replayed ones: totals, segments, voids, holes, and every owner's way."""
    state, roots = replayed(ledger)
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        names = account_names(connection, fund_id)
        stored = {
            line(one.account): one.totals
            for one in all_totals(connection, fund_id)
            if one.account.startswith("Assets:")
        }
        for on, totals in stored.items():
            assert (totals.debits, totals.credits) == (state.debits(on), state.credits(on)), on
        reader = LineReader(connection, fund_id, names)
        for on in state.lines():
            compare_line(state, reader, on, moments)
        for number, name in names.items():
            if name.startswith("Assets:Platform:"):
                compare_platform(state, connection, (fund_id, number, "CNY"), line(name))
        waiting: Counter[Line] = Counter()
        for root in roots.values():
            pieces = trace(*root, reader.find, reader.voids)
            assert pieces == trace(*root, state.find, state.voids)
            stages = totals_by_stage(pieces).values()
            assert sum(stage.waiting + stage.left for stage in stages) == pieces[0].amount
            waiting.update({piece.line: 0 for piece in pieces})
            for piece in pieces:
                waiting[piece.line] += piece.waiting
    # Every unit of every balance is somebody's.
    assert {on: totals.balance for on, totals in stored.items() if totals.balance} == {
        on: units for on, units in waiting.items() if units and on.account.startswith("Assets:")
    }


def compare_line(state: LineState, reader: LineReader, on: Line, moments: random.Random) -> None:
    """Look up random intervals on both."""
    end = state.debits(on)
    for lo, hi in [(0, end), *(sorted(moments.choices(range(end + 1), k=2)) for _ in range(12))]:
        assert reader.find(on, lo, hi) == list(state.find(on, lo, hi))
        if is_platform(on):
            assert reader.voids(on, lo, hi) == list(state.voids(on, lo, hi))


def compare_platform(
    state: LineState, connection: sa.Connection, place: tuple[int, int, str], on: Line
) -> None:
    """Compare the front and the room that holes have."""
    assert platform_front(connection, *place) == state.front(on)
    room = [
        (hole.start + hole.filled, hole.length - hole.filled)
        for hole in state.holes(on)
        if hole.filled < hole.length
    ]
    assert [(hole.start, hole.room) for hole in open_holes(connection, *place)] == room


# --- random histories ------------------------------------------------------------------------------


class History:
    """Takes random steps through the doors."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger = ledger
        self.moments = random.Random(seed)
        self.gifts: list[int] = []
        self.number = 0

    def next(self) -> int:
        self.number += 1
        return self.number

    def step(self) -> None:
        steps = (
            self.give, self.give, self.give, self.reverse, self.settle, self.settle, self.pay, self.pay,
            self.income, self.transfer, self.transfer, self.transfer, self.spend,
        )  # fmt: skip
        self.moments.choice(steps)()

    def give(self) -> None:
        channel = self.moments.choice([*CHANNELS.values()])
        events = [
            gift(f"g{self.next()}", self.moments.randint(1, 60))
            for _ in range(self.moments.randint(1, 5))
        ]
        verdicts = give(self.ledger, *events, channel=channel).value
        assert all(isinstance(verdict, Recorded) for verdict in verdicts)
        self.gifts += [verdict.seq for verdict in verdicts]

    def reverse(self) -> None:
        if self.gifts:
            seq = self.gifts.pop(self.moments.randrange(len(self.gifts)))
            self.ledger.decide(lambda books: reverse_gift(books, IMPORT, seq, AT, "refund"))

    def settle(self) -> None:
        platform = self.moments.choice([*CHANNELS])
        held = balance(self.ledger, f"Assets:Platform:{CHANNELS[platform].name}")
        gross = self.moments.randint(1, held + held // 3 + 2)
        settle(
            self.ledger,
            settlement_line(f"STATEMENT-{self.next()}", gross, platform=platform),
        )

    def pay(self) -> None:
        with self.ledger.database.reading() as connection:
            unpaid = matched.settlements(connection, self.ledger.fund.fund_id, unpaid=True)
        if unpaid:
            one = self.moments.choice(unpaid)
            if one.net:
                pay_out(self.ledger, one.statement_no, one.net)

    def income(self) -> None:
        account = self.moments.choice([BANK, MAIN])
        found = bank_line(self.ledger, self.moments.randint(1, 9), account=account)
        self.ledger.decide(lambda books: matching.book_income(books, MATCHING, "donation", found))

    def transfer(self) -> None:
        """Propose one, or take one that is open a step on."""
        with self.ledger.database.reading() as connection:
            found = transferred.all_transfers(connection, self.ledger.fund.fund_id)
        opened = [one for one in found if one.state in ("proposed", "approved", "sent")]
        if not opened or self.moments.random() < 0.3:
            promised = sum(one.promised for one in opened)
            there = balance(self.ledger, BANK) - promised
            amount = self.moments.randint(1, max(there, 0) + 3)
            if amount <= there:
                propose(self.ledger, amount)
                return
            with pytest.raises(InsufficientError) as refused:
                propose(self.ledger, amount)
            assert refused.value.fields["available"] == there
            return
        one = self.moments.choice(opened)
        if one.state == "proposed":
            approve(self.ledger, one.number)
        elif one.rest and (not one.under_way or self.moments.random() < 0.5):
            self.leave(one)
        else:
            self.end(one)

    def leave(self, one: Transfer) -> None:
        """Let a transfer leave, often in parts; sometimes the rest never does."""
        if one.gone and self.moments.random() < 0.2:
            who = self.ledger.member("Wang").member_id
            call_off_transfer(
                self.ledger.sequencer, self.ledger.fund, who, one.number, "not needed"
            )
            return
        amount = one.rest if self.moments.random() < 0.4 else self.moments.randint(1, one.rest)
        send(self.ledger, one.number, amount, self.moments.randint(0, min(2, amount - 1)))

    def end(self, one: Transfer) -> None:
        """Let what is under way, or a part of it, arrive or come back; a bank may keep something of it."""
        there = one.under_way
        whole = there if self.moments.random() < 0.4 else self.moments.randint(1, there)
        fee = self.moments.randint(0, min(2, whole - 1))
        end = confirm if self.moments.random() < 0.7 else give_back
        end(self.ledger, one.number, whole - fee, fee)

    def spend(self) -> None:
        held = balance(self.ledger, MAIN)
        amount = self.moments.randint(1, held + 2)
        row = spend_row(amount, reference=f"PAYMENT-{self.next()}")
        if amount > held:
            with pytest.raises(InsufficientError):
                spend(self.ledger, row)
        else:
            spend(self.ledger, row)


@pytest.mark.parametrize("seed", range(3))
def test_random_histories(ledger: Ledger, seed: int) -> None:
    history = History(ledger, seed)
    for _ in range(2):
        for _ in range(45):
            history.step()
        compare(ledger, history.moments)
    check(ledger)
    url = ledger.database.url.render_as_string(hide_password=False)
    assert verify_database(url, ledger.keys).ok
    kinds = {entry["kind"] for entry in bodies(ledger)}
    assert {"gift.reversed", "payout", "transfer.sent"} <= kinds, "the history went nowhere"


# --- each kind of place, once ----------------------------------------------------------------------


def test_a_hole_is_filled_by_gifts_found_later_that_fit_whole(ledger: Ledger) -> None:
    give(ledger, gift("a", 100))
    taken = settle(ledger, settlement_line("STATEMENT-1", 150))
    assert taken.raised == 1
    late = give(ledger, gift("b", 30), gift("c", 30), gift("d", 20)).value
    entries = bodies(ledger)
    places = [
        (entries[one.seq]["body"].get("fills"), entries[one.seq]["body"]["line"]) for one in late
    ]
    [settlement] = [seq for seq, entry in enumerate(entries) if entry["kind"] == "settlement"]
    # 30 fit, the next 30 do not and stand at the end of the line, 20 fit again.
    assert places == [(settlement, 100), (None, 150), (settlement, 130)]
    assert balance(ledger, "Income:Unattributed:Kuaishou") == 0
    assert balance(ledger, "Assets:Platform:Kuaishou") == 30
    compare(ledger, random.Random(1))


def test_a_gift_after_the_period_leaves_the_hole_alone(ledger: Ledger) -> None:
    give(ledger, gift("a", 100))
    settle(ledger, settlement_line("STATEMENT-1", 150, period="2026-09"))
    [late] = give(ledger, gift("b", 30)).value
    assert "fills" not in bodies(ledger)[late.seq]["body"]


def test_a_gift_reversed_before_it_is_settled_is_a_void(ledger: Ledger) -> None:
    one, two, three = give(ledger, gift("a", 100), gift("b", 40), gift("c", 60)).value
    ledger.decide(lambda books: reverse_gift(books, IMPORT, two.seq, AT, "refund"))
    settle(ledger, settlement_line("STATEMENT-1", 120))
    [segment] = [
        entry["body"]["segments"][0] for entry in bodies(ledger) if entry["kind"] == "settlement"
    ]
    assert (segment["start"], segment["end"], segment["length"]) == (0, 160, 120)
    with ledger.database.reading() as connection:
        platform = connection.execute(
            sa.text("SELECT account_id FROM accounts WHERE name = 'Assets:Platform:Kuaishou'")
        ).scalar_one()
        voids = [
            is_void(connection, ledger.fund.fund_id, platform, "CNY", at) for at in (0, 100, 140)
        ]
    assert voids == [False, True, False]
    with pytest.raises(StateError):
        ledger.decide(lambda books: reverse_gift(books, IMPORT, two.seq, AT, "refund"))
    # The boundary of the settlement cuts the third gift: it is (partly) settled, and keeps its place.
    ledger.decide(lambda books: reverse_gift(books, IMPORT, three.seq, AT, "refund"))
    assert bodies(ledger)[-1]["body"]["settled"] is True
    ledger.decide(lambda books: reverse_gift(books, IMPORT, one.seq, AT, "refund"))
    assert bodies(ledger)[-1]["postings"] == []
    compare(ledger, random.Random(2))


def test_a_gift_reversed_in_the_commit_that_brought_it_is_seen_by_its_settlement(
    ledger: Ledger,
) -> None:
    gifts = prepared(gift("a", 100), gift("b", 40), gift("c", 60))

    def decide(books: Books) -> None:
        seqs = [one.seq for one in book_gifts(books, KUAISHOU, IMPORT, ZONE, gifts)]
        books.settle()
        reverse_gift(books, IMPORT, seqs[0], AT, "error")
        file = SettlementFile("settlement_csv", (settlement_line("STATEMENT-1", 90),))
        matching.take_settlement_file(books, MATCHING, (KUAISHOU,), ZONE, ("s", b"s"), file)

    ledger.decide(decide)
    check(ledger)
    compare(ledger, random.Random(3))


def test_two_channels_into_one_account_keep_apart_whose_money_it_is(ledger: Ledger) -> None:
    give(ledger, gift("a", 100))
    give(ledger, gift("a", 60), channel=DOUYIN)
    settle(
        ledger,
        settlement_line("STATEMENT-1", 100),
        settlement_line("STATEMENT-2", 60, platform="douyin"),
    )
    pay_out(ledger, "STATEMENT-2", 30)
    pay_out(ledger, "STATEMENT-1", 50)
    transfer(ledger, 40)  # Douyin's 30 came first, and 10 of Kuaishou's
    _, roots = replayed(ledger)
    with ledger.database.reading() as connection:
        reader = LineReader(connection, ledger.fund.fund_id, account_names(connection, 1))
        in_fund = {
            root[0].account: sum(
                piece.amount
                for piece in trace(*root, reader.find, reader.voids)
                if piece.line.account == MAIN
            )
            for root in roots.values()
        }
    assert in_fund == {"Assets:Platform:Kuaishou": 10, "Assets:Platform:Douyin": 30}
    compare(ledger, random.Random(4))


def test_a_returned_transfer_stands_at_the_end_of_the_bank_s_line(ledger: Ledger) -> None:
    raise_money(ledger, 100, "S1")
    number = propose(ledger, 60)
    approve(ledger, number)
    send(ledger, number, 60, 3)
    give_back(ledger, number, 57)
    assert balance(ledger, BANK) == 97
    segments: list[Segment] = []
    for seq, entry in enumerate(bodies(ledger)):
        segments += [segment_from_json(one, seq) for one in entry["body"].get("segments", ())]
    back = segments[-1]
    assert (back.target, back.to_start, back.to_length) == (line(BANK), 100, 57)
    transfer(ledger, 97)
    compare(ledger, random.Random(5))
    assert balance(ledger, MAIN) == 97


def test_a_month_without_gifts_moves_nothing(ledger: Ledger) -> None:
    give(ledger, gift("a", 100))
    size = len(bodies(ledger))
    taken = settle(ledger, settlement_line("STATEMENT-0", 0), settlement_line("STATEMENT-1", 100))
    assert (taken.lines, taken.added) == (2, 2)
    empty, full = (entry["body"] for entry in bodies(ledger)[size:])
    assert "segments" not in empty
    assert len(full["segments"]) == 1
    compare(ledger, random.Random(6))
