"""Matches: what is confirmed is kept with its reasons, what is released comes back, and every sum holds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from ledger.clock import to_text
from ledger.db import Database
from ledger.desk import actions
from ledger.desk import matching as desk
from ledger.desk import wanted as wanting
from ledger.desk.bank_days import bank_days
from ledger.desk.dry_run import dry_run
from ledger.desk.finding import look
from ledger.desk.reconcile import Reconciled, reconcile
from ledger.errors import (
    AboveLimitError,
    FieldError,
    FourEyesError,
    InsufficientError,
    LedgerError,
    NotAllowedError,
    NotFoundError,
    PeriodClosedError,
    StateError,
)
from ledger.funds import history as funds
from ledger.funds.members import enrol_member
from ledger.matching import history as matched
from ledger.matching import matches
from ledger.matching.equal_sums import CANDIDATES_MAX
from ledger.matching.matches import Asked, KeptMatch, Suggestion
from ledger.matching.officers_rules import rules_from_json, rules_to_json
from ledger.matching.passes import Rules
from ledger.projections.accounts import Accounts
from ledger.projections.shapes import Stage
from ledger.projections.stages import stages_at
from ledger.verify.database import verify_database
from tests.db.exceptions import kinds
from tests.db.ledgers import (
    BANK,
    DOUYIN,
    KUAISHOU,
    MAIN,
    START,
    Ledger,
    agree,
    approve,
    bank_line,
    bodies,
    check,
    close_month,
    decide_both,
    gift,
    give,
    new_ledger,
    propose,
    settle,
    settlement_line,
    spend,
    spend_row,
    want,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def run(ledger: Ledger) -> Reconciled:
    return reconcile(ledger.sequencer, ledger.fund)


def all_matches(ledger: Ledger, state: str | None = None) -> list[KeptMatch]:
    with ledger.database.reading() as connection:
        return matches.match_list(connection, ledger.fund.fund_id, Asked(state=state))


def suggestions(ledger: Ledger, state: str | None = None) -> list[Suggestion]:
    with ledger.database.reading() as connection:
        return matches.suggestion_list(connection, ledger.fund.fund_id, Asked(state=state))


def the_suggestion(ledger: Ledger) -> Suggestion:
    [found] = suggestions(ledger)
    return found


def confirm(ledger: Ledger, suggestion: str, member: str = "Li") -> int:
    who = ledger.member(member).member_id
    return desk.confirm(ledger.sequencer, ledger.fund, who, suggestion)


def verified(ledger: Ledger) -> None:
    """See that everything holds: the slow check of the tests, and the verification that users run."""
    check(ledger)
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys)
    assert report.ok, [one.failure for one in report.checks if one.failure is not None]


def owed(ledger: Ledger, *nets: int, **changes: str) -> None:
    """Settle sums that platforms owe: STATEMENT-1, STATEMENT-2 and so on."""
    give(ledger, gift(f"for-{nets}", 2 * sum(nets)))
    settle(
        ledger,
        *(
            settlement_line(f"STATEMENT-{at}", 2 * net, **changes)
            for at, net in enumerate(nets, 1)
        ),
    )


def refused(ledger: Ledger, error: type[LedgerError], act: Callable[[], object]) -> LedgerError:
    before = len(bodies(ledger))
    with pytest.raises(error) as raised:
        act()
    assert type(raised.value) is error
    assert len(bodies(ledger)) == before
    return raised.value


# --- what a run confirms ---------------------------------------------------------------------------


def test_what_is_confirmed_is_kept_with_both_values_and_what_lost(ledger: Ledger) -> None:
    owed(ledger, 500, 500)
    line = bank_line(ledger, 500, "STATEMENT-1")
    run(ledger)
    [found] = all_matches(ledger)
    assert (found.number, found.step, found.rule, found.rule_version) == (
        1, "R3", "reference", "passes-2",
    )  # fmt: skip
    assert (found.amount, found.adjustment, found.confirmed_by) == (500, 0, "matching")
    said = {one.field: (one.expected, one.observed, one.verdict) for one in found.compared}
    assert said["amount_minor"] == ("500", "500", "equal")
    assert said["reference"] == ("STATEMENT-1", "STATEMENT-1", "equal")
    assert [(one.id, one.why) for one in found.others] == [
        ("settlement/Kuaishou/STATEMENT-2", "other-reference")
    ]
    [part] = found.parts
    assert (part.expectation, part.identity) == ("settlement/Kuaishou/STATEMENT-1", line.identity)
    assert bodies(ledger)[part.seq]["kind"] == "payout"
    verified(ledger)


def test_no_name_and_no_text_of_a_line_is_kept_in_a_match(ledger: Ledger) -> None:
    owed(ledger, 500)
    line = bank_line(ledger, 500, "STATEMENT-1 from Zhang San")
    with ledger.database.writing() as connection:
        connection.execute(sa.text("UPDATE bank_lines SET counterparty = 'Zhang San'"))
    run(ledger)
    with ledger.database.reading() as connection:
        rows = [
            str(tuple(row))
            for table in ("matches", "match_parts", "match_suggestions")
            for row in connection.execute(sa.text(f"SELECT * FROM {table}"))
        ]
        shown = matches.counterparties(
            connection, ledger.fund.fund_id, [(line.account, line.identity)]
        )
    assert rows
    assert "Zhang" not in "".join(rows)
    assert shown[line.account, line.identity]["counterparty"] == "Zhang San"


def test_lines_of_one_number_make_a_settlement_together(ledger: Ledger) -> None:
    owed(ledger, 500)
    for amount in (300, 200):
        bank_line(ledger, amount, "STATEMENT-1")
    done = run(ledger)
    assert (done.payouts, done.open_lines, done.unpaid) == (1, 0, 0)
    [found] = all_matches(ledger)
    assert found.rule == "batch"
    assert sorted(part.amount for part in found.parts) == [200, 300]
    assert [one["body"]["amount"] for one in bodies(ledger) if one["kind"] == "payout"] == [
        part.amount for part in found.parts
    ]
    verified(ledger)


def test_one_line_brings_several_settlements(ledger: Ledger) -> None:
    owed(ledger, 500, 300)
    bank_line(ledger, 800, "STATEMENT-1 STATEMENT-2")
    done = run(ledger)
    assert (done.payouts, done.open_lines, done.unpaid) == (2, 0, 0)
    [found] = all_matches(ledger)
    assert [part.amount for part in found.parts] == [500, 300]
    verified(ledger)


def test_a_payment_that_is_explained_is_not_explained_again(ledger: Ledger) -> None:
    owed(ledger, 900)
    bank_line(ledger, 900, "STATEMENT-1")
    run(ledger)
    approve(ledger, propose(ledger, 900))
    bank_line(ledger, -900, "TRANSFER-1")
    bank_line(ledger, 900, "TRANSFER-1", account=MAIN)
    run(ledger)
    spend(ledger, spend_row(300))
    bank_line(ledger, -300, "PAYMENT-1", account=MAIN)
    assert run(ledger).spending == 1
    bank_line(ledger, -300, "PAYMENT-1", account=MAIN)
    done = run(ledger)
    assert (done.spending, done.open_lines) == (0, 1)
    assert [one.step for one in all_matches(ledger)] == ["R6", "R5", "R4", "R3"]
    verified(ledger)


def test_one_more_equal_candidate_makes_a_suggestion_of_what_was_sure(ledger: Ledger) -> None:
    owed(ledger, 500)
    for _ in range(2):
        bank_line(ledger, 500, "STATEMENT-1")
    done = run(ledger)
    assert (done.payouts, done.suggested) == (0, 2)
    assert {one.rule for one in suggestions(ledger)} == {"reference"}
    first, second = suggestions(ledger)
    number = confirm(ledger, first.id)
    assert all_matches(ledger)[0].number == number
    # The other line cannot bring the same money again.
    refused(ledger, StateError, lambda: confirm(ledger, second.id))
    run(ledger)
    assert suggestions(ledger) == []
    verified(ledger)


# --- suggestions -----------------------------------------------------------------------------------


def test_a_suggestion_is_confirmed_by_finance_alone_up_to_the_limit(ledger: Ledger) -> None:
    owed(ledger, 500)
    bank_line(ledger, 500, "no number")
    run(ledger)
    found = the_suggestion(ledger)
    assert (found.rule, found.amount, found.expectations) == (
        "amount-date", 500, ("settlement/Kuaishou/STATEMENT-1",),
    )  # fmt: skip
    refused(ledger, NotAllowedError, lambda: confirm(ledger, found.id, "Zhao"))
    confirm(ledger, found.id)
    [kept] = all_matches(ledger)
    assert kept.confirmed_by == ledger.member("Li").member_id
    refused(ledger, NotFoundError, lambda: confirm(ledger, found.id))
    verified(ledger)


def test_above_the_limit_two_people_confirm(ledger: Ledger) -> None:
    owed(ledger, 1_000_001)
    bank_line(ledger, 1_000_001, "no number")
    run(ledger)
    found = the_suggestion(ledger)
    assert (
        refused(ledger, AboveLimitError, lambda: confirm(ledger, found.id)).fields["needed"]
        == "match"
    )
    decision = want(ledger, desk.match(found.id))
    refused(ledger, FourEyesError, lambda: agree(ledger, decision.number, "Li"))
    agree(ledger, decision.number, "Chen")
    [kept] = all_matches(ledger)
    assert (kept.decision, kept.confirmed_by) == (
        decision.number, ledger.member("Chen").member_id,
    )  # fmt: skip
    verified(ledger)


def test_what_somebody_dismissed_is_not_suggested_again(ledger: Ledger) -> None:
    owed(ledger, 500)
    bank_line(ledger, 500, "no number")
    run(ledger)
    found = the_suggestion(ledger)
    who = ledger.member("Li").member_id
    desk.dismiss(ledger.sequencer, ledger.fund, who, found.id, "a donation")
    run(ledger)
    assert suggestions(ledger) == []
    verified(ledger)


# --- release ---------------------------------------------------------------------------------------


def released(ledger: Ledger, number: int) -> None:
    decide_both(ledger, desk.release(number, "the wrong line"), "Li", "Chen")


def test_a_release_reverses_the_payout_and_opens_line_and_settlement(ledger: Ledger) -> None:
    owed(ledger, 500)
    line = bank_line(ledger, 500, "STATEMENT-1")
    run(ledger)
    released(ledger, 1)
    [found] = all_matches(ledger)
    assert found.state == "released"
    assert found.release is not None
    entry = bodies(ledger)[found.release.seq]
    assert entry["kind"] == "match.released"
    assert entry["body"]["reverses"] == [found.parts[0].seq]
    with ledger.database.reading() as connection:
        [again] = matched.open_lines(connection, ledger.fund.fund_id, BANK)
        [owed_again] = matched.settlements(connection, ledger.fund.fund_id, unpaid=True)
    assert (again.identity, again.releases) == (line.identity, 1)
    assert owed_again.paid_seq is None
    verified(ledger)
    refused(ledger, StateError, lambda: want(ledger, desk.release(1, "once more")))
    assert run(ledger).payouts == 1
    assert [one.state for one in all_matches(ledger)] == ["confirmed", "released"]
    verified(ledger)


def test_a_transfer_is_released_step_by_step_backwards(ledger: Ledger) -> None:
    owed(ledger, 500)
    bank_line(ledger, 500, "STATEMENT-1")
    run(ledger)
    approve(ledger, propose(ledger, 400))
    bank_line(ledger, -400, "TRANSFER-1")
    bank_line(ledger, 400, "TRANSFER-1", account=MAIN)
    run(ledger)
    payout, sent, arrived = (one.number for one in reversed(all_matches(ledger)))
    # Money that has gone on cannot be taken back from where it was.
    number = want(ledger, desk.release(payout, "the wrong line")).number
    refused(ledger, InsufficientError, lambda: agree(ledger, number, "Chen"))
    number = want(ledger, desk.release(sent, "the wrong line")).number
    refused(ledger, InsufficientError, lambda: agree(ledger, number, "Chen"))
    released(ledger, arrived)
    verified(ledger)
    agree(ledger, number, "Chen")
    verified(ledger)
    done = run(ledger)
    assert (done.sent, done.confirmed, done.open_lines) == (1, 1, 0)
    verified(ledger)


def test_a_closed_month_is_corrected_in_the_open_one_and_a_sealed_one_never(
    ledger: Ledger,
) -> None:
    owed(ledger, 500, 700)
    bank_line(ledger, 500, "STATEMENT-1")
    bank_line(ledger, 700, "STATEMENT-2")
    run(ledger)
    close_month(ledger, "2026-09")
    released(ledger, 1)
    [entry] = [one for one in bodies(ledger) if one["kind"] == "match.released"]
    assert entry["occurred_at"] == to_text(ledger.clock.now())
    verified(ledger)
    decide_both(ledger, wanting.seal("2026-09"), "Chen", "Wang")
    refused(ledger, PeriodClosedError, lambda: want(ledger, desk.release(2, "too late")))


@pytest.mark.parametrize("came", [950, 1050])
def test_a_release_takes_the_adjustment_back(ledger: Ledger, came: int) -> None:
    owed_for(ledger, 100, 1000)
    bank_line(ledger, came, "STATEMENT-1")
    run(ledger)
    before = stages(ledger)
    decide_both(ledger, desk.adjustment(the_suggestion(ledger).id, "rounding"), "Li", "Chen")
    booked = stages(ledger)
    released(ledger, 1)
    verified(ledger)
    assert stages(ledger) == before
    with ledger.database.reading() as connection:
        [owed_again] = matched.settlements(connection, ledger.fund.fund_id, unpaid=True)
    assert owed_again.net == 1000
    run(ledger)
    decide_both(ledger, desk.adjustment(the_suggestion(ledger).id, "it was right"), "Li", "Chen")
    assert stages(ledger) == booked
    verified(ledger)


def test_a_release_takes_income_and_bank_fees_back(ledger: Ledger) -> None:
    owed(ledger, 1000)
    bank_line(ledger, 1000, "STATEMENT-1")
    run(ledger)
    before = stages(ledger)
    gift_line = bank_line(ledger, 300, "a direct donation")
    member = ledger.member("Li")
    actions.book_income(ledger.sequencer, ledger.fund, member, "donation", gift_line)
    given = next(one.number for one in all_matches(ledger) if one.step == "income")
    assert stages(ledger) != before
    released(ledger, given)
    verified(ledger)
    assert stages(ledger) == before
    approve(ledger, propose(ledger, 400))
    sent = bank_line(ledger, -390, "TRANSFER-1")
    actions.send_by(ledger.sequencer, ledger.fund, member, 1, key_of(sent), 10)
    under_way = stages(ledger)
    arrived = bank_line(ledger, 385, "TRANSFER-1", account=MAIN)
    actions.confirm_by(ledger.sequencer, ledger.fund, member, 1, key_of(arrived), 5)
    numbers = {one.step: one.number for one in all_matches(ledger)}
    released(ledger, numbers["R5"])
    verified(ledger)
    assert stages(ledger) == under_way
    released(ledger, numbers["R4"])
    verified(ledger)
    assert stages(ledger) == before
    # The same lines bring it again.
    actions.send_by(ledger.sequencer, ledger.fund, member, 1, key_of(sent), 10)
    actions.confirm_by(ledger.sequencer, ledger.fund, member, 1, key_of(arrived), 5)
    verified(ledger)


def key_of(line: matched.StoredLine) -> tuple[str, str]:
    return line.account, line.identity


def stages(ledger: Ledger) -> tuple[Stage, ...]:
    """Return the six stages of the money's way as pages show them."""
    with ledger.database.reading() as connection:
        fund_id = ledger.fund.fund_id
        accounts = Accounts(connection, fund_id, "CNY")
        return stages_at(connection, fund_id, accounts, (KUAISHOU, DOUYIN))


# --- rules -----------------------------------------------------------------------------------------

SURE = Rules(confirm_amount_and_date=True)


def test_rules_are_tried_over_the_last_month_and_take_effect_when_two_have_decided(
    ledger: Ledger,
) -> None:
    enrol_member(ledger.sequencer, ledger.fund, "Sun", "administrator")
    owed(ledger, 500)
    line = bank_line(ledger, 500, "no number", at=datetime(2026, 9, 20, tzinfo=UTC))
    with ledger.database.reading() as connection, pytest.raises(StateError):
        dry_run(connection, ledger.fund, SURE)
    close_month(ledger, "2026-09")
    with ledger.database.reading() as connection:
        same = dry_run(connection, ledger.fund, Rules())
        tried = dry_run(connection, ledger.fund, SURE)
    assert (same.lines, same.differences) == (1, ())
    assert (tried.month, tried.lines, tried.differences) == ("2026-09", 1, ())
    bank_line(ledger, 500, "no number")
    refused(ledger, NotAllowedError, lambda: want(ledger, desk.rules(SURE), "Li"))
    run(ledger)
    assert all_matches(ledger) == []
    decision = decide_both(ledger, desk.rules(SURE), "Sun", "Wang")
    assert run(ledger).payouts == 1
    [found] = all_matches(ledger)
    assert (found.rule, found.rule_version) == (
        "amount-date",
        f"passes-2/decision-{decision.number}",
    )
    assert found.parts[0].identity != line.identity
    verified(ledger)


def test_a_dry_run_shows_each_line_of_which_the_rules_would_say_something_else(
    ledger: Ledger,
) -> None:
    owed(ledger, 500)
    bank_line(ledger, 500, "no number")
    ledger.clock.set(datetime(2026, 11, 2, tzinfo=UTC))
    close_month(ledger, "2026-10")
    with ledger.database.reading() as connection:
        [found] = dry_run(connection, ledger.fund, SURE).differences
    what = "amount-date settlement/Kuaishou/STATEMENT-1"
    assert (found.before, found.after) == (f"suggested {what}", f"confirmed {what}")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"matching": {"tolerance_minor": -1}},
        {"matching": {"tolerance_minor": 10_001}},
        {"matching": {"tolerance_minor": 1.5}},
        {"matching": {"amount_and_date_steps": ["R1"]}},
        {"matching": {"holidays": ["2026-02-30"]}},
        {"matching": {"confirm_amount_and_date": 1}},
        {"matching": {"off": True}},
        {"matching": {}, "mapping": {}},
    ],
)
def test_rules_that_no_fund_may_have_are_refused(said: dict[str, object]) -> None:
    with pytest.raises(FieldError):
        rules_from_json(said)


def test_rules_are_read_as_they_were_written() -> None:
    rules = Rules(
        confirm_amount_and_date=True,
        amount_and_date_steps=("R3",),
        tolerance_minor=50,
        holidays=frozenset({date(2026, 10, 1)}),
        workdays=frozenset({date(2026, 10, 10)}),
    )
    assert rules_from_json(rules_to_json(rules)) == rules


# --- tolerance -------------------------------------------------------------------------------------


def owed_for(
    ledger: Ledger, gifts: int, net: int, number: str = "STATEMENT-1", **changes: int
) -> None:
    """Settle a sum for so many gifts: what rounding may take is a fen of each."""
    gross = 2 * net
    each, rest = divmod(gross, gifts)
    sums = [each + rest, *[each] * (gifts - 1)]
    give(ledger, gift(f"{number} before", 7), channel=DOUYIN)
    for at in range(0, gifts, 40):
        give(
            ledger, *(gift(f"{number} {at} {n}", fen) for n, fen in enumerate(sums[at : at + 40]))
        )
        give(ledger, gift(f"{number} {at}", 3), channel=DOUYIN)
    settle(ledger, settlement_line(number, gross, **changes))


@pytest.mark.parametrize("came", [10_000 - 100, 10_000 + 100])
def test_a_difference_within_the_tolerance_is_booked_by_two(ledger: Ledger, came: int) -> None:
    owed_for(ledger, 110, 10_000)
    bank_line(ledger, came, "STATEMENT-1")
    done = run(ledger)
    assert (done.payouts, done.suggested) == (0, 1)
    found = the_suggestion(ledger)
    assert (found.rule, found.adjustment) == ("tolerance", came - 10_000)
    assert refused(ledger, StateError, lambda: confirm(ledger, found.id)).fields["needed"] == (
        "adjustment"
    )
    decide_both(ledger, desk.adjustment(found.id, "the platform rounds"), "Li", "Chen")
    [kept] = all_matches(ledger)
    assert kept.adjustment == came - 10_000
    [entry] = [one for one in bodies(ledger) if one["kind"] == "adjustment"]
    assert entry["body"]["amount"] == 100
    with ledger.database.reading() as connection:
        assert matched.settlements(connection, ledger.fund.fund_id, unpaid=True) == []
    verified(ledger)


EDGES = (
    (110, 100, True),
    (110, -100, True),
    (110, 101, False),
    (110, -101, False),
    (3, 3, True),
    (3, -3, True),
    (3, 4, False),
    (3, -4, False),
    (1, -1, True),
    (1, -2, False),
)
"""Gifts of a settlement, what its line has beyond the net, and whether that is tolerable."""


def test_tolerance_ends_at_one_yuan_and_at_one_fen_a_gift(ledger: Ledger) -> None:
    """Reconciliation rules, section 10, test 6: the edges on both sides; zero is no difference and is confirmed."""
    for at, (gifts, difference, _) in enumerate(EDGES):
        owed_for(ledger, gifts, 10_000, f"STATEMENT-{at}")
        bank_line(ledger, 10_000 + difference, f"STATEMENT-{at}")
    owed_for(ledger, 2, 10_000, "STATEMENT-10")
    bank_line(ledger, 10_000, "STATEMENT-10")
    assert run(ledger).payouts == 1
    assert [(one.rule, one.adjustment) for one in all_matches(ledger)] == [("reference", 0)]
    assert {(one.rule, one.expectations[0], one.adjustment) for one in suggestions(ledger)} == {
        ("tolerance", f"settlement/Kuaishou/STATEMENT-{at}", difference)
        for at, (_, difference, fits) in enumerate(EDGES)
        if fits
    }
    # Nobody is left without a word: what is not suggested is an exception.
    assert look(ledger.sequencer, ledger.fund).raised == sum(not fits for _, _, fits in EDGES)


@pytest.mark.parametrize(("came", "fits"), [(9_500, True), (9_501, False), (9_499, False)])
def test_the_fee_that_the_platform_stated_is_booked_as_its_fee(
    ledger: Ledger, came: int, fits: bool
) -> None:
    """The same test: beyond the tolerance only the stated fee fits, to the fen."""
    owed_for(ledger, 3, 10_000, payout_fee=-500)
    bank_line(ledger, came, "STATEMENT-1")
    run(ledger)
    assert [one.adjustment for one in suggestions(ledger)] == ([came - 10_000] if fits else [])
    if not fits:
        return
    decide_both(ledger, desk.adjustment(the_suggestion(ledger).id, "its fee"), "Li", "Chen")
    agree(ledger, 1, "Wang")
    [entry] = [one for one in bodies(ledger) if one["kind"] == "adjustment"]
    assert (entry["body"]["to"], entry["body"]["amount"]) == (
        "Expenses:PlatformFees:Kuaishou",
        500,
    )
    verified(ledger)
    with ledger.database.writing() as connection:
        connection.execute(sa.text("UPDATE settlement_lines SET payout_fee = 400"))
    url = ledger.database.url.render_as_string(hide_password=False)
    assert not verify_database(url, ledger.keys).ok


# --- whatever is done ------------------------------------------------------------------------------


def books_and_bank(ledger: Ledger, account: str) -> tuple[int, int]:
    """Return what the ledger holds on an account, and the sum of the bank's lines that are explained."""
    with ledger.database.reading() as connection:
        explained = connection.execute(
            sa.text(
                "SELECT COALESCE(SUM(amount), 0) FROM bank_lines "
                "WHERE account = :account AND matched_seq IS NOT NULL"
            ),
            {"account": account},
        ).scalar_one()
    held = sum(
        line["amount"]
        for entry in bodies(ledger)
        for line in entry["postings"]
        if line["account"] == account
    )
    return held, int(explained)


def one_step(ledger: Ledger, chance: Random) -> None:
    """Do something that officers and banks do: bring lines, run, confirm, release."""
    what = chance.choice(("whole", "split", "merged", "stranger", "run", "confirm", "release"))
    if what in ("whole", "split", "merged"):
        nets = [chance.choice((200, 300, 500)) for _ in range(2 if what == "merged" else 1)]
        at = next(ledger.counter)
        numbers = [f"STATEMENT-{at}-{place}" for place in range(len(nets))]
        give(ledger, gift(f"gift-{at}", 2 * sum(nets)))
        settle(
            ledger, *(settlement_line(no, 2 * net) for no, net in zip(numbers, nets, strict=True))
        )
        parts = [100, nets[0] - 100] if what == "split" else [sum(nets)]
        for part in chance.sample(parts, len(parts)):
            bank_line(ledger, part, " ".join(numbers))
    elif what == "stranger":
        bank_line(ledger, chance.choice((200, 300, 500)), chance.choice(("", "STATEMENT-1-0")))
    elif what == "run":
        run(ledger)
    elif what == "confirm":
        for one in suggestions(ledger, "suggested")[:1]:
            with contextlib.suppress(StateError):
                confirm(ledger, one.id)
    elif kept := all_matches(ledger, "confirmed"):
        released(ledger, chance.choice(kept).number)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_matched_and_released_every_sum_holds(ledger: Ledger, seed: int) -> None:
    chance = Random(seed)
    for _ in range(25):
        one_step(ledger, chance)
        held, explained = books_and_bank(ledger, BANK)
        assert held == explained
    run(ledger)
    assert {one.state for one in all_matches(ledger)} == {"confirmed", "released"}
    verified(ledger)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_lines_changes_nothing(ledger: Ledger, seed: int) -> None:
    lines = [(500, "STATEMENT-1"), (300, "STATEMENT-2"), (150, "STATEMENT-3"), (50, "STATEMENT-3")]
    owed(ledger, 500, 300, 200)
    for amount, text in Random(seed).sample([*lines, (500, "no number")], 5):
        bank_line(ledger, amount, text)
    run(ledger)
    assert sorted((one.rule, one.parts[0].expectation) for one in all_matches(ledger)) == [
        ("batch", "settlement/Kuaishou/STATEMENT-3"),
        ("reference", "settlement/Kuaishou/STATEMENT-1"),
        ("reference", "settlement/Kuaishou/STATEMENT-2"),
    ]


def test_two_confirmations_of_one_line_give_one(ledger: Ledger) -> None:
    owed(ledger, 500, 500)
    bank_line(ledger, 500, "no number", at=START + timedelta(days=1))
    run(ledger)
    first, second = suggestions(ledger)
    expected: dict[tuple[str, str], str] = {}
    for one in (first, second):
        for line in one.lines:
            expected.setdefault(line, one.id)
    with ledger.database.reading() as connection:
        asked = [*expected, (MAIN, "no-line")]
        best = matches.suggestions_of_lines(connection, ledger.fund.fund_id, asked)
    assert best == expected
    confirm(ledger, first.id)
    refused(ledger, StateError, lambda: confirm(ledger, second.id))
    assert len(all_matches(ledger)) == 1
    verified(ledger)


def test_a_payment_seen_later_at_the_bank_is_an_item_until_then(ledger: Ledger) -> None:
    owed(ledger, 900)
    bank_line(ledger, 900, "STATEMENT-1")
    run(ledger)
    approve(ledger, propose(ledger, 900))
    bank_line(ledger, -900, "TRANSFER-1")
    bank_line(ledger, 900, "TRANSFER-1", account=MAIN)
    run(ledger)
    spend(ledger, spend_row(300), spend_row(100, batch="B2"))
    bank_line(ledger, -400, "PAYMENT-1", account=MAIN, at=START + timedelta(days=3))
    run(ledger)
    # The helper's lines state no balance; here the bank states what they make.
    with ledger.database.writing() as connection:
        connection.execute(
            sa.text(
                "UPDATE bank_lines SET balance = CASE WHEN amount > 0 THEN 900 ELSE 500 END "
                "WHERE account = :account"
            ),
            {"account": MAIN},
        )
    with ledger.database.reading() as connection:
        account = funds.money_account(connection, ledger.fund.fund_id, MAIN)
        first, last = bank_days(connection, ledger.fund, account, ("2026-10-01", "2026-10-31"))
    assert (first.bank, first.ledger, first.ledger_only, first.ledger_items) == (900, 500, -400, 1)
    assert (last.bank, last.ledger, last.ledger_items, last.bank_items) == (500, 500, 0, 0)
    assert first.is_equal
    assert last.is_equal


def test_a_line_that_very_many_payments_fit_is_an_exception_until_somebody_says_which(
    ledger: Ledger,
) -> None:
    owed(ledger, 900)
    bank_line(ledger, 900, "STATEMENT-1")
    run(ledger)
    approve(ledger, propose(ledger, 900))
    bank_line(ledger, -900, "TRANSFER-1")
    bank_line(ledger, 900, "TRANSFER-1", account=MAIN)
    run(ledger)
    rows = [
        spend_row(10, batch=f"B{at}", reference=f"BILL-{at:06}")
        for at in range(CANDIDATES_MAX + 1)
    ]
    spend(ledger, *rows)
    line = bank_line(ledger, -10, "药费", account=MAIN)
    done = run(ledger)
    assert (done.spending, done.suggested, done.ambiguous) == (0, 0, 1)
    [one] = suggestions(ledger, "ambiguous")
    assert (one.rule, one.lines, one.expectations) == ("amount-date", (key_of(line),), ())
    assert {other.why for other in one.others} == {"equally-good"}
    look(ledger.sequencer, ledger.fund)
    subject = f"line/{line.evidence.file}/{line.evidence.row}"
    # As with one payment that fits: whoever cannot say which has not explained it, and the month stays open over it.
    assert kinds(ledger) == {subject: ("unknown_receipt", 10)}
    bank_line(ledger, -10, "BILL-000003", account=MAIN)
    assert run(ledger).spending == 1  # a number says which, however many have the sum
    verified(ledger)
