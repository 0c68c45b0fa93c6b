"""A ledger of its own for each test of the command line, copied from one that is made once a worker."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.flow.cli import Cli


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> dict[str, Path]:
    """Walk a small month, and keep the folder as it was after each part of the way."""
    base = tmp_path_factory.mktemp("templates")
    walking = Cli(base / "walking")
    walking.home.mkdir(parents=True)
    shutil.copyfile(migrated_sqlite, walking.home / "ledger.db")
    kept = {}
    for name, step in (
        ("set-up", walking.set_up),
        ("raised", walking.raise_money),
        ("transferred", walking.transfer),
        ("walked", walking.walk_on),
    ):
        step()
        kept[name] = Path(shutil.copytree(walking.folder, base / name))
    return kept


def _copy(templates: dict[str, Path], name: str, folder: Path) -> Cli:
    return Cli(Path(shutil.copytree(templates[name], folder, dirs_exist_ok=True)))


@pytest.fixture
def empty_cli(tmp_path: Path) -> Cli:
    """Run commands where nothing is yet."""
    return Cli(tmp_path)


@pytest.fixture
def cli(templates: dict[str, Path], tmp_path: Path) -> Cli:
    """Run commands on a ledger with one fund, set up and without money."""
    return _copy(templates, "set-up", tmp_path)


@pytest.fixture
def raised(templates: dict[str, Path], tmp_path: Path) -> Cli:
    """Run commands on a ledger with 510.00 in the collection account."""
    return _copy(templates, "raised", tmp_path)


@pytest.fixture
def transferred(templates: dict[str, Path], tmp_path: Path) -> Cli:
    """Run commands on a ledger with 500.00 in the fund."""
    return _copy(templates, "transferred", tmp_path)


@pytest.fixture
def walked(templates: dict[str, Path], tmp_path: Path) -> Cli:
    """Run commands on a ledger that has spent 300.00 and closed its month."""
    return _copy(templates, "walked", tmp_path)
