"""Rules that no linter knows, each with a line that breaks it: a rule that finds nothing there would be no rule."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    file
    for folder in ("ledger", "reports", "migrations")
    for file in (ROOT / folder).rglob("*.py")
)
TOP_LEVEL = {
    "ledger", "migrations", "reports", "tests", "wsgi.py", "requirements.txt", "README.md", "Makefile",
    "pyproject.toml", "requirements-dev.txt", "docs", "LICENSE",
}  # fmt: skip
CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("_time", "time"), ("_time", "time_ns"),
}  # fmt: skip
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _calls(tree: ast.AST) -> Iterator[tuple[int, str, str, ast.Call]]:
    """Yield line, last name before the dot, method and call of each `….thing.method(…)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            last = getattr(owner, "attr", getattr(owner, "id", ""))
            yield node.lineno, last, node.func.attr, node


def commits(tree: ast.AST) -> list[int]:
    """Find commits; ending a savepoint is none, and is known by the name of the variable."""
    return [
        line
        for line, owner, method, _ in _calls(tree)
        if method == "commit" and owner != "savepoint"
    ]


def clock_readings(tree: ast.AST) -> list[int]:
    return [line for line, owner, method, _ in _calls(tree) if (owner, method) in CLOCKS]


def environment_readings(tree: ast.AST) -> list[int]:
    """Find readings of this process's environment; a request's `environ` is another thing."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"environ", "getenv"}
            and not (isinstance(node.value, ast.Name) and node.value.id == "request")
        )
        or (
            isinstance(node, ast.ImportFrom)
            and {"environ", "getenv"} & {a.name for a in node.names}
        )
    ]


def floats(tree: ast.AST) -> list[int]:
    """Find float literals, the name `float`, and `/` (which makes one of two integers)."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
    ]


def composed_log_events(tree: ast.AST) -> list[int]:
    """Find log lines whose event is not a constant: what is put into the text escapes the rules on fields."""
    return [
        line
        for line, owner, method, call in _calls(tree)
        if owner in {"logger", "_logger", "logging"}
        and method in LOG_METHODS
        and not (call.args and isinstance(call.args[0], ast.Constant) and len(call.args) == 1)
    ]


RULES = {
    commits: ("db.commit()", {"ledger/db.py"}),
    clock_readings: ("datetime.now(UTC)", {"ledger/clock.py"}),
    environment_readings: ("os.environ['HOME']", {"ledger/settings.py"}),
    composed_log_events: ("logger.info(f'gift of {nickname}')", set()),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nowhere_but_in_its_module(rule):
    _, allowed = RULES[rule]
    found = [
        f"{_name(file)}:{line}"
        for file in CODE
        if _name(file) not in allowed
        for line in rule(ast.parse(file.read_bytes()))
    ]
    assert found == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_sees_a_breach(rule):
    assert rule(ast.parse(RULES[rule][0])) == [1]


def _contract(identity: str) -> dict[str, list[str]]:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    return next(contract for contract in contracts if contract["id"] == identity)


@pytest.mark.parametrize("module", _contract("pure")["source_modules"])
def test_no_float_in_a_pure_module(module):
    file = ROOT / (module.replace(".", "/") + ".py")
    assert floats(ast.parse(file.read_bytes())) == []


@pytest.mark.parametrize("breach", ["fee = 0.5", "float('1')", "gross / 2", "gross /= 2"])
def test_a_float_is_seen(breach):
    assert floats(ast.parse(breach)) == [1]


PURE_BY_DESIGN = """
errors money clock actors journal.accounts journal.entries journal.codec moneyline.intervals moneyline.shares
log.hashing log.proofs log.tiles log.notes log.checkpoints privacy.pseudonyms privacy.commitments intake.events
matching.lines matching.items matching.passes matching.subsets transfers.states transfers.approvals
""".split()  # noqa: SIM905


def test_the_pure_contract_grows_with_the_tree():
    # import-linter refuses names of modules that do not exist yet, so the list cannot be complete from the start.
    there = {
        f"ledger.{name}"
        for name in PURE_BY_DESIGN
        if (ROOT / "ledger" / (name.replace(".", "/") + ".py")).exists()
    }
    assert there - set(_contract("pure")["source_modules"]) == set()


def test_stages_stand_in_the_layers():
    listed = " ".join(_contract("flow")["layers"])
    stages = {file.parent.name for file in (ROOT / "ledger").glob("*/__init__.py")}
    assert {stage for stage in stages if f"ledger.{stage}" not in listed} == set()


PACKAGES = [file for file in CODE if file.name == "__init__.py"]


@pytest.mark.parametrize("package", PACKAGES, ids=_name)
def test_a_package_is_its_docstring(package):
    tree = ast.parse(package.read_bytes())
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def test_folders_of_code_are_packages():
    folders = {file.parent for file in CODE if not _name(file).startswith("migrations/")}
    assert folders - {package.parent for package in PACKAGES} == set()


def test_top_level_is_as_agreed():
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    first = {line.split("/")[0].strip('"') for line in listing.splitlines()}
    assert {name for name in first if not name.startswith(".")} - TOP_LEVEL == set()
