"""The log's address shows what was released, and nothing that a crash could take back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.db import Database
from ledger.errors import LedgerError, RolledBackError, StateError
from ledger.log.checkpoints import parse_checkpoint, sign_checkpoint
from ledger.log.notes import Signer, generate_key, split_note
from ledger.settings import load_settings
from ledger.wiring import Ledger as Wired
from ledger.wiring import build_services
from tests.db.ledgers import Ledger, gift, give, new_ledger


def size_of(note: bytes) -> int:
    return parse_checkpoint(split_note(note)[0]).size


def test_a_commit_that_is_not_recorded_yet_is_not_shown(
    database: Database, tmp_path: Path
) -> None:
    ledger = new_ledger(database, tmp_path / "keys")
    give(ledger, gift("1"))
    slug = ledger.fund.slug
    settings = load_settings({"LEDGER_HOME": str(tmp_path)})
    services = build_services(settings, Wired(settings, database, ledger.sequencer, ledger.clock))
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
    services = build_services(settings, Wired(settings, database, reader.sequencer, ledger.clock))
    assert size_of(services.checkpoint(ledger.fund.slug)) > 1
    reader.close()


def test_a_lost_memory_is_written_anew_from_what_others_keep(
    database: Database, tmp_path: Path
) -> None:
    """Invariant 11: only a tree that continues what its keepers have seen is taken for the released one."""
    ledger = new_ledger(database, tmp_path / "keys")
    give(ledger, gift("1"))
    slug, fund = ledger.fund.slug, ledger.fund
    kept = ledger.sequencer.released_note(fund) or b""
    give(ledger, *(gift(f"more-{at}") for at in range(300)))
    newest = ledger.sequencer.released_note(fund) or b""
    memory = tmp_path / "keys" / f"{slug}.released"
    with pytest.raises(StateError):
        ledger.sequencer.repair_released(fund, kept)
    whole = memory.read_bytes()
    for lost in (None, b"x" * len(whole)):
        memory.unlink()
        if lost is not None:
            memory.write_bytes(lost)
        again = ledger.reopened()
        with pytest.raises(RolledBackError):
            give(again, gift("not yet"))
        forged = kept.replace(b"\n\n", b"\n \n", 1)
        for note in (b"", b"nothing", forged, kept[:-20]):
            with pytest.raises(LedgerError):
                again.sequencer.repair_released(fund, note)
        assert again.sequencer.repair_released(fund, kept) == (size_of(kept), size_of(newest))
        assert again.sequencer.released_note(fund) == newest
        again.close()
    give(ledger, gift("goes on"))
    assert refused_of_a_stranger(ledger, ledger.sequencer.released_note(fund) or b"") == (
        "note-signature"
    )
    ledger.close()


def refused_of_a_stranger(ledger: Ledger, note: bytes) -> str:
    """Return how a checkpoint that another key signed is refused."""
    key, _ = generate_key(ledger.fund.origin)
    text, _ = split_note(note)
    forged = sign_checkpoint(parse_checkpoint(text), [Signer.from_text(key)])
    (ledger.keys / f"{ledger.fund.slug}.released").unlink()
    reader = ledger.reopened()
    with pytest.raises(LedgerError) as raised:
        reader.sequencer.repair_released(ledger.fund, forged)
    reader.close()
    return raised.value.code
