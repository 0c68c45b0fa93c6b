"""Section 7: spending by group, disease and provider (S1 to S3)."""

from __future__ import annotations

from ledger.projections.month import Month
from ledger.projections.spending import Sum
from reports.small_cells import Counts
from reports.statement import Name, SpendingCounts, SpendingLines, spending_tables


def spending_lines(month: Month) -> SpendingLines:
    """Make the lines S, with small counts hidden."""
    groups, diseases = month.spending("people"), month.spending("disease")
    by_group, by_disease = spending_tables(
        [_counted(row, month.lists.names("group", row.code)) for row in groups],
        [_counted(row, month.lists.names("disease", row.code)) for row in diseases],
    )
    providers = month.providers()
    return SpendingLines(
        s1=sum(row.amount for row in groups),
        s2=sum(row.amount for row in diseases),
        s3=sum(amount for _, amount in providers),
        by_group=by_group,
        by_disease=by_disease,
        by_provider=tuple(
            (Name(*month.lists.names("provider", code)), amount) for code, amount in providers
        ),
    )


def _counted(row: Sum, name: tuple[str, str]) -> SpendingCounts:
    # A month that takes back more than it spent has no counts that mean anything.
    counts = Counts(row.person_times, row.persons)
    if row.persons < 0 or row.person_times < row.persons:
        counts = Counts(None, None)
    return SpendingCounts(row.code, Name(*name), row.amount, counts)
