"""Statements at the desk: each step by whoever may, work in a worker with its progress, and refusals in words."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.issuing import booking, history
from ledger.issuing.booking import File, Signed
from ledger.statements import worker
from ledger.statements.jobs import Jobs
from ledger.statements.life import Which
from ledger.statements.pki import make_development_pki
from tests.desk.counties import text_of
from tests.signin.sites import HOST

NUMBER = "qinghe-2026-09-M-v1"
ONE = f"statements/{NUMBER}/zh"
SAID = {"month": "2026-09", "size": 3, "figures": "0" * 64}
DATA = b"%PDF-1.7 not a statement"


@pytest.fixture
def started(monkeypatch) -> list[tuple[str, dict]]:
    """Note what would be done by workers, and do nothing."""
    asked: list[tuple[str, dict]] = []

    def start(ledger, fund, task, member_id, wish, *, job=None):
        asked.append((task, dict(wish)))
        jobs = Jobs(ledger.settings.home, fund.slug)
        return job or jobs.new(task, member_id, wish, ledger.clock.now())

    monkeypatch.setattr("ledger.web.desk.statements.start", start)
    return asked


def step(county, who: str, action, *given) -> None:
    from ledger.desk.acting import member_now

    county.ledger.sequencer.decide(
        county.fund, lambda books: action(books, member_now(books, county.members[who]), *given)
    )


def a_file(county, number: str = NUMBER) -> File:
    """Keep a file as if it had been prepared."""
    from hashlib import sha256

    from ledger.statements.files import statement_file, write_new

    digest = sha256(DATA).digest()
    folder = county.ledger.settings.outputs / county.fund.slug
    write_new(statement_file(folder, number, "zh", digest), DATA)
    return File(number, "zh", digest, len(DATA))


def state(county) -> str:
    with county.ledger.database.reading() as connection:
        return history.issue(connection, county.fund.fund_id, *Which(NUMBER, "zh")).state


def test_preparing_is_asked_for_and_done_by_a_worker(county, started):
    for language in ("", "/en"):
        assert county.get("wang", "statements", language).status_code == 200
    wrong = county.post("wang", "statements/prepare", period="", kind="M", language="zh")
    assert wrong.status_code == 422
    assert "这里要填" in text_of(wrong)
    asked = county.post("wang", "statements/prepare", period="2026-09", kind="M", language="zh")
    assert started == [("prepare", {"kind": "M", "period": "2026-09", "language": "zh"})]
    page = county.as_("wang").get(asked.location)
    assert "编制 2026-09（中文）" in text_of(page)
    assert page.headers["Refresh"] == "3"
    assert county.post("sun", "statements/prepare", period="2026-09").status_code == 403
    assert county.get("wang", "statements/jobs/20260101000000-00000000").status_code == 404


def test_a_job_that_failed_says_why_in_words(county):
    from dataclasses import replace

    jobs = Jobs(county.ledger.settings.home, county.fund.slug)
    asked = {"number": NUMBER, "language": "zh"}
    job = jobs.new("take-back", county.members["sun"], asked, county.ledger.clock.now())
    fields = {"file": "pdf", "reason": "other-file"}
    problem = {"code": "file-format", "fields": fields}
    jobs.write(replace(job, state="failed", problem=problem))
    page = county.get("sun", f"statements/jobs/{job.id}")
    assert "这不是交给您的那个文件" in text_of(page)
    assert "Refresh" not in page.headers
    tie = {"left": "F5", "right": "S1", "left_value": 230, "right_value": 200}
    jobs.write(replace(job, state="failed", problem={"code": "statement-tie", "fields": tie}))
    page = text_of(county.get("sun", f"statements/jobs/{job.id}"))
    assert "F5 和 S1 两个数对不上，所以没有出报告" in page
    assert "230" in page
    jobs.write(replace(job, state="running", problem={}))  # and nobody holds it
    assert "被打断了" in text_of(county.get("sun", f"statements/jobs/{job.id}"))


def test_each_step_by_whoever_may(county, started):
    file = a_file(county)
    step(county, "chen", booking.built, file, SAID)
    assert county.get("chen", f"{ONE}/sign").status_code == 403
    page = county.get("li", f"{ONE}/sign")
    assert "没有设置密钥" in text_of(page)
    make_development_pki(county.ledger.settings.keys)
    page = county.get("li", f"{ONE}/sign")
    assert "仅供试用的密钥" in text_of(page)
    assert county.post("li", f"{ONE}/sign").status_code == 303
    assert started[-1] == ("sign", {"number": NUMBER, "language": "zh"})
    assert county.get("li", f"{ONE}/file.pdf").data == DATA
    step(
        county, "li", booking.signed, file, file.sha256, Signed("a" * 64, "B-B", development=True)
    )
    for language in ("", "/en"):
        told = text_of(county.get("wang", ONE, language))
        assert ("没有时间戳" if not language else "No time stamp") in told
    assert county.post("sun", f"{ONE}/send").status_code == 403
    assert county.post("wang", f"{ONE}/send").status_code == 303
    assert state(county) == "sent"
    again = county.post("wang", f"{ONE}/send")
    assert again.location.endswith("done=moved_on")
    page = county.get("sun", f"{ONE}/opinion")
    assert "没有登记的证书" in text_of(page)
    empty = county.as_("sun").post(f"/desk/qinghe/{ONE}/opinion", opinion="none")
    assert empty.status_code == 422
    given = {"opinion": "none", "file": (io.BytesIO(b"not a pdf"), "x.pdf")}
    wrong = county.as_("sun").post(f"/desk/qinghe/{ONE}/opinion", **given)
    assert "这不是 PDF" in text_of(wrong)
    huge_is_told_beside_the_field(county)
    given = {"opinion": "none", "file": (io.BytesIO(DATA), "x.pdf")}
    taken = county.as_("sun").post(f"/desk/qinghe/{ONE}/opinion", **given)
    assert taken.status_code == 303, text_of(taken)
    task, asked = started[-1]
    assert (task, asked["opinion"]) == ("take-back", "none")
    assert Path(asked["path"]).read_bytes() == DATA
    missing = county.post("sun", f"{ONE}/return", findings=" ")
    assert missing.status_code == 422
    assert county.post("sun", f"{ONE}/return", findings="G3 不符").status_code == 303
    assert state(county) == "returned"
    assert "G3 不符" in text_of(county.get("wang", ONE))
    page = county.post("wang", f"statements/{NUMBER}/publish")
    assert page.status_code == 422


class Unread(io.RawIOBase):
    """Half a gigabyte that nobody may read."""

    at = 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = 500 * 1024 * 1024 if whence == io.SEEK_END else offset
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, _into: object) -> int:
        raise AssertionError


def huge_is_told_beside_the_field(county) -> None:
    """Send 500 MB: the answer is the same page, and not one byte of it was read."""
    for language, said in (("", "一次最多 20 MB"), ("/en", "at most 20 MB")):
        for who, status in (("sun", 413), ("wang", 403)):
            browser = county.as_(who)
            answer = browser.client.open(
                f"{language}/desk/qinghe/{ONE}/opinion",
                base_url=f"https://{HOST}",
                method="POST",
                input_stream=Unread(),
                content_type="multipart/form-data; boundary=x",
                headers={"Accept": "text/html"},
                environ_overrides=browser.environ,
            )
            assert answer.status_code == status, text_of(answer)
            assert (said in text_of(answer)) == (status == 413)
            if status == 413:
                assert 'id="opinion"' in answer.text
                assert "aria-invalid" in answer.text


def test_certificates_are_proposed_decided_and_ended(county, clock):
    folder = make_development_pki(county.ledger.settings.keys)
    browser = county.as_("zhou")
    given = {"member": county.members["sun"], "file": (io.BytesIO(b"no"), "a.pem")}
    wrong = browser.post("/desk/qinghe/certificates", **given)
    assert "这不是证书" in text_of(wrong)
    pem = (folder / "auditor.pem").read_bytes()
    given = {"member": county.members["sun"], "file": (io.BytesIO(pem), "a.pem")}
    done = browser.post("/desk/qinghe/certificates", **given)
    assert done.status_code == 303, text_of(done)
    number = done.location.split("/decisions/")[1].split("?")[0]
    assert county.post("li", f"decisions/{number}/approve", version="1").status_code == 303
    page = county.get("zhou", "certificates")
    assert "ONLY FOR TRYING" in page.text
    with county.ledger.database.reading() as connection:
        [row] = history.enrolled(connection, county.fund.fund_id)
    ending = f"certificates/{row.fingerprint.hex()}/end"
    assert county.get("zhou", ending).status_code == 200
    assert county.post("zhou", ending, reason="").status_code == 422
    assert county.post("zhou", ending, reason="lost").status_code == 303
    assert county.get("zhou", ending).status_code == 404
    clock.advance(timedelta(seconds=1))
    assert worker.TASKS.keys() == {"prepare", "sign", "take-back"}
