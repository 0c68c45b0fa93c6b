"""Packs on both databases: periods join without a gap, outside signatures go along, and a change is noticed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.activity.recording import record_alone
from ledger.activity.records import Activity
from ledger.clock import FixedClock
from ledger.desk import wanted as wanting
from ledger.desk.effects import NewStatement
from ledger.funds.booking import add_post_quantum_key, retire_key, rotate_key
from ledger.packs.making import make_pack
from ledger.publication.anchors import ask_waiting, poster
from ledger.settings import load_settings
from ledger.statements.pki import make_development_pki
from ledger.verify.pack import verify_pack
from ledger.verify.report import Report
from ledger.wiring import Ledger as Opened
from tests.db import ledgers
from tests.db.test_witnesses import ask_now, keys_of
from tests.db.test_witnesses import poster as witness
from tests.statements.stamping import stamp_server

Files = dict[str, bytes]


@pytest.fixture
def ledger(database, tmp_path) -> Iterator[ledgers.Ledger]:
    made = ledgers.new_ledger(database, tmp_path / "keys")
    yield made
    made.close()


def pack(ledger: ledgers.Ledger, home: Path, period: str = "", audience: str = "auditor") -> bytes:
    settings = load_settings({"LEDGER_HOME": str(home)})
    out = io.BytesIO()
    opened = Opened(settings, ledger.database, ledger.sequencer, ledger.clock)
    make_pack(opened, ledger.fund, (period, audience), out)  # type: ignore[arg-type]
    return out.getvalue()


def files_of(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {one.filename: found.read(one) for one in found.infolist()}


def table(files: Files, name: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(files[f"registers/{name}.csv"].decode("utf-8-sig")))]


def verified(files: Files, path: Path, **known: object) -> Report:
    with zipfile.ZipFile(path, "w") as out:
        for name, data in files.items():
            out.writestr(name, data)
    return verify_pack(path, **known)  # type: ignore[arg-type]


def listed_anew(files: Files) -> Files:
    """Let the manifest fit again, as whoever changes a pack would."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = [
        {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
        if name != "manifest.json"
    ]
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def later(ledger: ledgers.Ledger, days: int) -> None:
    assert isinstance(ledger.clock, FixedClock)
    ledger.clock.advance(timedelta(days=days))


def test_periods_join_and_outside_signatures_go_along(ledger, tmp_path):
    ledgers.whole_way(ledger)
    assert not ask_now(ledger, witness(ledger, tmp_path / "witness")).problem
    ledgers.decide_both(ledger, wanting.seal("2026-09"), "Chen", "Wang")
    with stamp_server(make_development_pki(tmp_path / "pki")) as authority:
        assert [
            one.problem for one in ask_waiting(ledger.database, ledger.fund, poster(authority.url))
        ] == [""]
    first = pack(ledger, tmp_path, "2026-09")
    later(ledger, 30)
    ledgers.give(ledger, *(ledgers.gift(f"more-{at}", 100 + at) for at in range(300)))
    record_alone(
        ledger.database, ledger.clock, Activity(ledger.fund.fund_id, "audit.read", "audit")
    )
    missing = NewStatement("qinghe-2026-09-M-v1", "zh", "2026-09", 1, b"s" * 32, 9)
    later(ledger, 1)
    ledgers.close_month(ledger, "2026-10")
    second, whole = pack(ledger, tmp_path, "2026-10"), pack(ledger, tmp_path)
    assert whole == pack(ledger, tmp_path), "the same state gives other bytes"
    # What has happened since changes nothing in the pack of a period.
    assert first == pack(ledger, tmp_path, "2026-09")
    keys = [one.text() for one in keys_of(ledger)]
    parts = [files_of(one) for one in (first, second, whole)]
    for at, one in enumerate(parts):
        report = verified(one, tmp_path / f"{at}.zip", vkeys=keys)
        assert report.ok, report.summary
        assert not report.notes
        counted = {check.name: check.counted for check in report.checks}
        assert counted["pack-witnesses"] == counted["pack-stamps"] == 1
    for name in ("entries", "postings", "gifts", "bank_lines", "settlement_lines"):
        joined = [row for one in parts[:2] for row in table(one, name)]
        all_rows = table(parts[2], name)
        assert joined == all_rows[: len(joined)]
        assert name in {"entries", "postings"} or len(joined) == len(all_rows) > 0
    closing = {
        (one["account"], one["currency"]): one["closing_minor"]
        for one in table(parts[0], "balances")
    }
    opening = {
        (one["account"], one["currency"]): one["opening_minor"]
        for one in table(parts[1], "balances")
    }
    assert closing == {key: value for key, value in opening.items() if key in closing}
    assert {value for key, value in opening.items() if key not in closing} <= {"0"}
    records = [one["activity/activity.csv"].decode().splitlines() for one in parts]
    assert [line.split(",")[6] for line in records[1][1:]].count("audit.read") == 1
    assert records[0][1:] + records[1][1:] == records[2][1 : len(records[0]) + len(records[1]) - 1]
    ledgers.publish(ledger, missing)
    again = files_of(pack(ledger, tmp_path, "2026-09"))
    assert json.loads(again["manifest.json"])["missing"] == [
        "statements/qinghe-2026-09-M-v1-zh.pdf"
    ]
    report = verified(again, tmp_path / "again.zip", vkeys=keys)
    assert report.ok
    assert len(report.notes) == 1


CHANGES: dict[str, tuple[str, Callable[[Files], None]]] = {}


def change(check: str) -> Callable[[Callable[[Files], None]], Callable[[Files], None]]:
    """Name a change of a pack, and the check that has to notice it."""

    def mark(do: Callable[[Files], None]) -> Callable[[Files], None]:
        CHANGES[do.__name__] = (check, do)
        return do

    return mark


def put(files: Files, name: str, old: bytes, new: bytes) -> None:
    assert old in files[name], (name, old)
    files[name] = files[name].replace(old, new, 1)


@change("pack-registers")
def an_amount_of_a_posting(files: Files) -> None:
    put(files, "registers/postings.csv", b",600,", b",601,")


@change("pack-registers")
def a_row_that_is_left_out(files: Files) -> None:
    rows = files["registers/gifts.csv"].splitlines(keepends=True)
    files["registers/gifts.csv"] = b"".join(rows[:-1])


@change("pack-registers")
def a_row_too_many(files: Files) -> None:
    rows = files["registers/gifts.csv"].splitlines(keepends=True)
    files["registers/gifts.csv"] = b"".join([*rows, rows[-1]])


@change("pack-registers")
def a_balance(files: Files) -> None:
    rows = files["registers/balances.csv"].splitlines(keepends=True)
    rows[1] = rows[1].rstrip().rpartition(b",")[0] + b",7\r\n"
    files["registers/balances.csv"] = b"".join(rows)


@change("pack-registers")
def a_body(files: Files) -> None:
    put(files, "registers/entries.csv", "青禾".encode(), "青木".encode())


@change("pack-root")
def an_entry(files: Files) -> None:
    name = next(one for one in files if one.startswith("log/tile/entries/"))
    put(files, name, b'"amount":600', b'"amount":601')


@change("pack-signature")
def a_size(files: Files) -> None:
    text, _, lines = files["log/checkpoint"].partition(b"\n\n")
    origin, size, root = text.split(b"\n")
    files["log/checkpoint"] = b"\n".join((origin, size + b"0", root)) + b"\n\n" + lines


@change("pack-evidence")
def a_file_of_evidence(files: Files) -> None:
    name = next(one for one in files if one.startswith("evidence/"))
    files[name] += b" "


@change("pack-proofs")
def a_proof(files: Files) -> None:
    rows = [json.loads(one) for one in files["proofs/checkpoints.jsonl"].splitlines()]
    rows[0]["consistency"] = rows[0]["consistency"][1:]
    files["proofs/checkpoints.jsonl"] = b"".join(json.dumps(one).encode() + b"\n" for one in rows)


@change("pack-witnesses")
def a_witness(files: Files) -> None:
    put(
        files,
        "proofs/checkpoints.jsonl",
        b'"line": "\\u2014 witness.example/w1 ',
        b'"line": "\\u2014 witness.example/w1 A',
    )


@change("pack-statements")
def a_statement_of_one_s_own(files: Files) -> None:
    files["statements/qinghe-2026-09-M-v1-zh.pdf"] = b"%PDF-1.7 not ours"


@change("pack-readable")
def a_register_that_is_missing(files: Files) -> None:
    del files["registers/spending.csv"]


@change("pack-readable")
def a_bundle_that_is_cut_off(files: Files) -> None:
    name = next(one for one in files if one.startswith("log/tile/entries/"))
    files[name] = files[name][:-1]


def test_every_change_is_noticed_also_by_whoever_makes_the_manifest_anew(ledger, tmp_path):
    ledgers.whole_way(ledger)
    assert not ask_now(ledger, witness(ledger, tmp_path / "witness")).problem
    ledgers.give(ledger, ledgers.gift("after the witness"))
    files = files_of(pack(ledger, tmp_path))
    put(files, "proofs/checkpoints.jsonl", "—".encode(), "—".encode())
    rows = [json.loads(one) for one in files["proofs/checkpoints.jsonl"].splitlines()]
    files["proofs/checkpoints.jsonl"] = b"".join(json.dumps(one).encode() + b"\n" for one in rows)
    files = listed_anew(files)
    place = tmp_path / "changed.zip"
    assert verified(files, place).ok
    for name, (check, do) in CHANGES.items():
        changed = dict(files)
        do(changed)
        report = verified(changed, place)
        assert "pack-files" in {one.name for one in report.checks if one.failure}, name
        report = verified(listed_anew(changed), place)
        assert check in {one.name for one in report.checks if one.failure}, (name, report.summary)


def test_what_is_no_pack_or_a_hostile_one_is_a_named_failure(ledger, tmp_path):
    ledgers.whole_way(ledger)
    files = files_of(pack(ledger, tmp_path, audience="public"))
    assert verified(files, tmp_path / "a.zip").ok
    for changed in (
        {**files, "../outside": b"x"},
        {**files, "evidence/extra": b"x"},
        {**files, "manifest.json": b"[]"},
        {**files, "manifest.json": b"{" * 100_000},
        {**files, "log/key": b"\xff"},
        {name: data for name, data in files.items() if name != "verify.py"},
    ):
        assert not verified(changed, tmp_path / "a.zip").ok
    bomb = listed_anew(files)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in bomb.items():
            out.writestr(name, b"\0" * 2_000_000 if name == "log/key" else data)
    assert not verify_pack(tmp_path / "a.zip").ok


def test_gifts_that_arrive_meanwhile_are_not_in_it(ledger, tmp_path):
    ledgers.whole_way(ledger)
    size = len(ledgers.bodies(ledger))
    opened = Opened(
        load_settings({"LEDGER_HOME": str(tmp_path)}),
        ledger.database,
        ledger.sequencer,
        ledger.clock,
    )
    place = tmp_path / "a.zip"
    given = iter(range(1000))

    def meanwhile(_done: int, _total: int) -> None:
        ledgers.give(ledger, ledgers.gift(f"meanwhile-{next(given)}"))

    with place.open("wb") as out:
        done = make_pack(opened, ledger.fund, ("", "auditor"), out, meanwhile)
    assert (done.size, next(given) > 0) == (size, True)
    report = verify_pack(place)
    assert (report.ok, report.entries) == (True, size), report.summary


def test_keys_that_the_log_names_are_enough_for_what_they_signed(ledger, tmp_path):
    [first] = keys_of(ledger)
    ledgers.whole_way(ledger)
    assert not ask_now(ledger, witness(ledger, tmp_path / "witness")).problem
    second = rotate_key(ledger.sequencer, ledger.clock, ledger.fund)
    ledgers.give(ledger, ledgers.gift("while both sign"))
    retire_key(ledger.sequencer, ledger.fund)
    third = add_post_quantum_key(ledger.sequencer, ledger.clock, ledger.fund)
    ledgers.give(ledger, ledgers.gift("after"))
    files = files_of(pack(ledger, tmp_path))
    for key in (second, third):
        report = verified(files, tmp_path / "a.zip", vkeys=[key])
        assert report.ok, report.summary
    # The first key signs no more: whoever knows it alone cannot tell whose the newest tree is.
    report = verified(files, tmp_path / "a.zip", vkeys=[first.text()])
    assert {one.name for one in report.checks if one.failure} >= {"pack-signature"}
