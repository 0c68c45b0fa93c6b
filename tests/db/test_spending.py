"""What the fund pays for and its other money: limits, reversals, lists, and the lines of a year, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk import actions
from ledger.desk import spending as desk
from ledger.desk.reconcile import reconcile
from ledger.desk.spending import Spending
from ledger.desk.wanted import Wanted
from ledger.errors import (
    ConflictError,
    FieldError,
    FourEyesError,
    InsufficientError,
    LedgerError,
    StateError,
)
from ledger.evidence import Brought
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.lists import Change
from ledger.matching import matches
from ledger.matching.exceptions import history as exceptions
from ledger.spending.movements import Movement
from ledger.spending.sheet import SpendRow
from ledger.verify.database import verify_database
from reports.statement import lines
from tests.db.ledgers import (
    BANK,
    MAIN,
    Ledger,
    agree,
    bank_line,
    bodies,
    check,
    close_month,
    decide_both,
    decision,
    fresh,
    gift,
    give,
    new_ledger,
    raise_money,
    services,
    spend,
    spend_row,
    transfer,
    want,
)
from tests.flow.test_statement import made

YUAN = 100
LIMIT = 10_000 * YUAN


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def funded(ledger: Ledger, fen: int) -> None:
    raise_money(ledger, fen)
    transfer(ledger, fen)


def verified(ledger: Ledger) -> None:
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys)
    assert report.ok, report


def asked(ledger: Ledger, *rows: SpendRow, upload: tuple[str, bytes] | None = None) -> Spending:
    with ledger.database.reading() as connection:
        account = funds.money_account(connection, ledger.fund.fund_id, MAIN)
    return Spending(account, rows, upload)


def booked(ledger: Ledger, *rows: SpendRow, upload: tuple[str, bytes] | None = None) -> object:
    who = ledger.member("Li").member_id
    return desk.book(ledger.sequencer, ledger.fund, who, asked(ledger, *rows, upload=upload))


def refused(kind: type[LedgerError], act: Callable[[], object]) -> dict[str, object]:
    with pytest.raises(kind) as caught:
        act()
    return dict(caught.value.fields)


def evidence(ledger: Ledger, data: bytes = b"a receipt") -> str:
    who = ledger.member("Li").member_id
    return desk.bring(ledger.sequencer, ledger.fund, who, Brought("receipt.txt", "text", data))


def moved(
    ledger: Ledger, way: str, cls: str, fen: int, account: str = MAIN, **more: object
) -> int:
    """Let two decide a movement, and return its entry."""
    values: dict[str, object] = {"evidence": (evidence(ledger),), "on": date(2026, 10, 8)}
    found = Movement(way, cls, account, "CNY", fen, said="in words", **(values | more))
    decide_both(ledger, desk.movement(found), "Li", "Chen")
    return bodies(ledger)[-1]["seq"]


def undo(ledger: Ledger, seq: int) -> int:
    done = decide_both(ledger, desk.reversal(seq, "booked by mistake"), "Li", "Chen")
    assert done.end is not None
    return done.end.seq + 1


def balance(ledger: Ledger, account: str) -> int:
    return ledger.decide(lambda books: books.totals(account, "CNY").balance)


# --- the limit -------------------------------------------------------------------------------------


def test_the_limit_holds_for_a_sheet_and_for_a_payment_and_cannot_be_split(ledger: Ledger) -> None:
    funded(ledger, 3 * LIMIT)
    first = spend_row(LIMIT, reference="PAYMENT-1")
    booked(ledger, first)
    more = spend_row(1, reference="PAYMENT-1", batch="B2")
    fields = refused(StateError, lambda: booked(ledger, more))
    assert (fields["state"], fields["key"]) == ("above-limit", LIMIT + 1)
    half = [spend_row(LIMIT // 2 + 1, reference=f"P-{at}", batch="B3") for at in range(2)]
    refused(StateError, lambda: booked(ledger, *half))  # one sheet of two payments
    refused(StateError, lambda: spend(ledger, *half))  # whichever door
    seen = desk.preview(ledger.sequencer, ledger.fund, asked(ledger, *half, first))
    assert (len(seen.new), seen.known, seen.needed) == (2, 1, ("controller",))
    size = check(ledger)

    wish = desk.spend(asked(ledger, *half, upload=("sheet.csv", b"as uploaded")))
    done = want(ledger, wish)
    content = done.latest.content
    assert (content["sum"], content["rows"]) == (LIMIT + 2, 2)
    assert "persons" not in str(content)
    refused(FourEyesError, lambda: agree(ledger, done.number, "Li"))
    assert agree(ledger, done.number, "Chen").is_approved
    entries = bodies(ledger)[size + 2 :]
    assert [one["kind"] for one in entries] == ["spend", "spend"]
    assert {one["body"]["decision"] for one in entries} == {done.number}
    assert len({one["body"]["sheet"] for one in entries}) == 1
    verified(ledger)


def test_what_is_approved_twice_over_is_spent_once(ledger: Ledger) -> None:
    """Two decisions and one sum, approved at the same moment: one is booked, the other is refused and stays open."""
    funded(ledger, 2 * LIMIT)
    rows = [spend_row(2 * LIMIT - 5, reference=f"PAYMENT-{at}") for at in range(2)]
    numbers = [want(ledger, desk.spend(asked(ledger, row))).number for row in rows]
    ended: list[object] = []

    def approve(number: int, other: Ledger) -> None:
        who = other.member("Chen").member_id
        try:
            found = actions.approve(other.sequencer, other.fund, who, number, 1, fresh(other))
            ended.append(found.state)
        except LedgerError as error:
            ended.append(error.code)

    threads = [
        threading.Thread(target=approve, args=(number, ledger.reopened())) for number in numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, ended)) == ["approved", "insufficient"]
    assert balance(ledger, MAIN) == 5
    assert sorted(decision(ledger, number).state for number in numbers) == ["approved", "open"]
    verified(ledger)


# --- reversal --------------------------------------------------------------------------------------


def test_a_reversed_spend_gives_back_its_money_and_releases_its_line(ledger: Ledger) -> None:
    """Test 9 of the reconciliation rules: released, `reversed_match` raised, and the audit check passes."""
    funded(ledger, 900)
    spend(ledger, spend_row(200, batch="B1"), spend_row(100, batch="B2", disease="Stroke"))
    bank_line(ledger, -300, "PAYMENT-1", account=MAIN)
    assert reconcile(ledger.sequencer, ledger.fund).spending == 1
    first = next(one["seq"] for one in bodies(ledger) if one["kind"] == "spend")

    reversal = undo(ledger, first)
    told = bodies(ledger)[reversal]
    assert told["kind"] == "spend.reversed"
    # The very interval of the programme's line, to the end of the fund's.
    [segment] = told["body"]["segments"]
    assert (segment["start"], segment["to_start"], segment["length"]) == (0, 900, 200)
    assert balance(ledger, MAIN) == 800
    with ledger.database.reading() as connection:
        fund_id = ledger.fund.fund_id
        assert [
            one.release is not None for one in matches.of_entry(connection, fund_id, first)
        ] == []
        kinds = [one.kind for one in exceptions.page(connection, fund_id, exceptions.Filter())]
    page = services(ledger).fund_page("qinghe")
    assert kinds == ["reversed_match"]
    assert page.spent_minor == 100
    work, held = page.stages[-1], page.stages[-2]
    assert (work.reached_minor, held.waiting_minor, held.reached_minor) == (100, 800, 900)
    refused(StateError, lambda: want(ledger, desk.reversal(first, "again")))
    # The same sheet again books nothing; with another figure it is a correction.
    assert spend(ledger, spend_row(200, batch="B1"))[:2] == (0, 1)
    assert spend(ledger, spend_row(150, batch="B1"))[:2] == (1, 0)
    refused(ConflictError, lambda: spend(ledger, spend_row(151, batch="B1")))
    check(ledger)
    verified(ledger)
    ledger.clock.set(datetime(2026, 11, 5, 9, tzinfo=UTC))
    close_month(ledger, "2026-10")
    found = lines(made(ledger, "2026-10"))
    assert [found[code] for code in ("F5", "F8", "S1", "S2", "S3")] == [250, 650, 250, 250, 250]


# --- the other lines -------------------------------------------------------------------------------


def test_a_fund_s_year_has_all_its_lines(ledger: Ledger) -> None:
    give(ledger, gift("donor", 2000))
    funded(ledger, 1000)
    donation = moved(ledger, "income", "donation", 500)
    moved(ledger, "income", "interest", 7)
    moved(ledger, "income", "returned-grant", 60)
    cost = moved(ledger, "expense", "management", 90, item="Audit")
    moved(ledger, "expense", "donation-refund", 200, refunds=donation)
    wrong = moved(ledger, "expense", "management", 33, item="Office")
    undo(ledger, wrong)
    mistaken = moved(ledger, "income", "other", 11)
    undo(ledger, mistaken)
    line = bank_line(ledger, 40, "interest")
    moved(ledger, "income", "interest", 40, BANK, line=line.identity, evidence=())
    moved(ledger, "expense", "other", 15, BANK)
    moved(ledger, "expense", "bank-charge", 3, BANK)
    for bad, field in (
        ({"fen": 1, "cls": "management", "item": "Yacht"}, "item"),
        ({"fen": 1, "cls": "other"}, "class"),
        ({"fen": 1, "cls": "management", "item": "Audit", "evidence": ()}, "evidence"),
        ({"fen": 1, "cls": "management", "item": "Audit", "evidence": ("a" * 64,)}, "evidence"),
        ({"fen": 1, "cls": "management", "item": "Audit", "on": date(2026, 10, 11)}, "on"),
    ):
        call = {"way": "expense", **bad}
        assert refused(FieldError, lambda call=call: moved(ledger, **call))["field"] == field
    too_much = {"way": "expense", "cls": "donation-refund", "fen": 301, "refunds": donation}
    refused(InsufficientError, lambda: moved(ledger, **too_much))
    refused(StateError, lambda: want(ledger, desk.reversal(donation, "given back in part")))
    spend(ledger, spend_row(100))
    check(ledger)
    verified(ledger)

    ledger.clock.set(datetime(2026, 11, 5, 9, tzinfo=UTC))
    close_month(ledger, "2026-10")
    found = lines(made(ledger, "2026-10"))
    assert [found[f"F{at}"] for at in range(1, 9)] == [0, 1000, 300, 7, 100, 90, 60, 1177]
    assert [found[code] for code in ("B3", "B5", "B6", "B7")] == [40, 3, 15, 22]
    page = services(ledger).fund_page("qinghe")
    at_fund = page.stages[4]
    assert {one.key: one.amount_minor for one in at_fund.left} == {
        "management_cost": 90,
        "donation_refund": 200,
    }
    assert {one.key: one.amount_minor for one in at_fund.joined} == {
        "donation": 500,
        "interest": 7,
        "returned_grant": 60,
    }
    passed = at_fund.waiting_minor + sum(one.amount_minor for one in at_fund.left) + 100
    assert at_fund.reached_minor == passed
    assert cost


# --- lists -----------------------------------------------------------------------------------------


def test_lists_change_by_decision_and_old_spending_keeps_its_code(ledger: Ledger) -> None:
    desk.set_list(
        ledger.sequencer,
        ledger.fund,
        Change("provider", "add", "TCM", "县中医院", "TCM", "hospital"),
    )
    funded(ledger, 500)
    refused(
        StateError,
        lambda: desk.set_list(
            ledger.sequencer, ledger.fund, Change("disease", "retire", "Stroke")
        ),
    )
    refused(FieldError, lambda: spend(ledger, spend_row(10)))  # no such provider
    spend(ledger, spend_row(10, provider="县中医院", disease="Disease09"))
    change = desk.list_change(Change("disease", "rename", "Disease09", "眩晕", "Vertigo"))
    decide_both(ledger, change, "Li", "Chen")
    decide_both(ledger, desk.list_change(Change("disease", "retire", "Disease09")), "Li", "Chen")
    decide_both(
        ledger, desk.list_change(Change("group", "add", "Miners", "矿工", "Miners")), "Li", "Chen"
    )

    def refuse(wanted: Wanted) -> object:
        return refused(FieldError, lambda: want(ledger, wanted))["reason"]

    assert (
        refuse(desk.list_change(Change("disease", "add", "DISEASE09", "新", "New")))
        == "given-before"
    )
    assert (
        refuse(desk.list_change(Change("disease", "add", "New", "高血压", "New")))
        == "another-items"
    )
    assert (
        refuse(desk.list_change(Change("disease", "rename", "Disease09", "新", "New")))
        == "retired"
    )
    fields = refused(
        FieldError, lambda: spend(ledger, spend_row(1, provider="TCM", disease="Disease09"))
    )
    assert (fields["field"], fields["reason"], fields["line"]) == ("disease", "retired", 2)
    assert (
        refused(FieldError, lambda: spend(ledger, spend_row(1, provider="TCM", disease="Flu")))[
            "reason"
        ]
        == "not-on-the-list"
    )
    spend(ledger, spend_row(5, provider="TCM", people="Miners"))
    with ledger.database.reading() as connection:
        lists = list_history.lists(connection, ledger.fund.fund_id)
        before = list_history.lists(connection, ledger.fund.fund_id, 10)
    assert lists.names("disease", "Disease09") == ("眩晕", "Vertigo")
    assert before.names("disease", "Disease09")[1] == "Disease 9 (to be named)"
    assert [one["body"]["provider"] for one in bodies(ledger) if one["kind"] == "spend"] == [
        "TCM"
    ] * 2
    verified(ledger)


def test_verify_notices_what_was_tampered_with(ledger: Ledger) -> None:
    funded(ledger, 3 * LIMIT)
    decide_both(
        ledger, desk.list_change(Change("group", "add", "Miners", "矿工", "Miners")), "Li", "Chen"
    )
    booked(ledger, spend_row(10), upload=("sheet.csv", b"rows"))
    moved(ledger, "expense", "management", 90, item="Audit")
    verified(ledger)
    url = ledger.database.url.render_as_string(hide_password=False)
    tampered = (
        ("list_changes", "zh = 'x'"),
        ("spend_sheets", "body = X'00'"),
        ("evidence_files", "body = X'00'"),
    )
    for table, what in tampered:
        sql = what.replace("X'00'", "'\\x00'::bytea") if "postgres" in url else what
        with ledger.database.writing() as connection:
            row = connection.execute(sa.text(f"SELECT * FROM {table}")).mappings().one()
            for change in ("update", "delete", "change"):
                trigger = f"{table}_no_{change}"
                if "postgres" not in url:
                    connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {trigger}"))
                elif change == "change":
                    connection.execute(sa.text(f"DROP TRIGGER {trigger} ON {table}"))
            connection.execute(sa.text(f"UPDATE {table} SET {sql}"))
        assert not verify_database(url, ledger.keys).ok, table
        name = what.split(" ")[0]
        with ledger.database.writing() as connection:
            connection.execute(sa.text(f"UPDATE {table} SET {name} = :was"), {"was": row[name]})
        verified(ledger)
    with ledger.database.writing() as connection:
        if "postgres" in url:
            connection.execute(sa.text("DROP TRIGGER entry_evidence_no_change ON entry_evidence"))
        else:
            connection.execute(sa.text("DROP TRIGGER entry_evidence_no_delete"))
        connection.execute(sa.text("DELETE FROM entry_evidence"))
    assert not verify_database(url, ledger.keys).ok
