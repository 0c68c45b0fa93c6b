"""Section 7: spending by group, disease and provider (S1 to S3)."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.projections.month import Month
from ledger.projections.published_counts import TOTAL, Cells, published, spans
from ledger.projections.spending import Sum
from reports.statement import Name, SpendingLines, SpendingRow, SpendingTable


def spending_lines(month: Month) -> SpendingLines:
    """Make the lines S, with small counts hidden. A quarter or a year adds its months' published cells up."""
    groups, diseases = month.spending("people"), month.spending("disease")
    fund_id, commodity = month.fund.fund_id, month.details.commodity
    within = spans(month.connection, fund_id, month.cut.first, month.cut.size)
    cells = published(month.connection, fund_id, commodity, within)
    providers = month.providers()
    return SpendingLines(
        s1=sum(row.amount for row in groups),
        s2=sum(row.amount for row in diseases),
        s3=sum(amount for _, amount in providers),
        by_group=_table(month, "group", groups, cells.groups),
        by_disease=_table(month, "disease", diseases, cells.diseases),
        by_provider=tuple(
            (Name(*month.lists.names("provider", code)), amount) for code, amount in providers
        ),
    )


def _table(month: Month, name: str, rows: Sequence[Sum], cells: Cells) -> SpendingTable:
    body = tuple(
        SpendingRow(
            row.code,
            Name(*month.lists.names(name, row.code)),
            row.amount,
            *cells.get(row.code, (None, None)),
        )
        for row in rows
    )
    return SpendingTable(body, *cells.get(TOTAL, (None, None)))
