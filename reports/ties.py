"""The equations of the monthly statement, each as a pair of figures that must be equal.

Every line is summed from entries by the projection; here sums are only compared, never made, so that a total derived
from other totals cannot slip in.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from ledger.errors import FourEyesError, StatementTieError
from ledger.spending.small_cells import is_protected
from reports.columns import column_ties
from reports.flow_data import check_flow
from reports.lines import lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.statement import (
        BankLines,
        DueLines,
        FundColumn,
        GiftLines,
        SpendingTable,
        Statement,
        Transfer,
    )

BESIDE = "/beside"
"""Ends the key of a row that holds what settlements state beyond the gifts that we know."""

LONG_OPEN_DAYS = 30
VERY_LONG_OPEN_DAYS = 90


@dataclass(frozen=True, slots=True)
class Tie:
    """Two figures that must be equal.

    Attributes:
        left: Code of the line.
        right: What it must equal, in codes.
        left_value: The line's figure.
        right_value: The other side.
    """

    left: str
    right: str
    left_value: int | str | None
    right_value: int | str | None


def check(statement: Statement) -> tuple[Tie, ...]:
    """Make sure that every equation holds; a statement that fails cannot be issued.

    Args:
        statement: What is to be issued.

    Returns:
        All equations that were compared, in the order of the sections.

    Raises:
        StatementTieError: Two figures differ; fields `left`, `right`, `left_value`, `right_value`.
        InvariantError: The flow's stages do not tile, or a small count is not hidden.
        FourEyesError: One person prepared and approved it.

    Source:
        Statements, section 3 "Lines and sums" and section 9, checks 1, 7, 9 and 10.
    """
    found = tuple(ties(statement))
    for tie in found:
        if tie.left_value != tie.right_value:
            raise StatementTieError(
                left=tie.left,
                right=tie.right,
                left_value=tie.left_value,
                right_value=tie.right_value,
            )
    if statement.flow is not None:
        check_flow(statement.flow)
    people = {approval.step: approval.member for approval in statement.approvals}
    if "approved" in people and people["approved"] == people.get("prepared"):
        raise FourEyesError(what="statement", number=statement.number)
    return found


def ties(statement: Statement) -> Iterator[Tie]:
    """Give every equation of a statement, whether it holds or not.

    Args:
        statement: What is to be issued.

    Yields:
        Pairs of figures in the order of the sections.
    """
    yield from _gifts(statement.gifts)
    yield from _due(statement.due, statement.gifts)
    yield from _bank(statement.bank, statement.due)
    yield from _transit(statement)
    yield from _fund(statement)
    yield from _spending(statement)
    yield from _open(statement)
    yield from _ledger(statement)
    yield from _opening(statement)
    yield from _stages(statement)
    yield from column_ties(statement, lines(statement), Tie)
    yield from _restated(statement)


def _restated(statement: Statement) -> Iterator[Tie]:
    for row in statement.restated:
        where = f"{row.line} {row.document}"
        yield Tie(where, "old + change", row.new_minor, row.old_minor + row.change_minor)
        listed = [
            one.amount_minor
            for one in statement.corrections
            if (one.document, one.line) == (row.document, row.line)
        ]
        yield Tie(where, "Σ corrections", row.change_minor, sum(listed))


def _gifts(g: GiftLines) -> Iterator[Tie]:
    numbered = 0
    if g.first_gift_no is not None and g.last_gift_no is not None:
        numbered = g.last_gift_no - g.first_gift_no + 1
    yield Tie("G1", "last − first + 1", g.g1, numbered)
    columns = {
        "G1": (g.g1, [row.gifts for row in g.by_platform]),
        "G2": (g.g2, [row.gross_minor for row in g.by_platform]),
        "G3a": (g.g3a or 0, [row.refund_minors_minor or 0 for row in g.by_platform]),
        "G3b": (g.g3b, [row.refund_others_minor for row in g.by_platform]),
        "G4": (g.g4, [row.share_minor for row in g.by_platform]),
        "G5a": (g.g5a, [row.tax_minor for row in g.by_platform]),
        "G5b": (g.g5b, [row.fee_minor for row in g.by_platform]),
        "G6": (g.g6, [row.net_minor for row in g.by_platform]),
    }
    for code, (value, column) in columns.items():
        yield Tie(code, f"Σ {code} by platform", value, sum(column))
    for row in g.by_platform:
        refunds = (row.refund_minors_minor or 0) + row.refund_others_minor
        net = row.gross_minor - refunds - row.share_minor - row.tax_minor - row.fee_minor
        yield Tie(f"G6 {row.platform}", "G2 − G3 − G4 − G5", row.net_minor, net)
    yield Tie("G1", "Σ G1 by day", g.g1, sum(row.gifts for row in g.by_day))
    yield Tie("G2", "Σ G2 by day", g.g2, sum(row.gross_minor for row in g.by_day))
    if g.bands:
        yield Tie("G1", "Σ G1 by size", g.g1, sum(row.gifts for row in g.bands))
        # What settlements state beyond the gifts that we know has no size.
        beside = sum(row.gross_minor for row in g.by_platform if row.platform.endswith(BESIDE))
        yield Tie("G2", "Σ G2 by size", g.g2, beside + sum(row.gross_minor for row in g.bands))
    yield Tie("G3", "G3a + G3b", g.g3, (g.g3a or 0) + g.g3b)
    if g.g3a is not None:
        yield Tie(
            "G3a",
            "Σ G3a by platform",
            g.g3a,
            sum(row.refund_minors_minor or 0 for row in g.by_platform),
        )
    yield Tie("G5", "G5a + G5b", g.g5, g.g5a + g.g5b)
    yield Tie("G6", "G2 − G3 − G4 − G5", g.g6, g.g2 - g.g3 - g.g4 - g.g5)


def _due(p: DueLines, g: GiftLines) -> Iterator[Tie]:
    yield Tie("P2", "G6", p.p2, g.g6)
    yield Tie("P3", "Σ received", p.p3, sum(row.amount_minor for row in p.received))
    yield Tie("P4", "Σ write-offs", p.p4, sum(row.amount_minor for row in p.write_offs))
    yield Tie("P5", "P1 + P2 − P3 − P4", p.p5, p.p1 + p.p2 - p.p3 - p.p4)
    yield Tie("P5", "Σ not yet settled or paid", p.p5, p.p5_recomputed)
    for code in ("p1", "p2", "p3", "p4", "p5"):
        total = sum(getattr(row, code) for row in p.by_platform)
        yield Tie(code.upper(), f"Σ {code.upper()} by platform", getattr(p, code), total)
    for row in p.by_platform:
        closing = row.p1 + row.p2 - row.p3 - row.p4
        yield Tie(f"P5 {row.platform}", "P1 + P2 − P3 − P4", row.p5, closing)
    yield from _ages(p)
    for settlement in p.settlements:
        taken = settlement.refund_minor + settlement.share_minor + settlement.deduction_minor
        net = settlement.gross_minor - taken
        yield Tie(
            f"settlement {settlement.number}",
            "gross − refunds − share − deductions",
            settlement.net_minor,
            net,
        )


def _ages(p: DueLines) -> Iterator[Tie]:
    for row in p.by_platform:
        aged = [
            one.young_minor + one.over_30_minor + one.over_90_minor
            for one in p.ages
            if one.platform == row.platform
        ]
        yield Tie(f"P5 {row.platform}", "Σ by age", row.p5, sum(aged))
    for age in p.ages:
        unpaid = [one for one in p.unpaid if one.platform == age.platform]
        very_late = [one.amount_minor for one in unpaid if one.age_days > VERY_LONG_OPEN_DAYS]
        # What is left of a band beside settlements is gifts, and these are never less than nothing.
        is_held = age.over_90_minor >= sum(very_late)
        yield Tie(f"P5 {age.platform} over 90 days", "settlements", is_held, True)


def _bank(b: BankLines, p: DueLines) -> Iterator[Tie]:
    yield Tie("B2", "P3", b.b2, p.p3)
    yield Tie("B3", "Σ other receipts", b.b3, sum(row.amount_minor for row in b.other_receipts))
    yield Tie("B6", "Σ other payments", b.b6, sum(row.amount_minor for row in b.other_payments))
    closing = b.b1 + b.b2 + b.b3 - b.b4 - b.b5 - b.b6
    yield Tie("B7", "B1 + B2 + B3 − B4 − B5 − B6", b.b7, closing)
    if b.b8 is not None:
        outstanding = sum(row.amount_minor for row in b.outstanding)
        yield Tie("B7", "B8 + Σ outstanding", b.b7, b.b8 + outstanding)


def _transit(statement: Statement) -> Iterator[Tie]:
    t, ledger = statement.transit, statement.ledger
    first, last = ledger.l1_first or 0, -1 if ledger.l1_last is None else ledger.l1_last

    def amount(chosen: list[Transfer]) -> int:
        return sum(transfer.amount_minor for transfer in chosen)

    ended = [
        transfer
        for transfer in t.transfers
        if transfer.ended_entry is not None and first <= transfer.ended_entry <= last
    ]
    sent = [transfer for transfer in t.transfers if first <= transfer.entry <= last]
    arrived = [transfer for transfer in ended if transfer.arrived_on is not None]
    returned = [transfer for transfer in ended if transfer.returned_on is not None]
    under_way = [
        transfer
        for transfer in t.transfers
        if transfer.entry <= last and (transfer.ended_entry is None or transfer.ended_entry > last)
    ]
    yield Tie("B4", "Σ transfers sent", statement.bank.b4, amount(sent))
    yield Tie("T2", "Σ transfers arrived", t.t2, amount(arrived))
    yield Tie("T2r", "Σ transfers returned", t.t2r, amount(returned))
    yield Tie("T3", "T1 + B4 − T2 − T2r", t.t3, t.t1 + statement.bank.b4 - t.t2 - t.t2r)
    yield Tie("T3", "Σ transfers under way", t.t3, amount(under_way))


def _fund(statement: Statement) -> Iterator[Tie]:
    f = statement.fund
    yield Tie("F2", "T2", f.total.f2, statement.transit.t2)
    yield Tie("F5", "S1", f.total.f5, statement.spending.s1)
    yield Tie("F5", "S2", f.total.f5, statement.spending.s2)
    if statement.spending.s3 is not None:
        yield Tie("F5", "S3", f.total.f5, statement.spending.s3)
    yield Tie("F6", "Σ by kind", f.total.f6, sum(row.amount_minor for row in f.costs))
    yield _fund_closing("F8", f.total)
    if f.restricted is not None or f.unrestricted is not None:
        yield from _fund_columns(statement)
    if f.f9 is not None:
        rest = f.f9 + (f.f10_receivable or 0) - (f.f10_payable or 0)
        yield Tie("F8", "F9 + F10a − F10b", f.total.f8, rest)


def _fund_closing(code: str, column: FundColumn) -> Tie:
    came = column.f1 + column.f2 + column.f3 + column.f4 + column.f7
    closing = came - column.f5 - column.f6
    return Tie(code, "F1 + F2 + F3 + F4 − F5 − F6 + F7", column.f8, closing)


def _fund_columns(statement: Statement) -> Iterator[Tie]:
    f = statement.fund
    columns = [column for column in (f.restricted, f.unrestricted) if column is not None]
    for field in fields(f.total):
        code = field.name.upper()
        total = sum(getattr(column, field.name) for column in columns)
        yield Tie(code, f"{code} restricted + unrestricted", getattr(f.total, field.name), total)
    yield from (_fund_closing("F8 by restriction", column) for column in columns)


def _spending(statement: Statement) -> Iterator[Tie]:
    s = statement.spending
    yield Tie("S1", "Σ by group", s.s1, sum(row.amount_minor for row in s.by_group.rows))
    yield Tie("S2", "Σ by disease", s.s2, sum(row.amount_minor for row in s.by_disease.rows))
    if s.s3 is not None:
        yield Tie("S3", "Σ by provider", s.s3, sum(amount for _, amount in s.by_provider))
    for code, table in (("S1", s.by_group), ("S2", s.by_disease)):
        yield Tie(f"{code} small counts", "all hidden", _bare_cells(table), 0)
        visits = [row.person_times for row in table.rows if isinstance(row.person_times, int)]
        if len(visits) == len(table.rows) and isinstance(table.person_times, int):
            yield Tie(f"{code} person-times", "Σ rows", table.person_times, sum(visits))
    if isinstance(s.by_group.person_times, int) and isinstance(s.by_disease.person_times, int):
        # Both tables divide the same visits; people may stand in several rows, visits cannot.
        both = (s.by_group.person_times, s.by_disease.person_times)
        yield Tie("S1 person-times", "S2 person-times", *both)


def _bare_cells(table: SpendingTable) -> int:
    return sum(not is_protected(row.persons) for row in table.rows) + sum(
        row.persons is None and not is_protected(row.person_times) for row in table.rows
    )


def _open(statement: Statement) -> Iterator[Tie]:
    x = statement.open
    ages = [item.age_days for item in x.items]
    yield Tie("X1", "number of items", x.x1, len(x.items))
    yield Tie("X2", "Σ items", x.x2, sum(item.amount_minor for item in x.items))
    yield Tie("X3", "items over 30 days", x.x3, sum(age > LONG_OPEN_DAYS for age in ages))
    yield Tie("X4", "items over 90 days", x.x4, sum(age > VERY_LONG_OPEN_DAYS for age in ages))
    yield Tie("X1", "Σ by kind", x.x1, sum(row.items for row in x.by_kind))
    yield Tie("X2", "Σ by kind", x.x2, sum(row.amount_minor for row in x.by_kind))
    yield Tie("X3", "Σ by kind", x.x3, sum(row.over_30 for row in x.by_kind))
    yield Tie("X4", "Σ by kind", x.x4, sum(row.over_90 for row in x.by_kind))


def _ledger(statement: Statement) -> Iterator[Tie]:
    ledger, checkpoint = statement.ledger, statement.ledger.checkpoint
    count = 0
    if ledger.l1_first is not None and ledger.l1_last is not None:
        count = ledger.l1_last - ledger.l1_first + 1
    yield Tie("L2", "last − first + 1", ledger.l2, count)
    yield Tie("L3 gaps", "0", ledger.l3_gaps, 0)
    yield Tie("L3 duplicates", "0", ledger.l3_duplicates, 0)
    yield Tie("L4 debits", "L4 credits", ledger.l4_debits, ledger.l4_credits)
    if ledger.l1_last is not None:
        yield Tie("L1 last + 1", "checkpoint size", ledger.l1_last + 1, checkpoint.size)
    yield Tie("L5 closing", "checkpoint root", ledger.l5_closing, checkpoint.root)
    head = "\n".join(checkpoint.note.split("\n")[:3])
    stated = f"{checkpoint.origin}\n{checkpoint.size}\n{checkpoint.root}"
    yield Tie("checkpoint", "signed note", stated, head)


def _opening(statement: Statement) -> Iterator[Tie]:
    before = statement.previous
    if before is None:
        return
    yield Tie("P1", f"P5 {before.number}", statement.due.p1, before.p5)
    yield Tie("B1", f"B7 {before.number}", statement.bank.b1, before.b7)
    yield Tie("T1", f"T3 {before.number}", statement.transit.t1, before.t3)
    yield Tie("F1", f"F8 {before.number}", statement.fund.total.f1, before.f8)
    if statement.ledger.l1_first is not None:
        first = statement.ledger.l1_first
        yield Tie("L1 first", f"L1 last + 1 {before.number}", first, before.l1_last + 1)
    yield Tie(
        "L5 opening", f"L5 closing {before.number}", statement.ledger.l5_opening, before.l5_closing
    )


def _stages(statement: Statement) -> Iterator[Tie]:
    """Tie the picture to the lines: what waits at a stage is the closing balance of its account.

    Yields:
        One pair for each balance; none without a picture.
    """
    if statement.flow is None:
        return
    waiting = {stage.key: stage.waiting_minor for stage in statement.flow.stages}
    due = waiting["raised"] + waiting["settled"]
    yield Tie("P5", "stages raised + settled", statement.due.p5, due)
    yield Tie("B7", "stage bank", statement.bank.b7, waiting["bank"])
    yield Tie("T3", "stage transit", statement.transit.t3, waiting["transit"])
    yield Tie("F8", "stage fund", statement.fund.total.f8, waiting["fund"])
