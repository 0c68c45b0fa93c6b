"""The activity record as a file: nothing is lost on the way, and nothing in it runs."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.activity.origins import Origin
from ledger.activity.records import OUTCOMES, SERVICE_WIDE, Activity, Recorded
from ledger.cells import BYTE_ORDER_MARK, FORMULA_STARTS
from ledger.export.activity_record import COLUMNS, write_csv, write_json_lines

SLUGS = {1: "qinghe"}
AT = datetime(2026, 10, 9, 12, 0, 24, 7_000, tzinfo=UTC)

texts = st.text(st.characters(codec="utf-8"), max_size=30)
recorded = st.builds(
    Recorded,
    at=st.integers(0, 10**9).map(lambda s: AT + timedelta(milliseconds=s)),
    number=st.integers(0, 2**62),
    activity=st.builds(
        Activity,
        fund_id=st.sampled_from([SERVICE_WIDE, 1]),
        action=texts,
        subject=texts,
        member_id=st.none() | st.just("m1"),
        role=texts,
        reason=texts,
        outcome=st.sampled_from(OUTCOMES),
        origin=st.builds(Origin, texts, texts, st.none() | st.integers(1, 99)),
    ),
)


def one(**changes: object) -> Recorded:
    origin = Origin("192.0.2.7", "abcdef", 3)
    values = {"action": "transfer.propose", "subject": "decision/12", "origin": origin, **changes}
    return Recorded(AT, 1, Activity(1, **values))  # type: ignore[arg-type]


def test_a_row_tells_who_when_where_what_and_why():
    out = io.StringIO()
    given = one(member_id="m2", role="finance", reason="每月一次")
    assert write_json_lines(out, [given], SLUGS) == 1
    assert json.loads(out.getvalue()) == {
        "at": "2026-10-09T12:00:24.007Z",
        "fund": "qinghe",
        "user_id": 3,
        "member_id": "m2",
        "role": "finance",
        "address": "192.0.2.7",
        "action": "transfer.propose",
        "subject": "decision/12",
        "outcome": "done",
        "reason": "每月一次",
        "request_id": "abcdef",
    }


@given(st.lists(recorded, max_size=6))
def test_both_forms_hold_every_text(rows):
    lines, table = io.StringIO(), io.StringIO(newline="")
    assert write_json_lines(lines, rows, SLUGS) == write_csv(table, rows, SLUGS) == len(rows)
    objects = [json.loads(line) for line in lines.getvalue().split("\n")[:-1]]
    assert [tuple(each) for each in objects] == [COLUMNS] * len(rows)
    head, *cells = csv.reader(
        io.StringIO(table.getvalue().removeprefix(BYTE_ORDER_MARK), newline="")
    )
    assert tuple(head) == COLUMNS
    for row, each in zip(cells, objects, strict=True):
        for cell, value in zip(row, each.values(), strict=True):
            plain = "" if value is None else str(value)
            assert cell in {plain, "'" + plain}
            assert not cell.startswith(FORMULA_STARTS)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_reason_runs_as_a_formula(start):
    out = io.StringIO(newline="")
    write_csv(out, [one(reason=f"{start}cmd|' /C calc'!A0", subject=f"{start}1")], SLUGS)
    (_, row) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert row[COLUMNS.index("reason")].startswith("'" + start)
    assert row[COLUMNS.index("subject")] == f"'{start}1"


def test_the_record_is_never_held_as_a_whole():
    """Rows are written as they come: the first one is out before the second one is asked for."""
    out = io.StringIO()

    def rows():
        yield one(reason="first")
        assert "first" in out.getvalue()
        yield one(reason="second")

    write_json_lines(out, rows(), SLUGS)
    assert "second" in out.getvalue()


def test_a_fund_that_is_gone_is_told_by_its_number():
    out = io.StringIO()
    write_json_lines(out, [one()], {})
    assert json.loads(out.getvalue())["fund"] == "1"
