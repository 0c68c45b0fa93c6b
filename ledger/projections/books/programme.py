"""What the fund has paid for, by disease and by group of people. Counts of few people stay hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.funds import list_history
from ledger.journal import accounts
from ledger.projections import spending
from ledger.projections.accounts import Accounts
from ledger.projections.books.head import Head, head
from ledger.projections.fund_page import View
from ledger.projections.published_counts import TOTAL, Cells, published
from ledger.projections.published_counts import spans as closed_spans
from ledger.projections.shapes import Words
from ledger.projections.stages import PROGRAMME
from ledger.spending.small_cells import Cell


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """Spending on one disease or group.

    Attributes:
        name: Of it.
        amount_minor: What it cost, as of now.
        persons: People, of closed months; hidden where they are few, None where no month is closed.
        person_times: Visits, likewise.
        account: Whose balance the cost of a disease is; None of a group, which has none of its own.
    """

    name: Words
    amount_minor: int
    persons: Cell
    person_times: Cell
    account: str | None


@dataclass(frozen=True, slots=True)
class ProgrammePage:
    """What was paid for.

    Attributes:
        head: Whose.
        spent_minor: What the accounts of the programme hold.
        diseases: Largest first.
        groups: Largest first.
        persons: People in all, of closed months; None where no month is closed.
        person_times: Visits in all, likewise.
        months: Closed months that are counted, oldest first.
    """

    head: Head
    spent_minor: int
    diseases: tuple[ProgrammeRow, ...]
    groups: tuple[ProgrammeRow, ...]
    persons: Cell
    person_times: Cell
    months: tuple[str, ...]


def programme_page(of: View) -> ProgrammePage:
    """Make the page of spending."""
    connection, fund_id, commodity = of.connection, of.fund.fund_id, of.details.commodity
    lists = list_history.lists(connection, fund_id)
    counted = published(connection, fund_id, commodity, closed_spans(connection, fund_id))

    def rows(name: str, cells: Cells, found: Sequence[spending.Sum]) -> tuple[ProgrammeRow, ...]:
        return tuple(
            ProgrammeRow(
                Words(*lists.names(name, one.code)),
                one.amount,
                cells.get(one.code, (None, None))[1],
                cells.get(one.code, (None, None))[0],
                accounts.programme(one.code) if name == "disease" else None,
            )
            for one in found
        )

    diseases = spending.sums(connection, fund_id, commodity, "disease")
    groups = spending.sums(connection, fund_id, commodity, "people")
    times, persons = counted.diseases.get(TOTAL, (None, None))
    return ProgrammePage(
        head(of),
        Accounts(connection, fund_id, commodity).balance(PROGRAMME),
        rows("disease", counted.diseases, diseases),
        rows("group", counted.groups, groups),
        persons,
        times,
        counted.months,
    )
