"""The activity record on the command line."""

from __future__ import annotations

import csv
import json
import stat

from ledger.activity.recording import record_alone
from ledger.activity.records import Activity
from ledger.clock import FixedClock
from ledger.db import Database
from ledger.settings import load_settings
from tests.flow.cli import Cli


def put(cli: Cli, *activities: Activity) -> None:
    database = Database(load_settings({"LEDGER_HOME": str(cli.home)}).database_url)
    record_alone(database, FixedClock(cli.now), *activities)
    database.close()


def rows(cli: Cli, *options: str) -> list[dict[str, str]]:
    out = cli.run("activity", "export", "--format", "jsonl", *options).stdout
    return [json.loads(line) for line in out.splitlines()]


def test_what_was_done_is_exported_and_so_is_the_export(cli: Cli) -> None:
    put(cli, Activity(1, "desk.read", "decision/1", "m2", "finance", "=1+1"))
    first = rows(cli)
    assert [one["action"] for one in first if one["fund"] == "qinghe"][-1] == "desk.read"
    again = rows(cli)
    (export, *_) = [one for one in again if one["action"] == "activity.export"]
    assert (export["outcome"], export["fund"], export["user_id"]) == ("read", "", None)
    assert export["address"].startswith("terminal:")
    assert len(export["request_id"]) == 24
    assert len(again) == len(first) + 1


def test_an_export_can_be_of_one_fund_and_a_stretch_of_time(cli: Cli) -> None:
    put(cli, Activity(1, "desk.read", "decision/1"), Activity(0, "user.lock", "user/1"))
    assert {one["fund"] for one in rows(cli, "--fund", "qinghe")} == {"qinghe"}
    assert {one["fund"] for one in rows(cli, "--fund", "-")} == {""}
    assert rows(cli, "--from", "2030-01-01T00:00:00Z") == []
    assert rows(cli, "--until", "2020-01-01T00:00:00+08:00") == []
    assert "not-a-time" in cli.refused("activity", "export", "--from", "yesterday")
    assert "nowhere" in cli.refused("activity", "export", "--fund", "nowhere")


def test_a_spreadsheet_is_written_whole_and_for_its_owner(cli: Cli) -> None:
    put(cli, Activity(1, "transfer.propose", "decision/1", "m2", "finance", "=cmd|' /C calc'!A0"))
    file = cli.folder / "activity.csv"
    told = cli.json("activity", "export", "--fund", "qinghe", "--out", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert told["rows"] == len(found)
    (proposed,) = [one for one in found if one["action"] == "transfer.propose"]
    assert proposed["reason"] == "'=cmd|' /C calc'!A0"


def test_one_thing_shows_what_was_done_to_it(cli: Cli) -> None:
    put(cli, Activity(1, "transfer.propose", "decision/7", "m1", "finance", "为\x1b[2J何"))
    put(cli, Activity(1, "decision.read", "decision/7", "m2", "approver", outcome="read"))
    put(cli, Activity(1, "decision.read", "decision/8", "m2", "approver", outcome="read"))
    lines = cli.run("activity", "show", "decision/7", "--fund", "qinghe").stdout.splitlines()
    assert [line.split("\t")[4] for line in lines[:-1]] == ["decision.read", "transfer.propose"]
    assert lines[-1] == "2 rows"
    assert "\x1b" not in "".join(lines)
