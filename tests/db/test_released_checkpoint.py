"""The log's address shows what was released, and nothing that a crash could take back."""

from __future__ import annotations

from pathlib import Path

from ledger.db import Database
from ledger.log.checkpoints import parse_checkpoint
from ledger.log.notes import split_note
from ledger.settings import load_settings
from ledger.wiring import Ledger, build_services
from tests.db.ledgers import gift, give, new_ledger


def size_of(note: bytes) -> int:
    return parse_checkpoint(split_note(note)[0]).size


def test_a_commit_that_is_not_recorded_yet_is_not_shown(
    database: Database, tmp_path: Path
) -> None:
    ledger = new_ledger(database, tmp_path / "keys")
    give(ledger, gift("1"))
    slug = ledger.fund.slug
    settings = load_settings({"LEDGER_HOME": str(tmp_path)})
    services = build_services(settings, Ledger(settings, database, ledger.sequencer, ledger.clock))
    before = services.checkpoint(slug)
    released = tmp_path / "keys" / f"{slug}.released"
    remembered = released.read_bytes()
    give(ledger, gift("2"))
    assert size_of(services.checkpoint(slug)) == size_of(before) + 1
    # As if the process had died between its commit and the record beside the key.
    released.write_bytes(remembered)
    assert services.checkpoint(slug) == before


def test_a_machine_without_the_keys_shows_the_newest_stored(
    database: Database, tmp_path: Path
) -> None:
    ledger = new_ledger(database, tmp_path / "keys")
    give(ledger, gift("1"))
    for file in (tmp_path / "keys").iterdir():
        file.unlink()
    reader = ledger.reopened()
    settings = load_settings({"LEDGER_HOME": str(tmp_path)})
    services = build_services(settings, Ledger(settings, database, reader.sequencer, ledger.clock))
    assert size_of(services.checkpoint(ledger.fund.slug)) > 1
    reader.close()
