"""A log with a post-quantum key on both databases: named in the log, shown last, verified from inside and outside."""

from __future__ import annotations

from pathlib import Path

from ledger.db import Database
from ledger.funds.booking import add_post_quantum_key, rotate_key
from ledger.log.notes import ED25519, ML_DSA_44, Verifier
from ledger.publication.archive import write_archive
from ledger.settings import load_settings
from ledger.verify.database import verify_database
from ledger.verify.fetching import fetch_from
from ledger.verify.outside import verify_log
from ledger.wiring import Ledger, build_services
from tests.db import ledgers


def test_both_keys_are_named_shown_and_verified(database: Database, tmp_path: Path) -> None:
    ledger = ledgers.new_ledger(database, tmp_path / "keys")
    ledgers.give(ledger, ledgers.gift("before"))
    added = add_post_quantum_key(ledger.sequencer, ledger.clock, ledger.fund)
    ledgers.give(ledger, ledgers.gift("between"))
    rotate_key(ledger.sequencer, ledger.clock, ledger.fund)
    ledgers.give(ledger, ledgers.gift("after"))
    opened = Ledger(
        load_settings({"LEDGER_HOME": str(tmp_path)}), database, ledger.sequencer, ledger.clock
    )
    shown = build_services(opened.settings, opened).log_key("qinghe").split()
    types = [Verifier.from_text(one).algorithm for one in shown]
    assert types == [ED25519, ED25519, ML_DSA_44]
    assert shown[2] == added
    url = database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys)
    assert report.ok, report.summary
    folder = tmp_path / "log"
    with database.reading() as connection:
        write_archive(connection, ledger.fund, shown, folder)
    # From the log itself, with each key, and with the post-quantum one alone.
    for vkey in (None, *shown, added):
        report = verify_log(fetch_from(str(folder)), vkey)
        assert report.ok, (vkey, report.summary)
    ledger.close()
