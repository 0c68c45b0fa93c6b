"""The pins: exact, complete, and enough to run the service without what tests need."""

from __future__ import annotations

import ast
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
FILES = ("requirements.txt", "requirements-dev.txt")


def _pins(name: str) -> dict[str, Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    return {_plain(pin.name): pin for pin in pins}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("file", FILES)
def test_every_version_is_exact(file):
    loose = [
        str(p) for p in _pins(file).values() if not re.fullmatch(r"==[\w.]+", str(p.specifier))
    ]
    assert loose == []


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_left_to_the_day(file):
    """Whatever a pinned package needs is pinned too: two set-ups a year apart install the same."""
    pinned = _pins("requirements.txt") | _pins(file)
    missing = {
        f"{pin.name} needs {needed.name}"
        for pin in _pins(file).values()
        for needed in map(Requirement, metadata.requires(pin.name) or [])
        if _applies(needed, pin.extras) and _plain(needed.name) not in pinned
    }
    assert missing - {"pip_audit needs pip", "pip_api needs pip"} == set()


def _applies(needed: Requirement, extras: set[str]) -> bool:
    if needed.marker is None:
        return True
    return any(needed.marker.evaluate({"extra": extra}) for extra in {"", *extras})


def test_the_service_imports_only_what_it_pins():
    providers = metadata.packages_distributions()
    own = {"ledger", "reports", *sys.stdlib_module_names}
    imported = {
        name.split(".")[0]
        for folder in ("ledger", "reports", "migrations")
        for file in (ROOT / folder).rglob("*.py")
        # The benchmark is a developer's command: it may bring a server of its own.
        if "bench" not in file.relative_to(ROOT).parts
        for node in ast.walk(ast.parse(file.read_bytes()))
        for name in _imported(node)
    }
    distributions = {_plain(d) for name in imported - own for d in providers.get(name, [name])}
    assert distributions - _pins("requirements.txt").keys() == set()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []
