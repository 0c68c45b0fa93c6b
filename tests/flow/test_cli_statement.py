"""A statement's whole life by commands: prepared, signed, countersigned offline, taken, published; what goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
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
from ledger.wiring import Ledger, open_ledger
from tests.flow.cli import PASSWORD, Cli, email_of

NUMBER = "qinghe-2026-11-M-v1"


@pytest.fixture
def closed(walked: Cli) -> Cli:
    """Give a walked ledger with an auditor and keys for trying."""
    email = email_of(len(walked.users))
    with walked.gate() as gate:
        walked.users["孙审"] = enrol_for_script(gate, email, "孙审", PASSWORD).user_id
    new = ("member", "add", "孙审", "auditor", "--email", email, "--by", "赵管")
    walked.run("decision", "approve", str(walked.json(*new)["decision"]), "--by", "李建国")
    walked.sign_in("孙审")
    walked.json("statement", "keys-for-trying")
    return walked


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


def test_the_whole_life(closed: Cli) -> None:
    cli, folder = closed, closed.folder
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
    assert cli.published("2026-11") == back.read_bytes()
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
