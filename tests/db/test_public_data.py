"""Public data: the same rows in all formats, in pieces, without anything personal."""

from __future__ import annotations

import csv
import io

import openpyxl
import pyarrow.parquet as pq
import pytest

from ledger.app import create_app
from ledger.export import public_data
from ledger.journal.codec import decode
from ledger.settings import load_settings
from ledger.wiring import Ledger, build_services
from tests.db import ledgers


@pytest.fixture
def site(database, tmp_path):
    made = ledgers.new_ledger(database, tmp_path / "keys")
    ledgers.whole_way(made)
    ledgers.give(made, *(ledgers.gift(f"more-{at}", 100 + at) for at in range(7)))
    settings = load_settings({"LEDGER_HOME": str(tmp_path)})
    opened = Ledger(settings, database, made.sequencer, made.clock)
    app = create_app(settings, build_services(settings, opened))
    yield app.test_client(), made
    made.close()


def table_of(client, name: str, kind: str) -> list[list[object]]:
    with client.get(f"/funds/qinghe/data/{name}.{kind}") as response:
        body = response.data
    if kind == "csv":
        return [*csv.reader(io.StringIO(body.decode("utf-8-sig")))]
    if kind == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(body), read_only=True).active
        rows = [["" if one is None else one for one in row] for row in sheet.values]
        return [row + [""] * (len(rows[0]) - len(row)) for row in rows]  # empty ends are left out
    found = pq.read_table(io.BytesIO(body))
    rows = [list(one.values()) for one in found.to_pylist()]
    return [found.column_names, *([("" if one is None else one) for one in row] for row in rows)]


@pytest.mark.parametrize("name", public_data.TABLES)
def test_all_formats_say_the_same(site, name, monkeypatch):
    client, ledger = site
    monkeypatch.setattr(public_data, "PIECE", 3)  # several pieces of this small ledger
    plain = table_of(client, name, "csv")
    for kind in ("xlsx", "parquet"):
        assert [[str(one) for one in row] for row in table_of(client, name, kind)] == plain, kind
    kinds = public_data.TABLES[name].kinds
    with ledger.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT seq, entry FROM entries ORDER BY seq").all()
    said = [seq for seq, entry in rows if decode(bytes(entry))["kind"] in kinds]
    assert [int(row[0]) for row in plain[1:]] == said
    if name == "gifts":
        total = sum(int(row[plain[0].index("amount_minor")]) for row in plain[1:])
        assert total == 600 + 400 + 200 + 60 + sum(100 + at for at in range(7))
        assert "观众" not in str(plain)


def test_what_the_columns_mean_is_told_for_people_and_programs(site):
    client, _ = site
    told = client.get("/funds/qinghe/data/datapackage.json").get_json()
    for resource in told["resources"]:
        head = table_of(client, resource["name"], "csv")[0]
        assert [one["name"] for one in resource["schema"]["fields"]] == head
    page = client.get("/en/funds/qinghe/data").text
    assert "CC-BY-4.0" in page
    assert client.get("/funds/qinghe/data/nothing.csv").status_code == 404
    assert client.get("/funds/qinghe/data/gifts.exe").status_code == 404
