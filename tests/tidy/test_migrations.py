"""Migrations follow each other in one row: whoever lands two beside each other is told before it is landed."""

from __future__ import annotations

from pathlib import Path

from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[2]


def test_migrations_have_one_head() -> None:
    heads = ScriptDirectory(str(ROOT / "migrations")).get_heads()
    assert len(heads) == 1, (
        f"two migrations follow the same one: {heads}; chain yours behind the other"
    )
