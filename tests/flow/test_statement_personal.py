"""No phone and no identity number is published: what a statement would print is searched before it is made."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.desk import spending as desk
from ledger.errors import FieldError, PersonalDataError
from ledger.funds import list_booking
from ledger.funds.lists import Change, Lists
from ledger.spending.sheet import row_of
from ledger.statements.build import Issue, make
from tests.db.ledgers import (
    MAIN,
    Ledger,
    approve,
    bank_line,
    bodies,
    new_ledger,
    propose,
    spend,
    spend_row,
    want,
)
from tests.db.test_matches import owed, run
from tests.flow.test_statement import CLOSED, close, opened

PHONE = "13800138000"
IDENTITY = "11010519491231002X"


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    owed(opened, 1000)
    bank_line(opened, 1000, "STATEMENT-1")
    run(opened)
    approve(opened, propose(opened, 400))
    bank_line(opened, -400, f"{IDENTITY} TRANSFER-1")
    bank_line(opened, 400, "TRANSFER-1", account=MAIN)
    run(opened)
    yield opened
    opened.close()


@pytest.mark.parametrize("number", [PHONE, IDENTITY])
def test_a_statement_with_a_number_of_a_person_is_not_made(ledger: Ledger, number: str) -> None:
    spend(ledger, spend_row(20), spend_row(30, provider=f"李医生 {number}", reference="P-2"))
    close(ledger, "2026-10", CLOSED)
    with pytest.raises(PersonalDataError) as raised:
        make(opened(ledger), ledger.fund, "2026-10", Issue(ledger.clock.now()))
    fields = raised.value.fields
    assert (fields["file"], fields["field"]) == ("spending_by_provider.csv", "name_zh")
    assert fields["row"] in (1, 2)
    assert number not in str(raised.value) + repr(fields)


def test_what_people_write_into_a_remark_stays_at_the_bank(ledger: Ledger) -> None:
    bank_line(ledger, 30, f"ZHANGSANFENG {PHONE} WD20261101")
    close(ledger, "2026-10", CLOSED)
    made = make(opened(ledger), ledger.fund, "2026-10", Issue(ledger.clock.now()))
    text = made.files["bank_lines.csv"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["reference"] for row in rows if row["amount_fen"] == "30"] == ["WD20261101"]
    everything = b"".join(made.files.values())
    assert PHONE.encode() not in everything
    assert IDENTITY.encode() not in everything
    assert [one.bank_ref for one in made.statement.transit.transfers] == ["TRANSFER-1"]


@pytest.mark.parametrize("number", [PHONE, IDENTITY])
def test_words_with_such_a_number_are_refused_where_they_are_typed(
    ledger: Ledger, number: str
) -> None:
    cells = {
        "provider": f"李医生 {number}",
        "batch": "B-1",
        "reference": "P-1",
        "disease": "Stroke",
        "group": "Disabled",
        "persons": "1",
        "person_times": "1",
        "spent_on": "2026-10-09",
        "amount_cny": "1.00",
    }
    with pytest.raises(FieldError) as raised:
        row_of(0, cells, Lists())
    assert raised.value.fields == {"field": "provider", "value": "", "reason": "personal-number"}
    one = Change("provider", "add", "Clinic", f"卫生院 {number}", "Clinic", "hospital")
    for refused in (
        lambda books: list_booking.check(books, one),
        lambda books: list_booking.check(books, one._replace(zh="卫生院", en=number)),
    ):
        with pytest.raises(FieldError) as raised:
            ledger.decide(refused)
        assert raised.value.fields["reason"] == "personal-number"
        assert number not in repr(raised.value.fields)


def test_a_reason_with_such_a_number_is_refused_where_it_is_typed(ledger: Ledger) -> None:
    seq = spend(ledger, spend_row(20)).first
    assert seq is not None
    before = len(bodies(ledger))
    with pytest.raises(FieldError) as raised:
        want(ledger, desk.reversal(seq, f"call {PHONE}"))
    assert raised.value.fields["reason"] == "personal-number"
    assert PHONE not in repr(raised.value.fields)
    assert len(bodies(ledger)) == before
