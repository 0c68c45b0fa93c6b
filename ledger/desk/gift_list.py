"""R1: hold the gifts of a month to the platform's own list, and raise what differs, once for each kind."""

from __future__ import annotations

from pathlib import Path

from ledger.actors import Actor
from ledger.clock import Clock
from ledger.funds import history as funds
from ledger.intake.comparing import Comparing, Comparison
from ledger.intake.listed import ListFile, listed_in_file
from ledger.intake.receiving import rate_table
from ledger.journal.history import Fund
from ledger.matching.exceptions import booking as exceptions
from ledger.matching.exceptions.booking import Found
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer

LISTS = Actor("system", "matching")


def compare_list(
    sequencer: Sequencer,
    clock: Clock,
    keys: Path,
    fund: Fund,
    wanted: tuple[str, str],
    file: ListFile,
) -> Comparison:
    """Compare a platform's list with what is recorded.

    Args:
        sequencer: The writer.
        clock: Tells when the list came.
        keys: Folder of the keys.
        fund: The fund.
        wanted: Channel and month, such as `Kuaishou` and `2026-10`.
        file: The list, which is read once.

    Returns:
        What differs; exceptions `missing_gift`, `extra_gift` and `gift_amount` are raised with the sums. No id of a
        platform is in them: those are private.
    """
    name, month = wanted
    with sequencer.database.reading(once=True) as connection:
        channel = funds.channel(connection, fund.fund_id, name)
        zone = funds.details(connection, fund.fund_id).zone
        rates = rate_table(funds.rates_of(connection, fund.fund_id))
        comparing = Comparing(connection, keys, fund, channel, (month, zone))
        found = comparing.compare(listed_in_file(file, clock, comparing.span_ms, rates))

    def decide(books: Books) -> None:
        for kind, one in (
            ("missing_gift", found.missing),
            ("extra_gift", found.extra),
            ("gift_amount", found.amount),
        ):
            if one.gifts:
                subject = f"gifts/{channel.name}/{month}"
                what = Found(kind, subject, abs(one.amount), channel.commodity)
                exceptions.raise_found(books, LISTS, what)

    sequencer.decide(fund, decide)
    return found
