"""Files of banks: previewed, taken, held, let in; the same money once, whatever comes in whichever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.clock import to_ms
from ledger.db import Database
from ledger.desk import actions, wanted
from ledger.desk import exceptions as closing
from ledger.desk import matching as desk
from ledger.desk.reconcile import reconcile
from ledger.errors import (
    FieldError,
    MatchedFileError,
    NotAllowedError,
    StateError,
    UnknownNameError,
)
from ledger.evidence import Brought
from ledger.funds import history as funds
from ledger.matching import booking, file_again, file_history, file_inspecting, file_reading
from ledger.matching import history as matched
from ledger.matching.exceptions.booking import attach
from ledger.matching.file_history import LineFilter
from ledger.matching.file_reading import Reading
from ledger.matching.file_taking import Taken
from ledger.matching.formats.mappings import Mapping
from ledger.matching.lines import BankFile, BankLine, check_chain, count_twins, references_in
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    BANK,
    DOUYIN,
    MATCHING,
    Ledger,
    agree,
    bodies,
    check,
    decide_both,
    enrol_later,
    gift,
    give,
    new_ledger,
    pay_out,
    settle,
    settlement_line,
    want,
)

NUMBER = "6217000000001001"
FIRST = date(2026, 9, 1)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


# --- making files ----------------------------------------------------------------------------------


def move(
    day: int, amount: int, text: str = "", *, row: int = 1, bank_id: str | None = None
) -> BankLine:
    """Make a line of a day, counted from 0."""
    at = datetime.combine(FIRST + timedelta(days=day), datetime.min.time(), UTC)
    return BankLine(row, NUMBER, at, amount, "CNY", None, bank_id, (), "", text)


def statement(
    opening: int | None,
    *lines: BankLine,
    days: tuple[int, int],
    kind: str = "mt940",
    closing: int | None = None,
) -> BankFile:
    """Make a statement; it ties unless another closing is given."""
    end = None if opening is None else opening + sum(line.amount_minor for line in lines)
    first, last = (FIRST + timedelta(days=day) for day in days)
    numbered = tuple(replace(line, line_no=row) for row, line in enumerate(lines, start=1))
    return BankFile(
        kind,
        NUMBER,
        "CNY",
        opening,
        end if closing is None else closing,
        first,
        last,
        numbered,
    )


def reading(*statements: BankFile, salt: str = "") -> Reading:
    """Make a file as it was read; its bytes are what it says."""
    data = (repr(statements) + salt).encode()
    return Reading("bank.sta", data, count_twins(statements), f"{statements[0].format}/1")


def take(ledger: Ledger, *statements: BankFile, salt: str = "") -> Taken:
    return actions.take_file(ledger.sequencer, ledger.fund, reading(*statements, salt=salt))


def counted(ledger: Ledger) -> Counter[tuple[str, int, str]]:
    """Return day, amount and text of every line that counts."""
    with ledger.database.reading() as connection:
        page = file_history.line_page(connection, ledger.fund.fund_id, LineFilter(), most=10_000)
    return Counter((one.day, one.amount, one.text) for one in page.lines)


def states(ledger: Ledger) -> Counter[str]:
    with ledger.database.reading() as connection:
        page = file_history.file_page(connection, ledger.fund.fund_id, most=1000)
    return Counter(one.state for _, parts in page.files for one in parts)


def exceptions(ledger: Ledger) -> list[tuple[str, int, str]]:
    with ledger.database.reading() as connection:
        found = matched.items(connection, ledger.fund.fund_id)
    return [(one.kind, one.amount, one.subject) for one in found]


def proved(ledger: Ledger) -> None:
    """See that the slow check and the checker agree with what is stored."""
    check(ledger)
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys)
    assert report.ok, report.failures


# --- taken, once -----------------------------------------------------------------------------------


def test_the_same_bytes_answer_with_the_first(ledger: Ledger) -> None:
    who = ledger.member("Zhao").member_id
    file = reading(statement(0, move(0, 100), days=(0, 4)))
    first = actions.take_file(ledger.sequencer, ledger.fund, file, member_id=who)
    assert (first.new, first.added, first.lines) == (True, 1, 1)
    size = len(bodies(ledger))
    again = actions.take_file(ledger.sequencer, ledger.fund, file)
    assert (again.new, again.added, again.lines) == (False, 0, 1)
    assert again.statements == first.statements
    assert len(bodies(ledger)) == size
    with ledger.database.reading() as connection:
        (kept,) = matched.kept_files(connection, ledger.fund.fund_id)
        body = file_history.file_body(connection, ledger.fund.fund_id, kept.sha256)
    assert sha256(body).digest() == kept.sha256 == file.sha256
    assert (kept.taken_by, kept.parser, kept.taken_ms) == (
        who,
        "mt940/1",
        to_ms(ledger.clock.now()),
    )
    assert (kept.first_day, kept.last_day) == ("2026-09-01", "2026-09-05")


def test_who_may_not_bring_files_brings_none(ledger: Ledger) -> None:
    file = reading(statement(0, move(0, 100), days=(0, 4)))
    for name in ("Wang", "Chen"):
        who = ledger.member(name).member_id
        with pytest.raises(NotAllowedError):
            actions.take_file(ledger.sequencer, ledger.fund, file, member_id=who)
    assert counted(ledger) == Counter()


def test_a_statement_of_another_account_is_refused_whole(ledger: Ledger) -> None:
    ours = statement(0, move(0, 100), days=(0, 4))
    theirs = replace(ours, account="DE00111122223333")
    with pytest.raises(UnknownNameError) as raised:
        take(ledger, ours, theirs)
    assert raised.value.fields["name"] == "3333"
    with ledger.database.reading() as connection:
        accounts = funds.money_account_list(connection, ledger.fund.fund_id)
        bank = funds.money_account(connection, ledger.fund.fund_id, BANK)
    with pytest.raises(FieldError) as wrong:
        actions.take_file(ledger.sequencer, ledger.fund, reading(theirs), bank)
    assert wrong.value.fields["reason"] == "another-account"
    assert counted(ledger) == Counter()
    # What a bank writes with stars, or with its country before it, is still the same account.
    for written in ("6217********1001", "CN52" + NUMBER):
        file = replace(ours, account=written)
        assert file_inspecting.account_of(accounts, file, "x", bank) == bank
    masked = replace(ours, account="6217********1001")
    assert file_inspecting.account_of(accounts, masked, "x", None) == bank
    with pytest.raises(FieldError):
        file_inspecting.account_of(accounts, replace(ours, account=""), "x", None)
    with pytest.raises(FieldError) as currency:
        file_inspecting.account_of(accounts, replace(ours, commodity="EUR"), "x", None)
    assert currency.value.fields["field"] == "commodity"


def test_pending_lines_are_kept_and_never_count(ledger: Ledger) -> None:
    booked = statement(0, move(0, 100), days=(0, 4))
    waiting = replace(move(4, 55, row=2), state="pending")
    take(ledger, replace(booked, pending=(waiting,)))
    assert counted(ledger) == Counter({("2026-09-01", 100, ""): 1})
    with ledger.database.reading() as connection:
        page = file_history.line_page(connection, ledger.fund.fund_id, LineFilter(state="pending"))
        assert [
            one.line.amount_minor for one in matched.open_lines(connection, ledger.fund.fund_id)
        ] == [100]
    assert [(one.amount, one.state) for one in page.lines] == [(55, "pending")]


# --- held ------------------------------------------------------------------------------------------


def test_a_statement_that_does_not_tie_is_held_with_the_others_of_its_account(
    ledger: Ledger,
) -> None:
    good = statement(0, move(0, 100), days=(0, 0))
    bad = statement(100, move(1, 30), move(2, 20), days=(1, 4), closing=160)
    done = take(ledger, good, bad)
    assert [(one.state, one.why) for one in done.statements] == [
        ("held", "beside"),
        ("held", "balance-tie"),
    ]
    assert (done.statements[1].expected, done.statements[1].found) == (150, 160)
    assert counted(ledger) == Counter()
    digest = done.sha256.hex()
    assert exceptions(ledger) == [
        ("balance_break", 0, f"{digest}/1"),
        ("balance_break", 10, f"{digest}/2"),
    ]
    with ledger.database.reading() as connection:
        page = file_history.line_page(connection, ledger.fund.fund_id, LineFilter(state="held"))
    assert sorted(one.amount for one in page.lines) == [20, 30, 100]
    proved(ledger)


def test_a_corrected_file_replaces_what_was_held(ledger: Ledger) -> None:
    take(ledger, statement(100, move(1, 30), days=(1, 4), closing=160))
    done = take(ledger, statement(100, move(1, 30), move(3, 30), days=(1, 4)))
    assert (done.added, done.held, len(done.ended)) == (2, (), 1)
    assert states(ledger) == Counter(taken=1, replaced=1)
    assert exceptions(ledger) == []
    assert bodies(ledger)[-1]["body"] == {
        "raised": done.ended[0],
        "how": "file",
        "reason": "replaced",
    }
    proved(ledger)


def test_two_people_let_a_held_statement_in(ledger: Ledger) -> None:
    held = take(ledger, statement(100, move(1, 30), days=(1, 4), closing=160))
    (raised,) = held.raised
    evidence(ledger, raised)
    proposed = want(ledger, closing.resolution(raised, "the bank's own mistake", counts=True))
    assert counted(ledger) == Counter()
    agree(ledger, proposed.number, "Chen")
    assert counted(ledger) == Counter({("2026-09-02", 30, ""): 1})
    assert states(ledger) == Counter(taken=1)
    with ledger.database.reading() as connection:
        rows = connection.execute(sa.text("SELECT count(*) FROM waiting_lines")).scalar_one()
    assert rows == 0
    with pytest.raises(StateError):
        want(ledger, closing.resolution(raised, "again", counts=True))
    proved(ledger)


def test_two_people_leave_a_held_statement_out(ledger: Ledger) -> None:
    held = take(ledger, statement(100, move(1, 30), days=(1, 4), closing=160))
    (raised,) = held.raised
    evidence(ledger, raised)
    agree(ledger, want(ledger, closing.resolution(raised, "a forged file")).number, "Chen")
    assert counted(ledger) == Counter()
    assert states(ledger) == Counter({"left-out": 1})
    proved(ledger)
    with ledger.database.writing() as connection:
        connection.execute(sa.text("UPDATE file_statements SET state = 'held', ended_seq = NULL"))
    url = ledger.database.url.render_as_string(hide_password=False)
    found = verify_database(url, ledger.keys).failures
    assert [one.table for one in found] == ["file_statements"]


def evidence(ledger: Ledger, raised: int) -> None:
    file = Brought("letter.pdf", "pdf", b"%PDF-")
    ledger.decide(lambda books: attach(books, ledger.member("Li"), raised, file))


def test_a_missing_file_makes_later_ones_join(ledger: Ledger) -> None:
    first = statement(0, move(0, 100), days=(0, 4))
    second = statement(100, move(6, 50), days=(5, 9))
    third = statement(150, move(12, -20), days=(10, 14))
    take(ledger, first)
    late = take(ledger, third)
    assert [(one.why, one.expected, one.found, one.gap_days) for one in late.held] == [
        ("join", 100, 150, 5)
    ]
    assert exceptions(ledger) == [("balance_break", 50, f"{late.sha256.hex()}/1")]
    done = take(ledger, second)
    assert done.ended == late.raised
    assert states(ledger) == Counter(taken=3)
    assert exceptions(ledger) == []
    assert sum(amount * n for (_, amount, _), n in counted(ledger).items()) == 130
    proved(ledger)


def test_another_format_for_the_same_days_is_held(ledger: Ledger) -> None:
    """A trade bill and a fund bill of one wallet: each names the same money in its own way."""
    take(ledger, statement(0, move(1, 100, "fund"), days=(0, 4), kind="wechat_fundflow"))
    done = take(ledger, statement(None, move(1, 100, "order"), days=(0, 4), kind="wechat_trade"))
    assert [(one.state, one.why, one.found) for one in done.statements] == [
        ("held", "overlap", 100)
    ]
    assert counted(ledger) == Counter({("2026-09-02", 100, "fund"): 1})
    apart = statement(None, move(9, 5, "order"), days=(8, 9), kind="wechat_trade")
    assert take(ledger, apart).added == 1


def test_an_interim_report_bars_no_statement_of_another_format(ledger: Ledger) -> None:
    waiting = replace(move(1, 100), state="pending")
    take(ledger, replace(statement(None, days=(0, 4), kind="mt942"), pending=(waiting,)))
    assert take(ledger, statement(0, move(1, 100), days=(0, 4), kind="camt053")).added == 1


def test_a_preview_shows_what_is_new_known_suspicious_and_gone(ledger: Ledger) -> None:
    take(
        ledger,
        statement(0, move(0, 5, "a"), move(1, 7, "b"), move(2, 9, "c"), days=(0, 3)),
    )
    file = reading(
        statement(
            0,
            move(0, 5, "a"),
            move(1, 7, "other text"),
            move(2, 9, "c"),
            move(5, 1, "d"),
            days=(0, 5),
        )
    )
    size = len(bodies(ledger))
    (one,) = actions.inspect_file(ledger.database, ledger.fund, file).statements
    assert (one.known, len(one.new)) == (2, 2)
    assert [(seen.line_no, seen.amount) for seen in one.suspicious] == [(2, 7)]
    assert [(seen.day, seen.amount) for seen in one.missing] == [("2026-09-02", 7)]
    assert [(other.first, other.last) for other in one.overlaps] == [
        (FIRST, FIRST + timedelta(days=3))
    ]
    assert len(bodies(ledger)) == size
    assert states(ledger) == Counter(taken=1)


def test_lines_that_the_bank_numbered_apart_are_never_one(ledger: Ledger) -> None:
    lines = [move(1, 5, "same", bank_id=f"N{n}") for n in range(2)]
    assert take(ledger, statement(0, *lines, days=(0, 2))).added == 2
    more = [move(1, 5, "same", bank_id=f"N{n}") for n in range(3)]
    file = reading(statement(None, *more, days=(0, 2)))
    (one,) = actions.inspect_file(ledger.database, ledger.fund, file).statements
    assert ([one.file.lines[at].bank_id for at in one.new], one.suspicious) == (["N2"], ())


# --- the law of identity: order does not matter, and nothing counts twice ---------------------------

HISTORY = st.lists(
    st.lists(
        st.tuples(st.sampled_from([1, 1, 1, 520, 520, -300, 131400]), st.sampled_from("aab")),
        max_size=4,
    ),
    min_size=2,
    max_size=9,
)
"""For each day its lines; a few prices and texts, so that equal lines are common."""


def cut(
    history: list[list[tuple[int, str]]], first: int, last: int, *, numbered: bool
) -> BankFile:
    """Return the statement of some days of a history."""
    before = sum(amount for day in history[:first] for amount, _ in day)
    lines = [
        move(day, amount, text, bank_id=f"{day}-{at}" if numbered else None)
        for day in range(first, last + 1)
        for at, (amount, text) in enumerate(history[day])
    ]
    return statement(before, *lines, days=(first, last))


def truth(history: list[list[tuple[int, str]]]) -> Counter[tuple[str, int, str]]:
    return Counter(
        ((FIRST + timedelta(days=day)).isoformat(), amount, text)
        for day, lines in enumerate(history)
        for amount, text in lines
    )


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    history=HISTORY,
    extra=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=4),
    numbered=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_files_in_any_order_doubled_and_overlapping_count_once(
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    history: list[list[tuple[int, str]]],
    extra: list[tuple[int, int]],
    numbered: bool,
    seed: int,
) -> None:
    """Sections 10.2 and 10.3 of the rules: shuffle files and lines, import twice, overlap by any number of days."""
    ledger = fresh_fund(database, tmp_path_factory.mktemp("keys"))
    random = Random(seed)
    last = len(history) - 1
    middle = random.randint(0, last)
    spans = [(0, middle), (middle + 1, last)] if middle < last else [(0, last)]
    spans += [(min(a, b, last), min(max(a, b), last)) for a, b in extra]
    statements = [cut(history, *span, numbered=numbered) for span in spans]
    random.shuffle(statements)
    parts = [reading(shuffled(one, random), salt=str(at)) for at, one in enumerate(statements)]
    for part in [*parts, *random.sample(parts, len(parts))]:
        actions.take_file(ledger.sequencer, ledger.fund, part)
    assert counted(ledger) == truth(history)
    assert exceptions(ledger) == []
    assert set(states(ledger)) == {"taken"}


@pytest.mark.parametrize("seed", range(4))
def test_the_confirmed_set_does_not_depend_on_the_order_of_files(
    ledger: Ledger, seed: int
) -> None:
    """Section 10.2: the same payouts are confirmed, and the same lines stay open."""
    give(ledger, gift("a", 9000))
    nets = {"SETTLED-1": 1000, "SETTLED-2": 1000, "SETTLED-3": 1500}
    settle(
        ledger,
        *(settlement_line(number, 2 * net, period="2026-08") for number, net in nets.items()),
    )
    days = [
        [(1000, "SETTLED-2")],
        [(1000, ""), (1500, "SETTLED-3")],
        [(1000, "SETTLED-1"), (-300, "")],
        [(7, ""), (7, "")],
    ]
    parts = [reading(named(cut(days, *span, numbered=False))) for span in ((0, 1), (1, 2), (2, 3))]
    random = Random(seed)
    for part in random.sample(parts * 2, 6):
        actions.take_file(ledger.sequencer, ledger.fund, part)
        if random.random() < 0.5:
            reconcile(ledger.sequencer, ledger.fund)
    reconcile(ledger.sequencer, ledger.fund)
    paid = {
        (entry["body"]["statement_no"], entry["body"]["amount"])
        for entry in bodies(ledger)
        if entry["kind"] == "payout"
    }
    assert paid == {*nets.items()}
    left = [(one.line.amount_minor, one.line.text) for one in open_lines(ledger)]
    assert sorted(left) == [(-300, ""), (7, ""), (7, ""), (1000, "")]
    proved(ledger)


def named(one: BankFile) -> BankFile:
    """Let lines carry the references of their texts, as readers do."""
    lines = (replace(line, references=references_in(line.text)) for line in one.lines)
    return replace(one, lines=tuple(lines))


def shuffled(one: BankFile, random: Random) -> BankFile:
    """Return a statement with its lines in another order: banks write newest first, oldest first, or as they like."""
    lines = random.sample(one.lines, len(one.lines))
    found = replace(
        one, lines=tuple(replace(line, line_no=at) for at, line in enumerate(lines, 1))
    )
    check_chain(found)
    return found


_made: dict[str, int] = {}


def fresh_fund(database: Database, keys: Path) -> Ledger:
    """Open a ledger whose database is empty of files: one example leaves nothing to the next."""
    url = database.url.render_as_string(hide_password=False)
    if url not in _made:
        _made[url] = 1
        ledger = new_ledger(database, keys)
        _ledgers[url] = ledger
        return ledger
    with database.writing() as connection:
        for table in ("waiting_lines", "bank_lines", "file_statements", "open_items", "files"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    return _ledgers[url]


_ledgers: dict[str, Ledger] = {}


# --- mappings ---------------------------------------------------------------------------------------

SHEET = "记账日,收支,摘要\n2026-09-02,1.50,甲\n2026-09-03,-0.20,乙\n".encode()
BY_SHEET = Mapping(
    name="County bank",
    date="记账日",
    date_format="%Y-%m-%d",
    amount="收支",
    bank_word="摘要",
    currency="CNY",
)


def test_a_mapping_is_decided_by_two_and_kept_in_versions(ledger: Ledger) -> None:
    enrol_later(ledger, "Sun", "administrator")
    with pytest.raises(FieldError) as public:
        want(ledger, wanted.mapping(replace(BY_SHEET, account=NUMBER)), "Sun")
    assert (public.value.fields["field"], public.value.fields["reason"]) == ("account", "public")
    with pytest.raises(NotAllowedError):
        want(ledger, wanted.mapping(BY_SHEET))
    for version, one in enumerate((BY_SHEET, replace(BY_SHEET, sign="plus-out")), start=1):
        agree(ledger, want(ledger, wanted.mapping(one), "Sun").number)
        with ledger.database.reading() as connection:
            saved = file_history.saved_mapping(connection, ledger.fund.fund_id, BY_SHEET.name)
            bank = funds.money_account(connection, ledger.fund.fund_id, BANK)
        assert saved.version == version
    found = file_reading.read("sheet.csv", SHEET, saved)
    assert found.parser == f"mapping:County bank/2/{file_reading.READERS_VERSION}"
    assert actions.take_file(ledger.sequencer, ledger.fund, found, bank).added == 2
    assert sorted(amount for _, amount, _ in counted(ledger)) == [-150, 20]
    with ledger.database.reading() as connection, pytest.raises(UnknownNameError):
        file_history.saved_mapping(connection, ledger.fund.fund_id, "Another")
    proved(ledger)
    with ledger.database.writing() as connection:
        connection.execute(sa.text("UPDATE mappings SET version = version + 1 WHERE version = 2"))
    url = ledger.database.url.render_as_string(hide_password=False)
    assert {one.table for one in verify_database(url, ledger.keys).failures} == {"mappings"}


# --- settlements, and the checker -------------------------------------------------------------------


def test_two_platforms_may_number_their_settlements_alike(ledger: Ledger) -> None:
    give(ledger, gift("a", 1000))
    give(ledger, gift("b", 400), channel=DOUYIN)
    settle(
        ledger,
        settlement_line("STATEMENT-1", 1000),
        settlement_line("STATEMENT-1", 400, platform="douyin"),
    )
    with ledger.database.reading() as connection:
        found = matched.settlements(connection, ledger.fund.fund_id, unpaid=True)
    assert [(one.channel, one.net) for one in found] == [("Kuaishou", 500), ("Douyin", 200)]
    with pytest.raises(StateError) as raised:
        pay_out(ledger, "STATEMENT-1", 500)
    assert raised.value.fields["state"] == "several-channels"
    (line,) = [one for one in open_lines(ledger) if one.line.amount_minor == 500]
    ledger.decide(lambda books: booking.pay_out(books, MATCHING, "STATEMENT-1", line, "Kuaishou"))
    pay_out(ledger, "STATEMENT-1", 200)
    proved(ledger)


def open_lines(ledger: Ledger) -> list[matched.StoredLine]:
    with ledger.database.reading() as connection:
        return matched.open_lines(connection, ledger.fund.fund_id)


# --- taken again, by another reading ---------------------------------------------------------------


def read_so(file: Reading, parser: str, *statements: BankFile) -> Reading:
    """Return the same bytes, read otherwise."""
    return file._replace(statements=count_twins(statements), parser=parser)


def again(ledger: Ledger, file: Reading, reason: str = "the columns were mixed up") -> Taken:
    return actions.take_file(ledger.sequencer, ledger.fund, file, again=reason)


def test_a_file_that_was_read_wrongly_is_taken_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signs were mixed up: the first taking is withdrawn, and what another file has too goes on counting."""
    shared, mine, other = move(2, 70, "both"), move(1, 100, "mine"), move(3, 30, "other")
    days, later = (0, 2), (2, 4)
    wrong = (replace(mine, amount_minor=-100), shared)
    file = reading(statement(500, *wrong, days=days))
    actions.take_file(ledger.sequencer, ledger.fund, file)
    neighbour = reading(statement(600, shared, other, days=later))
    monkeypatch.setattr(file_again, "read", lambda *_: neighbour)
    held = actions.take_file(ledger.sequencer, ledger.fund, neighbour)
    assert [one.why for one in held.held] == ["join"]
    right = read_so(file, "mt940/2", statement(500, mine, shared, days=days))
    with pytest.raises(StateError) as raised:
        again(ledger, file)
    assert raised.value.fields["state"] == "read-so"
    with pytest.raises(FieldError):
        again(ledger, right, " ")
    assert actions.take_file(ledger.sequencer, ledger.fund, right).new is False
    taken = again(ledger, right)
    assert (taken.new, [one.state for one in taken.statements]) == (True, ["taken"])
    # What was held because of the wrong reading joins now.
    assert [*taken.ended] == [one.raised_seq for one in held.held]
    assert counted(ledger) == Counter(
        {
            ("2026-09-02", 100, "mine"): 1,
            ("2026-09-03", 70, "both"): 1,
            ("2026-09-04", 30, "other"): 1,
        }
    )
    again_right = again(ledger, file, "no, it was right")
    assert again_right.new
    proved(ledger)
    with ledger.database.reading() as connection:
        rows = connection.execute(
            sa.text("SELECT number, reason, parser FROM file_withdrawals ORDER BY number")
        ).all()
    assert [tuple(row) for row in rows] == [
        (1, "the columns were mixed up", "mt940/1"),
        (2, "no, it was right", "mt940/2"),
    ]


def test_a_held_file_is_taken_again_and_its_exception_says_so(ledger: Ledger) -> None:
    line = move(1, 100)
    file = reading(statement(0, line, days=(0, 2), closing=90))
    [raised] = actions.take_file(ledger.sequencer, ledger.fund, file).raised
    right = read_so(file, "mt940/2", statement(0, line, days=(0, 2)))
    assert again(ledger, right).raised == ()
    assert exceptions(ledger) == []
    proved(ledger)
    closing = next(one for one in bodies(ledger) if one["kind"] == "exception.resolved")
    assert (closing["body"]["raised"], closing["body"]["reason"]) == (raised, "withdrawn")
    drop = "DROP TRIGGER file_withdrawals_no_change ON file_withdrawals"
    if ledger.database.url.get_backend_name() == "sqlite":
        drop = "DROP TRIGGER file_withdrawals_no_delete"
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        ledger.database.writing() as connection,
    ):
        connection.execute(sa.text("DELETE FROM file_withdrawals"))
    with ledger.database.writing() as connection:
        connection.execute(sa.text(drop))
        connection.execute(sa.text("DELETE FROM file_withdrawals"))
    url = ledger.database.url.render_as_string(hide_password=False)
    assert not verify_database(url, ledger.keys).ok


def test_what_is_matched_is_released_before_its_file_is_taken_again(ledger: Ledger) -> None:
    give(ledger, gift("a", 1000))
    settle(ledger, settlement_line("STATEMENT-1", 1000))
    line = replace(move(38, 500, "STATEMENT-1"), references=("STATEMENT-1",))
    file = reading(statement(0, line, move(38, 9, "x"), days=(37, 39)))
    actions.take_file(ledger.sequencer, ledger.fund, file)
    assert reconcile(ledger.sequencer, ledger.fund).payouts == 1
    right = read_so(
        file, "mt940/2", statement(0, replace(line, text="of STATEMENT-1"), days=(37, 39))
    )
    with pytest.raises(MatchedFileError) as raised:
        again(ledger, right)
    assert raised.value.fields["matches"] == [1]
    decide_both(ledger, desk.release(1, "its file was read wrongly"), "Li", "Chen")
    assert again(ledger, right).new
    assert reconcile(ledger.sequencer, ledger.fund).payouts == 1
    assert sum(counted(ledger).values()) == 1
    proved(ledger)
