"""Time stamps of sealed months: asked of an authority, kept, verified, and asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk import wanted as wanting
from ledger.errors import ExternalError
from ledger.log import history as log_history
from ledger.publication.anchors import anchored, ask_waiting, poster, roots_in
from ledger.statements.pki import make_development_pki
from tests.db.ledgers import Ledger, bodies, close_month, decide_both, gift, give, new_ledger
from tests.db.test_periods import failures
from tests.statements.stamping import stamp_server

MONTH = "2026-09"


@pytest.fixture
def sealed(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    ledger = new_ledger(database, tmp_path / "keys")
    give(ledger, gift("first"))
    close_month(ledger, MONTH)
    decide_both(ledger, wanting.seal(MONTH), "Chen", "Wang")
    give(ledger, gift("after"))
    yield ledger
    ledger.close()


def away(_body: bytes) -> bytes:
    raise ExternalError(reason="unreachable")


def test_a_seal_says_what_the_log_was_and_is_stamped_once(sealed: Ledger, tmp_path: Path) -> None:
    fund = sealed.fund
    said = next(one for one in bodies(sealed) if one["kind"] == "period.sealed")
    body = said["body"]
    closed = next(one["seq"] for one in bodies(sealed) if one["kind"] == "period.closed")
    assert (body["last"], body["size"], body["totals"]) == (closed, closed + 1, {"CNY": 100})
    assert [one.problem for one in ask_waiting(sealed.database, fund, away)] == ["unreachable"]
    with stamp_server(make_development_pki(tmp_path / "pki")) as authority:
        other = ask_waiting(sealed.database, fund, poster(authority.url), roots_in(tmp_path))
        assert [bool(one.at) for one in other] == [True]
        assert ask_waiting(sealed.database, fund, poster(authority.url)) == []
        assert authority.asked == 1
    with sealed.database.reading() as connection:
        (kept,) = anchored(connection, fund.fund_id)
        _, note = log_history.checkpoint_covering(connection, fund.fund_id, said["seq"])
    assert (kept.month, kept.seq, kept.at) == (MONTH, said["seq"], other[0].at)
    assert f"\n{kept.size}\n".encode() in note
    assert failures(sealed) == []
    # A token of another checkpoint, and one whose time was changed, are noticed.
    with sealed.database.writing() as connection:
        for sql in (
            "DROP TRIGGER IF EXISTS anchors_no_update" + _on(sealed),
            "DROP TRIGGER IF EXISTS anchors_no_change ON anchors" if _on(sealed) else "SELECT 1",
            "UPDATE anchors SET stamped_at = '2020-01-01T00:00:00Z'",
        ):
            connection.execute(sa.text(sql))
    assert [(table, reason) for table, _, reason in failures(sealed)] == [("anchors", "differs")]
    with sealed.database.writing() as connection:
        connection.execute(
            sa.text("UPDATE anchors SET size = (SELECT min(size) FROM checkpoints)")
        )
    assert [(table, reason) for table, _, reason in failures(sealed)] == [
        ("anchors", "time-stamp")
    ]


def _on(ledger: Ledger) -> str:
    return "" if ledger.database.url.get_backend_name() == "sqlite" else " ON anchors"


def test_an_authority_that_answers_nonsense_leaves_the_seal(sealed: Ledger) -> None:
    (told,) = ask_waiting(sealed.database, sealed.fund, lambda _body: b"no")
    assert (told.at, told.problem) == ("", "no-time-stamp")
    assert failures(sealed) == []
