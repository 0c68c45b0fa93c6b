"""A log verified from outside, from files alone; and a receipt that stands alone."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest

from ledger.db import Database
from ledger.desk import wanted as wanting
from ledger.errors import ExternalError, FieldError, NotFoundError, TooLargeError
from ledger.intake.booking import close_sessions
from ledger.journal import history as journal_history
from ledger.log import history as log_history
from ledger.log.bundles import encode_bundle
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.hashing import leaf_hashes, tree_root
from ledger.log.notes import Signer
from ledger.log.tiles import TileAddress, tile_width, tiles_of_size
from ledger.sequencer import receipts
from ledger.sequencer.groups import leaf_reader, log_keys
from ledger.verify import fetching
from ledger.verify.fetching import fetch_from
from ledger.verify.outside import CHECKS, verify_log
from ledger.verify.receipt import verify_receipt
from ledger.verify.report import Failure, Report
from tests.db import ledgers
from tests.db.ledgers import IMPORT, Ledger


def failures(report: Report) -> dict[str, Failure]:
    return {check.name: check.failure for check in report.checks if check.failure is not None}


@pytest.fixture(scope="module")
def ledger(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("outside")
    shutil.copyfile(migrated_sqlite, folder / "ledger.db")
    built = ledgers.new_ledger(Database(f"sqlite:///{folder / 'ledger.db'}"), folder / "keys")
    ledgers.whole_way(built)
    ledgers.give(built, *(ledgers.gift(f"many-{n}", 3 + n % 5) for n in range(600)))
    ledgers.settle(built, ledgers.settlement_line("STATEMENT-2", 900))
    built.decide(lambda books: close_sessions(books, IMPORT))
    ledgers.give(built, ledgers.gift("said", 7, message="加油"))
    yield built
    built.close()


def entries_of(ledger: Ledger, size: int) -> list[bytes]:
    with ledger.database.reading() as connection:
        return [
            one.entry for one in journal_history.span(connection, ledger.fund.fund_id, 0, size)
        ]


def write(folder: Path, path: str, data: bytes) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def publish(ledger: Ledger, folder: Path) -> str:
    """Write a log as files, as `tlog-tiles` names them; return its key."""
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        size, note = log_history.latest_note(connection, fund_id)
        leaves = leaf_reader(connection, fund_id)
        for tile in tiles_of_size(size):
            level = tile.level or 0
            write(
                folder,
                tile.path(),
                log_history.tile(connection, fund_id, leaves, level, tile.index, tile.width),
            )
        (vkey,) = log_keys(connection, ledger.fund)
    entries = entries_of(ledger, size)
    for index in range(-(-size // 256)):
        address = TileAddress(None, index, tile_width(0, index, size))
        write(folder, address.path(), encode_bundle(entries[256 * index : 256 * index + 256]))
    write(folder, "checkpoint", note)
    write(folder, "key", f"{vkey}\n".encode())
    return vkey


@pytest.fixture
def log(ledger: Ledger, tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "log"
    return folder, publish(ledger, folder)


def test_an_honest_log_passes_from_its_files_alone(log: tuple[Path, str]) -> None:
    folder, vkey = log
    report = verify_log(fetch_from(str(folder)), vkey)
    assert failures(report) == {}
    assert [check.name for check in report.checks] == list(CHECKS)
    assert not report.notes
    assert report.entries > 600


def test_a_key_taken_from_the_log_is_said_to_be_so(log: tuple[Path, str]) -> None:
    report = verify_log(fetch_from(str(log[0])), None)
    assert report.ok
    assert "from the log itself" in report.notes[0][0]


def test_every_file_of_the_log_that_is_changed_is_named(log: tuple[Path, str]) -> None:
    folder, vkey = log
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.name != "key"]
    assert len(files) > 6
    for file in files:
        before = file.read_bytes()
        changed = bytearray(before)
        changed[len(before) // 2] ^= 1
        file.write_bytes(bytes(changed))
        found = failures(verify_log(fetch_from(str(folder)), vkey))
        assert found, file
        path = str(file.relative_to(folder))
        keys = {one.key for one in found.values()}
        # A changed bundle shows as its tile, or as the entry inside it.
        same = path.replace("entries", "0")
        assert (
            path == "checkpoint"
            or keys & {path, same}
            or any(key.startswith("seq=") for key in keys)
        ), (path, found)
        file.write_bytes(before)
    assert verify_log(fetch_from(str(folder)), vkey).ok


def test_a_part_that_is_missing_is_named(log: tuple[Path, str]) -> None:
    folder, vkey = log
    (folder / "tile/entries/001").unlink()
    assert (
        failures(verify_log(fetch_from(str(folder)), vkey))["readable"].key == "tile/entries/001"
    )


def test_a_checkpoint_kept_elsewhere_must_be_extended(
    ledger: Ledger, log: tuple[Path, str]
) -> None:
    folder, vkey = log
    fetch = fetch_from(str(folder))
    with ledger.database.reading() as connection:
        _, early = log_history.checkpoint_covering(connection, ledger.fund.fund_id, 20)
    assert verify_log(fetch, vkey, since=early).ok
    (signer,) = [
        Signer.from_text(line) for line in (ledger.keys / "qinghe.key").read_text().splitlines()
    ]
    origin = ledger.fund.origin
    forked = sign_checkpoint(Checkpoint(origin, 20, b"\x01" * 32), [signer])
    assert (
        failures(verify_log(fetch, vkey, since=forked))["since"].reason == "other-root-elsewhere"
    )
    larger = sign_checkpoint(Checkpoint(origin, 10**6, b"\x01" * 32), [signer])
    assert failures(verify_log(fetch, vkey, since=larger))["since"].reason == "larger-elsewhere"
    assert "since" in failures(verify_log(fetch, vkey, since=b"no note"))


def forge(ledger: Ledger, folder: Path, change: Callable[[list[bytes]], None]) -> str:
    """Publish a log whose operator lies: entries changed, everything hashed and signed anew."""
    shutil.rmtree(folder, ignore_errors=True)
    vkey = publish(ledger, folder)
    with ledger.database.reading() as connection:
        size, _ = log_history.latest_note(connection, ledger.fund.fund_id)
    entries = entries_of(ledger, size)
    change(entries)
    size = len(entries)
    leaves = leaf_hashes(entries)
    for tile in tiles_of_size(size):
        if tile.level == 0:
            write(
                folder,
                tile.path(),
                b"".join(leaves[256 * tile.index : 256 * tile.index + tile.width]),
            )
        else:
            roots = [tree_root(leaves[256 * at : 256 * at + 256]) for at in range(tile.width)]
            write(folder, tile.path(), b"".join(roots))
    for index in range(-(-size // 256)):
        address = TileAddress(None, index, tile_width(0, index, size))
        write(folder, address.path(), encode_bundle(entries[256 * index : 256 * index + 256]))
    (signer,) = [
        Signer.from_text(line) for line in (ledger.keys / "qinghe.key").read_text().splitlines()
    ]
    write(
        folder,
        "checkpoint",
        sign_checkpoint(Checkpoint(ledger.fund.origin, size, tree_root(leaves)), [signer]),
    )
    return vkey


def changed(entry: bytes, **body: object) -> bytes:
    value = orjson.loads(entry)
    value["body"].update(body)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def swapped(entry: bytes, old: bytes, new: bytes) -> bytes:
    assert old in entry
    return entry.replace(old, new)


def of_kind(entries: list[bytes], kind: str, number: int = 0) -> int:
    return [seq for seq, entry in enumerate(entries) if f'"kind":"{kind}"'.encode() in entry][
        number
    ]


def edit(
    kind: str, number: int, edited: Callable[[bytes], bytes]
) -> Callable[[list[bytes]], None]:
    def change(entries: list[bytes]) -> None:
        seq = of_kind(entries, kind, number)
        entries[seq] = edited(entries[seq])

    return change


def without(entry: bytes, name: str) -> bytes:
    """Take a field out of an entry's body."""
    value = orjson.loads(entry)
    del value["body"][name]
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def more(gift: bytes) -> bytes:
    """Let a gift be one fen more, in all three places."""
    amount = orjson.loads(gift)["body"]["amount"]
    return gift.replace(b'"amount":%d' % amount, b'"amount":%d' % (amount + 1)).replace(
        b'"amount":-%d' % amount, b'"amount":-%d' % (amount + 1)
    )


LIES: dict[str, tuple[str, Callable[[list[bytes]], None]]] = {
    "a gift is made larger": ("gift-places", edit("gift", 100, more)),
    "a gift is dropped from the count": (
        "sessions",
        edit("gift", 100, lambda entry: changed(entry, n=7000)),
    ),
    "a closing states fewer gifts": (
        "sessions",
        edit("session.closed", 0, lambda entry: changed(entry, gifts=1)),
    ),
    "postings do not sum to zero": (
        "zero-sums",
        edit("gift", 50, lambda entry: swapped(entry, b'"amount":-', b'"amount":-1')),
    ),
    "one person approves alone": (
        "decisions",
        edit("transfer.approved", 0, lambda entry: swapped(entry, b'"id":"m2"', b'"id":"m1"')),
    ),
    "somebody approves in a role that they do not have": (
        "decisions",
        edit("transfer.approved", 0, lambda entry: swapped(entry, b'"id":"m2"', b'"id":"m4"')),
    ),
    "somebody approves in a role that approves nothing": (
        "decisions",
        edit(
            "transfer.approved",
            0,
            lambda entry: swapped(entry, b'"role":"approver"', b'"role":"finance"'),
        ),
    ),
    "another version is approved": (
        "decisions",
        edit("transfer.approved", 0, lambda entry: changed(entry, version=2)),
    ),
    "a slot is approved that there is not": (
        "decisions",
        edit("transfer.approved", 0, lambda entry: changed(entry, slot=1)),
    ),
    "an approval is of another transfer's decision": (
        "transfers",
        edit("transfer.approved", 0, lambda entry: changed(entry, decision=2)),
    ),
    "a proposal asks for less than the rule": (
        "decisions",
        edit("decision.proposed", 0, lambda entry: changed(entry, needed=[])),
    ),
    "a proposal asks for numbers": (
        "decisions",
        edit("decision.proposed", 0, lambda entry: changed(entry, needed=[1])),
    ),
    "a proposal is of no kind": (
        "decisions",
        edit("decision.proposed", 0, lambda entry: changed(entry, kind=["close"])),
    ),
    "a proposal says nothing": (
        "decisions",
        edit("decision.proposed", 0, lambda entry: changed(entry, content=[])),
    ),
    "a proposal has another number": (
        "decisions",
        edit("decision.proposed", 0, lambda entry: changed(entry, number=7)),
    ),
    "another month is closed than was approved": (
        "decisions",
        edit("period.closed", 0, lambda entry: changed(entry, month="2026-08")),
    ),
    "a month is closed by nobody's decision": (
        "decisions",
        edit("period.closed", 0, lambda entry: changed(entry, decision=[2])),
    ),
    "a month is closed by another decision": (
        "decisions",
        edit("period.closed", 0, lambda entry: changed(entry, decision=1)),
    ),
    "a month is closed without a decision": (
        "decisions",
        edit("period.closed", 0, lambda entry: without(entry, "decision")),
    ),
    "a month is closed before it ends": (
        "periods",
        edit("period.closed", 0, lambda entry: changed(entry, ends="2026-08-31T16:00:00Z")),
    ),
    "a gift counts in a closed month": (
        "periods",
        edit("gift", 400, lambda entry: entry.replace(b'at":"2026-10-09', b'at":"2026-09-09', 1)),
    ),
    "a member is put into a closed month": (
        "periods",
        edit("session.closed", 1, lambda entry: entry.replace(b'"2026-10-09', b'"2026-09-09', 1)),
    ),
    "a gift is late for no reason": (
        "periods",
        edit("gift", 400, lambda entry: changed(entry, late={"state": "closed"})),
    ),
    "a settlement pays less than it states": (
        "settlements",
        edit("settlement", 0, lambda entry: changed(entry, net=1)),
    ),
    "a segment starts elsewhere": (
        "segments",
        edit("payout", 0, lambda entry: swapped(entry, b'"to_start":0', b'"to_start":1')),
    ),
    "a reversal names another entry": (
        "corrections",
        edit("gift.reversed", 0, lambda entry: changed(entry, reverses=0)),
    ),
    "a late gift lies elsewhere": (
        "gift-places",
        edit("gift", 3, lambda entry: changed(entry, line=5)),
    ),
    "the time goes back": (
        "sequence",
        edit(
            "payout",
            0,
            lambda entry: swapped(entry, b'"recorded_at":"2026', b'"recorded_at":"2025'),
        ),
    ),
    "a number is a float": (
        "entries",
        edit("gift", 60, lambda entry: swapped(entry, b'"count":1', b'"count":1.0')),
    ),
    "an entry has spaces": (
        "entries",
        edit("gift", 60, lambda entry: entry.replace(b":", b": ", 1)),
    ),
    "a commitment is none": (
        "entries",
        edit("gift", 60, lambda entry: changed(entry, donor="!" * 43 + "=")),
    ),
    "an item is no text": (
        "entries",
        edit("gift", 60, lambda entry: swapped(entry, b'"item":"9"', b'"item":"\xff"')),
    ),
    "a time is none": (
        "entries",
        edit(
            "gift",
            60,
            lambda entry: swapped(entry, b'"occurred_at":"2026-10', b'"occurred_at":"2026-13'),
        ),
    ),
    "an entry is nothing": ("entries", edit("gift", 60, lambda _: b"")),
    "an entry is deep": ("entries", edit("gift", 60, lambda _: b"[" * 5000 + b"]" * 5000)),
    "a number is huge": (
        "entries",
        edit("gift", 60, lambda entry: swapped(entry, b'"count":1', b'"count":1' + b"0" * 400)),
    ),
    "an entry is left out": ("entries", lambda entries: entries.pop(70)),
    "a body is a list": (
        "entries",
        edit(
            "spend",
            0,
            lambda entry: orjson.dumps(
                {**orjson.loads(entry), "body": []}, option=orjson.OPT_SORT_KEYS
            ),
        ),
    ),
    "segments are numbers": (
        "segments",
        edit("spend", 0, lambda entry: changed(entry, segments=[1, 2])),
    ),
    "the session is a list": (
        "sessions",
        edit("session.closed", 0, lambda entry: changed(entry, session=[1])),
    ),
    "the key is another's": (
        "checkpoint",
        edit("fund.opened", 0, lambda entry: changed(entry, log_key="none")),
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_operator_who_signs_a_lie_is_found(ledger: Ledger, tmp_path: Path, lie: str) -> None:
    check, change = LIES[lie]
    vkey = forge(ledger, tmp_path / "log", change)  # type: ignore[arg-type]
    found = failures(verify_log(fetch_from(str(tmp_path / "log")), vkey))
    assert check in found, found
    assert "readable" not in found
    assert "checkpoints" not in found, "the forged tree itself is in order"


def test_money_that_leaves_an_account_without_being_there_is_found(
    ledger: Ledger, tmp_path: Path
) -> None:
    def spend_more(entries: list[bytes]) -> None:
        seq = of_kind(entries, "spend")
        for old, new in ((b"300", b"900"),):
            entries[seq] = entries[seq].replace(old, new)

    vkey = forge(ledger, tmp_path / "log", spend_more)
    found = failures(verify_log(fetch_from(str(tmp_path / "log")), vkey))
    assert found["holdings"].reason == "below-zero"


# --- fetching --------------------------------------------------------------------------------------


@pytest.fixture
def served() -> Iterator[Callable[[type[BaseHTTPRequestHandler]], str]]:
    servers: list[ThreadingHTTPServer] = []

    def serve(handler: Callable[..., BaseHTTPRequestHandler]) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)  # type: ignore[arg-type]
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve  # type: ignore[misc]
    for server in servers:
        server.shutdown()
        server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


class Redirecting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:1/checkpoint")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


class Endless(Redirecting):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(1 << 20))
        except OSError:
            pass


def test_a_log_over_http(log: tuple[Path, str], served: Callable[..., str]) -> None:
    address = served(partial(Quiet, directory=str(log[0])))
    assert failures(verify_log(fetch_from(address + "/", allow_private=True), log[1])) == {}
    with pytest.raises(NotFoundError):
        fetch_from(address, allow_private=True)("tile/7/000")


def test_a_redirect_is_not_followed_and_endless_answers_end(served: Callable[..., str]) -> None:
    with pytest.raises(ExternalError):
        fetch_from(served(Redirecting), allow_private=True)("checkpoint")
    with pytest.raises(TooLargeError):
        fetch_from(served(Endless), allow_private=True)("checkpoint")
    assert not verify_log(fetch_from(served(Redirecting), allow_private=True), None).ok


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "ftp://host/log", "/nowhere/at/all", "http://", ""]
)
def test_only_addresses_and_folders(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if place:
        with pytest.raises(FieldError):
            fetch_from(place)


@pytest.mark.parametrize(
    "path", ["../secret", "tile/../../key", "/etc/passwd", "tile/0/000?x", ""]
)
def test_no_path_leads_out(path: str, tmp_path: Path) -> None:
    with pytest.raises(FieldError):
        fetching.fetch_from(str(tmp_path))(path)


# --- receipts --------------------------------------------------------------------------------------


def receipt_of(ledger: Ledger, seq: int) -> receipts.Receipt:
    with ledger.database.reading() as connection:
        return receipts.stored(connection, ledger.fund, seq)


def test_a_receipt_stands_alone_and_every_change_to_it_shows(ledger: Ledger) -> None:
    seq = ledgers.gift_ids(ledger)["many-7"]
    receipt = receipt_of(ledger, seq)
    with ledger.database.reading() as connection:
        vkeys = log_keys(connection, ledger.fund)
    assert verify_receipt(receipt.proof, receipt.entry, vkeys).ok
    assert failures(verify_receipt(receipt.proof, receipt.entry[:-1] + b" ", vkeys)).keys() == {
        "inclusion"
    }
    other = Signer.from_text((ledger.keys / "qinghe.key").read_text().strip())
    assert other.verifier.text() == vkeys[0]
    assert failures(verify_receipt(receipt.proof, receipt.entry, [])).keys() == {"checkpoint"}
    # The last character before `=` has bits that mean nothing; readers of signed notes leave them be.
    for at in range(0, len(receipt.proof) - 4, 7):
        broken = bytearray(receipt.proof)
        broken[at] ^= 1
        assert not verify_receipt(bytes(broken), receipt.entry, vkeys).ok, at


def test_a_receipt_opens_what_its_holder_knows(ledger: Ledger) -> None:
    import sqlalchemy as sa

    seq = ledgers.gift_ids(ledger)["said"]
    receipt = receipt_of(ledger, seq)
    with ledger.database.reading() as connection:
        vkeys = log_keys(connection, ledger.fund)
        salts = bytes(
            connection.execute(
                sa.text("SELECT salts FROM private_parts WHERE seq = :s"), {"s": seq}
            ).scalar_one()
        )
    opening = {"name": (salts[32:64], "观众".encode()), "message": (salts[96:], "加油".encode())}
    report = verify_receipt(receipt.proof, receipt.entry, vkeys, opening)
    assert report.ok
    assert report.checks[-1].counted == 2
    opening["name"] = (salts[32:64], b"somebody else")
    assert (
        failures(verify_receipt(receipt.proof, receipt.entry, vkeys, opening))[
            "commitments"
        ].reason
        == "does-not-open"
    )


@pytest.mark.parametrize("gifts", [1, 300])
def test_the_root_that_a_seal_names_is_held_to_the_tree(
    migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gifts: int
) -> None:
    """Inside one tile and behind it; a seal that names another root is found by whoever has the log alone."""
    for name, wrong in (("right", False), ("wrong", True)):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copyfile(migrated_sqlite, folder / "ledger.db")
        built = ledgers.new_ledger(Database(f"sqlite:///{folder / 'ledger.db'}"), folder / "keys")
        ledgers.give(built, *(ledgers.gift(f"g{n}") for n in range(gifts)))
        ledgers.close_month(built, "2026-09")
        ledgers.give(built, ledgers.gift("after"))
        if wrong:
            monkeypatch.setattr("ledger.periods.booking.log.root_at", lambda *_: b"x" * 32)
        ledgers.decide_both(built, wanting.seal("2026-09"), "Chen", "Wang")
        monkeypatch.undo()
        vkey = publish(built, folder / "log")
        found = failures(verify_log(fetch_from(str(folder / "log")), vkey))
        reasons = {name: one.reason for name, one in found.items()}
        assert reasons == ({"periods": "seal-differs"} if wrong else {})
        built.close()
