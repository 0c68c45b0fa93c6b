"""A statement through the desk's pages and out to the public: prepared, returned, signed, countersigned on the
auditor's own machine, published by a second person, read, fetched in parts, and dropped on the checker.

What a worker does is done here without a process of its own, so that the renderer is loaded once;
`tests/flow/test_cli_statement.py` has the processes.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner

from ledger.cli.main import main
from ledger.desk import actions, wanted
from ledger.factors import FreshFactor
from ledger.funds import booking as funding
from ledger.intake.booking import book_gifts
from ledger.issuing import booking
from ledger.issuing.booking import Signed
from ledger.statements import worker
from ledger.statements.jobs import RUNNING, Jobs
from ledger.statements.life import new_certificate
from ledger.statements.pki import PASSPHRASE, make_development_pki
from ledger.web.services import EXTENSION
from ledger.wiring import build_services
from tests.browser.officers import Officer
from tests.browser.test_desk_pages import ALL, BY_LOOK, wrong
from tests.db.ledgers import IMPORT, KUAISHOU, ZONE, gift, prepared
from tests.desk.counties import County, new_county
from tests.desk.test_statements import a_file, step
from tests.signin.gates import later

pytestmark = pytest.mark.browser

MONTH = "2026-10"
NUMBER = f"qinghe-{MONTH}-M-v1"
ONE = f"statements/{NUMBER}/zh"
PUBLIC = f"/funds/qinghe/statements/{MONTH}"
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def county(served, monkeypatch) -> County:
    """Open a county that closed a month with three gifts, and let workers work at once."""
    ledger = served.site.ledger
    served.site.app.extensions[EXTENSION] = build_services(ledger.settings, ledger)
    county = new_county(served.site, ledger, ledger.settings.public_host)
    funding.open_channel(ledger.sequencer, ledger.clock, county.fund, KUAISHOU)
    gifts = prepared(*(gift(f"g{at}", 300) for at in range(3)))
    ledger.sequencer.decide(
        county.fund, lambda books: book_gifts(books, KUAISHOU, IMPORT, ZONE, gifts)
    )
    later(served.gate, days=25)
    pki = make_development_pki(ledger.settings.keys)
    pem = (pki / "auditor.pem").read_bytes()
    decided(county, wanted.close(MONTH, "只有三笔打赏"), "wang", "li")
    enrolled = new_certificate(county.members["sun"], pem, ledger.clock.now())
    decided(county, wanted.certificate(enrolled), "zhou", "li")

    def work(ledger, fund, task, member_id, asked, *, job=None):
        jobs = Jobs(ledger.settings.home, fund.slug)
        job = job or jobs.new(task, member_id, asked, ledger.clock.now())
        job = replace(job, now=ledger.clock.now().isoformat())
        jobs.write(job)
        return worker.work(ledger.settings, fund.slug, job.id)

    monkeypatch.setattr("ledger.web.desk.statements.start", work)
    return county


def decided(county: County, wish, proposer: str, approver: str) -> None:
    ledger = county.ledger
    done = actions.propose(ledger.sequencer, county.fund, county.members[proposer], wish)
    fresh = FreshFactor("totp", ledger.clock.now())
    actions.approve(ledger.sequencer, county.fund, county.members[approver], done.number, 1, fresh)


def look(page, name: str) -> None:
    """Hold a page to what axe knows, wide and in Chinese, narrow and in English; keep its pictures for who asks."""
    here = page.url
    assert wrong(page, Axe(), ALL) == [], name
    glance(page, name)
    sent = page.locator("[role=alert]").count()  # a form that was sent is not at its address
    if not sent:
        page.goto(english(here))
    page.set_viewport_size({"width": 390, "height": 900})
    assert wrong(page, Axe(), BY_LOOK) == [], (name, page.url)
    if not sent:
        glance(page, name)
        page.goto(here)
    page.set_viewport_size({"width": 1280, "height": 900})


def english(url: str) -> str:
    scheme, _, rest = url.partition("//")
    host, _, path = rest.partition("/")
    return f"{scheme}//{host}/en/{path}"


def glance(page, name: str) -> None:
    """Keep a page's pictures, where somebody asks for them."""
    language = "en" if "/en/" in page.url else "zh"
    for width in (390, 1280) if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{SHOTS}/statement-{name}-{width}-{language}.png", full_page=True)
    if SHOTS and language == "en":
        page.set_viewport_size({"width": 390, "height": 900})


def done(officer: Officer, name: str) -> None:
    """Hold that the worker's page says that it is done, and go to the statement."""
    officer.shows("做好了")
    glance(officer.page, name)
    officer.follow("main a.button")


@pytest.mark.axe
def test_a_statement_from_the_desk_to_whoever_checks_it(county, served, new_page, tmp_path):
    wang, li, sun = (Officer(served, new_page(), who) for who in ("wang", "li", "sun"))
    for one in (wang, li, sun):
        one.page.set_default_timeout(60_000)  # what a worker does is waited for
    returned(county, sun, wang)
    built(wang, county)
    signed_and_sent(wang, li)
    final = countersigned(county, sun, tmp_path)
    published(wang, li)
    read_by_everybody(new_page(), final)


def returned(county: County, sun: Officer, wang: Officer) -> None:
    """Return a statement with findings; the file itself is nobody's concern here."""
    wang.go("statements")
    look(wang.page, "list-empty")
    file = a_file(county, NUMBER)
    said = {"month": MONTH, "size": 3, "figures": "0" * 64}
    key = Signed("a" * 64, "B-B", development=True)
    step(county, "chen", booking.built, file, said)
    step(county, "li", booking.signed, file, file.sha256, key)
    step(county, "wang", booking.sent, file)
    sun.go(ONE)
    glance(sun.page, "with-auditor")
    sun.page.fill("#findings", "G3 与平台确认函不符\n<b>请核对</b>")
    sun.press("退回")
    sun.told()
    sun.shows("<b>请核对</b>")
    look(sun.page, "returned")


def built(wang: Officer, county: County) -> None:
    wang.go("statements")
    glance(wang.page, "list")
    wang.page.fill("#period", "2026-08")  # it was never closed
    wang.press("开始编制")
    wang.shows("还没有结账")
    wang.shows("报告还在之前的状态")
    look(wang.page, "failed")
    under_way(wang, county)
    wang.go("statements")
    wang.page.fill("#period", MONTH)
    wang.press("开始编制")
    done(wang, "done")
    glance(wang.page, "built")
    # Whoever prepared it does not sign it.
    assert wang.page.locator(f"a[href$='{ONE}/sign']").count() == 0


def under_way(wang: Officer, county: County) -> None:
    """Look at the page of work that is being done."""
    jobs = Jobs(county.ledger.settings.home, "qinghe")
    asked = {"kind": "M", "period": MONTH, "language": "zh"}
    job = jobs.new("prepare", county.members["wang"], asked, county.ledger.clock.now())
    with jobs.held(job.id):
        jobs.write(replace(job, state=RUNNING, step="building"))
        wang.go(f"statements/jobs/{job.id}")
        wang.shows("自己刷新")
        glance(wang.page, "under-way")
    jobs.path(job.id).unlink()


def signed_and_sent(wang: Officer, li: Officer) -> None:
    li.go(f"{ONE}/sign")
    li.shows("仅供试用")
    look(li.page, "sign")
    li.press("用机构的密钥签名")
    done(li, "signing-done")
    wang.go(ONE)
    glance(wang.page, "signed")
    wang.press("交给审计师")
    wang.told()


def countersigned(county: County, sun: Officer, folder: Path) -> bytes:
    """Download, countersign away from the ledger with the auditor's own key, and bring it back; no other is taken."""
    sun.go(ONE)
    with sun.page.expect_download() as coming:
        sun.page.click("a:has-text('下载')")
    file = folder / "sent.pdf"
    file.write_bytes(Path(coming.value.path()).read_bytes())
    secret = folder / "passphrase"
    secret.write_text(PASSPHRASE)
    p12 = folder / "auditor.p12"
    p12.write_bytes((county.ledger.settings.keys / "development-pki" / p12.name).read_bytes())
    command = ["--json", "statement", "countersign", str(file), "--p12", str(p12)]
    command += ["--passphrase-file", str(secret)]
    with ThreadPoolExecutor() as machine:  # this thread has a loop of events already
        nowhere = {"LEDGER_HOME": str(folder / "none")}
        said = machine.submit(CliRunner().invoke, main, command, env=nowhere).result()
    assert said.exit_code == 0, said.output
    back = Path(json.loads(said.stdout)["path"])
    changed = bytearray(back.read_bytes())
    changed[len(changed) // 3] ^= 1
    (folder / "changed.pdf").write_bytes(changed)
    for path, told in ((folder / "changed.pdf", "这不是交给您的那个文件"), (back, "做好了")):
        sun.go(f"{ONE}/opinion")
        if path != back:
            look(sun.page, "opinion")
        sun.page.set_input_files("#file", str(path))
        sun.page.select_option("#opinion", "qualified")
        sun.press("交回并核对")
        sun.shows(told)
        if path != back:
            glance(sun.page, "refused")
    sun.follow("main a.button")
    sun.shows("保留意见")
    glance(sun.page, "countersigned")
    return back.read_bytes()


def published(wang: Officer, li: Officer) -> None:
    wang.go(f"statements/{NUMBER}/publish")
    look(wang.page, "publish")
    wang.press("提出公布")
    number = wang.number
    assert wang.page.locator("button:has-text('批准')").count() == 0  # a second person does
    li.go(f"decisions/{number}")
    glance(li.page, "decision")
    li.approve(number)
    li.page.wait_for_selector("text=已经批准并办好")
    wang.go(ONE)
    glance(wang.page, "published")


def read_by_everybody(page, final: bytes) -> None:
    assert page.goto(PUBLIC).status == 200
    told = page.inner_text("main")
    for said in ("审计师签过名：保留意见", "G3 与平台确认函不符", "9.00", "仅供试用", "怎么核对"):
        assert said in told, (said, told)
    digest = sha256(final).hexdigest()
    assert digest in told
    look(page, "public")
    if SHOTS:
        page.goto("/funds/qinghe/statements")
        glance(page, "public-list")
    address = f"{PUBLIC}.pdf"
    whole = page.request.get(address)
    assert whole.body() == final
    tag = whole.headers["etag"]
    assert digest in tag
    assert "immutable" in whole.headers["cache-control"]
    part = page.request.get(address, headers={"Range": "bytes=100-199", "If-Range": tag})
    assert (part.status, part.body()) == (206, final[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(final)}"
    assert page.request.get(address, headers={"If-None-Match": tag}).status == 304
    page.goto("/verify")
    for data, said in ((final, "有效"), (final + b"\n", "无效")):
        given = {"name": "s.pdf", "mimeType": "application/pdf", "buffer": data}
        page.set_input_files("#file", files=given)
        page.wait_for_selector(f".verdict h2:has-text('{said}')")
        glance(page, "verify-yes" if data is final else "verify-no")
    assert page.context.cookies() == []
