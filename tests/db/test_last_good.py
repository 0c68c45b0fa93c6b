"""Bad days of public pages: the database away, then back, and a database that only reads."""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from ledger.app import create_app
from ledger.settings import load_settings
from ledger.wiring import Ledger, build_services
from tests.db import ledgers

PATHS = (
    "/",
    "/funds/qinghe",
    "/en/funds/qinghe",
    "/funds/qinghe/totals.json",
    "/funds/qinghe/transfers",
)


@pytest.fixture
def site(database, tmp_path, monkeypatch):
    made = ledgers.new_ledger(database, tmp_path / "keys")
    ledgers.whole_way(made)
    settings = load_settings({"LEDGER_HOME": str(tmp_path)})
    opened = Ledger(settings, database, made.sequencer, made.clock)
    app = create_app(settings, build_services(settings, opened))
    yield app.test_client(), monkeypatch
    made.close()


def away(broken, database, port):
    """Nothing answers where the database was."""
    url = "sqlite:////no/such/folder/ledger.db"
    if not database.is_sqlite:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{port}/none"
    broken.setattr(database, "engine", sa.create_engine(url))


def test_pages_show_their_last_state_and_say_so(site, database, free_port):
    client, monkeypatch = site
    monkeypatch.setattr("ledger.wiring.KEPT_S", -1.0)
    before = {path: client.get(path).text for path in PATHS}
    with monkeypatch.context() as broken:
        away(broken, database, free_port)
        for path in PATHS:
            answer = client.get(path)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), path
            if path.endswith(".json"):
                assert answer.text == before[path]
            else:
                said = "cannot be reached now" if path.startswith("/en") else "账本现在连不上"
                assert said in answer.text
                assert before[path].split("<main")[1].split(">", 1)[1].strip() in answer.text
        # What nobody has seen is not made up, and a checkpoint is never an old one.
        assert client.get("/funds/qinghe/statements").status_code == 503
        assert client.get("/log/qinghe/checkpoint").status_code == 503
        assert client.get("/en/").status_code == 503
    assert "账本现在连不上" not in client.get("/funds/qinghe").text


def test_a_database_that_only_reads_is_told(site, database):
    client, monkeypatch = site
    assert "只能看、不能记" not in client.get("/funds/qinghe").text
    monkeypatch.setattr("ledger.wiring.READ_ONLY_S", -1.0)
    if database.is_sqlite:
        monkeypatch.setattr(os, "access", lambda *_: False)
    else:
        name = database.url.database
        with database.engine.connect() as connection:
            connection.exec_driver_sql(
                f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'
            )
            connection.commit()
        database.engine.dispose()
    page = client.get("/funds/qinghe")
    assert (page.status_code, "只能看、不能记" in page.text) == (200, True)
