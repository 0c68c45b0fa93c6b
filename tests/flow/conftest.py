"""A ledger of its own for each test of the command line, copied from one that is made once a worker."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.flow.cli import Cli


@dataclass
class Templates:
    """A small month, walked once a worker as far as a test needs it; each part of the way is kept as it was."""

    base: Path
    walking: Cli
    kept: dict[str, Cli] = field(default_factory=dict)

    def copy(self, name: str, folder: Path) -> Cli:
        """Copy the ledger as it was after a part of the way."""
        steps = {
            "set-up": self.walking.set_up,
            "raised": self.walking.raise_money,
            "transferred": self.walking.transfer,
            "walked": self.walking.walk_on,
        }
        for part, step in steps.items():
            if name not in self.kept and part not in self.kept:
                step()
                self.kept[part] = self.copied(self.walking, self.base / part)
        return self.copied(self.kept[name], folder)

    @staticmethod
    def copied(cli: Cli, folder: Path) -> Cli:
        shutil.copytree(cli.folder, folder, dirs_exist_ok=True)
        return replace(cli, folder=folder, env={}, users=dict(cli.users))


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Templates:
    base = tmp_path_factory.mktemp("templates")
    walking = Cli(base / "walking")
    walking.home.mkdir(parents=True)
    shutil.copyfile(migrated_sqlite, walking.home / "ledger.db")
    return Templates(base, walking)


@pytest.fixture
def empty_cli(tmp_path: Path) -> Cli:
    """Run commands where nothing is yet."""
    return Cli(tmp_path)


@pytest.fixture
def cli(templates: Templates, tmp_path: Path) -> Cli:
    """Run commands on a ledger with one fund, set up and without money."""
    return templates.copy("set-up", tmp_path)


@pytest.fixture
def raised(templates: Templates, tmp_path: Path) -> Cli:
    """Run commands on a ledger with 510.00 in the collection account."""
    return templates.copy("raised", tmp_path)


@pytest.fixture
def transferred(templates: Templates, tmp_path: Path) -> Cli:
    """Run commands on a ledger with 500.00 in the fund."""
    return templates.copy("transferred", tmp_path)


@pytest.fixture
def walked(templates: Templates, tmp_path: Path) -> Cli:
    """Run commands on a ledger that has spent 300.00 and closed its month."""
    return templates.copy("walked", tmp_path)
