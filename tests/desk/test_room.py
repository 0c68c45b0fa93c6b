"""The auditors' room: everything is read, nothing is changed but one's own papers."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from ledger.activity.history import of_subject
from ledger.journal.history import fund_by_slug
from ledger.papers.tables import working_papers
from ledger.verify.pack import verify_pack
from tests.desk.counties import text_of

PAPER = {"title": "抽样 12", "subject": "decision/1", "body": "<b>看过</b>\n第二行"}


def test_an_auditor_writes_and_revises_their_own_paper_and_every_version_stays(county):
    first = county.as_("sun").post("/audit/qinghe/papers/new", **PAPER)
    assert first.location == "/audit/qinghe/papers/1?done=written", text_of(first)
    page = county.as_("sun").get(first.location)
    assert "&lt;b&gt;看过" in page.text
    changed = {**PAPER, "body": "改过的", "version": "1"}
    auditor = county.as_("sun")
    assert auditor.post("/audit/qinghe/papers/1/edit", **changed).status_code == 303
    page = auditor.get("/audit/qinghe/papers/1")
    assert "改过的" in page.text
    assert "&lt;b&gt;看过" in page.text
    late = auditor.post("/audit/qinghe/papers/1/edit", **changed)
    assert late.status_code == 422
    assert "请先看新的一版" in text_of(late)


def test_nobody_else_reads_or_writes_papers(county):
    county.as_("sun").post("/audit/qinghe/papers/new", **PAPER)
    for who in ("wang", "li", "zhou"):
        browser = county.as_(who)
        assert browser.get("/audit/qinghe/").status_code == 403
        assert browser.get("/audit/qinghe/papers/1").status_code == 403
        assert browser.post("/audit/qinghe/papers/new", **PAPER).status_code == 403


def test_the_room_shows_how_quickly_decisions_were_approved(county):
    number = county.propose_transfer()
    county.post("li", f"decisions/{number}/approve", version="1")
    for language, told in (("", "不到一分钟就批了"), ("/en", "approved in less than a minute")):
        page = county.as_("sun").get(f"{language}/audit/qinghe/")
        assert page.status_code == 200
        assert told in text_of(page)


def test_an_auditor_changes_nothing_else(county):
    number = county.propose_transfer()
    for page in (
        f"decisions/{number}/approve",
        f"decisions/{number}/reject",
        "decisions/new/transfer",
    ):
        assert county.post("sun", page, version="1", reason="x").status_code == 403


def test_a_paper_without_a_title_is_refused_and_keeps_its_text(county):
    page = county.as_("sun").post("/audit/qinghe/papers/new", **{**PAPER, "title": " "})
    assert page.status_code == 422
    assert "第二行" in page.text


@pytest.mark.parametrize(
    "change", ["UPDATE working_papers SET body = ''", "DELETE FROM working_papers"]
)
def test_no_version_is_changed_or_removed(county, change):
    county.as_("sun").post("/audit/qinghe/papers/new", **PAPER)
    with pytest.raises(sa.exc.IntegrityError), county.ledger.database.writing() as connection:
        connection.execute(sa.text(change))
    with county.ledger.database.reading() as connection:
        assert connection.execute(sa.select(working_papers.c.body)).scalar_one() == PAPER["body"]


def test_an_auditor_takes_a_pack_and_nobody_else_does(county, tmp_path):
    page = county.as_("sun").get("/audit/qinghe/")
    assert "审计包" in text_of(page)
    assert "/audit/qinghe/packs/all.zip" in page.text
    taken = county.as_("sun").get("/audit/qinghe/packs/all.zip")
    assert (taken.status_code, taken.content_type) == (200, "application/zip")
    file = tmp_path / "pack.zip"
    file.write_bytes(taken.data)
    taken.close()
    report = verify_pack(file)
    assert report.ok, report.summary
    with county.ledger.database.reading() as connection:
        (seen,) = of_subject(connection, fund_by_slug(connection, "qinghe").fund_id, "pack/all")
    assert (seen.activity.action, seen.activity.outcome) == ("audit.pack", "read")
    assert county.as_("sun").get("/audit/qinghe/packs/2030-01.zip").status_code == 404
    assert county.as_("sun").get("/audit/qinghe/packs/soon.zip").status_code == 422
    for who in ("wang", "li", "zhou"):
        assert county.as_(who).get("/audit/qinghe/packs/all.zip").status_code == 403
