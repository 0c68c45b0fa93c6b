"""What the browser checks by itself: a gift on its page, receipts and statements as files, and the same from a disk."""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pikepdf
import pytest
from werkzeug.serving import make_server

from ledger.app import create_app
from ledger.db import Database
from ledger.intake.booking import reverse_gift
from ledger.intake.gift_receipts import stored_receipts
from ledger.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from ledger.log.notes import Signer, split_note
from ledger.periods.booking import NewStatement
from ledger.publication.policy import Witness
from ledger.publication.witnesses import ask
from ledger.sequencer import receipts
from ledger.settings import load_settings
from ledger.statements.files import statement_file
from ledger.wiring import Ledger, build_services
from tests.db import ledgers
from tests.db.test_witnesses import SIGNER as WITNESS
from tests.db.test_witnesses import poster

pytestmark = pytest.mark.browser


def statement_pdf(transfers: int, *, spoiled: bool = False) -> bytes:
    """A page with attachments as a statement has them."""
    register = b"transfer_no,amount_fen\r\n12,%d\r\n" % transfers
    listed = {"name": "transfers.csv", "sha256": sha256(register).hexdigest(), "embedded": True}
    manifest = {
        "number": "qinghe-2026-09-M-v1",
        "commodity": "CNY",
        "files": [listed],
        "lines": {"B4": transfers, "G1": 7},
    }
    pdf = pikepdf.new()
    pdf.add_blank_page()
    files = {"transfers.csv": register, "manifest.json": json.dumps(manifest).encode()}
    for name, body in files.items():
        inside = body + b" " if spoiled and name == "transfers.csv" else body
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, inside, filename=name)
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return out.getvalue()


PDF = statement_pdf(9_500_000)
BROKEN = """
async ([address, text, tries]) => {
  const { Book } = await import('/static/check/book.js');
  const { checkReceipt } = await import('/static/check/gift.js');
  const memory = { get: () => null, set: () => {} };
  const file = new TextEncoder().encode(text);
  const book = new Book(address.origin, address.log, memory);
  const outcomes = { yes: [], no: 0, unknown: 0 };
  let seed = 7;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const end = text.lastIndexOf('\\u2014');
  for (let at = 0; at < tries; at += 1) {
    let broken = file.slice();
    const kind = at % 4;
    if (kind === 0) broken[random(file.length)] ^= 1 << random(8);
    if (kind === 1) broken = file.slice(0, random(file.length));
    if (kind === 2) broken = Uint8Array.from({ length: random(4000) }, () => random(256));
    if (kind === 3) {
      const [from, to] = [random(file.length), random(file.length)];
      broken.copyWithin(to, from, from + 40);
    }
    if (broken.every((byte, place) => byte === file[place]) && broken.length === file.length) continue;
    const { checks } = await checkReceipt(broken, book);
    const [inLog] = checks;
    if (inLog.outcome === 'yes') outcomes.yes.push([kind, new TextDecoder().decode(broken)]);
    else outcomes[inLog.outcome] += 1;
  }
  return outcomes;
}
"""


@dataclass
class Shown:
    """A served ledger with a gift that went all the way, and a published statement."""

    ledger: ledgers.Ledger
    base: str
    receipt: str
    seq: int

    @property
    def gift(self) -> str:
        return f"{self.base}/funds/qinghe/gifts/{self.receipt}"

    @property
    def origin(self) -> str:
        return self.ledger.fund.origin


@pytest.fixture(scope="module")
def shown(migrated_sqlite, tmp_path_factory) -> Iterator[Shown]:
    home = tmp_path_factory.mktemp("checker")
    shutil.copyfile(migrated_sqlite, home / "ledger.db")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    host = f"localhost:{port}"
    policy = home / "witnesses.policy"
    policy.write_text(f"witness 省审计学会 {WITNESS.verifier.text()}\nquorum 省审计学会\n")
    settings = load_settings(
        {"LEDGER_HOME": str(home), "PUBLIC_HOST": host, "LEDGER_WITNESSES": str(policy)}
    )
    database = Database(settings.database_url)
    ledger = ledgers.new_ledger(database, settings.keys, host)
    seqs = [one.seq for one in ledgers.give(ledger, *_gifts()).value]
    taken_back = seqs[1]
    ledger.decide(
        lambda books: reverse_gift(
            books, ledgers.IMPORT, taken_back, "2026-10-09T12:00:00Z", "refund"
        )
    )
    ledgers.settle(ledger, ledgers.settlement_line("STATEMENT-1", 1999))
    ledgers.pay_out(ledger, "STATEMENT-1", 1000)
    ledgers.transfer(ledger, 900, fee=5)
    ledgers.spend(ledger, ledgers.spend_row(600))
    ledgers.close_month(ledger, "2026-09")
    digest = sha256(PDF).digest()
    new = NewStatement("qinghe-2026-09-M-v1", "both", "2026-09", 10, digest, len(PDF))
    ledgers.publish(ledger, new)
    path = statement_file(settings.outputs / "qinghe", new.number, "both", digest)
    path.parent.mkdir(parents=True)
    path.write_bytes(PDF)
    note = ledger.sequencer.released_note(ledger.fund)
    one = Witness("w", WITNESS.verifier)
    assert ask(database, ledger.fund, note, one, poster(ledger, home / "witness")).size
    opened = Ledger(settings, database, ledger.sequencer, ledger.clock)
    server = make_server(
        "127.0.0.1", port, create_app(settings, build_services(settings, opened)), threaded=True
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with database.reading() as connection:
        number = receipts.stored(connection, ledger.fund, seqs[2]).number
    yield Shown(ledger, f"http://{host}", number, seqs[2])
    server.shutdown()
    thread.join()
    server.server_close()
    ledger.close()


def _gifts():
    return (
        ledgers.gift("a", 333),
        ledgers.gift("b", 100),
        ledgers.gift("c", 666, message="加油"),
        ledgers.gift("d", 1000),
    )


@pytest.fixture
def page(browser, complaints):
    context = browser.new_context(viewport={"width": 390, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    opened.on("console", lambda said: complaints.append(said.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [one for one in complaints if "Failed to load" not in one] == []


def outcomes(page) -> dict[str, str]:
    page.wait_for_selector("ul.checks[data-computed-here]")
    rows = page.locator("ul.checks > li")
    return {
        rows.nth(at).locator("p").first.inner_text(): rows.nth(at).get_attribute("class")
        for at in range(rows.count())
    }


def test_a_gift_is_checked_on_its_page(shown, page):
    page.goto(shown.gift)
    found = outcomes(page)
    assert list(found.values()).count("holds") == 5, page.locator(".checks").inner_text()
    assert found["昵称和留言与当时封存的一致。"] == "unknown"  # only whoever holds a receipt can
    assert "witness.example/w1" in page.locator(".checks").inner_text()
    sentence = page.locator("[data-check-sentence]").inner_text()
    assert sentence == "5 项由你的电脑刚刚算过，不用相信我们；另外 1 项没法核对，写着为什么。"
    assert "你第一次来" in page.locator(".checks").inner_text()
    page.reload()
    outcomes(page)
    assert "接得上你上次看到的" in page.locator(".checks").inner_text()
    page.goto(shown.gift.replace("/funds/", "/en/funds/"))
    assert list(outcomes(page).values()).count("holds") == 5
    assert "just computed by your computer" in page.locator("[data-check-sentence]").inner_text()


def test_a_page_that_shows_another_amount_is_caught(shown, page):
    def lie(route):
        answer = route.fetch()
        amounts = re.findall(r'data-amount="\d+"', answer.text())
        assert len(amounts) > 5
        route.fulfill(response=answer, body=answer.text().replace(amounts[-1], 'data-amount="1"'))

    page.route(shown.gift, lie)
    page.goto(shown.gift)
    assert outcomes(page)["金额一分不差。"] == "fails"
    assert page.locator(".notice.wrong[data-verdict]").count() == 1


def test_a_forked_log_is_shown_with_both_notes(shown, page):
    page.goto(shown.gift)
    outcomes(page)
    log = f"{shown.base}/log/qinghe/checkpoint"
    real = parse_checkpoint(split_note(page.request.get(log).body())[0])
    key = next(shown.ledger.keys.glob("qinghe.key*")).read_text().split()
    signer = Signer.from_text(next(one for one in key if one.startswith("PRIVATE")))
    forged = sign_checkpoint(Checkpoint(real.origin, real.size, b"\x07" * 32), [signer])
    page.route(log, lambda route: route.fulfill(body=forged))
    page.reload()
    assert outcomes(page)["账本只增不改，前面的没有动过。"] == "fails"
    panel = page.locator(".fork[role=alert]")
    assert "这本账给过两个说法" in panel.inner_text()
    notes = []
    for link in panel.locator("a[download]").all():
        with page.expect_download() as download:
            link.click()
        notes.append(Path(download.value.path()).read_bytes())
    assert notes[1] == forged
    assert parse_checkpoint(split_note(notes[0])[0]) == real
    shorter = sign_checkpoint(Checkpoint(real.origin, real.size - 1, b"\x07" * 32), [signer])
    page.unroute(log)
    page.route(log, lambda route: route.fulfill(body=shorter))
    page.reload()
    assert outcomes(page)["账本只增不改，前面的没有动过。"] == "fails"


def test_without_an_answer_nothing_is_claimed(shown, page):
    page.route("**/*.tlog-proof", lambda route: route.abort())
    page.goto(shown.gift)
    page.wait_for_selector("text=没能核对")
    assert page.locator("[data-computed-here]").count() == 0
    assert "由服务器核对" in page.locator("[data-check-sentence]").inner_text()


def give_file(page, *files: tuple[str, bytes]) -> str:
    page.set_input_files(
        "#file",
        [{"name": name, "mimeType": "text/plain", "buffer": body} for name, body in files],
    )
    page.wait_for_selector(".verdict")
    return page.locator(".verdict h2").inner_text()


def full_receipt(shown: Shown) -> bytes:
    """The receipt as the interface gives it to whoever recorded the gift: with what opens it."""
    with shown.ledger.database.reading() as connection:
        (found,) = stored_receipts(connection, shown.ledger.fund, [shown.seq])
    from base64 import b64encode

    opening = {
        one.label: {"salt": b64encode(one.salt).decode(), "value": one.private}
        for one in found.opening
    }
    told = {
        "receipt": found.number,
        "entry": found.entry.decode(),
        "proof": found.proof.decode(),
        "opening": opening,
    }
    return json.dumps(told).encode()


def test_files_are_checked_without_leaving_the_browser(shown, page):
    page.goto(f"{shown.base}/verify")
    proof = page.request.get(f"{shown.gift}.tlog-proof").body()
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))
    assert give_file(page, ("a.tlog-proof", proof)) == "有效"
    assert "6.66 元" in page.locator(".facts").inner_text()
    receipt = full_receipt(shown)
    assert give_file(page, ("receipt.json", receipt)) == "有效"
    assert "打开了 4 处封存的内容" in page.locator(".checks").inner_text()
    wrong = json.loads(receipt)
    wrong["opening"]["name"]["value"] = "别人"
    assert give_file(page, ("receipt.json", json.dumps(wrong).encode())) == "无效"
    assert "昵称" in page.locator(".checks .fails").inner_text()
    assert give_file(page, ("x.tlog-proof", b"c2sp.org/tlog-proof@v1\nindex 1\n")) == "无效"
    assert {method for method, _ in sent} == {"GET"}


def test_a_file_that_was_chosen_before_the_checker_was_there_is_checked(shown, page):
    held = []

    def hold(route) -> None:
        held.append(route)

    page.route("**/check/verify-page.js*", hold)
    page.goto(f"{shown.base}/verify")
    page.set_input_files(
        "#file", [{"name": "s.pdf", "mimeType": "application/pdf", "buffer": PDF}]
    )
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    page.wait_for_selector(".verdict")
    assert page.locator(".verdict h2").inner_text() == "有效"


def test_a_statement_is_held_to_the_log(shown, page):
    page.goto(f"{shown.base}/verify")
    assert give_file(page, ("s.pdf", PDF)) == "有效"
    assert "写在账本第" in page.locator(".checks").inner_text()
    assert give_file(page, ("s.pdf", PDF + b"\n")) == "无效"
    told = page.locator(".checks").inner_text()
    assert "公布的摘要" in told
    assert "1 份附件，摘要都对" in told
    assert give_file(page, ("s.pdf", statement_pdf(9_500_000, spoiled=True))) == "无效"
    assert "transfers.csv 被改过" in page.locator(".checks").inner_text()
    assert give_file(page, ("s.pdf", statement_pdf(5_900_000))) == "无效"
    told = page.locator(".checks").inner_text()
    assert "B4，这份写 59,000.00 元，公布的是 95,000.00 元" in told
    for stranger in (b"%PDF-1.7\n", PDF[:500], PDF[:300] + b"\0" * 5000):
        assert give_file(page, ("s.pdf", stranger)) == "无效"
    assert "账本里没有公布过这份文件" in page.locator(".checks .fails").inner_text()


def test_no_broken_receipt_ever_passes(shown, page):
    """Bits flipped, ends cut off, noise, parts copied over others: never yes, and never a hang."""
    page.goto(f"{shown.base}/verify")
    proof = page.request.get(f"{shown.gift}.tlog-proof").text()
    address = {"origin": shown.origin, "log": "/log/qinghe"}
    found = page.evaluate(BROKEN, [address, proof, 400])
    # What is not signed may change: lines by unknown keys, and last bits of a signature's base64.
    signed = re.compile(rf"\u2014 {re.escape(shown.origin)} \S+\n")
    for _, text in found["yes"]:
        assert signed.sub("", text) == signed.sub("", proof), text
    assert found["no"] > 350


def test_the_checker_works_from_one_file_on_a_disk(shown, page, tmp_path):
    page.goto(f"{shown.base}/verify")
    with page.expect_download() as download:
        page.click("text=下载核对程序")
    file = tmp_path / "verify.html"
    file.write_bytes(Path(download.value.path()).read_bytes())
    proof = page.request.get(f"{shown.gift}.tlog-proof").body()
    key = page.request.get(f"{shown.base}/log/qinghe/key").text().strip()
    page.goto(file.as_uri())
    assert give_file(page, ("a.tlog-proof", proof)) == "有效"
    page.click("text=我有账本的公钥")
    page.fill("#key", key[:-4] + "AAA=")
    assert give_file(page, ("a.tlog-proof", proof)) == "无效"
    page.fill("#key", key)
    assert give_file(page, ("a.tlog-proof", proof)) == "有效"


def test_the_checks_say_the_same_in_both_languages(shown, page):
    page.goto(f"{shown.base}/verify")
    words = page.evaluate("async () => (await import('/static/check/words.js')).WORDS")
    names = re.compile(r"\{[a-z_]+\}")
    unequal = [
        key
        for key, (zh, en) in words.items()
        if set(names.findall(zh)) != set(names.findall(en)) or not zh or not en
    ]
    assert unequal == []
