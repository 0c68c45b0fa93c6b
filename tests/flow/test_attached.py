"""The verifier that travels inside a statement: taken out into a folder, on the real file and on tampered ones."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import rfc8785

from ledger.db import Database
from ledger.decisions.cost_limit import CostLimit
from ledger.desk import wanted as wanting
from ledger.journal import history as journal_history
from ledger.periods.booking import NewStatement
from ledger.publication.anchors import ask_waiting, poster
from ledger.statements.build import Issue, build_statement
from ledger.statements.numbers import Kind
from ledger.statements.pki import make_development_pki
from ledger.verify import attached
from ledger.verify.attached import BROKEN, HELD, NOT_CHECKED
from ledger.verify.pdf import verify_pdf
from ledger.verify.pdf_figures import Beside
from ledger.verify.pdf_trust import Trust
from reports import documents
from tests.db.ledgers import (
    MAIN,
    confirm,
    decide_both,
    enrol_later,
    gift,
    give,
    new_ledger,
    publish,
)
from tests.db.test_spending import undo
from tests.flow.test_statement import CLOSED, CLOSED_AGAIN, close, income, october, opened
from tests.statements.stamping import stamp_server

PERIODS: dict[Kind, str] = {"Q": "2026-Q4", "A": "2026", "R": "2026-10", "C": "2026-12"}


class Files:
    """Two months' statements of one fund, its quarter's and its year's, and the log's key."""

    def __init__(self, first: bytes, second: bytes, longer: dict[str, bytes], key: str) -> None:
        self.first = first
        self.second = second
        self.longer = longer
        self.key = key


@pytest.fixture(scope="module")
def files(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("statements")
    file = folder / "ledger.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    ledger = new_ledger(Database(f"sqlite:///{file}"), folder / "keys")
    october(ledger)
    whole = opened(ledger)
    first = build_statement(whole, ledger.fund, "2026-10", "zh", Issue(CLOSED))
    ledger.clock.advance(timedelta(days=1))
    # Published by its hash: a notice corrects what is out, and the next month's statement names these bytes.
    size, digest = first.statement.ledger.checkpoint.size, sha256(first.pdf).digest()
    publish(ledger, NewStatement(first.number, "zh", "2026-10", size, digest, len(first.pdf)))
    with stamp_server(make_development_pki(folder / "pki")) as authority:
        ask_waiting(ledger.database, ledger.fund, poster(authority.url))
    with ledger.database.reading() as connection:
        [*_, wrong] = journal_history.of_kind(connection, ledger.fund.fund_id, "spend", newest=9)
    give(ledger, gift("e", 500))
    confirm(ledger, 2, 100)
    income(ledger, "donation", 8, MAIN)
    enrol_later(ledger, "Sun", "administrator")
    decide_both(ledger, wanting.cost_limit(CostLimit(750, "charter, article 12")), "Sun", "Wang")
    close(ledger, "2026-11", CLOSED_AGAIN)
    second = build_statement(whole, ledger.fund, "2026-11", "both", Issue(CLOSED_AGAIN))
    key = second.statement.ledger.checkpoint.keys[0]
    undo(ledger, wrong.seq)
    close(ledger, "2026-12", datetime(2027, 1, 5, 9, 0, tzinfo=UTC))
    longer = {
        kind: build_statement(
            whole, ledger.fund, period, "zh", Issue(ledger.clock.now(), kind=kind)
        ).pdf
        for kind, period in PERIODS.items()
    }
    ledger.close()
    return Files(first.pdf, second.pdf, longer, key)


def test_verify_joins_signatures_and_figures_and_names_what_it_could_not_check(
    files: Files, tmp_path: Path
) -> None:
    beside = Beside((files.key,), files.first)
    report = verify_pdf("statement.pdf", files.second, beside, Trust(), CLOSED_AGAIN)
    assert report.ok
    unsure = {one.name for one in report.checks if one.unsure and one.name.startswith("statement")}
    assert unsure == {"statement-witnesses"}
    lines = attached.bundle_of(files.second).files["journal.jsonl"].splitlines()
    assert report.entries == len(lines)

    def change(file: pikepdf.Pdf) -> None:
        put(file, "settlements.csv", read(file, "settlements.csv") + b"\r\n")

    wrong = verify_pdf("x", changed(files.second, change), beside, Trust(), CLOSED_AGAIN)
    [failed] = [one for one in wrong.failures if "settlements.csv" in one.key]
    assert "settlements.csv" in failed.detail_zh
    assert verify_pdf("x", files.second[:5000], beside, Trust(), CLOSED_AGAIN).failures


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program that was taken out of a statement, with nothing else of ours in reach."""
    return subprocess.run(  # noqa: PLW1510 -- its exit code is what is looked at
        [sys.executable, "-I", "verify.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


def take_out(pdf: bytes, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "statement.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdfdetach", "-saveall", "-o", str(folder), str(folder / "in" / "statement.pdf")],
        check=True,
    )


def test_it_checks_the_file_it_came_in_and_what_was_taken_out_of_it(
    files: Files, tmp_path: Path
) -> None:
    take_out(files.second, tmp_path)
    alone = run(tmp_path)
    assert alone.returncode == 0, alone.stdout
    assert "没有给出 PDF" in alone.stdout
    before = tmp_path / "in" / "before.pdf"
    before.write_bytes(files.first)
    whole = run(tmp_path, "in/statement.pdf", "--previous", str(before), "--key", files.key)
    assert whole.returncode == 0, whole.stdout
    assert "the opening is the closing of qinghe-2026-10-M-v1" in whole.stdout
    assert "the checkpoint is signed with the ledger's key" in whole.stdout
    assert "10 checks hold" not in whole.stdout
    (tmp_path / "in" / "statement.pdf").write_bytes(files.second[:-2000])
    broken = run(tmp_path, "in/statement.pdf")
    assert broken.returncode == 2
    assert "damaged or cut off" in broken.stdout


def states(pdf: bytes, *, previous: bytes | None = None) -> dict[str, str]:
    before = attached.bundle_of(previous) if previous else None
    return {one.name: one.state for one in attached.check(attached.bundle_of(pdf), (), before)}


def test_what_is_not_checked_is_said_and_nothing_else(files: Files) -> None:
    found = states(files.second, previous=files.first)
    assert {name for name, state in found.items() if state == NOT_CHECKED} == {
        "witnesses",
        "signatures",
    }
    assert set(found.values()) == {HELD, NOT_CHECKED}


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as file:
        change(file)
        out = io.BytesIO()
        file.save(out)
    return out.getvalue()


def put(file: pikepdf.Pdf, name: str, content: bytes) -> None:
    file.attachments[name].obj.EF.F.write(content)


def read(file: pikepdf.Pdf, name: str) -> bytes:
    return file.attachments[name].get_file().read_bytes()


def test_a_changed_or_missing_attachment_is_named(files: Files) -> None:
    def change(file: pikepdf.Pdf) -> None:
        put(file, "gifts.csv", read(file, "gifts.csv").replace(b"500", b"501"))

    found = attached.check(attached.bundle_of(changed(files.second, change)))
    broken = {one.name: one.detail_en for one in found if one.state == BROKEN}
    assert "gifts.csv" in broken["files"]
    assert "gifts.csv" in broken["registers"]

    def remove(file: pikepdf.Pdf) -> None:
        del file.attachments["transfers.csv"]

    assert states(changed(files.second, remove))["files"] == BROKEN

    def nothing(file: pikepdf.Pdf) -> None:
        del file.attachments["manifest.json"]

    with pytest.raises(attached.Unreadable, match=r"manifest\.json is missing"):
        states(changed(files.second, nothing))


def test_figures_changed_together_with_their_digests_still_differ_from_pages_and_entries(
    files: Files,
) -> None:
    """Whoever rewrites figures and manifest alike meets the entries under the signed root, and the printed page."""

    def another_sum(figures: dict[str, Any]) -> None:
        figures["lines"]["F3"] += 5
        figures["fund"]["total"]["f3"] += 5
        figures["lines"]["F8"] += 5
        figures["fund"]["total"]["f8"] += 5
        figures["fund"]["restricted"]["f3"] += 5
        figures["fund"]["restricted"]["f8"] += 5

    def another_limit(figures: dict[str, Any]) -> None:
        assert figures["fund"]["limit"]["source"] == "charter, article 12"
        figures["fund"]["limit"]["permyriad"] = 9_000

    found = states(rewritten(files.second, another_sum))
    assert found["files"] == found["figures"] == found["equations"] == HELD
    assert found["lines"] == found["pages"] == found["registers"] == BROKEN
    found = states(rewritten(files.second, another_limit))
    assert (found["files"], found["lines"]) == (HELD, BROKEN)


def rewritten(pdf: bytes, rewrite: Callable[[dict[str, Any]], None]) -> bytes:
    """Return a statement with other figures and the digests of these."""

    def change(file: pikepdf.Pdf) -> None:
        figures = json.loads(read(file, "figures.json"))
        rewrite(figures)
        content = rfc8785.dumps(figures)
        manifest: dict[str, Any] = json.loads(read(file, "manifest.json"))
        manifest["lines"] = figures["lines"]
        for one in manifest["files"]:
            if one["name"] == "figures.json":
                one["sha256"], one["bytes"] = sha256(content).hexdigest(), len(content)
        put(file, "figures.json", content)
        put(file, "manifest.json", rfc8785.dumps(manifest))

    return changed(pdf, change)


def test_another_history_is_not_taken_for_the_continuation(files: Files) -> None:
    def change(file: pikepdf.Pdf) -> None:
        journal = read(file, "journal.jsonl").replace(b'"amount":500', b'"amount":600')
        put(file, "journal.jsonl", journal)

    found = states(changed(files.second, change), previous=files.second)
    assert found["journal"] == found["previous"] == BROKEN
    other = "localhost/log/x+00000000+AQ=="
    with_other_key = attached.check(attached.bundle_of(files.second), (other,))
    assert {one.name for one in with_other_key if one.state == BROKEN} == {"signature"}


@pytest.mark.parametrize("at", range(1, 10))
def test_whatever_is_cut_off_or_flipped_is_never_a_traceback(files: Files, at: int) -> None:
    size = len(files.first)
    cut = files.first[: size * at // 10]
    flipped = bytearray(files.first)
    for place in range(at * 97, size, size // 7):
        flipped[place] ^= 0xFF
    for data in (cut, bytes(flipped)):
        try:
            attached.check(attached.bundle_of(data))
        except attached.Unreadable as error:
            assert error.zh  # noqa: PT017 -- either outcome is fine, a traceback is not


def test_a_time_stamp_of_another_checkpoint_is_noticed(files: Files) -> None:
    [kept] = json.loads(attached.bundle_of(files.second).files["checkpoints.json"])["timestamps"]
    assert (
        kept["size"]
        < json.loads(attached.bundle_of(files.second).files["manifest.json"])["log"]["size"]
    )

    def change(file: pikepdf.Pdf) -> None:
        proof = json.loads(read(file, "checkpoints.json"))
        proof["timestamps"][0]["note"] = proof["closing"]["note"]
        proof["timestamps"][0]["consistency"] = []
        put(file, "checkpoints.json", rfc8785.dumps(proof))

    assert states(changed(files.second, change))["stamps"] == BROKEN

    def forge(file: pikepdf.Pdf) -> None:
        proof = json.loads(read(file, "checkpoints.json"))
        note = proof["timestamps"][0]["note"].encode()
        proof["timestamps"][0]["token"] = base64.b64encode(sha256(note).digest()).decode()
        put(file, "checkpoints.json", rfc8785.dumps(proof))

    forged = changed(files.second, forge)
    assert states(forged)["stamps"] == HELD  # it names the checkpoint, but nobody signed it
    report = verify_pdf("x", forged, Beside(), Trust(), CLOSED_AGAIN)
    assert "statement-stamps" in {one.name for one in report.checks if one.failure}


def test_each_changed_line_is_named(files: Files) -> None:
    figures = json.loads(attached.bundle_of(files.second).files["figures.json"])
    assert attached.equations(figures).different() is None
    for code, value in figures["lines"].items():
        if value is None:
            continue
        wrong = json.loads(json.dumps(figures))
        wrong["lines"][code] = value + 1
        found = attached.equations(wrong).different()
        assert found is not None, code
        assert found[0].startswith(code)


@pytest.mark.parametrize("kind", PERIODS)
def test_longer_periods_tie_to_their_months_and_say_what_they_are(
    files: Files, kind: Kind, tmp_path: Path
) -> None:
    pdf = files.longer[kind]
    assert BROKEN not in states(pdf).values()
    bundle = attached.bundle_of(pdf)
    figures = json.loads(bundle.files["figures.json"])
    assert figures["number"] == f"qinghe-{PERIODS[kind]}{'-Y' * (kind == 'A')}-{kind}-v1"
    path = tmp_path / "longer.pdf"
    path.write_bytes(pdf)
    command = ["pdftotext", "-raw", str(path), "-"]
    words = subprocess.run(command, capture_output=True, text=True, check=True)
    flowing = "".join(words.stdout.split())
    assert {
        "Q": "2026年第四季度公开募捐与项目实施情况季度公示",
        "A": "2026年度基金收支报告",
        "R": "2026年10月对账报告",
        "C": "2026年12月更正说明",
    }[kind] in flowing
    if kind == "C":
        [row] = figures["restated"]
        assert (row["document"], row["line"]) == ("qinghe-2026-10-M-v1", "F5")
        assert (row["old_minor"], row["change_minor"], row["new_minor"]) == (230, -200, 30)
        assert "F5项目支出2.30−2.000.30" in flowing
        register = bundle.files["corrections.csv"].decode()
        assert f"{row['entries'][0]}," in register
    if kind == "A":
        assert "审计报告由会计师事务所出具" in flowing
        for number, title, _ in documents.ANNUAL.values():
            assert number == "0" or f"{number}{title}" in flowing, title
    for place, column in enumerate(figures["columns"]):
        wrong = json.loads(json.dumps(figures))
        wrong["columns"][place]["lines"] = [
            [code, value + 1 if code == "B4" else value] for code, value in column["lines"]
        ]
        found = attached.equations(wrong).different()
        assert found is not None
        assert found[0].startswith("B4")
