"""Correction notices: what they tell, when, and who says so, on both databases."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pikepdf
import pytest

from ledger.app import create_app
from ledger.db import Database
from ledger.desk import wanted
from ledger.errors import NotFoundError
from ledger.issuing import booking as issuing
from ledger.issuing import history
from ledger.issuing.booking import File, Signed
from ledger.periods.booking import NewStatement
from ledger.projections import notices
from ledger.projections.notices import Restatement
from ledger.statements import life
from ledger.statements.build import Issue, figures_of
from ledger.statements.life import seals_month
from ledger.verify import attached
from ledger.verify.database import verify_database
from ledger.verify.entries import BrokenEntryError
from ledger.verify.kinds.statements import Statements
from ledger.wiring import Ledger as Opened
from ledger.wiring import Services
from tests.db.ledgers import (
    ZONE,
    Ledger,
    bodies,
    check,
    decide_both,
    new_ledger,
    publish,
    sign_statement,
)
from tests.db.test_spending import undo
from tests.flow.test_statement import CLOSED, CLOSED_AGAIN, close, october, opened

MONTHLY = "qinghe-2026-10-M-v1"


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    october(opened)
    yield opened
    opened.close()


def spends(ledger: Ledger) -> list[int]:
    return [one["seq"] for one in bodies(ledger) if one["kind"] == "spend"]


def issue(ledger: Ledger, number: str, month: str, size: int) -> None:
    """Publish a document by its hash alone, as its life does."""
    new = NewStatement(number, "zh", month, size, bytes([size % 251]) * 32, 1000)
    if "-C-" not in number:
        publish(ledger, new)
        return
    sign_statement(ledger, new)
    decide_both(ledger, wanted.publication([new], seals=seals_month(number)), "Li", "Wang")


def told(ledger: Ledger) -> list[tuple[str, str, int, tuple[str, ...], str]]:
    with ledger.database.reading() as connection:
        found = notices.waiting(connection, ledger.fund, ZONE)
    return [(one.month, one.number, len(one.entries), one.documents, one.state) for one in found]


def test_a_notice_is_given_as_soon_as_the_entry_is_there(ledger: Ledger) -> None:
    october_size = figures_of(
        opened(ledger), ledger.fund, "2026-10", Issue(CLOSED)
    ).ledger.checkpoint.size
    first, second = spends(ledger)
    ledger.clock.advance(timedelta(days=1))
    issue(ledger, MONTHLY, "2026-10", october_size)
    assert told(ledger) == []
    whole = opened(ledger)
    with pytest.raises(NotFoundError):
        figures_of(whole, ledger.fund, "2026-11", Issue(ledger.clock.now(), kind="C"))
    undo(ledger, first)
    assert told(ledger) == [("2026-11", "qinghe-2026-11-C-v1", 1, (MONTHLY,), "")]
    at = ledger.clock.now()
    notice = figures_of(whole, ledger.fund, "2026-11", Issue(at, kind="C"))
    [row] = notice.restated
    assert (row.document, row.line) == (MONTHLY, "F5")
    assert (row.old_minor, row.change_minor, row.new_minor) == (230, -200, 30)
    size = notice.ledger.checkpoint.size
    issue(ledger, notice.number, "2026-11", size)
    assert bodies(ledger)[-1]["kind"] == "statement.published"  # and nothing is sealed with it
    assert told(ledger) == []
    again = figures_of(whole, ledger.fund, "2026-11", Issue(at, kind="C", size=size))
    assert again == notice
    undo(ledger, second)
    assert told(ledger) == [("2026-11", "qinghe-2026-11-C-v2", 1, (MONTHLY,), "")]
    later = figures_of(
        whole, ledger.fund, "2026-11", Issue(ledger.clock.now(), version=2, kind="C")
    )
    [row] = later.restated
    assert (row.old_minor, row.change_minor, row.new_minor) == (30, -30, 0)
    # The month's own statement carries both, and names the notice that was out by then.
    close(ledger, "2026-11", CLOSED_AGAIN)
    november = figures_of(whole, ledger.fund, "2026-11", Issue(CLOSED_AGAIN))
    assert [(one.line, one.amount_minor, one.notice) for one in november.corrections] == [
        ("F5", -200, notice.number),
        ("F5", -30, None),
    ]
    check(ledger)


def test_a_statement_that_comes_out_late_gets_its_notice_though_the_month_is_closed(
    ledger: Ledger,
) -> None:
    whole = opened(ledger)
    size = figures_of(whole, ledger.fund, "2026-10", Issue(CLOSED)).ledger.checkpoint.size
    ledger.clock.advance(timedelta(days=1))
    undo(ledger, spends(ledger)[0])
    close(ledger, "2026-11", CLOSED_AGAIN)
    before = ledger.clock.now()
    ledger.clock.advance(timedelta(days=1))
    issue(ledger, MONTHLY, "2026-10", size)
    assert told(ledger) == [("2026-11", "qinghe-2026-11-C-v1", 1, (MONTHLY,), "")]
    notice = figures_of(whole, ledger.fund, "2026-11", Issue(ledger.clock.now(), kind="C"))
    [row] = notice.restated
    assert (row.document, row.line, row.change_minor) == (MONTHLY, "F5", -200)
    with pytest.raises(NotFoundError):  # it was not out yet
        figures_of(whole, ledger.fund, "2026-11", Issue(before, kind="C"))


ROW = {"statement": MONTHLY, "line": "F5", "old": 230, "change": -200, "new": 30}


@pytest.mark.parametrize(
    ("number", "corrects"),
    [
        ("qinghe-2026-11-C-v1", None),
        ("qinghe-2026-11-C-v1", []),
        ("qinghe-2026-11-C-v1", ["x"]),
        ("qinghe-2026-11-C-v1", [ROW | {"new": 31}]),
        ("qinghe-2026-11-C-v1", [ROW | {"statement": "qinghe-2026-09-M-v1"}]),
        ("qinghe-2026-11-M-v1", [ROW]),
    ],
)
def test_the_checker_holds_what_a_notice_says_in_the_log(number: str, corrects: object) -> None:
    facts = SimpleNamespace(statements={(MONTHLY, "zh"): ({}, 40)})
    reader = Statements(SimpleNamespace(facts=facts))  # type: ignore[arg-type]
    reader._check_corrects("qinghe-2026-11-C-v1", {"corrects": [ROW]})
    with pytest.raises(BrokenEntryError):
        reader._check_corrects(number, {"corrects": corrects})


def check_figures_say_so(services: Services) -> None:
    before = services.statement_page("qinghe", "2026-10")
    notice = services.statement_page("qinghe", "2026-11-C-v1")
    assert before is not None
    assert notice is not None
    assert [(one.id, one.rows) for one in before.notices] == [
        ("2026-11-C-v1", (Restatement(**ROW),))
    ]
    assert [where for where, _ in notice.corrects] == ["2026-10"]
    lines = {one.id: one for one in services.statements("qinghe").statements}
    assert lines["2026-10"].corrections == ("2026-11-C-v1",)
    assert (lines["2026-11-C-v1"].kind, lines["2026-11"].state) == ("C", "not_due")
    [shown] = [one for one in services.fund_page("qinghe").notices if hasattr(one, "was_minor")]
    assert (shown.line, shown.was_minor, shown.is_minor) == ("F5", 230, 30)
    [told_of] = [one for one in services.happened("qinghe") if one.key == "notice"]
    assert told_of.corrects == (MONTHLY,)


def check_pages_say_so(whole: Opened) -> None:
    app = create_app(whole.settings, Services(whole)).test_client()
    for prefix, words in (("", "更正过"), ("/en", "Corrected on")):
        page = app.get(f"{prefix}/funds/qinghe/statements/2026-10").text
        assert words in page
        assert "statements/2026-11-C-v1" in page
        page = app.get(f"{prefix}/funds/qinghe/statements/2026-11-C-v1").text
        assert 'statements/2026-10"' in page
        assert "2.30" in page
        register = app.get(f"{prefix}/funds/qinghe/books/corrections").text
        assert "statements/2026-11-C-v1" in register
        calendar = app.get(f"{prefix}/funds/qinghe/books/calendar").text
        assert 'statements/2026-10"' in calendar
        assert "2026-11-C" not in calendar  # a notice comes when it comes: nothing was promised
        feed = app.get(f"{prefix}/funds/qinghe/feed.atom").text
        assert f"{MONTHLY}" in feed
        assert "statements/2026-11-C-v1" in feed


def test_a_prepared_notice_lives_as_a_statement_does_and_both_pages_name_each_other(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    ledger = new_ledger(Database(f"sqlite:///{file}"), tmp_path / "keys")
    october(ledger)
    whole = opened(ledger)
    size = figures_of(whole, ledger.fund, "2026-10", Issue(CLOSED)).ledger.checkpoint.size
    ledger.clock.advance(timedelta(days=1))
    issue(ledger, MONTHLY, "2026-10", size)
    undo(ledger, spends(ledger)[0])
    member = ledger.member("Li").member_id
    wish = life.Wish("C", "2026-11", "zh")
    which = life.prepare(whole, ledger.fund, member, wish, lambda _: None)
    assert which == ("qinghe-2026-11-C-v1", "zh")
    assert bodies(ledger)[-1]["body"]["corrects"] == [ROW]
    assert told(ledger)[0][-1] == "built"
    [draft] = life.publishable(whole, ledger.fund, which.number) or [None]
    assert draft is None  # nobody has signed it
    with ledger.database.reading() as connection:
        one = history.issue(connection, ledger.fund.fund_id, *which)
    data = life.file_of(whole.settings, ledger.fund, one)
    found = {one.name: one.state for one in attached.check(attached.bundle_of(data))}
    assert set(found.values()) <= {attached.HELD, attached.NOT_CHECKED}
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert "corrections.csv" in pdf.attachments
        assert "gifts.csv" not in pdf.attachments
    signed = Signed("f" * 64, "B-B", development=False)
    kept = File(*which, one.last.sha256, one.last.bytes)
    ledger.decide(
        lambda books: issuing.signed(books, ledger.member("Wang"), kept, one.last.sha256, signed)
    )
    [new] = life.publishable(whole, ledger.fund, which.number)
    decide_both(ledger, life.publication_of(whole, ledger.fund, which.number), "Li", "Wang")
    assert new.month == "2026-11"
    check_figures_say_so(Services(whole))
    check_pages_say_so(whole)
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys, vkeys=None, workers=1)
    assert report.ok, [one for one in report.checks if one.failure]
    ledger.close()
