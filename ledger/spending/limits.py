"""What the limit of one person is held to, so that a payment cannot be split to stay below it.

Counted together: all new rows of one sheet, and all standing spending with one payment reference, whenever it was
booked and by whomever. The larger of the two decides who has to approve.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ledger.decisions import history as decided
from ledger.errors import AboveLimitError
from ledger.sequencer.books import Books
from ledger.spending import history
from ledger.spending.sheet import SpendRow

COMMODITY = "CNY"


def counted(books: Books, rows: Sequence[SpendRow]) -> int:
    """Return the sum that decides who has to approve some rows, minor units.

    Args:
        books: The fund's books.
        rows: Not booked yet.

    Returns:
        The largest of their sum and of what each of their payments comes to with them.
    """
    books.settle()
    by_reference: dict[str, int] = defaultdict(int)
    for row in rows:
        by_reference[row.reference] += row.amount_minor
    before = history.standing_sums(
        books.connection, books.fund.fund_id, COMMODITY, list(by_reference)
    )
    sums = [amount + before.get(one, 0) for one, amount in by_reference.items()]
    return max(sum(by_reference.values()), *sums) if sums else 0


def needed(books: Books, rows: Sequence[SpendRow]) -> tuple[str, ...]:
    """Return the roles that have to approve some rows; none up to the limit of one person."""
    rule = decided.rules_in_force(books.connection, books.fund.fund_id)["spend"].rule
    return rule.slots(counted(books, rows), COMMODITY)


def check_free(books: Books, rows: Sequence[SpendRow]) -> None:
    """Hold that one person may book some rows.

    Args:
        books: The fund's books.
        rows: Not booked yet.

    Raises:
        AboveLimitError: They come to more than that.
    """
    if rows and needed(books, rows):
        raise AboveLimitError(
            what="spending", key=counted(books, rows), state="above-limit", needed="spend"
        )
