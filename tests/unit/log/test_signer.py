"""The signer: its files, its memory across crashes, its refusals, and the lock between processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import (
    BusyError,
    FieldError,
    KeyMismatchError,
    MalformedProofError,
    NoteSignatureError,
    NotFoundError,
    RolledBackError,
    StateError,
    TooLargeError,
)
from ledger.log.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.log.notes import ED25519, NoteSignature, Signer, generate_key
from ledger.log.proofs import consistency_proof
from ledger.log.signer import SLOT_BYTES, LogSigner
from tests.unit.log.trees import LEAVES, ROOTS, reader_of

PROJECT = Path(__file__).resolve().parents[3]
FUND = "qinghe"
ORIGIN = "ledger.example/log/qinghe"


def checkpoint(size):
    return Checkpoint(ORIGIN, size, ROOTS[size])


def release(signer, size):
    note = signer.sign(checkpoint(size))
    signer.record_released(note)
    return note


@pytest.fixture
def signer(tmp_path):
    return LogSigner.create(tmp_path, FUND, ORIGIN)


@pytest.fixture
def released_file(tmp_path):
    return tmp_path / f"{FUND}.released"


def reopened(tmp_path, signer):
    return LogSigner.open(tmp_path, FUND, ORIGIN, signer.vkeys)


def test_creation_leaves_four_files_and_nothing_released(tmp_path, signer):
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["qinghe.key", "qinghe.lock", "qinghe.released", "qinghe.vkey"]
    assert (tmp_path / "qinghe.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "qinghe.vkey").read_text() == signer.vkeys[0] + "\n"
    assert signer.released() is None
    assert signer.released_note() is None


def test_creation_never_overwrites_a_key_or_a_memory(tmp_path, signer):
    release(signer, 3)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(StateError) as caught:
        LogSigner.create(tmp_path, FUND, ORIGIN)
    assert caught.value.fields["what"] == "qinghe.key"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    (tmp_path / "qinghe.key").unlink()
    with pytest.raises(StateError) as caught:
        LogSigner.create(tmp_path, FUND, ORIGIN)
    assert caught.value.fields["what"] == "qinghe.released"


def test_creation_that_crashed_before_the_key_can_be_done_again(tmp_path, signer):
    (tmp_path / "qinghe.key").unlink()
    assert LogSigner.create(tmp_path, FUND, ORIGIN).vkeys != signer.vkeys


@pytest.mark.parametrize("fund", ["", "../x", "A", "a/b", "a.b", "-a", "a\n", "a" * 64])
def test_funds_that_could_leave_the_folder(tmp_path, fund):
    with pytest.raises(FieldError):
        LogSigner.create(tmp_path, fund, ORIGIN)
    assert list(tmp_path.iterdir()) == []


def test_what_is_released_is_known_to_every_other_signer(tmp_path, signer):
    other = reopened(tmp_path, signer)
    for size in (1, 2, 5, 8):
        note = release(signer, size)
        assert other.released_note() == note
        assert other.released() == checkpoint(size)
        assert open_checkpoint(note, ORIGIN, other.verifiers) == checkpoint(size)


def test_the_holder_of_the_lock_reads_the_slots_once_and_then_anew(tmp_path, signer, monkeypatch):
    other, reads = reopened(tmp_path, signer), []
    read = LogSigner._read_slots
    monkeypatch.setattr(LogSigner, "_read_slots", lambda self: reads.append(self) or read(self))
    with signer.locked():
        assert signer.released() is None
        release(signer, 3)
        assert signer.released() == checkpoint(3)
        release(signer, 4)
        assert reads == [signer]
        # Another thread of the process, and another signer, hold nothing and read the file.
        found = []
        looking = threading.Thread(target=lambda: found.append(signer.released()))
        looking.start()
        looking.join()
        assert found == [other.released()] == [checkpoint(4)]
        assert len(reads) == 3
    with other.locked():
        release(other, 5)
    with signer.locked():
        assert signer.released() == checkpoint(5)
        release(signer, 8)
    assert reopened(tmp_path, signer).released() == checkpoint(8)


def test_a_record_that_failed_is_looked_for_in_the_file(tmp_path, signer, monkeypatch):
    with signer.locked():
        release(signer, 3)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", lambda _: (_ for _ in ()).throw(OSError(5, "I/O")))
            with pytest.raises(OSError, match="I/O"):
                release(signer, 4)
        assert signer.released() == reopened(tmp_path, signer).released()
        release(signer, 5)
    assert reopened(tmp_path, signer).released() == checkpoint(5)


def test_signing_alone_releases_nothing(tmp_path, signer):
    signer.sign(checkpoint(8))
    assert reopened(tmp_path, signer).released() is None
    # A tree that was signed and never committed must not block another.
    assert open_checkpoint(signer.sign(checkpoint(5)), ORIGIN, signer.verifiers).size == 5


def test_a_smaller_tree_is_refused(tmp_path, signer):
    release(signer, 8)
    with pytest.raises(RolledBackError) as caught:
        reopened(tmp_path, signer).sign(checkpoint(7))
    assert caught.value.fields == {
        "fund": FUND,
        "released_size": 8,
        "offered_size": 7,
        "released_root": ROOTS[8].hex(),
        "offered_root": ROOTS[7].hex(),
        "reason": "smaller",
    }


def test_another_tree_of_the_same_size_is_refused_and_the_same_is_not(signer):
    release(signer, 8)
    with pytest.raises(RolledBackError, match="other-root"):
        signer.sign(Checkpoint(ORIGIN, 8, bytes(32)))
    assert signer.sign(checkpoint(8)) == signer.released_note()


def test_another_logs_tree_is_refused(signer):
    for step in (signer.sign, lambda other: signer.check_extends(other, [])):
        with pytest.raises(KeyMismatchError):
            step(Checkpoint("other.example", 8, ROOTS[8]))


@pytest.mark.parametrize(("released", "offered"), [(None, 5), (3, 8), (4, 8), (8, 8)])
def test_a_tree_that_extends_the_released_one(signer, released, offered):
    if released:
        release(signer, released)
    proof = consistency_proof(released or 0, offered, reader_of(LEAVES)) if released else []
    signer.check_extends(checkpoint(offered), proof)


def test_a_tree_that_does_not_extend_the_released_one(signer):
    release(signer, 3)
    proof = consistency_proof(3, 8, reader_of(LEAVES))
    forked = [bytes(32), *LEAVES[1:]]
    for other, its_proof, reason in (
        (Checkpoint(ORIGIN, 8, bytes(32)), proof, "not-consistent:other-root"),
        (
            Checkpoint(ORIGIN, 8, ROOTS[8]),
            consistency_proof(3, 8, reader_of(forked)),
            "not-consistent:other-root",
        ),
        (checkpoint(8), [], "not-consistent:empty"),
        (checkpoint(2), [], "smaller"),
    ):
        with pytest.raises(RolledBackError) as caught:
            signer.check_extends(other, its_proof)
        assert caught.value.fields["reason"] == reason
        assert caught.value.fields["released_size"] == 3


def test_only_this_logs_notes_are_recorded(signer):
    stranger = Signer(ORIGIN, ED25519, bytes(32))
    with pytest.raises(NoteSignatureError):
        signer.record_released(sign_checkpoint(checkpoint(3), [stranger]))
    with pytest.raises(MalformedProofError):
        signer.record_released(b"hello")
    note = signer.sign(checkpoint(3))
    unknown = NoteSignature("w.example", b"abcd", bytes(4000)).line()
    with pytest.raises(TooLargeError):
        signer.record_released(note + unknown)
    release(signer, 5)
    with pytest.raises(RolledBackError, match="smaller"):
        signer.record_released(note)
    assert signer.released() == checkpoint(5)


# --- the memory, torn


def changed_slot(before, after):
    """Return where the one slot that a recording wrote begins."""
    places = [
        at for at in (0, SLOT_BYTES) if before[at : at + SLOT_BYTES] != after[at : at + SLOT_BYTES]
    ]
    assert len(places) == 1, "a recording writes one slot and leaves the other alone"
    return places[0]


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(written=st.integers(0, SLOT_BYTES), releases=st.integers(1, 5))
def test_a_recording_torn_at_any_byte_leaves_one_or_the_other(tmp_path, written, releases):
    folder = tmp_path / f"{time.monotonic_ns()}"
    signer = LogSigner.create(folder, FUND, ORIGIN)
    file = folder / f"{FUND}.released"
    for size in range(1, releases + 1):
        release(signer, size)
    before = file.read_bytes()
    release(signer, releases + 1)
    after = file.read_bytes()
    at = changed_slot(before, after)
    torn = before[:at] + after[at : at + written] + before[at + written :]
    file.write_bytes(torn)
    again = reopened(folder, signer)
    assert again.released() in {checkpoint(releases), checkpoint(releases + 1)}
    if torn == after:
        assert again.released() == checkpoint(releases + 1)
    # And it goes on from there.
    release(again, 8)
    assert reopened(folder, signer).released() == checkpoint(8)


@pytest.mark.parametrize("written", [1, 19, 20, 21, 100])
def test_the_very_first_recording_torn_is_nothing_released(
    tmp_path, signer, released_file, written
):
    empty = released_file.read_bytes()
    release(signer, 3)
    released_file.write_bytes(released_file.read_bytes()[:written] + empty[written:])
    again = reopened(tmp_path, signer)
    assert again.released() is None
    release(again, 2)
    assert reopened(tmp_path, signer).released() == checkpoint(2)


def test_a_sector_of_garbage_in_the_newest_slot_falls_back_to_the_other(
    tmp_path, signer, released_file
):
    release(signer, 3)
    before = released_file.read_bytes()
    release(signer, 5)
    at = changed_slot(before, released_file.read_bytes())
    with released_file.open("r+b") as file:
        file.seek(at + 20)
        file.write(os.urandom(512))
    assert reopened(tmp_path, signer).released() == checkpoint(3)


@pytest.mark.parametrize("at", [0, 8, 16, 20, 60, 100])
def test_both_slots_spoilt_is_named_and_nothing_is_signed(tmp_path, signer, released_file, at):
    release(signer, 3)
    release(signer, 5)
    spoilt = bytearray(released_file.read_bytes())
    spoilt[at] ^= 1
    spoilt[SLOT_BYTES + at] ^= 1
    released_file.write_bytes(spoilt)
    with pytest.raises(RolledBackError, match="released-unreadable"):
        reopened(tmp_path, signer)
    with pytest.raises(RolledBackError, match="released-unreadable"):
        signer.sign(checkpoint(8))


@pytest.mark.parametrize("length", [0, SLOT_BYTES, 2 * SLOT_BYTES - 1, 2 * SLOT_BYTES + 1])
def test_a_memory_of_another_length_is_named(tmp_path, signer, released_file, length):
    release(signer, 3)
    released_file.write_bytes(released_file.read_bytes()[:length].ljust(length, b"\x00"))
    with pytest.raises(RolledBackError, match="released-unreadable"):
        reopened(tmp_path, signer)


def test_a_missing_memory_is_named(tmp_path, signer, released_file):
    released_file.unlink()
    with pytest.raises(RolledBackError, match="released-missing"):
        reopened(tmp_path, signer)
    with pytest.raises(RolledBackError, match="released-missing"):
        signer.sign(checkpoint(8))


def test_another_logs_memory_is_named(tmp_path, signer, released_file):
    other = LogSigner.create(tmp_path, "other", "ledger.example/log/other")
    other.record_released(other.sign(Checkpoint(other.origin, 8, ROOTS[8])))
    released_file.write_bytes((tmp_path / "other.released").read_bytes())
    with pytest.raises(KeyMismatchError) as caught:
        signer.sign(checkpoint(8))
    assert caught.value.fields["found"] == "ledger.example/log/other"


WRITER = """
import sys
from pathlib import Path
from ledger.log.checkpoints import Checkpoint
from ledger.log.hashing import Edge, leaf_hash
from ledger.log.signer import LogSigner
folder, vkey = Path(sys.argv[1]), sys.argv[2]
signer = LogSigner.open(folder, "qinghe", "ledger.example/log/qinghe", [vkey])
edge, released = Edge(), signer.released()
for number in range(1_000_000):
    edge.append(leaf_hash(b"%d" % number))
    if released is None or edge.size > released.size:
        with signer.locked():
            signer.record_released(signer.sign(Checkpoint(signer.origin, edge.size, edge.root())))
        sys.stdout.write(f"{edge.size}\\n")
        sys.stdout.flush()
"""


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_what_was_said_to_be_released_survives_being_killed(tmp_path, signer):
    said = 0
    for round_ in range(4):
        with start(WRITER, tmp_path, signer.vkeys[0]) as writer:
            for _ in range(10 + 7 * round_):
                said = int(writer.stdout.readline())
            writer.kill()
            said = max([said, *map(int, writer.stdout.read().split("\n")[:-1])])
        assert signer.released().size in {said, said + 1}
        # The lock went with the process.
        with signer.locked(timeout_s=0):
            pass


# --- the keys


def test_a_swapped_key_file_names_both_keys(tmp_path, signer):
    private_text, vkey = generate_key(ORIGIN)
    (tmp_path / "qinghe.key").write_text(private_text + "\n")
    with pytest.raises(KeyMismatchError) as caught:
        reopened(tmp_path, signer)
    assert caught.value.fields["expected"] == [signer.verifiers[0].key_id.hex()]
    assert caught.value.fields["found"] == [vkey.split("+")[1]]
    # A process that runs already notices it too.
    with pytest.raises(KeyMismatchError):
        signer.sign(checkpoint(8))


def test_a_key_of_another_log_is_refused(tmp_path, signer):
    private_text, vkey = generate_key("ledger.example/log/other")
    (tmp_path / "qinghe.key").write_text(private_text + "\n")
    with pytest.raises(KeyMismatchError) as caught:
        LogSigner.open(tmp_path, FUND, ORIGIN, [vkey])
    assert caught.value.fields["found"] == "ledger.example/log/other"


def test_a_key_file_that_is_none(tmp_path, signer):
    key = tmp_path / "qinghe.key"
    secret = key.read_text()
    for content in (b"", b"\n", secret[:-9].encode(), b"\xff\xfe"):
        key.write_bytes(content)
        with pytest.raises(MalformedProofError) as caught:
            reopened(tmp_path, signer)
        assert secret[-30:-10] not in str(caught.value)
    key.unlink()
    with pytest.raises(NotFoundError):
        reopened(tmp_path, signer)


def test_rotation_signs_with_both_until_the_old_key_is_retired(tmp_path, signer):
    old = signer.vkeys[0]
    release(signer, 3)
    running = reopened(tmp_path, signer)
    new = signer.rotate()
    assert signer.vkeys == (new, old)
    # A process that was running signs with both as well; the log still names only the old key.
    for one in (signer, running):
        note = one.sign(checkpoint(5))
        for verifier in signer.verifiers:
            assert open_checkpoint(note, ORIGIN, [verifier]) == checkpoint(5)
    release(signer, 5)
    with pytest.raises(KeyMismatchError):
        signer.retire()
    named = LogSigner.open(tmp_path, FUND, ORIGIN, [old, new])
    assert named.retire() == (old,)
    assert named.vkeys == (new,)
    assert (tmp_path / "qinghe.vkey").read_text() == new + "\n"
    assert (tmp_path / "qinghe.key").stat().st_mode & 0o777 == 0o600
    note = release(named, 8)
    with pytest.raises(NoteSignatureError):
        open_checkpoint(note, ORIGIN, [running.verifiers[-1]])
    # Who only knows the old key has to look at the log again.
    with pytest.raises(KeyMismatchError):
        running.sign(checkpoint(8))
    assert not list(tmp_path.glob("*.tmp"))


# --- the lock

HOLDER = """
import sys
from pathlib import Path
from ledger.log.signer import LogSigner
signer = LogSigner.open(Path(sys.argv[1]), "qinghe", "ledger.example/log/qinghe", [sys.argv[2]])
with signer.locked():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_process_waits_and_gives_up_with_a_busy_error(tmp_path, signer):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), signer.vkeys[0]],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError) as caught, signer.locked(timeout_s=0.05):
            pytest.fail("both hold it")
        assert caught.value.fields == {"what": "log-lock", "fund": FUND, "waited_s": 0.05}
        holder.stdin.write("\n")
        holder.stdin.flush()
        with signer.locked(timeout_s=20):
            pass
        assert holder.wait(20) == 0


def test_threads_exclude_each_other_and_an_error_lets_go(tmp_path, signer):
    inside: list[int] = []

    def work():
        own = reopened(tmp_path, signer)
        for _ in range(20):
            with own.locked():
                inside.append(1)
                assert len(inside) == 1
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(RuntimeError), signer.locked():
        raise RuntimeError
    with signer.locked(timeout_s=0):
        pass
