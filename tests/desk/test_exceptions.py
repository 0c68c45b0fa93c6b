"""Exceptions on the pages of the desk: worked on, explained with evidence, closed by two."""

from __future__ import annotations

import io
import re
from datetime import date

from ledger.actors import Actor
from ledger.matching.exceptions import history
from ledger.matching.exceptions.booking import Found, raise_found
from ledger.matching.exceptions.kinds import KINDS
from tests.desk.counties import text_of
from tests.signin.sites import HOST


def found(county, kind="unknown_receipt", amount=2_620, subject="line/ab/7", since=None):
    raised = county.ledger.sequencer.decide(
        county.fund,
        lambda books: raise_found(
            books, Actor("system", "matching"), Found(kind, subject, amount, "CNY", since)
        ),
    )
    return raised.value


def item(county, number):
    with county.ledger.database.reading() as connection:
        return history.item(connection, county.fund.fund_id, number)


def bring(county, who, number, name, data):
    visitor = county.as_(who)
    return visitor.client.post(
        f"/desk/qinghe/exceptions/{number}/evidence",
        base_url=f"https://{HOST}",
        data={"csrf_token": visitor.form_key(), "file": (io.BytesIO(data), name)},
        headers={"Accept": "text/html", "Referer": f"https://{HOST}/"},
        environ_overrides=visitor.environ,
    )


def test_an_exception_is_taken_explained_and_closed_by_two(county):
    number = found(county)
    page = county.get("wang", "exceptions")
    assert "银行多了一笔，不知道是谁的" in text_of(page)
    assert "26.20 元" in text_of(page)
    county.post("wang", f"exceptions/{number}/step", step="assigned", value=county.members["chen"])
    assert item(county, number).owner == county.members["chen"]
    early = county.post("chen", f"exceptions/{number}/resolution", reason="孙某的捐款，已问过")
    assert early.status_code == 422
    assert "先附上证据" in text_of(early)
    assert "孙某的捐款，已问过" in early.text
    answer = bring(county, "chen", number, "../回单.pdf", b"%PDF-1.7\n%%EOF\n")
    assert answer.status_code == 303, text_of(answer)
    proposed = county.post("chen", f"exceptions/{number}/resolution", reason="孙某的捐款，已问过")
    decision = int(re.findall(r"decisions/(\d+)", proposed.location)[0])
    assert item(county, number).state == "proposed"
    assert "等批准" in text_of(county.get("wang", f"exceptions/{number}"))
    county.post("li", f"decisions/{decision}/approve", version="1")
    if item(county, number).is_open:  # above 1.00 the approver and the controller, two people
        assert len(item(county, number).state) > 0
    thread = text_of(county.get("sun", f"exceptions/{number}"))
    assert "回单.pdf" in thread
    assert "附了证据" in thread


def test_evidence_is_handed_out_to_be_saved_and_never_shown(county):
    number = found(county)
    bring(county, "wang", number, "x.html.pdf", b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF\n")
    page = county.get("wang", f"exceptions/{number}")
    link = re.findall(rf"exceptions/{number}/evidence/[0-9a-f]{{64}}", page.text)[0]
    file = county.get("wang", link)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.data.startswith(b"%PDF")


def test_a_file_of_another_kind_is_refused_beside_its_field(county):
    number = found(county)
    page = bring(county, "wang", number, "run.exe", b"MZ\x90\x00\x03\x00")
    assert page.status_code == 422
    assert 'id="file-error"' in page.text


def test_filters_stand_in_the_address_and_pages_follow_each_other(county):
    for at in range(53):
        found(county, subject=f"line/ab/{at}", amount=100 + at)
    found(county, kind="missing_gift", subject="gift/k/1")
    first = county.get("wang", "exceptions?kind=unknown_receipt")
    assert len({*re.findall(r"line/ab/\d+", first.text)}) == 50
    assert "gift/k/1" not in first.text
    more = re.findall(r'rel="next"[^>]*? href="([^"]+)"', first.text)[0]
    second = county.as_("wang").get(more.replace("&amp;", "&"))
    assert len({*re.findall(r"line/ab/\d+", second.text)}) == 3
    assert "没有符合的" in text_of(county.get("wang", "exceptions?state=disputed"))


def test_without_any_the_page_says_so(county):
    assert "一分不差" in text_of(county.get("wang", "exceptions"))


def test_who_only_reads_gets_no_form_and_is_refused(county):
    number = found(county)
    page = county.get("sun", f"exceptions/{number}")
    assert "<form method" not in page.text
    assert (
        county.post("sun", f"exceptions/{number}/step", step="note", text="x").status_code == 403
    )
    assert county.get("zhou", "exceptions").status_code == 403


def test_every_kind_has_words_in_both_languages(county):
    numbers = [found(county, kind=kind, since=date(2026, 1, 2)) for kind in KINDS]
    for language in ("", "/en"):
        for page in ("exceptions", *(f"exceptions/{number}" for number in numbers)):
            assert county.get("wang", page, language).status_code == 200, page
