"""The one writer: groups, verdicts, repeats, contradictions, the recorded time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.actors import Actor
from ledger.clock import FixedClock
from ledger.db import Database
from ledger.errors import BusyError, ConflictError, FieldError, InvariantError, TooLargeError
from ledger.funds import booking as setting_up
from ledger.funds.history import Rate, rates_of
from ledger.intake.booking import AlreadyRecorded, Contradicted, Recorded, book_gifts
from ledger.intake.events import CONTENT_FIELDS, UnitRate
from ledger.intake.prepared import TimedRate, prepare
from ledger.journal import history as journal
from ledger.journal.balances import all_totals, totals
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.matching import booking as matching
from ledger.matching.lines import SettlementFile
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer, _appoint
from ledger.sequencer.receipts import from_commit
from tests.db.ledgers import (
    BANK,
    DOUYIN,
    IMPORT,
    KUAISHOU,
    START,
    ZONE,
    Ledger,
    bodies,
    check,
    gift,
    gift_ids,
    give,
    new_ledger,
    prepared,
    settle,
    settlement_line,
)

PLATFORM = "Assets:Platform:Kuaishou"


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def note(text: str) -> Draft:
    """Make an entry without money."""
    return Draft(
        "exception.raised", "2026-10-09T12:00:00Z", Actor("system", "test"), {"text": text}
    )


def together(ledger: Ledger, *decisions: tuple[Callable[[Books], object], bool]) -> list[object]:
    """Take decisions in one group: the first one keeps the writer busy until all others wait."""
    begun, waiting = threading.Event(), threading.Event()
    queue = ledger.sequencer._queue(ledger.fund.fund_id)
    outcomes: list[object] = [None] * len(decisions)

    def first(_: Books) -> None:
        begun.set()
        waiting.wait(20)

    def act(at: int) -> None:
        decide, alone = decisions[at]
        try:
            outcomes[at] = ledger.sequencer.decide(ledger.fund, decide, alone=alone)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcomes[at] = error

    leader = threading.Thread(target=lambda: ledger.sequencer.decide(ledger.fund, first))
    leader.start()
    begun.wait(20)
    threads = []
    for at in range(len(decisions)):
        while len(queue.waiting) < at:
            time.sleep(0.001)
        threads.append(threading.Thread(target=act, args=(at,)))
        threads[-1].start()
    while len(queue.waiting) < len(decisions):
        time.sleep(0.001)
    waiting.set()
    for thread in (leader, *threads):
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return outcomes


def good(text: str) -> tuple[Callable[[Books], object], bool]:
    return (lambda books: books.post(note(text))), True


def texts(ledger: Ledger) -> list[str]:
    return [entry["body"]["text"] for entry in bodies(ledger) if "text" in entry["body"]]


# --- many at once ----------------------------------------------------------------------------------


def test_threads_get_numbers_without_gap_and_their_own_verdict(ledger: Ledger) -> None:
    start = len(bodies(ledger))
    outcomes = together(ledger, *[good(f"n{number}") for number in range(40)])
    numbers = [outcome.value for outcome in outcomes]
    assert sorted(numbers) == list(range(start, start + 40))
    stored = bodies(ledger)
    assert [stored[number]["body"]["text"] for number in numbers] == [f"n{at}" for at in range(40)]
    # They waited while another commit ran, so they share the next one.
    assert {outcome.commit.size for outcome in outcomes} == {start + 40}
    assert check(ledger) == start + 40


def test_threads_that_come_as_they_like_lose_nothing(ledger: Ledger) -> None:
    start = len(bodies(ledger))
    numbers: list[int] = []

    def act(name: int) -> None:
        numbers.extend(
            ledger.decide(lambda books, at=at: books.post(note(f"{name}/{at}"))) for at in range(5)
        )

    threads = [threading.Thread(target=act, args=(name,)) for name in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(numbers) == list(range(start, start + 60))
    assert check(ledger) == start + 60


def test_a_receipt_of_a_group_is_of_its_own_entry(ledger: Ledger) -> None:
    outcomes = together(ledger, *[good(f"n{number}") for number in range(5)])
    files = {from_commit(outcome.commit, outcome.value) for outcome in outcomes}
    assert len(files) == 5


# --- a bad one among good ones ---------------------------------------------------------------------


def refuses_after_posting(books: Books) -> None:
    books.post(note("bad"))
    books.open_account("Assets:Bank:Bad")
    books.post(
        Draft(
            "income", "2026-10-09T12:00:00Z", IMPORT, {}, (Posting("Assets:Bank:Bad", "Income:Other:Bank", "CNY", 7),),
            (Move(None, "", 0, "Assets:Bank:Bad", "CNY", 7),), Claim("test", "bad", b"x" * 16),
        )
    )  # fmt: skip
    books.settle()
    raise FieldError(field="test", reason="refused")


def refused_by_a_constraint(books: Books) -> None:
    books.post(note("bad"))
    draft = note("bad")
    draft.claim = Claim("test", "k" * 201, b"x" * 16)
    books.post(draft)


def claims_twice(books: Books) -> None:
    for _ in range(2):
        draft = note("bad")
        draft.claim = Claim("test", "same", b"x" * 16)
        books.post(draft)


def fails_unexpectedly(books: Books) -> None:
    books.post(note("bad"))
    raise ZeroDivisionError


def posts_nonsense(books: Books) -> None:
    books.post(note("bad"))
    books.post(
        Draft("income", "2026-10-09T12:00:00Z", IMPORT, {}, (Posting("Assets:Bank:X", "Income:Other:Bank", "CNY", 0),),
        (Move(None, "", 0, "Assets:Bank:X", "CNY", 0),))
    )  # fmt: skip


def breaks_the_database_s_words(books: Books) -> None:
    books.post(note("bad"))
    books.connection.execute(sa.text("SELECT nothing FROM nowhere"))


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (refuses_after_posting, FieldError),
        (refused_by_a_constraint, (ConflictError, sa.exc.IntegrityError)),
        (claims_twice, (ConflictError, sa.exc.IntegrityError)),
        (fails_unexpectedly, ZeroDivisionError),
        (posts_nonsense, InvariantError),
        (breaks_the_database_s_words, sa.exc.DBAPIError),
    ],
)
def test_a_bad_decision_poisons_nobody(
    ledger: Ledger, bad: Callable[[Books], None], error: type[BaseException], alone: bool
) -> None:
    start = len(bodies(ledger))
    one, two, three, refused, four, five = together(
        ledger, good("1"), good("2"), good("3"), (bad, alone), good("4"), good("5")
    )
    assert isinstance(refused, error)
    assert sorted(texts(ledger)) == ["1", "2", "3", "4", "5"]
    assert [outcome.value for outcome in (one, two, three, four, five)] == list(
        range(start, start + 5)
    )
    assert check(ledger) == start + 5
    with ledger.database.reading() as connection:
        assert not connection.execute(sa.text("SELECT 1 FROM claims WHERE scope = 'test'")).first()
        assert not connection.execute(
            sa.text("SELECT 1 FROM accounts WHERE name = 'Assets:Bank:Bad'")
        ).first()
    # The writer goes on, and the account that was refused can be opened now.
    ledger.decide(lambda books: books.open_account("Assets:Bank:Bad") and books.post(note("6")))
    assert check(ledger) == start + 6


def test_a_refused_import_leaves_nothing_in_the_gifts_it_was_given(ledger: Ledger) -> None:
    late = prepared(gift("late", 10))

    def settles_books_and_refuses(books: Books) -> None:
        file = SettlementFile("settlement_csv", (settlement_line("STATEMENT-1", 100),))
        matching.take_settlement_file(books, IMPORT, (KUAISHOU,), ZONE, ("s", b"s"), file)
        assert isinstance(book_gifts(books, KUAISHOU, IMPORT, ZONE, late)[0], Recorded)
        raise FieldError(field="test", reason="refused")

    with pytest.raises(FieldError):
        ledger.decide(settles_books_and_refuses)
    [verdict] = ledger.decide(lambda books: book_gifts(books, KUAISHOU, IMPORT, ZONE, late))
    body = bodies(ledger)[verdict.seq]["body"]
    assert "fills" not in body  # there is no settlement with a hole any more
    check(ledger)


def test_a_stop_of_the_leader_lets_nobody_wait_for_ever(ledger: Ledger) -> None:
    def stopped(_: Books) -> None:
        raise SystemExit

    outcomes = together(ledger, good("1"), (stopped, True), good("2"))
    # Whoever led was stopped; the others of the group are told to try again, and nothing was written for them.
    assert any(isinstance(outcome, SystemExit) for outcome in outcomes)
    told = {
        outcome.value for outcome in outcomes if not isinstance(outcome, SystemExit | BusyError)
    }
    assert {seq for seq, entry in enumerate(bodies(ledger)) if "text" in entry["body"]} == told
    ledger.decide(lambda books: books.post(note("3")))
    check(ledger)


def test_the_lock_is_waited_for_once_and_not_once_for_each_of_a_group(ledger: Ledger) -> None:
    holding = ledger.database
    ledger = ledger.reopened(busy_ms=700)
    locked, free = threading.Event(), threading.Event()

    def hold() -> None:
        with holding.writing() as connection:
            if not holding.is_sqlite:
                connection.execute(sa.text("LOCK TABLE entries IN ACCESS EXCLUSIVE MODE"))
            locked.set()
            free.wait(30)

    holder = threading.Thread(target=hold)
    queue = ledger.sequencer._queue(ledger.fund.fund_id)
    outcomes: list[object] = []

    def act(at: int) -> None:
        try:
            outcomes.append(ledger.decide(lambda books: books.post(note(str(at)))))
        except BusyError as error:
            outcomes.append(error)

    # All wait while somebody else leads, so that they make one group.
    queue.led = True
    threads = [threading.Thread(target=act, args=(at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    while len(queue.waiting) < 6:
        time.sleep(0.001)
    holder.start()
    locked.wait(10)
    began = time.monotonic()
    with queue.guard:
        _appoint(queue)
    for thread in threads:
        thread.join(30)
    waited = time.monotonic() - began
    free.set()
    holder.join(30)
    assert [type(outcome) for outcome in outcomes] == [BusyError] * 6
    assert 0.6 < waited < 2.1
    assert texts(ledger) == []
    ledger.decide(lambda books: books.post(note("now")))
    check(ledger)


# --- repeats and contradictions --------------------------------------------------------------------


def test_a_repeat_gives_the_first_entry_and_no_commit(ledger: Ledger) -> None:
    first = give(ledger, gift("a", 100), gift("b", 200))
    size = len(bodies(ledger))
    again = give(ledger.reopened(), gift("b", 200), gift("a", 100))
    assert again.value == [
        AlreadyRecorded(first.value[1].seq),
        AlreadyRecorded(first.value[0].seq),
    ]
    assert again.commit is None
    assert len(bodies(ledger)) == size


def test_the_same_id_twice_in_one_import(ledger: Ledger) -> None:
    found = give(ledger, gift("a", 100), gift("a", 100), gift("a", 300), gift("b", 1)).value
    seq = found[0].seq
    assert found == [
        Recorded(seq),
        AlreadyRecorded(seq),
        Contradicted(seq, "units"),
        Recorded(seq + 1),
    ]
    check(ledger)


def test_the_same_id_twice_in_one_group(ledger: Ledger) -> None:
    one, two = (prepared(gift("a", 100)) for _ in range(2))
    outcomes = together(
        ledger,
        *[
            ((lambda books, g=g: book_gifts(books, KUAISHOU, IMPORT, ZONE, g)), False)
            for g in (one, two)
        ],
    )
    kinds = [type(outcome.value[0]) for outcome in outcomes]
    assert kinds == [Recorded, AlreadyRecorded]
    check(ledger)


def test_the_same_id_of_another_channel_is_another_gift(ledger: Ledger) -> None:
    give(ledger, gift("a"))
    assert isinstance(give(ledger, gift("a"), channel=DOUYIN).value[0], Recorded)


CHANGED = {
    "units": {"units": 7, "gross_minor": 7},
    "unit": {"unit": "USD", "commodity": "USD"},
    "count": {"count": 2},
    "item": {"item": "10"},
    "giver": {"giver": "ku_2"},
    "session": {"session": "room-2"},
    "occurred_at_ms": {"occurred_at_ms": 1_791_547_200_001},
    "message": {"message": "加油"},
}
"""A change for each content field that a source can change alone: with money, `gross_minor` and `commodity` are `units`
and `unit`, and a gift that is free now (`kind`) never comes to the books."""


def test_every_content_field_has_a_contradiction() -> None:
    assert {*CHANGED, "gross_minor", "commodity", "kind"} == set(CONTENT_FIELDS)


@pytest.mark.parametrize("name", [*CHANGED])
def test_a_contradiction_names_the_first_field_that_differs(ledger: Ledger, name: str) -> None:
    [first] = give(ledger, gift("a", 100)).value
    size = len(bodies(ledger))
    changed = gift("a", 100, **CHANGED[name])
    assert give(ledger, changed).value == [Contradicted(first.seq, name)]
    assert len(bodies(ledger)) == size


@pytest.mark.parametrize("name", [*CHANGED][1:])
def test_an_earlier_field_is_named_before_a_later_one(ledger: Ledger, name: str) -> None:
    [first] = give(ledger, gift("a", 100)).value
    later = [*CHANGED][[*CHANGED].index(name) :]
    changes = {key: value for field in later for key, value in CHANGED[field].items()}
    assert give(ledger, gift("a", 100, **changes)).value == [Contradicted(first.seq, name)]


def test_a_gift_in_coins_is_compared_in_coins(ledger: Ledger) -> None:
    setting_up.set_rate(ledger.sequencer, ledger.fund, Rate("KSCOIN", 10, 100, "CNY", 0, 0))
    with ledger.database.reading() as connection:
        [rate] = rates_of(connection, ledger.fund.fund_id)
    rates = {
        "KSCOIN": [
            TimedRate(
                UnitRate(units=rate.units, minor=rate.minor, commodity=rate.commodity), 0, rate.seq
            )
        ]
    }

    def book(coins: int, unit: str = "KSCOIN") -> object:
        event = gift("a", units=coins, unit=unit, gross_minor=None, commodity="")
        gifts, problems = prepare([event], 1_791_547_224_000, rates | {"DYCOIN": rates["KSCOIN"]})
        assert not problems
        return ledger.decide(lambda books: book_gifts(books, KUAISHOU, IMPORT, ZONE, gifts))[0]

    first = book(30)
    assert bodies(ledger)[first.seq]["body"]["amount"] == 300
    assert book(30) == AlreadyRecorded(first.seq)
    assert book(31) == Contradicted(first.seq, "units")
    assert book(30, "DYCOIN") == Contradicted(first.seq, "unit")


# --- what does not fit -----------------------------------------------------------------------------


def test_an_entry_that_no_bundle_holds_is_refused(ledger: Ledger) -> None:
    ledger.decide(lambda books: books.post(note("so that the numbers have two digits")))
    seq = ledger.decide(lambda books: books.post(note("x")))
    assert seq > 9
    with ledger.database.reading() as connection:
        room = 65_535 - len(journal.entry(connection, ledger.fund.fund_id, seq).entry)
    ledger.decide(lambda books: books.post(note("x" * (room + 1))))
    with pytest.raises(TooLargeError) as refused:
        ledger.decide(lambda books: books.post(note("x" * (room + 2))))
    assert refused.value.fields["limit"] == 65_535
    check(ledger)


# --- time ------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_back_does_not_take_the_ledger_back(ledger: Ledger) -> None:
    steps = (0, 3600, -7200, 1, -86400 * 400, 7300)
    for at, step in enumerate(steps):
        ledger.clock.advance(timedelta(seconds=step))
        give(ledger, gift(f"g{at}"))
    recorded = [entry["recorded_at"] for entry in bodies(ledger)]
    assert recorded == sorted(recorded)
    assert {text[-3:] for text in recorded} == {"00Z"}
    assert recorded[-1] == "2026-10-09T13:00:00Z"
    other = ledger.reopened()
    other.clock.set(START - timedelta(days=3))
    give(other, gift("after a restart"))
    assert bodies(ledger)[-1]["recorded_at"] == "2026-10-09T13:00:00Z"
    check(ledger)


def test_no_gift_can_be_placed_to_the_second(ledger: Ledger) -> None:
    [recorded] = give(ledger, gift("a")).value
    entry = bodies(ledger)[recorded.seq]
    assert entry["occurred_at"].endswith(":00Z")
    assert entry["recorded_at"].endswith(":00Z")


# --- balances and the hot account ------------------------------------------------------------------


def test_a_hot_account_costs_one_row_a_commit(ledger: Ledger) -> None:
    give(ledger, *[gift(f"g{at}", at + 1) for at in range(300)])
    give(ledger, *[gift(f"h{at}", at + 1) for at in range(300)])
    with ledger.database.reading() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT count(*) FROM balances b JOIN accounts a ON a.fund_id = b.fund_id "
                "AND a.account_id = b.account_id WHERE a.name = :n"
            ),
            {"n": PLATFORM},
        ).scalar()
    assert rows == 2
    check(ledger)


def test_balances_at_any_size_are_exact_inside_a_commit_too(ledger: Ledger) -> None:
    give(ledger, *[gift(f"g{at}", at + 1) for at in range(9)])
    settle(ledger, settlement_line("STATEMENT-1", 20))
    give(ledger, *[gift(f"h{at}", 100 + at) for at in range(5)])
    entries = bodies(ledger)
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        names = {
            row.name: row.account_id
            for row in connection.execute(sa.text("SELECT * FROM accounts"))
        }
        for account in (PLATFORM, "Assets:Payout:Kuaishou", BANK):
            for size in range(len(entries) + 2):
                lines = [
                    line["amount"]
                    for entry in entries[:size]
                    for line in entry["postings"]
                    if line["account"] == account
                ]
                found = totals(connection, fund_id, names[account], "CNY", size)
                assert found.balance == sum(lines)
                assert found.debits == sum(amount for amount in lines if amount > 0)
        everything = {one.account: one.totals.balance for one in all_totals(connection, fund_id)}
    assert everything[PLATFORM] == 45 - 20 + 510
    assert sum(everything.values()) == 0


# --- two funds, two writers ------------------------------------------------------------------------


def test_two_funds_of_one_database_do_not_meet(ledger: Ledger) -> None:
    other = setting_up.open_fund(
        ledger.sequencer,
        ledger.clock,
        "localhost:8000",
        setting_up.NewFund("other", "别的", "Other"),
    )
    setting_up.open_channel(ledger.sequencer, ledger.clock, other, KUAISHOU)
    second = Ledger(ledger.database, ledger.keys, ledger.clock, ledger.sequencer, other)
    [mine], [theirs] = (give(one, gift("a", 5)).value for one in (ledger, second))
    assert isinstance(theirs, Recorded)
    assert theirs.seq != mine.seq
    assert gift_ids(second) == {"a": theirs.seq}
    check(ledger)
    check(second)


def test_a_fund_opens_once(ledger: Ledger) -> None:
    with pytest.raises(ConflictError) as refused:
        new_ledger(ledger.database, ledger.keys)
    assert refused.value.fields["key"] == "qinghe"


def test_a_writer_learns_of_accounts_that_another_one_opened(ledger: Ledger) -> None:
    other = ledger.reopened()
    give(other, gift("a"))
    give(ledger, gift("b"))
    for one in (other, ledger, other):
        name = f"Assets:Bank:New{len(bodies(ledger))}"
        one.decide(lambda books, name=name: books.open_account(name) and books.post(note(name)))
    with ledger.database.reading() as connection:
        ids = (
            connection.execute(sa.text("SELECT account_id FROM accounts ORDER BY 1"))
            .scalars()
            .all()
        )
    assert ids == list(range(1, len(ids) + 1))
    check(ledger)


def test_a_writer_follows_a_rotation_that_another_one_made(ledger: Ledger) -> None:
    here = ledger.reopened()
    give(here, gift("a"))
    new = setting_up.rotate_key(ledger.sequencer, ledger.clock, ledger.fund)
    give(here, gift("b"))
    assert setting_up.retire_key(ledger.sequencer, ledger.fund)
    give(here, gift("c"))  # it has known the old key only, which no longer signs
    assert here.sequencer._signer(here.fund).vkeys == (new,)
    check(here.reopened())


def test_a_failed_fund_can_be_opened_again(database: Database, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    first_try = Sequencer(database, keys, FixedClock(START))
    first_try.create_log(1, "qinghe", "localhost:8000/log/qinghe")
    ledger = new_ledger(database, keys)
    check(ledger)
