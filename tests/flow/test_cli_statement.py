"""A statement's whole life by commands: prepared, signed, countersigned offline, taken, published; what goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pikepdf
import pytest

from ledger.clock import FixedClock
from ledger.issuing import history
from ledger.journal.history import fund_by_slug
from ledger.settings import load_settings
from ledger.signin.enrolling import enrol_for_script
from ledger.statements import worker
from ledger.statements.jobs import Jobs
from ledger.statements.life import Wish
from ledger.statements.pki import PASSPHRASE
from ledger.verify import attached
from ledger.verify.pdf_apart import Asked, verify_pdf_apart
from ledger.verify.pdf_signatures import check_signatures
from ledger.verify.pdf_trust import Trust
from ledger.wiring import Ledger, open_ledger
from tests.db.test_audit_pack import listed_anew
from tests.flow.cli import NOW, PASSWORD, Cli, email_of
from tests.flow.conftest import Templates
from tests.flow.test_cli_audit_pack import alone, contents
from tests.unit.verify.hostile_pdfs import HOSTILE

NUMBER = "qinghe-2026-11-M-v1"


@pytest.fixture
def closed(walked: Cli) -> Cli:
    """Give a walked ledger with an auditor and keys for trying."""
    return with_auditor(walked)


def with_auditor(cli: Cli) -> Cli:
    email = email_of(len(cli.users))
    with cli.gate() as gate:
        cli.users["孙审"] = enrol_for_script(gate, email, "孙审", PASSWORD).user_id
    new = ("member", "add", "孙审", "auditor", "--email", email, "--by", "赵管")
    cli.run("decision", "approve", str(cli.json(*new)["decision"]), "--by", "李建国")
    cli.sign_in("孙审")
    cli.json("statement", "keys-for-trying")
    return cli


def development(cli: Cli) -> Path:
    return cli.home / "keys" / "development-pki"


@contextlib.contextmanager
def opened(cli: Cli) -> Iterator[Ledger]:
    settings = load_settings({"LEDGER_HOME": str(cli.home), **cli.env})
    ledger = open_ledger(settings, FixedClock(cli.now))
    try:
        yield ledger
    finally:
        ledger.database.close()


def enrol_certificate(cli: Cli) -> None:
    pem = development(cli) / "auditor.pem"
    done = cli.json("certificate", "add", "孙审", pem, "--by", "赵管")
    cli.run("decision", "approve", str(done["decision"]), "--by", "李建国")


def test_figures_alone_are_those_that_lie_inside_the_file(closed: Cli) -> None:
    asked = ("2026-11", "--by", "王会计")
    alone = closed.run("statement", "figures", *asked).stdout
    assert json.loads(alone)["number"] == NUMBER
    file = closed.folder / "whole.pdf"
    closed.run("statement", "build", *asked, "--out", file)
    with pikepdf.open(file) as pdf:
        inside = json.loads(pdf.attachments["figures.json"].get_file().read_bytes())
    assert inside["attachments"]
    assert json.loads(alone) == inside | {"attachments": []}
    assert closed.run("statement", "figures", *asked).stdout == alone, "from kept sums"
    assert closed.refused("statement", "figures", "2026-12", "--by", "王会计").startswith(
        "not-found"
    )


@pytest.fixture(scope="module")
def published(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> tuple[Cli, bytes]:
    """Walk a statement's whole way, and give the ledger and the file that was published."""
    cli = with_auditor(templates.copy("walked", tmp_path_factory.mktemp("published")))
    folder = cli.folder
    enrol_certificate(cli)
    told = cli.run("statement", "prepare", "2026-11", "--by", "王会计").stdout
    assert "building …" in told
    assert NUMBER in told
    assert cli.refused("statement", "sign", NUMBER, "--by", "王会计").startswith("not-allowed")
    signed = cli.json("statement", "sign", NUMBER, "--by", "李建国")
    assert signed["level"] == "B-LTA"
    cli.run("statement", "send", NUMBER, "--by", "王会计")
    assert cli.refused("statement", "publish", NUMBER, "--by", "王会计").startswith("state")
    out = folder / "sent.pdf"
    cli.run("statement", "file", NUMBER, "--out", out)
    secret = folder / "passphrase"
    secret.write_text(f"{PASSPHRASE}\n")
    p12 = development(cli) / "auditor.p12"
    back = Path(
        cli.json("statement", "countersign", out, "--p12", p12, "--passphrase-file", secret)[
            "path"
        ]
    )
    take = ("--opinion", "unmodified", "--by", "孙审")
    taken = cli.json("statement", "accept", NUMBER, back, *take)
    assert taken["name"].startswith("ONLY FOR TRYING")
    proposed = cli.json("statement", "publish", NUMBER, "--by", "王会计")
    assert proposed["content"]["statements"][0]["opinion"] == "unmodified"
    cli.run("decision", "approve", str(proposed["decision"]), "--by", "李建国")
    return cli, back.read_bytes()


def test_an_audit_pack_carries_the_statement_and_checks_it(
    published: tuple[Cli, bytes], tmp_path: Path
) -> None:
    cli, final = published
    name = f"statements/{NUMBER}-zh.pdf"
    for audience in ("auditor", "public"):
        file, folder = tmp_path / f"{audience}.zip", tmp_path / audience
        done = cli.json("export", "audit-pack", file, "--for", audience, "--period", "2026-11")
        assert done["missing"] == []
        files = contents(file)
        assert files[name] == final
        told = cli.json("verify", file)
        assert {one["name"]: one["counted"] for one in told["checks"]}["pack-statements"] == 1
        assert told["ok"], told
        with zipfile.ZipFile(file) as pack:
            pack.extractall(folder)
        for place in ((), (file,)):
            ran = alone(folder / "verify.py", *place)
            assert ran.returncode == 0, ran.stdout + ran.stderr
            assert "each statement's hash is in the log, and its figures hold (1)" in ran.stdout
        # The statement's own program, and the one of the pack, say the same of the file by itself.
        ran = alone(folder / "verify_statement.py", folder / name)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    changed = bytearray(final)
    changed[len(changed) // 2] ^= 1
    place = tmp_path / "changed.zip"
    for data in (bytes(changed), final[:-1], final + b"\n", b"%PDF-1.7 none"):
        write_pack(place, listed_anew({**files, name: data}))
        ran = alone(folder / "verify.py", place)
        assert (ran.returncode, ran.stderr) == (1, ""), ran.stdout
        assert "WRONG: each statement's hash" in ran.stdout
        failed = [one for one in cli.json("verify", place, fails=1)["checks"] if one["failure"]]
        assert [one["name"] for one in failed] == ["pack-statements"]
        assert name in failed[0]["failure"]["key"]
    write_pack(place, listed_anew({path: files[path] for path in files if path != name}))
    ran = alone(folder / "verify.py", place)
    assert (ran.returncode, name in ran.stdout) == (1, True), ran.stdout
    lonely = tmp_path / "lonely"
    lonely.mkdir()
    (lonely / "verify.py").write_bytes(files["verify.py"])
    ran = alone(lonely / "verify.py", file)
    assert (ran.returncode, ran.stderr) == (2, "")
    assert "verify_statement.py" in ran.stdout


def test_cut_off_anywhere_it_is_told_so_in_words(
    published: tuple[Cli, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, final = published
    path = tmp_path / "cut.pdf"
    signatures = len(final) - 30_000
    for length in (*range(0, signatures, 8_192), *range(signatures, len(final), 3_000)):
        path.write_bytes(final[:length])
        assert attached.main([str(path)]) in (1, 2), length
        if not length % 65_536 or length > signatures:
            findings, _ = check_signatures(final[:length], Trust(), NOW)
            assert findings.broken, length
    assert "Traceback" not in capsys.readouterr().out


def test_a_hostile_file_is_verified_in_bounded_time_and_memory(empty_cli: Cli) -> None:
    for name in ("nothing", "arrays-in-arrays", "pages-loop", "bomb"):
        file = empty_cli.file(f"{name}.pdf", HOSTILE[name]())
        told = empty_cli.run("verify", file, fails=1).stdout
        assert "✗" in told, name
    with (empty_cli.folder / "huge.pdf").open("wb") as stream:
        stream.truncate(1 << 40)
    told = empty_cli.run("verify", "huge.pdf", fails=1).stdout
    assert "larger than any statement" in told
    asked = Asked(empty_cli.folder / "bomb.pdf", None, (), empty_cli.folder / "trust", NOW)
    report = verify_pdf_apart(asked, 3_000, 0.01)
    assert report.failures[0].reason == "too-much"
    assert "已停止" in report.failures[0].detail_zh
    assert not verify_pdf_apart(asked, 90, 60).ok


def write_pack(place: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(place, "w") as out:
        for path, data in files.items():
            out.writestr(path, data)


def test_the_whole_life(published: tuple[Cli, bytes]) -> None:
    cli, final = published
    assert cli.published("2026-11") == final
    (row,) = cli.json("statement", "list")["statements"]
    assert row["state"] == "published"
    fingerprint = cli.json("certificate", "list")["certificates"][0]["certificate"]
    cli.run("certificate", "end", fingerprint, "--reason", "new key", "--by", "赵管")
    assert cli.json("certificate", "list")["certificates"][0]["ended"] is True
    assert cli.json("verify")["ok"] is True


def test_a_worker_that_is_killed_leaves_the_statement_as_it_was(closed: Cli) -> None:
    """And one that may not take the memory it needs says so."""
    with opened(closed) as ledger:
        with ledger.database.reading() as connection:
            fund = fund_by_slug(connection, "qinghe")
        wish = Wish("M", "2026-11", "zh")._asdict()
        member = "m1"
        job = worker.start(ledger, fund, "prepare", member, wish)
        jobs = Jobs(ledger.settings.home, "qinghe")
        path = jobs.path(job.id).with_suffix(".pid")
        for _ in range(600):
            if (jobs.read(job.id) or job).step == "building" and path.exists():
                break
            time.sleep(0.05)
        os.kill(int(path.read_text()), signal.SIGKILL)
        found = worker.follow(ledger, fund, job)
        assert found.state == "interrupted"
        with ledger.database.reading() as connection:
            assert history.issues(connection, fund.fund_id) == []

        def starve(*_: object) -> dict[str, object]:
            raise MemoryError

        asked = jobs.new("prepare", member, wish, closed.now)
        with mock.patch.dict(worker.TASKS, {"prepare": starve}):
            starved = worker.work(ledger.settings, "qinghe", asked.id)
        assert starved is not None
        assert (starved.state, starved.problem["code"]) == ("failed", "memory")
        with ledger.database.reading() as connection:
            assert history.issues(connection, fund.fund_id) == []
    assert json.loads(closed.run("--json", "verify").stdout)["ok"] is True


def test_a_worker_is_bounded() -> None:
    script = "from ledger.statements.worker import limit; limit(600); bytearray(700 << 20)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"MemoryError" in done.stderr
