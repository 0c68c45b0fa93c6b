"""Statements are issued step by step: each on the file that the one before left, by whoever may; the log says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk import wanted
from ledger.errors import (
    ConflictError,
    FieldError,
    FourEyesError,
    LedgerError,
    NotAllowedError,
    StateError,
)
from ledger.funds.members import enrol_member
from ledger.issuing import booking, history
from ledger.issuing.booking import File, NewCertificate, Opinion, Signed
from ledger.periods.booking import NewStatement
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    Ledger,
    bodies,
    check,
    close_month,
    decide_both,
    gift,
    give,
    new_ledger,
    want,
)

NUMBER = "qinghe-2026-09-M-v1"
BUILT, SIGNED, BACK = (File(NUMBER, "zh", bytes([at]) * 32, 1000 + at) for at in (1, 2, 3))
SAID = {"month": "2026-09", "size": 3, "figures": "0" * 64}
OWN = Signed("a" * 64, "B-LTA", development=False)
MINE = bytes([9]) * 32
OPINION = Opinion("unmodified", Signed(MINE.hex(), "B-B", development=False))


@pytest.fixture
def ledger(database: Database, tmp_path: Path):
    opened = new_ledger(database, tmp_path / "keys")
    enrol_member(opened.sequencer, opened.fund, "Sun", "auditor")
    enrol_member(opened.sequencer, opened.fund, "Qian", "administrator")
    give(opened, gift("a", 10))
    close_month(opened, "2026-09")
    yield opened
    opened.close()


def do(ledger: Ledger, step: Callable[..., Any], who: str, *given: Any) -> Any:
    return ledger.decide(lambda books: step(books, ledger.member(who), *given))


def enrol(ledger: Ledger) -> None:
    new = NewCertificate(ledger.member("Sun").member_id, MINE, "孙审", "PEM")
    decide_both(ledger, wanted.certificate(new), "Qian", "Wang")


def state(ledger: Ledger) -> str:
    with ledger.database.reading() as connection:
        return history.issue(connection, ledger.fund.fund_id, NUMBER, "zh").state


def to_auditor(ledger: Ledger) -> None:
    do(ledger, booking.built, "Li", BUILT, SAID)
    do(ledger, booking.signed, "Wang", SIGNED, BUILT.sha256, OWN)
    do(ledger, booking.sent, "Li", SIGNED)


def published(file: File, opinion: str = "") -> NewStatement:
    return NewStatement(NUMBER, "zh", "2026-09", 3, file.sha256, file.bytes, opinion)


def test_a_statement_goes_its_whole_way_and_seals_its_month(ledger: Ledger) -> None:
    enrol(ledger)
    to_auditor(ledger)
    do(ledger, booking.returned, "Sun", SIGNED, "G3 与平台确认函不符")
    to_auditor(ledger)
    do(ledger, booking.countersigned, "Sun", BACK, SIGNED.sha256, OPINION)
    found = decide_both(
        ledger, wanted.publication([published(BACK, "unmodified")], seals=True), "Li", "Wang"
    )
    assert found.is_approved
    kinds = [entry["kind"] for entry in bodies(ledger)]
    assert kinds[-2:] == ["statement.published", "period.sealed"]
    last = bodies(ledger)[-2]["body"]
    assert (last["opinion"], last["sha256"]) == ("unmodified", BACK.sha256.hex())
    assert bodies(ledger)[-1]["body"]["statements"][0]["sha256"] == BACK.sha256.hex()
    assert state(ledger) == "published"
    with ledger.database.reading() as connection:
        one = history.issue(connection, ledger.fund.fund_id, NUMBER, "zh")
        told = history.told(connection, ledger.fund.fund_id, one)
    assert [row.step.step for row in told] == [
        "built", "signed", "sent", "returned", "built", "signed", "sent", "countersigned", "published"
    ]  # fmt: skip
    check(ledger)


def test_each_step_needs_the_one_before_its_file_and_its_role(ledger: Ledger) -> None:
    enrol(ledger)

    def refused(error: type[LedgerError], step: Callable[..., Any], who: str, *given: Any) -> None:
        before = len(bodies(ledger))
        with pytest.raises(error):
            do(ledger, step, who, *given)
        assert len(bodies(ledger)) == before

    refused(StateError, booking.signed, "Wang", SIGNED, BUILT.sha256, OWN)
    refused(NotAllowedError, booking.built, "Sun", BUILT, SAID)
    do(ledger, booking.built, "Li", BUILT, SAID)
    refused(StateError, booking.sent, "Li", BUILT)
    refused(NotAllowedError, booking.signed, "Li", SIGNED, BUILT.sha256, OWN)
    refused(ConflictError, booking.signed, "Wang", SIGNED, b"x" * 32, OWN)
    # Whoever prepared it does not sign it, whatever their roles are.
    do(ledger, booking.built, "Chen", BUILT, SAID)
    refused(FourEyesError, booking.signed, "Chen", SIGNED, BUILT.sha256, OWN)
    do(ledger, booking.signed, "Wang", SIGNED, BUILT.sha256, OWN)
    refused(StateError, booking.built, "Li", BUILT, SAID)
    refused(StateError, booking.countersigned, "Sun", BACK, SIGNED.sha256, OPINION)
    do(ledger, booking.sent, "Li", SIGNED)
    with pytest.raises(StateError):  # it is with the auditor
        want(ledger, wanted.publication([published(SIGNED)], seals=True), "Li")
    refused(FieldError, booking.returned, "Sun", SIGNED, "  ")
    refused(NotAllowedError, booking.returned, "Li", SIGNED, "no")
    refused(ConflictError, booking.countersigned, "Sun", BACK, b"x" * 32, OPINION)
    other = OPINION._replace(signed=OWN)
    refused(StateError, booking.countersigned, "Sun", BACK, SIGNED.sha256, other)
    do(ledger, booking.end_certificate, "Qian", MINE, "the key was lost")
    refused(StateError, booking.countersigned, "Sun", BACK, SIGNED.sha256, OPINION)
    check(ledger)


def test_what_is_published_is_what_was_signed_and_its_month_is_sealed(ledger: Ledger) -> None:
    do(ledger, booking.built, "Li", BUILT, SAID)
    do(ledger, booking.signed, "Wang", SIGNED, BUILT.sha256, OWN)
    for wrong, seals, error in (
        (published(BUILT), True, ConflictError),
        (published(SIGNED, "unmodified"), True, ConflictError),
        (published(SIGNED), False, StateError),
        (published(SIGNED)._replace(number="qinghe-2026-09-M-v2"), True, StateError),
    ):
        with pytest.raises(error):
            want(ledger, wanted.publication([wrong], seals=seals), "Li")
    found = decide_both(ledger, wanted.publication([published(SIGNED)], seals=True), "Li", "Wang")
    assert found.is_approved
    check(ledger)


def test_a_certificate_is_an_auditor_s_and_enrolled_once(ledger: Ledger) -> None:
    no_auditor = NewCertificate(ledger.member("Li").member_id, MINE, "Li", "PEM")
    with pytest.raises(FieldError):
        want(ledger, wanted.certificate(no_auditor), "Qian")
    enrol(ledger)
    with pytest.raises(ConflictError):
        enrol(ledger)
    with ledger.database.reading() as connection:
        [row] = history.enrolled(connection, ledger.fund.fund_id)
    assert (row.fingerprint, row.name, row.ended_seq) == (MINE, "孙审", None)


@pytest.mark.parametrize(
    ("change", "check_name"),
    [
        ("UPDATE statement_steps SET step = 'sent' WHERE step = 'signed'", "projections"),
        ("DELETE FROM statement_steps WHERE step = 'built'", "projections"),
        ("UPDATE certificates SET chain = 'other'", "projections"),
        ("UPDATE statements SET bytes = bytes + 1", "projections"),
    ],
)
def test_the_checker_notices_a_changed_row(
    ledger: Ledger, database_url: str, change: str, check_name: str
) -> None:
    enrol(ledger)
    to_auditor(ledger)
    do(ledger, booking.countersigned, "Sun", BACK, SIGNED.sha256, OPINION)
    decide_both(
        ledger, wanted.publication([published(BACK, "unmodified")], seals=True), "Li", "Wang"
    )
    with ledger.database.engine.begin() as connection:
        table = change.split()[2 if change.startswith("DELETE") else 1]
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        else:
            rows = connection.execute(
                sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"),
                {"t": table},
            ).all()
            for row in rows:
                connection.execute(sa.text(f"DROP TRIGGER {row.name}"))
        connection.execute(sa.text(change))
    report = verify_database(database_url, ledger.keys, vkeys=None, workers=1)
    assert [one.name for one in report.checks if one.failure] == [check_name]
