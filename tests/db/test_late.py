"""Late entries: indexed in runs as they are written, listed in pages, held to the entries; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ledger.cli.database import downgrade, upgrade
from ledger.clock import to_ms
from ledger.db import Database
from ledger.desk.checklist import checklist, late_gifts
from ledger.intake.booking import reverse_gift
from ledger.journal.late import LateRun, joined
from ledger.journal.late_history import LateOf, late_page, late_runs, late_sums
from ledger.projections.known import known_at, known_json
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    IMPORT,
    Ledger,
    bodies,
    close_month,
    gift,
    give,
    new_ledger,
    raise_money,
    settle,
    settlement_line,
)

SEPTEMBER, OCTOBER = "2026-09", "2026-10"


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def at(ledger: Ledger, name: str, fen: int, when: datetime, **more: object) -> None:
    give(ledger, gift(name, fen, occurred_at_ms=to_ms(when), **more))


def runs(ledger: Ledger) -> list[LateRun]:
    with ledger.database.reading() as connection:
        found = [
            one
            for month in (SEPTEMBER, OCTOBER)
            for one in late_runs(
                connection, ledger.fund.fund_id, LateOf(month, dated=True), most=1000
            )
        ]
    return sorted(found)


def listed(ledger: Ledger, of: LateOf, most: int) -> list[int]:
    """Walk all pages."""
    seqs: list[int] = []
    while True:
        with ledger.database.reading() as connection:
            after = of._replace(after=seqs[-1] if seqs else of.after)
            page = late_page(connection, ledger.fund.fund_id, after, most=most)
        if not page:
            return seqs
        seqs += [one.seq for one in page]


def late_ledger(ledger: Ledger) -> int:
    """Record gifts in time and late, close September, and record more; return the entry that closed it."""
    days = timedelta(days=1)
    now = ledger.clock.now()
    at(ledger, "in time", 100, now - timedelta(days=3))
    at(ledger, "a minute late", 200, now - timedelta(days=3, minutes=1))
    late = [gift(f"file-{n}", 10 + n, occurred_at_ms=to_ms(now - 5 * days)) for n in range(7)]
    # 30 September in Shanghai, and 1 October there: an hour apart.
    edge = datetime(2026, 9, 30, 16, tzinfo=UTC)
    give(
        ledger,
        *late,
        gift("september", 31, occurred_at_ms=to_ms(edge - timedelta(minutes=1))),
        gift("october", 32, occurred_at_ms=to_ms(edge)),
    )
    closed = close_month(ledger, SEPTEMBER)
    at(ledger, "of a closed month", 40, edge - 2 * days)
    at(ledger, "in time again", 50, now)
    return closed


def test_late_gifts_are_indexed_as_they_are_written_and_paged_from_the_index(
    ledger: Ledger,
) -> None:
    late_ledger(ledger)
    by_name = {
        one["seq"]: one["body"]["amount"] for one in bodies(ledger) if one["kind"] == "gift"
    }
    expected = [seq for seq, amount in by_name.items() if amount not in (100, 50)]
    october = listed(ledger, late_gifts(OCTOBER), 3)
    assert sorted(by_name[seq] for seq in october) == [*range(10, 17), 32, 40, 200]
    assert listed(ledger, late_gifts(SEPTEMBER), 1) == [
        seq for seq in expected if by_name[seq] == 31
    ]
    with ledger.database.reading() as connection:
        sums = late_sums(connection, ledger.fund.fund_id, late_gifts(OCTOBER))
        [cut_off] = [
            one
            for one in checklist(connection, ledger.fund, OCTOBER, ledger.clock.now()).checks
            if one.name == "cut-off"
        ]
    assert (sums.entries, sums.amounts) == (10, {"CNY": sum(range(10, 17)) + 32 + 40 + 200})
    assert cut_off.counts["gifts"] == 10
    assert ("late", OCTOBER, 363) in [(p.page, p.subject, p.amount) for p in cut_off.points]
    assert [one.length for one in runs(ledger) if one.state == "open"] == [1, 7, 1, 1]
    report = verify(ledger)
    assert report.ok, report.failures


def verify(ledger: Ledger) -> object:
    url = ledger.database.url.render_as_string(hide_password=False)
    return verify_database(url, ledger.keys)


def test_known_now_lists_what_came_late_and_corrects_nothing(ledger: Ledger) -> None:
    closed = late_ledger(ledger)
    settle(ledger, settlement_line("S-9", 100, period=SEPTEMBER))
    seq = next(one["seq"] for one in bodies(ledger) if one["body"].get("amount") == 31)
    back = ledger.decide(
        lambda books: reverse_gift(books, IMPORT, seq, "2026-09-30T15:59:30Z", "a minor")
    )
    with ledger.database.reading() as connection:
        month = known_at(connection, ledger.fund, str(closed + 1), SEPTEMBER).month
        told = known_json(known_at(connection, ledger.fund, str(closed + 1), SEPTEMBER))
    assert month is not None
    assert [one.seq for one in month.corrections] == [back]
    late = [one.seq for one in month.late.first]
    assert back not in late
    # The opening of its broadcast is dated in September as well.
    kinds = {one.seq: one.run.kind for one in month.late.first}
    assert sorted(set(kinds.values())) in (["gift"], ["gift", "session.opened"])
    assert (month.late.entries, month.late.moved["gifts"]) == (len(late), 40)
    assert month.now["gifts"] == month.then["gifts"] - 31
    assert told["month"]["late"]["entries"][-1]["counts_in"] == OCTOBER
    assert told["month"]["late"]["moved"]["gifts"] == 40


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE late_entries SET amount = amount + 1 WHERE state = 'open'",
        "UPDATE late_entries SET month = '2026-08' WHERE kind = 'gift'",
        "UPDATE late_entries SET counts_in = '2026-11' WHERE state = 'closed'",
        "UPDATE late_entries SET last_seq = last_seq + 1 WHERE state = 'open'",
        "DELETE FROM late_entries WHERE state = 'open'",
        "DELETE FROM late_entries WHERE state = 'closed'",
    ],
)
def test_verify_notices_a_changed_or_missing_row(
    migrated_sqlite: Path, tmp_path: Path, change: str
) -> None:
    (tmp_path / "ledger.db").write_bytes(migrated_sqlite.read_bytes())
    ledger = new_ledger(Database(f"sqlite:///{tmp_path / 'ledger.db'}"), tmp_path / "keys")
    late_ledger(ledger)
    with ledger.database.engine.begin() as connection:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.exec_driver_sql(change)
        for one in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER late_entries_no_{one}")
        connection.exec_driver_sql(change)
    report = verify(ledger)
    assert {one.table for one in report.failures} == {"late_entries"}, report
    ledger.close()


def test_the_index_is_filled_from_the_entries_that_were_there_before_it(ledger: Ledger) -> None:
    raise_money(ledger, 500)
    late_ledger(ledger)
    before = joined(runs(ledger))
    assert before
    downgrade(ledger.database, "0042")
    upgrade(ledger.database)
    assert runs(ledger) == before
    report = verify(ledger)
    assert report.ok, report.failures


def test_the_index_is_filled_where_a_month_was_closed_by_the_first_version(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    """Its closings do not say when the month ends, so nobody can say of which month a mark speaks."""
    (tmp_path / "ledger.db").write_bytes(migrated_sqlite.read_bytes())
    ledger = new_ledger(Database(f"sqlite:///{tmp_path / 'ledger.db'}"), tmp_path / "keys")
    late_ledger(ledger)
    with ledger.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER entries_no_update")
        connection.exec_driver_sql(
            "UPDATE entries SET entry = CAST(json_remove(CAST(entry AS TEXT), '$.body.ends') AS BLOB) "
            "WHERE kind = 'period.closed'"
        )
    downgrade(ledger.database, "0042")
    upgrade(ledger.database)
    with ledger.database.reading() as connection:
        rows = connection.execute(
            sa.text("SELECT month, counts_in FROM late_entries WHERE state = 'closed'")
        )
        assert set(map(tuple, rows)) == {("", OCTOBER)}
    ledger.close()


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5), st.integers(0, 3)), max_size=12))
def test_runs_join_to_the_same_whatever_commits_they_came_in(
    parts: list[tuple[bool, int, int]],
) -> None:
    runs, seq = [], 0
    for is_gift, length, gap in parts:
        seq += gap
        kind = "gift" if is_gift else "payout"
        runs += [
            LateRun(n, n, kind, OCTOBER, OCTOBER, "open", 1, "CNY")
            for n in range(seq, seq + length)
        ]
        seq += length
    whole = joined(runs)
    assert joined(whole) == whole
    assert joined([*joined(runs[:7]), *joined(runs[7:])]) == whole
    assert sum(one.length for one in whole) == len(runs) == sum(one.amount for one in whole)
