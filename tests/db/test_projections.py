"""What pages show of ledgers built through the doors, against figures worked out by hand, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.db import Database
from ledger.errors import NotFoundError
from ledger.funds import booking as setting_up
from ledger.funds.booking import NewAccount
from ledger.intake import booking as intake
from ledger.journal.history import entry
from ledger.journal.receipt_numbers import receipt_number
from ledger.log.tiles import TileAddress
from ledger.log.tlogproof import decode_tlog_proof
from ledger.matching import booking as matching
from ledger.privacy import store as privacy
from ledger.projections.shapes import FundPage, GiftPage, Joined, Left, Stage
from ledger.web.public.flow import flow_sum
from ledger.web.public.ways import gift_sum
from tests.db.ledgers import (
    BANK,
    DOUYIN,
    IMPORT,
    KUAISHOU,
    MAIN,
    MATCHING,
    START,
    Ledger,
    approve,
    bank_line,
    close_month,
    confirm,
    gift,
    give,
    give_back,
    new_ledger,
    pay_out,
    propose,
    raise_money,
    send,
    services,
    settle,
    settlement_line,
    spend,
    spend_row,
    transfer,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def page_of(ledger: Ledger) -> FundPage:
    """Return the fund's page; its sum has to hold."""
    page = services(ledger).fund_page("qinghe")
    assert flow_sum(page).holds, flow_sum(page)
    return page


def number_of(ledger: Ledger, seq: int) -> tuple[int, int]:
    with ledger.database.reading() as connection:
        number = receipt_number(seq, entry(connection, ledger.fund.fund_id, seq).leaf_hash)
    return number.seq, number.check


def gift_of(ledger: Ledger, seq: int) -> GiftPage:
    """Return a gift's page; its sum has to hold, and no check may fail."""
    found = services(ledger).gift_page("qinghe", *number_of(ledger, seq))
    assert found is not None
    assert gift_sum(found).holds, gift_sum(found)
    assert [check.key for check in found.checks if check.outcome == "fails"] == []
    return found


def given(ledger: Ledger, name: str, fen: int) -> int:
    return give(ledger, gift(name, fen)).value[0].seq


def income(ledger: Ledger, kind: str, amount: int, account: str) -> None:
    line = bank_line(ledger, amount, account=account)
    ledger.decide(lambda books: matching.book_income(books, MATCHING, kind, line))


def figures(stages: tuple[Stage, ...]) -> dict[str, tuple[int, int]]:
    return {stage.key: (stage.reached_minor, stage.waiting_minor) for stage in stages}


# --- the fund page ---------------------------------------------------------------------------------


def test_an_opened_fund_shows_zero_everywhere(ledger: Ledger) -> None:
    page = page_of(ledger)
    assert set(figures(page.stages).values()) == {(0, 0)}
    assert (page.gifts, page.since, page.last_gifts, page.notices) == (0, None, (), ())
    assert [card.raised_minor for card in services(ledger).funds()] == [0]


def test_gift_money_stands_at_the_stages_it_has_come_to(ledger: Ledger) -> None:
    give(ledger, gift("a", 600), gift("b", 400))
    settle(ledger, settlement_line("STATEMENT-1", 1000, tax=-15, net=485))
    pay_out(ledger, "STATEMENT-1", 485)
    transfer(ledger, 400, fee=3)
    spend(ledger, spend_row(250))
    give(ledger, gift("c", 77))
    page = page_of(ledger)
    assert figures(page.stages) == {
        "raised": (1077, 77),
        "settled": (485, 0),
        "bank": (485, 85),
        "sent": (397, 0),
        "fund": (397, 147),
        "work": (250, 250),
    }
    assert page.stages[0].left == (Left("platform_share", 500), Left("tax", 15))
    assert page.stages[2].left == (Left("bank_fee", 3),)
    assert [stage.joined for stage in page.stages] == [()] * 6
    assert (page.raised_minor, page.net_minor, page.spent_minor, page.gifts) == (1077, 485, 250, 3)


def test_other_money_joins_where_it_entered(ledger: Ledger) -> None:
    setting_up.open_account(
        ledger.sequencer,
        ledger.clock,
        ledger.fund,
        NewAccount("fund", "Old", "777700001111", "CNY", 5000),
    )
    income(ledger, "donation", 300, MAIN)
    income(ledger, "interest", 7, MAIN)
    income(ledger, "interest", 2, BANK)
    income(ledger, "other", 11, BANK)
    page = page_of(ledger)
    assert figures(page.stages)["fund"] == (5307, 5307)
    assert page.stages[4].joined == (
        Joined("opening", 5000),
        Joined("donation", 300),
        Joined("interest", 7),
    )
    assert page.stages[2].joined == (Joined("other", 11), Joined("interest", 2))
    assert page.raised_minor == 0


def test_what_a_settlement_states_beyond_the_gifts_is_shown_until_they_are_found(
    ledger: Ledger,
) -> None:
    give(ledger, gift("a", 600))
    settle(ledger, settlement_line("STATEMENT-1", 1000))
    page = page_of(ledger)
    assert (page.raised_minor, page.unattributed_minor, page.gifts) == (1000, 400, 1)
    unexplained, without_gift = page.notices
    assert (unexplained.amount_minor, unexplained.items) == (400, 1)
    assert without_gift.amount_minor == 400
    found = given(ledger, "found-later", 150)
    page = page_of(ledger)
    assert (page.raised_minor, page.unattributed_minor, page.gifts) == (1000, 250, 2)
    assert gift_of(ledger, found).ways[0].steps[1].amount_minor == 75


def test_reversals_leave_before_settlement_and_are_charged_after_it(ledger: Ledger) -> None:
    seqs = [verdict.seq for verdict in give(ledger, gift("a", 600), gift("b", 400)).value]

    def take_back(seq: int) -> None:
        ledger.decide(
            lambda books: intake.reverse_gift(books, IMPORT, seq, "2026-10-09T12:00:00Z", "refund")
        )

    take_back(seqs[1])
    settle(ledger, settlement_line("STATEMENT-1", 600))
    take_back(seqs[0])
    give(ledger, gift("c", 1000))
    settle(ledger, replace(settlement_line("STATEMENT-2", 1000, refund=-600), share=-300, net=100))
    page = page_of(ledger)
    assert figures(page.stages)["raised"] == (2000, 0)
    assert Left("refund", 400) in page.stages[0].left
    assert Left("chargeback", 600) in page.stages[0].left
    assert page.gifts == 1
    assert [line.reversed for line in page.last_gifts] == [False, True, True]
    early, late = gift_of(ledger, seqs[1]), gift_of(ledger, seqs[0])
    assert early.reversal is not None
    assert not early.reversal.after_settlement
    assert early.ways[0].steps[0].left == (Left("refund", 400),)
    assert late.reversal is not None
    assert late.reversal.after_settlement
    assert late.ways[0].steps[1].amount_minor == 300


def test_a_returned_transfer_is_counted_once_and_waits_at_the_bank_again(ledger: Ledger) -> None:
    raise_money(ledger, 500)
    number = propose(ledger, 200)
    approve(ledger, number)
    send(ledger, number, 200, fee=4)
    assert figures(page_of(ledger).stages)["sent"] == (196, 196)
    give_back(ledger, number, 196)
    page = page_of(ledger)
    assert figures(page.stages)["bank"] == (500, 496)
    assert figures(page.stages)["sent"] == (0, 0)
    assert [(line.state, line.late) for line in page.transfers] == [("returned", False)]
    with ledger.database.reading() as connection:
        first = connection.execute(
            sa.text("SELECT min(seq) FROM entries WHERE kind = 'gift'")
        ).scalar_one()
    ways = gift_of(ledger, first).ways
    assert [way.steps[2].reached for way in ways] == [True, True]
    assert not any(way.steps[3].reached for way in ways)
    assert sum(left.amount_minor for way in ways for left in way.steps[2].left) == 4


def test_waits_are_counted_from_the_oldest_money_and_lateness_after_three_working_days(
    ledger: Ledger,
) -> None:
    raise_money(ledger, 300, "first")
    give(ledger, gift("old", 50), gift("new", 50, occurred_at_ms=to_ms(START)))
    number = propose(ledger, 100)
    approve(ledger, number)
    send(ledger, number, 100)
    ledger.clock.set(START + timedelta(days=5))  # Friday to Wednesday: three working days
    on_time = page_of(ledger)
    assert {stage.key: stage.longest_wait_days for stage in on_time.stages} == {
        "raised": 5,
        "settled": None,
        "bank": 5,
        "sent": 5,
        "fund": None,
        "work": None,
    }
    assert not on_time.stages[3].late
    ledger.clock.advance(timedelta(days=1))
    late = page_of(ledger)
    assert late.stages[3].late
    assert [(notice.number, notice.days) for notice in late.notices] == [(number, 6)]


def test_the_oldest_unsettled_gift_is_found_among_many_commits(ledger: Ledger) -> None:
    for day in range(20):
        at = START - timedelta(days=40 - day)
        give(ledger, *(gift(f"{day}-{part}", 10, occurred_at_ms=to_ms(at)) for part in range(3)))
    settle(ledger, settlement_line("STATEMENT-1", 10 * 3 * 7 + 5))
    assert page_of(ledger).stages[0].longest_wait_days == 40 - 7


def test_spending_hides_diseases_with_few_people(ledger: Ledger) -> None:
    raise_money(ledger, 10_000)
    transfer(ledger, 10_000)
    spend(
        ledger,
        spend_row(3000, disease="Hypertension", persons=40, person_times=60, reference="P-1"),
        spend_row(900, disease="Diabetes", persons=12, person_times=20, reference="P-2"),
        spend_row(500, disease="Stroke", persons=9, person_times=9, reference="P-3"),
        spend_row(100, disease="Gastritis", persons=2, person_times=3, reference="P-4"),
    )
    told = [
        (line.disease.en, line.person_times, line.amount_minor)
        for line in page_of(ledger).spending
    ]
    # Amounts at once, as the entries tell them; visits when the month is closed, as its statement tells them.
    assert told[0] == ("Hypertension", None, 3000)
    ledger.clock.set(datetime(2026, 11, 5, 9, tzinfo=UTC))
    close_month(ledger, "2026-10")
    page = page_of(ledger)
    assert [(line.disease.en, line.person_times) for line in page.spending] == [
        ("Hypertension", 60),
        ("Diabetes", 20),
        ("Stroke, after-effects", "*"),
        ("Chronic gastritis", "*"),
    ]
    assert (page.person_times, page.counted_until, page.other_spending) == (92, "2026-10", None)
    # What is spent next moves no count until its month is closed: looking twice tells nothing.
    spend(ledger, spend_row(50, disease="Diabetes", persons=1, person_times=1, reference="P-5"))
    again = page_of(ledger)
    assert [line.person_times for line in again.spending] == [60, 20, "*", "*"]
    assert again.spending[1].amount_minor == 950


def test_names_are_masked_and_gone_when_erased(ledger: Ledger) -> None:
    seqs = [
        verdict.seq
        for verdict in give(ledger, gift("a", nickname="李小明"), gift("b", nickname="王五")).value
    ]
    with ledger.database.writing() as connection:
        privacy.erase(connection, ledger.fund.fund_id, [seqs[1]])
    assert [line.name for line in page_of(ledger).last_gifts] == [None, "李**"]
    erased = gift_of(ledger, seqs[1])
    assert erased.name is None
    assert {check.key: check.outcome for check in erased.checks}["private_parts"] == "unknown"
    assert gift_of(ledger, seqs[0]).checks[-1].outcome == "holds"


# --- a gift's page ---------------------------------------------------------------------------------


def test_a_gift_is_followed_from_giving_to_medicine(ledger: Ledger) -> None:
    seq = given(ledger, "a", 1000)
    settle(ledger, settlement_line("STATEMENT-1", 1000, tax=-20, net=480))
    pay_out(ledger, "STATEMENT-1", 480)
    number = transfer(ledger, 480)
    spend(ledger, spend_row(480, disease="Stroke"))
    ledger.decide(lambda books: intake.close_sessions(books, IMPORT))
    page = gift_of(ledger, seq)
    (way,) = page.ways
    assert [(step.key, step.amount_minor, step.reached) for step in way.steps] == [
        ("raised", 1000, True),
        ("settled", 480, True),
        ("bank", 480, True),
        ("sent", 480, True),
        ("fund", 480, True),
        ("work", 480, True),
    ]
    settled, bank, sent, fund, work = way.steps[1:]
    assert settled.left == (Left("platform_share", 500), Left("tax", 20))
    assert (settled.reference, settled.channel and settled.channel.en) == (
        "STATEMENT-1",
        "Kuaishou",
    )
    assert (bank.account_tail, fund.account_tail) == ("1001", "0019")
    assert (sent.transfer, fund.transfer) == (number, number)
    assert (work.disease and work.disease.en, work.batch_minor, work.batch_times) == (
        "Stroke, after-effects",
        480,
        None,
    )
    checks = {check.key: check for check in page.checks}
    assert {key: check.outcome for key, check in checks.items()} == {
        "in_log": "holds",
        "none_missing": "holds",
        "sums": "holds",
        "same_book": "unknown",
        "private_parts": "holds",
    }
    assert (checks["none_missing"].number, checks["none_missing"].total) == (1, 1)
    receipt = decode_tlog_proof(services(ledger).gift_proof("qinghe", seq))
    assert receipt.index == seq


def test_a_boundary_cuts_a_gift_in_two_ways_that_add_up(ledger: Ledger) -> None:
    seq = given(ledger, "a", 1001)
    settle(ledger, settlement_line("STATEMENT-1", 1001, net=333, tax=-(1001 - 500 - 333)))
    pay_out(ledger, "STATEMENT-1", 333)
    transfer(ledger, 100)
    page = gift_of(ledger, seq)
    assert [way.steps[2].amount_minor for way in page.ways] == [100, 233]
    assert [way.steps[4].reached for way in page.ways] == [True, False]
    assert page.ways[1].steps[2].waiting_days == 0


def test_the_gifts_of_a_settlement_pay_exactly_its_parts(ledger: Ledger) -> None:
    amounts = [1, 2, 3, 7, 11, 13, 100, 101, 999, 1]
    seqs = [
        verdict.seq
        for verdict in give(ledger, *(gift(f"g{at}", fen) for at, fen in enumerate(amounts))).value
    ]
    gross = sum(amounts)
    line = settlement_line("STATEMENT-1", gross, refund=-50, tax=-37, net=gross - gross // 2 - 87)
    settle(ledger, line)
    left: Counter[str] = Counter()
    net = 0
    for seq in seqs:
        for way in gift_of(ledger, seq).ways:
            net += way.steps[1].amount_minor
            left.update({part.key: part.amount_minor for part in way.steps[1].left})
            assert all(part.amount_minor > 0 for part in way.steps[1].left)
    assert net == line.net
    assert left == {"platform_share": -line.share, "tax": 37, "chargeback": 50}


def test_a_running_broadcast_ticks_nothing_and_a_wrong_counter_fails(ledger: Ledger) -> None:
    seq = given(ledger, "a", 10)
    assert gift_of(ledger, seq).checks[1].outcome == "unknown"
    ledger.decide(lambda books: intake.close_sessions(books, IMPORT))
    with ledger.database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE sessions SET gifts = 2"))
    found = services(ledger).gift_page("qinghe", *number_of(ledger, seq))
    assert found is not None
    assert found.checks[1].outcome == "fails"


def test_a_changed_private_part_and_a_foreign_key_are_noticed(ledger: Ledger) -> None:
    seq = given(ledger, "a", 10)
    with ledger.database.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM private_parts"))
        connection.execute(
            sa.text(
                "INSERT INTO private_parts (fund_id, seq, channel, giver, nickname, message, delivery, salts)"
                " VALUES (:f, :s, 'Kuaishou', 'ku_1', '别人', '', '{}', :salts)"
            ),
            {"f": ledger.fund.fund_id, "s": seq, "salts": b"s" * 128},
        )
    found = services(ledger).gift_page("qinghe", *number_of(ledger, seq))
    assert found is not None
    assert found.checks[-1].outcome == "fails"
    assert found.checks[0].outcome == "holds"


def test_only_a_gift_with_its_check_value_is_found(ledger: Ledger) -> None:
    seq, check = number_of(ledger, given(ledger, "a", 10))
    found = services(ledger)
    assert found.gift_page("qinghe", seq, check) is not None
    assert found.gift_page("qinghe", seq, check ^ 1) is None
    assert found.gift_page("qinghe", *number_of(ledger, 0)) is None
    assert found.gift_page("qinghe", 10_000, 0) is None
    with pytest.raises(NotFoundError):
        found.gift_page("elsewhere", seq, check)


# --- any history -----------------------------------------------------------------------------------


class History:
    """Does what a fund does, at random, through the doors."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger = ledger
        self.dice = random.Random(seed)
        self.gifts: list[int] = []
        self.nets: dict[str, int] = {}
        self.sent: list[tuple[int, int]] = []
        self.step = 0

    def run(self, steps: int) -> None:
        kinds = [self.gift] * 5 + [
            self.settle,
            self.pay,
            self.reverse,
            self.send,
            self.end,
            self.spend,
            self.other,
        ]
        for self.step in range(steps):
            self.dice.choice(kinds)()

    def held(self, key: str) -> int:
        stages = services(self.ledger).fund_page("qinghe").stages
        return next(stage.waiting_minor for stage in stages if stage.key == key)

    def gift(self) -> None:
        channel = self.dice.choice((KUAISHOU, DOUYIN))
        done = give(
            self.ledger, gift(f"g{self.step}", self.dice.randint(1, 999)), channel=channel
        ).value
        self.gifts.append(done[0].seq)

    def settle(self) -> None:
        gross, name = self.dice.randint(2, 1500), f"STATEMENT-{self.step}"
        line = settlement_line(name, gross, platform=self.dice.choice(("kuaishou", "douyin")))
        tax = self.dice.randint(0, line.net // 3)
        settle(self.ledger, replace(line, tax=-tax, net=line.net - tax))
        self.nets[name] = line.net - tax

    def pay(self) -> None:
        if self.nets:
            name, net = self.nets.popitem()
            if net:
                pay_out(self.ledger, name, net)

    def reverse(self) -> None:
        if self.gifts:
            seq = self.dice.choice(self.gifts)
            with self.ledger.database.reading() as connection:
                known = connection.execute(
                    sa.text(
                        "SELECT count(*) FROM claims WHERE scope = 'reversal' AND \"key\" = :k"
                    ),
                    {"k": str(seq)},
                ).scalar_one()
            if not known:
                self.ledger.decide(
                    lambda books: intake.reverse_gift(
                        books, IMPORT, seq, "2026-10-09T12:00:00Z", "refund"
                    )
                )

    def send(self) -> None:
        held = self.held("bank")
        if held > 2:
            amount = self.dice.randint(2, held)
            fee = self.dice.randint(0, 1)
            number = propose(self.ledger, amount)
            approve(self.ledger, number)
            send(self.ledger, number, amount, fee)
            self.sent.append((number, amount - fee))

    def end(self) -> None:
        if self.sent:
            number, amount = self.sent.pop(self.dice.randrange(len(self.sent)))
            self.dice.choice((confirm, confirm, give_back))(self.ledger, number, amount)

    def spend(self) -> None:
        held = self.held("fund")
        if held:
            amount = self.dice.randint(1, held)
            spend(
                self.ledger, spend_row(amount, batch=f"B{self.step}", reference=f"PAY-{self.step}")
            )

    def other(self) -> None:
        account = self.dice.choice((BANK, MAIN))
        income(
            self.ledger,
            self.dice.choice(("donation", "interest")),
            self.dice.randint(1, 50),
            account,
        )


@pytest.mark.parametrize("seed", range(4))
def test_any_history_adds_up_on_the_fund_page_and_on_every_gift(ledger: Ledger, seed: int) -> None:
    history = History(ledger, seed)
    history.run(60)
    page = page_of(ledger)
    assert page.stages[-1].reached_minor > 0 or page.stages[0].reached_minor > 0
    pages = [gift_of(ledger, seq) for seq in history.gifts]
    reached = sum(
        way.steps[1].amount_minor for one in pages for way in one.ways if way.steps[1].reached
    )
    # What settlements brought without a gift has no page; all else has.
    assert reached <= page.net_minor
    assert page.raised_minor == sum(one.amount_minor for one in pages) + page.unattributed_minor
    if not page.unattributed_minor:
        assert reached == page.net_minor


# --- the log's files and readiness -----------------------------------------------------------------


def test_tiles_and_bundles_are_given_up_to_the_published_size_and_no_further(
    ledger: Ledger,
) -> None:
    give(ledger, *(gift(f"g{at}") for at in range(300)))
    found = services(ledger)
    with ledger.database.reading() as connection:
        size = connection.execute(sa.text("SELECT count(*) FROM entries")).scalar_one()
    rest = size - 256
    full = found.tile("qinghe", TileAddress(0, 0))
    assert full is not None
    assert found.tile("qinghe", TileAddress(0, 0, 7)) == full[: 7 * 32]
    assert len(found.tile("qinghe", TileAddress(0, 1, rest)) or b"") == rest * 32
    assert found.tile("qinghe", TileAddress(0, 1, rest + 1)) is None
    assert len(found.tile("qinghe", TileAddress(1, 0, 1)) or b"") == 32
    assert found.tile("qinghe", TileAddress(1, 0, 2)) is None
    assert found.tile("qinghe", TileAddress(None, 1, rest)) is not None
    assert found.tile("qinghe", TileAddress(None, 2, 1)) is None


def test_ready_names_a_missing_key_and_a_database_that_is_too_old(ledger: Ledger) -> None:
    give(ledger, gift("a"))
    found = services(ledger)
    assert found.ready() == []
    key = next(ledger.keys.glob("*.key"))
    key.rename(key.with_suffix(".away"))
    assert found.ready() == ["The signing key of qinghe is missing."]
    key.with_suffix(".away").rename(key)
    with ledger.database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    (problem,) = found.ready()
    assert "older" in problem
    assert "db upgrade" in problem


def test_statements_are_due_overdue_and_not_due(ledger: Ledger) -> None:
    give(ledger, gift("a", occurred_at_ms=to_ms(START - timedelta(days=15))))
    lines = services(ledger).statements("qinghe").statements
    assert [(line.id, line.state, line.due_on) for line in lines] == [
        ("2026-09", "overdue", date(2026, 10, 7)),
        ("2026-10", "not_due", date(2026, 11, 6)),
    ]
    assert lines[0].days_late == 2
    assert services(ledger).statement_file("qinghe", "2026-09") is None
