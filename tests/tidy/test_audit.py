"""The audit of packages never says that all is well when it has not looked."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 24)
CLEAN = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}
WEAK = {
    "name": "c",
    "version": "2",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3"]}],
}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("packages", "findings", "code", "strict_code"),
    [
        ([CLEAN], 0, 0, 0),
        ([CLEAN, SKIPPED], 0, 0, 1),
        ([SKIPPED], 0, 0, 1),
        ([], 0, 0, 1),
        ([CLEAN, WEAK], 1, 1, 1),
        ([SKIPPED, WEAK], 1, 1, 1),
    ],
)
def test_only_a_real_finding_fails_and_strictly_also_what_is_unknown(
    audit, packages, findings, code, strict_code
):
    verdict = audit.verdict_of({"dependencies": packages}, TODAY)
    assert len(verdict.findings) == findings
    assert audit.exit_code(verdict, strict=False) == code
    assert audit.exit_code(verdict, strict=True) == strict_code


@pytest.mark.parametrize(("until", "findings"), [(TODAY, 0), (date(2026, 11, 23), 1)])
@pytest.mark.parametrize("id_", ["PYSEC-1", "CVE-1"])
def test_an_acceptance_ends(audit, monkeypatch, until, findings, id_):
    monkeypatch.setattr(audit, "ACCEPTED", {id_: audit.Accepted("does not reach us", until)})
    assert len(audit.verdict_of({"dependencies": [WEAK]}, TODAY).findings) == findings


def test_every_acceptance_has_a_reason(audit):
    assert all(one.reason for one in audit.ACCEPTED.values())


def test_without_a_network_it_says_so(audit, monkeypatch, capsys):
    def fail(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("pip-audit", 1)

    monkeypatch.setattr(audit.subprocess, "run", fail)
    monkeypatch.setattr(sys, "argv", ["audit.py"])
    assert audit.main() == 0
    assert "nothing is known" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["audit.py", "--strict"])
    assert audit.main() == 1
