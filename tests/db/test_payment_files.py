"""Payees, payment files, the step at the bank and standing policies, through the doors, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk import actions, transferring
from ledger.desk import wanted as wanting
from ledger.errors import FieldError, FileFormatError, FourEyesError, NotFoundError, StateError
from ledger.funds.members import enrol_member
from ledger.funds.payees import Payee
from ledger.transfers import history, payments
from ledger.transfers.payment_files import STANDARD, faults, mapping_from_json
from ledger.transfers.standing import Policy
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    BANK,
    MAIN,
    Ledger,
    agree,
    approve,
    bodies,
    decide_both,
    fresh,
    new_ledger,
    of_transfer,
    proposal,
    propose,
    raise_money,
    remove_later,
    send,
    transfer,
    want,
)

FUND_PAYEE = Payee("62170000000019", "青禾县中医药扶贫基金", "县农商行城关支行", "402121000018")
OTHER = FUND_PAYEE._replace(number="6228480000001234567", holder="张三")


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    transferring.set_payee(opened.sequencer, opened.fund, MAIN, FUND_PAYEE)
    enrol_member(opened.sequencer, opened.fund, "Sun", "administrator")
    raise_money(opened, 100_000)
    yield opened
    url = database.url.render_as_string(hide_password=False)
    report = verify_database(url, opened.keys)
    assert report.ok, report.failures
    opened.close()


def made(ledger: Ledger, *numbers: int, columns: str = "") -> tuple[payments.PaymentFile, bytes]:
    who = ledger.member("Li").member_id
    file = transferring.payment_file(ledger.sequencer, ledger.fund, who, numbers, columns)
    with ledger.database.reading() as connection:
        return file, payments.bytes_of(connection, ledger.fund.fund_id, file.sha256)


def checked(ledger: Ledger, data: bytes) -> payments.Checked:
    with ledger.database.reading() as connection:
        return payments.check_file(connection, ledger.fund.fund_id, data)


def approved(ledger: Ledger, amount: int, **changes: str) -> int:
    wanted = wanting.transfer(proposal(amount, **changes))
    number = int(want(ledger, wanted).latest.content["number"])
    approve(ledger, number)
    return number


def test_a_payment_file_is_valid_given_once_and_known_when_it_was_edited(ledger: Ledger) -> None:
    with pytest.raises(StateError):
        made(ledger, propose(ledger, 1))
    one = approved(ledger, 34_000, purpose="打赏划转", reference="QINGHE-T14")
    two = approved(ledger, 5, reference="QINGHE-T15")
    file, data = made(ledger, one, two)
    assert faults(data) == []
    text = data.decode()
    for said in (
        "<MsgId>QINGHE-P000001</MsgId>", "<CtrlSum>340.05</CtrlSum>", '<InstdAmt Ccy="CNY">340.00</InstdAmt>',
        "<EndToEndId>QINGHE-T14</EndToEndId>", "<MmbId>402121000018</MmbId>", f"<Id>{FUND_PAYEE.number}</Id>",
    ):  # fmt: skip
        assert said in text
    assert "IBAN" not in text
    assert made(ledger, two, one) == (
        file,
        data,
    )  # the same again: a second one could be paid twice
    assert made(ledger, two)[0].message_id == "QINGHE-P000002"
    assert checked(ledger, data).is_unchanged
    edited = data.replace(b"340.00<", b"3400.00<").replace(b"62170000000019", b"62170000000091")
    found = checked(ledger, edited)
    assert [
        (one.field.rpartition("/")[2], one.expected, one.found) for one in found.differences
    ] == [
        ("InstdAmt", "340.00", "3400.00"),
        ("Id", "62170000000019", "62170000000091"),
        ("Id", "62170000000019", "62170000000091"),
    ]
    assert faults(edited) == []  # it is valid as well: only the comparison tells
    added = checked(
        ledger, data.replace(b"</CdtTrfTxInf>", b"<Purp><Cd>X</Cd></Purp></CdtTrfTxInf>", 1)
    )
    assert any(one.expected == "" for one in added.differences)
    with pytest.raises(FileFormatError):
        checked(ledger, b"<!DOCTYPE a><a/>")
    with pytest.raises(NotFoundError):
        checked(ledger, data.replace(b"QINGHE-P000001", b"QINGHE-P000009"))
    body = next(entry["body"] for entry in bodies(ledger) if entry["kind"] == "transfer.filed")
    assert body["sha256"] == file.sha256
    assert FUND_PAYEE.number not in repr(bodies(ledger))
    assert FUND_PAYEE.holder not in repr(bodies(ledger))
    assert checked(ledger, data).over == ()
    send(ledger, one, 34_000)
    assert checked(ledger, data).over == (one,)
    with pytest.raises(StateError):  # it has left: no file pays it again
        made(ledger, one)
    long = approved(ledger, 7, reference="R" * 36)
    with pytest.raises(FieldError):
        made(ledger, long)


def test_a_sheet_for_a_portal_runs_nothing(ledger: Ledger) -> None:
    number = approved(ledger, 100, purpose="=HYPERLINK(1)")
    file, data = made(ledger, number, columns=STANDARD.name)
    head, row = data.decode("gb18030").splitlines()
    assert head.split(",") == [heading for heading, _ in STANDARD.columns]
    assert row.split(",")[5:] == ["1.00", "CNY", "'=HYPERLINK(1)", "TRANSFER-1"]
    found = checked(ledger, data.replace(b"1.00", b"9.00"))
    assert (found.file, found.differences[0][:]) == (file, ("1/金额", "1.00", "9.00"))
    own = {
        "name": "ccb",
        "columns": [["账号", "number"], ["金额", "amount"], ["附言", "reference"]],
        "encoding": "utf-8-sig",
    }
    decide_both(ledger, wanting.payment_columns(mapping_from_json(own)), "Sun", "Wang")
    assert made(ledger, number, columns="ccb")[1].decode("utf-8-sig").splitlines() == [
        "账号,金额,附言", f"{FUND_PAYEE.number},1.00,TRANSFER-1",
    ]  # fmt: skip
    for wrong in (
        {**own, "columns": [["账号", "number"]]},
        {**own, "encoding": "x"},
        {**own, "name": ""},
    ):
        with pytest.raises(FieldError):
            mapping_from_json(wrong)


def test_a_third_person_enters_it_where_there_is_one(ledger: Ledger) -> None:
    act = (ledger.sequencer, ledger.fund)
    one = approved(ledger, 100)
    with pytest.raises(FourEyesError):  # Zhao, an operator, is there
        transferring.enter(*act, ledger.member("Li").member_id, one)
    transferring.enter(*act, ledger.member("Zhao").member_id, one)
    with pytest.raises(StateError):
        transferring.enter(*act, ledger.member("Zhao").member_id, one)
    remove_later(ledger, "Zhao")
    two = approved(ledger, 100)
    transferring.enter(*act, ledger.member("Li").member_id, two)
    assert bodies(ledger)[-1]["body"]["exception"] == "no-third-person"


def test_a_changed_payee_is_seen_or_the_transfer_waits(ledger: Ledger) -> None:
    transfer(ledger, 100)
    waiting = propose(ledger, 200)
    file_for = approved(ledger, 300)
    changed = decide_both(ledger, wanting.payee(MAIN, OTHER), "Sun", "Wang")
    assert changed.is_approved
    assert "张三" not in repr(bodies(ledger))
    with pytest.raises(StateError, match="payee-changed-since"):
        approve(ledger, waiting)
    with pytest.raises(StateError, match="payee-changed-since"):
        made(ledger, file_for)
    number = propose(ledger, 400)
    decision = of_transfer(ledger, number)
    with pytest.raises(StateError, match="payee-changed"):
        approve(ledger, number)
    who = ledger.member("Wang").member_id
    actions.approve(
        ledger.sequencer, ledger.fund, who, decision, 1, fresh(ledger), payee_seen=True
    )
    said = bodies(ledger)[-1]
    assert (said["kind"], said["body"]["payee_seen"]) == ("transfer.approved", True)
    send(ledger, number, 400)
    assert approved(ledger, 5)  # it is known from now on
    url = ledger.database.url.render_as_string(hide_password=False)
    change = sa.text("UPDATE money_accounts SET bank = :b WHERE name = :n")
    for bank, holds in (("another bank", False), (OTHER.bank, True)):
        with ledger.database.engine.begin() as connection:
            connection.execute(change, {"b": bank, "n": MAIN})
        assert verify_database(url, ledger.keys).ok is holds


def test_a_policy_proposes_once_a_day_and_never_approves(ledger: Ledger) -> None:
    li = ledger.member("Li").member_id
    friday = Policy("friday", li, BANK, MAIN, weekday=4, keep=1_000, purpose="每周划转")
    decide_both(ledger, wanting.transfer_policy(friday), "Sun", "Wang")
    large = friday._replace(name="large", weekday=None, above=10_000_000)
    decide_both(ledger, wanting.transfer_policy(large), "Sun", "Wang")
    other = ledger.reopened()
    other.clock.set(ledger.clock.now())
    outcomes = []
    together = threading.Barrier(2)

    def run(writer: Ledger) -> None:
        together.wait(20)
        outcomes.append(transferring.propose_due(writer.sequencer, writer.fund))

    threads = [threading.Thread(target=run, args=(writer,)) for writer in (ledger, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted((one.policy, one.why, one.amount) for done in outcomes for one in done) == [
        ("friday", "", 99_000), ("friday", "done-today", 0),
        ("large", "nothing-there", 0), ("large", "nothing-there", 0),
    ]  # fmt: skip
    with ledger.database.reading() as connection:
        [one] = history.all_transfers(connection, ledger.fund.fund_id)
    assert (one.state, one.proposed_by, one.amount, one.purpose) == (
        "proposed",
        li,
        99_000,
        "每周划转",
    )
    with pytest.raises(FourEyesError):
        agree(ledger, of_transfer(ledger, 1), "Li")
    ledger.clock.set(ledger.clock.now() + timedelta(days=1))
    assert {one.why for one in transferring.propose_due(ledger.sequencer, ledger.fund)} == {
        "other-day", "nothing-there",
    }  # fmt: skip
