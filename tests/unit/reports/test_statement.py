"""The monthly statement: the example ties to the fen, and each line that is wrong is named."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import pytest
import rfc8785

from ledger.errors import FourEyesError, StatementTieError
from reports.statement import Statement, check, figures_json, lines
from tests.unit.reports import example

FREE = {
    "gifts.largest_minor",
    "spending.by_group.persons",
    "spending.by_disease.persons",
    "fund.limit.permyriad",
    "fund.restriction.programme_minor",
    "fund.restriction.management_minor",
}
"""Figures that stand in no equation: an amount shown alone, and people, who may stand in several rows."""


def _numbers(value: Any, path: str = "") -> list[str]:
    """List the paths of all integers that stand directly in the sections of a statement."""
    if is_dataclass(value):
        return [
            found
            for field in fields(value)
            for found in _numbers(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))
        ]
    return [path] if isinstance(value, int) else []


def _raise_by_one(value: Any, path: list[str]) -> Any:
    name, *rest = path
    inner = getattr(value, name)
    return replace(value, **{name: _raise_by_one(inner, rest) if rest else inner + 1})


SECTIONS = ("gifts", "due", "bank", "transit", "fund", "spending", "open", "ledger", "previous")
LINES = [
    path
    for path in _numbers(example.full_month())
    if path.split(".")[0] in SECTIONS and path not in FREE
]


def test_both_examples_tie() -> None:
    assert len(check(example.full_month())) > 60
    assert len(check(example.empty_month())) > 50


def test_every_numbered_line_is_tried() -> None:
    assert len(LINES) >= 55


@pytest.mark.parametrize("path", LINES)
def test_one_fen_more_in_any_line_is_found(path: str) -> None:
    with pytest.raises(StatementTieError):
        check(_raise_by_one(example.full_month(), path.split(".")))


ROWS = [
    (section, table, field)
    for section, table, field in (
        ("gifts", "by_platform", "gifts"),
        ("gifts", "by_platform", "gross_minor"),
        ("gifts", "by_platform", "refund_minors_minor"),
        ("gifts", "by_platform", "refund_others_minor"),
        ("gifts", "by_platform", "share_minor"),
        ("gifts", "by_platform", "tax_minor"),
        ("gifts", "by_platform", "fee_minor"),
        ("gifts", "by_platform", "net_minor"),
        ("gifts", "by_day", "gifts"),
        ("gifts", "by_day", "gross_minor"),
        ("gifts", "bands", "gifts"),
        ("gifts", "bands", "gross_minor"),
        ("due", "by_platform", "p1"),
        ("due", "by_platform", "p5"),
        ("due", "settlements", "net_minor"),
        ("due", "received", "amount_minor"),
        ("bank", "other_receipts", "amount_minor"),
        ("bank", "other_payments", "amount_minor"),
        ("bank", "outstanding", "amount_minor"),
        ("transit", "transfers", "amount_minor"),
        ("open", "items", "amount_minor"),
    )
]


@pytest.mark.parametrize(("section", "table", "field"), ROWS)
def test_one_fen_more_in_any_table_is_found(section: str, table: str, field: str) -> None:
    statement = example.full_month()
    part = getattr(statement, section)
    first, *others = getattr(part, table)
    changed = replace(part, **{table: (_raise_by_one(first, [field]), *others)})
    with pytest.raises(StatementTieError):
        check(replace(statement, **{section: changed}))


@pytest.mark.parametrize(
    ("section", "change", "left", "right"),
    [
        ("gifts", {"g6": 0}, "G6", "Σ G6 by platform"),
        ("due", {"p5_recomputed": 1}, "P5", "Σ not yet settled or paid"),
        ("bank", {"b8": 1}, "B7", "B8 + Σ outstanding"),
        ("transit", {"t1": 1}, "T3", "T1 + B4 − T2 − T2r"),
        ("fund", {"f9": 1}, "F8", "F9 + F10a − F10b"),
        ("ledger", {"l3_gaps": 1}, "L3 gaps", "0"),
        ("ledger", {"l5_closing": "other"}, "L5 closing", "checkpoint root"),
        ("ledger", {"l5_opening": "other"}, "L5 opening", "L5 closing QH-2019-08-M-v1"),
    ],
)
def test_the_error_names_the_pair_and_both_values(
    section: str, change: dict[str, Any], left: str, right: str
) -> None:
    statement = example.full_month()
    changed = replace(getattr(statement, section), **change)
    with pytest.raises(StatementTieError) as caught:
        check(replace(statement, **{section: changed}))
    assert caught.value.fields["left"] == left
    assert caught.value.fields["right"] == right
    assert caught.value.fields["left_value"] != caught.value.fields["right_value"]


def test_a_transfer_that_came_back_is_neither_arrived_nor_under_way() -> None:
    statement = example.full_month()
    arrived, sent = statement.transit.transfers
    returned = replace(
        sent,
        arrived_on=None,
        sent_on=date(2019, 9, 20),
        returned_on=date(2019, 9, 25),
        ended_entry=146_500,
    )
    transit = replace(statement.transit, t2r=5500000, t3=0, transfers=(arrived, returned))
    with pytest.raises(StatementTieError) as caught:
        check(replace(statement, transit=transit))
    # Only the picture, which still shows the money on its way, contradicts it.
    assert caught.value.fields["right"] == "stage transit"


def test_the_picture_must_show_the_closing_balances() -> None:
    with pytest.raises(StatementTieError) as caught:
        check(replace(example.full_month(), flow=example.empty_flow()))
    assert caught.value.fields["right"] == "stages raised + settled"


def test_a_small_count_left_open_is_found() -> None:
    statement = example.full_month()
    table = statement.spending.by_group
    bare = replace(table, rows=(replace(table.rows[0], persons=3), *table.rows[1:]))
    with pytest.raises(StatementTieError) as caught:
        check(replace(statement, spending=replace(statement.spending, by_group=bare)))
    assert caught.value.fields["left"] == "S1 small counts"


def test_nobody_approves_what_they_prepared() -> None:
    statement = example.full_month()
    prepared, approved = statement.approvals
    same = replace(approved, member=prepared.member)
    with pytest.raises(FourEyesError):
        check(replace(statement, approvals=(prepared, same)))


def test_what_cannot_be_known_breaks_no_equation() -> None:
    statement = example.full_month()
    fund = replace(statement.fund, f9=None, f10_receivable=None, f10_payable=None)
    bank = replace(statement.bank, b8=None, b8_on=None, outstanding=())
    unknown = replace(statement, fund=fund, bank=bank)
    check(unknown)
    assert json.loads(figures_json(unknown))["lines"]["B8"] is None


def test_figures_are_canonical_and_complete() -> None:
    statement = example.full_month()
    raw = figures_json(statement)
    read = json.loads(raw)
    assert rfc8785.dumps(read) == raw
    assert read["lines"] == lines(statement)
    assert read["lines"]["G2"] == 21480630
    assert {field.name for field in fields(Statement)} <= read.keys()
    assert read["period"] == {"first": "2019-09-01", "last": "2019-09-30", "zone": "Asia/Shanghai"}
    assert read["issued_at"] == "2019-10-14T01:30:00Z"


def test_figures_hold_no_member_and_no_small_count() -> None:
    read = json.loads(figures_json(example.full_month()))
    assert all("member" not in approval for approval in read["approvals"])
    rows = read["spending"]["by_group"]["rows"] + read["spending"]["by_disease"]["rows"]
    assert [row["persons"] for row in rows if row["code"] in {"G07", "D06"}] == ["<5", "<5"]
