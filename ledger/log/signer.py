"""The one who signs a fund's log: its keys, and beside them the last checkpoint that was let out.

In: checkpoints of the tree that the database holds. Out: signed notes. Guaranteed: no note for a
    tree that is smaller
than the last one released, or of its size with another root. The files lie outside the database,
so that a database restored from an old backup is noticed.

| File | Holds | Written by |
| --- | --- | --- |
| `<fund>.key` | private keys, newest first, one a line; mode 0600 | `create`, `rotate`, `retire` |
| `<fund>.vkey` | the same keys' public texts, for people | the same |
| `<fund>.released` | the last released checkpoint, in two slots | `record_released` |
| `<fund>.lock` | nothing; its lock is the critical section | nobody |
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import struct
import threading
import time
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.errors import (
    BusyError,
    ConsistencyProofError,
    FieldError,
    KeyMismatchError,
    MalformedProofError,
    NotFoundError,
    RolledBackError,
    StateError,
    TooLargeError,
)
from ledger.log.checkpoints import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_extends,
)
from ledger.log.hashing import HASH_BYTES, SIZE_MAX
from ledger.log.notes import ML_DSA_44, Signer, Verifier, generate_key, split_note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SLOT_BYTES = 4096
"""One slot is one block of the disk: it is rewritten without touching the other."""

SLOT_MAGIC = b"MZRELSD1"
_SLOT_HEAD = struct.Struct(">8sQI")
CHECKSUM_BYTES = 32

NOTE_BYTES_MAX = SLOT_BYTES - _SLOT_HEAD.size - CHECKSUM_BYTES
"""What a slot has room for: a checkpoint with some thirty Ed25519 lines, or with two beside one of ML-DSA-44."""

LOCK_TIMEOUT_S = 30.0
_LOCK_WAIT_FIRST_S = 0.0005
_LOCK_WAIT_MAX_S = 0.001
"""A commit of few gifts holds the lock for some milliseconds: sleeping longer is what two workers wait for."""


_Newest = tuple[int, bytes, int]
"""Counter, note and place of a slot."""

_FUND = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_EMPTY_SLOT = bytes(SLOT_BYTES)


class LogSigner:
    """Signs the log of one fund; made by `create` or `open`.

    Any number may exist in several threads and processes: what they share lies in the files, which
    are read again each time. Whoever signs and records holds `locked()` from reading the tree
    until the release is recorded.

    Attributes:
        fund: Short name, and the stem of the files.
        origin: The log's origin, which is also the name of its keys.
    """

    def __init__(
        self, keys_dir: Path, fund: str, origin: str, expected_vkeys: Sequence[str]
    ) -> None:
        self.fund = fund
        self.origin = origin
        self._key_path = _path(keys_dir, fund, "key")
        self._vkey_path = _path(keys_dir, fund, "vkey")
        self._released_path = _path(keys_dir, fund, "released")
        self._lock_path = _path(keys_dir, fund, "lock")
        self._expected = tuple(expected_vkeys)
        self._signers: tuple[Signer, ...] = ()
        self._key_stat: tuple[int, int, int] | None = None
        # The last released note that was parsed, and what it said: another process may have
        # written a newer one.
        self._parsed: tuple[bytes, Checkpoint] | None = None
        # The last note that this object signed itself: it need not be verified to be recorded.
        self._made: tuple[bytes, Checkpoint] | None = None
        # The thread that holds the lock, and what it knows of the slots: nobody else can change them meanwhile.
        self._holder = 0
        self._held: tuple[_Newest | None] | None = None

    @classmethod
    def create(cls, keys_dir: Path, fund: str, origin: str) -> LogSigner:
        """Make the first key of a fund's log.

        Args:
            keys_dir: Folder of the keys; made with mode 0700 if it is missing.
            fund: Short name: small letters, digits, `-`.
            origin: The log's origin, for ever.

        Returns:
            The signer; its `vkeys` are what the log has to name.

        Raises:
            FieldError: Fund or origin cannot be used.
            StateError: The fund has a key, or a released checkpoint without its key; nothing was
                touched.
        """
        signer = cls(keys_dir, fund, origin, ())
        private_text, vkey = generate_key(origin)
        keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with signer.locked():
            signer._refuse_to_overwrite()
            # The key is last: a crash before it leaves an empty memory, which the next try
            # replaces, but never a key without its memory.
            _replace(signer._vkey_path, f"{vkey}\n".encode(), 0o644)
            _replace(signer._released_path, _EMPTY_SLOT * 2, 0o600)
            _replace(signer._key_path, f"{private_text}\n".encode(), 0o600)
        return cls.open(keys_dir, fund, origin, [vkey])

    @classmethod
    def open(
        cls, keys_dir: Path, fund: str, origin: str, expected_vkeys: Sequence[str]
    ) -> LogSigner:
        """Open the keys of a fund's log.

        Args:
            keys_dir: Folder of the keys.
            fund: Short name.
            origin: The log's origin.
            expected_vkeys: Keys that the log names as its own now. One of them must be in the
                file: just after a rotation the file has a newer one, which the next entry names.

        Returns:
            The signer.

        Raises:
            FieldError: The fund is not a short name.
            NotFoundError: There is no key file.
            MalformedProofError: A line of the key file, or of the expected keys, is not a key.
            KeyMismatchError: No key of the file is one that the log names, or one is of another
                origin.
            RolledBackError: The file of the last released checkpoint is missing or unreadable.
        """
        signer = cls(keys_dir, fund, origin, expected_vkeys)
        signer._load_keys()
        signer.released_note()
        return signer

    @classmethod
    def recover(
        cls, keys_dir: Path, fund: str, origin: str, expected_vkeys: Sequence[str], note: bytes
    ) -> LogSigner:
        """Write the memory of the last released checkpoint anew, where it was lost.

        The caller has proved that the tree of the note continues one that others keep: this object cannot know it.

        Args:
            keys_dir: Folder of the keys.
            fund: Short name.
            origin: The log's origin.
            expected_vkeys: As in `open`.
            note: Signed checkpoint of the tree that the database holds.

        Returns:
            The signer.

        Raises:
            StateError: The memory is there and can be read: nothing was lost.
            MalformedProofError: Not a signed checkpoint, or a key file that is none.
            NoteSignatureError: Not signed by this log's keys.
            KeyMismatchError: As `open`.
            TooLargeError: It does not fit a slot.
        """
        signer = cls(keys_dir, fund, origin, expected_vkeys)
        signer._load_keys()
        if len(note) > NOTE_BYTES_MAX:
            raise TooLargeError(what="checkpoint-note", length=len(note), limit=NOTE_BYTES_MAX)
        open_checkpoint(note, origin, signer.verifiers)
        with signer.locked():
            if not signer._is_memory_lost():
                name = signer._released_path.name
                raise StateError(what=name, state="readable", needed="lost")
            _replace(signer._released_path, _slot_bytes(1, note) + _EMPTY_SLOT, 0o600)
        return cls.open(keys_dir, fund, origin, expected_vkeys)

    def _is_memory_lost(self) -> bool:
        try:
            return self.released_note() is None
        except RolledBackError:
            return True

    @property
    def vkeys(self) -> tuple[str, ...]:
        """Verifier keys of all keys that sign, newest first."""
        return tuple(signer.verifier.text() for signer in self._signers)

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public keys of all keys that sign, newest first."""
        return tuple(signer.verifier for signer in self._signers)

    @contextmanager
    def locked(self, timeout_s: float = LOCK_TIMEOUT_S) -> Iterator[None]:
        """Hold the fund's critical section against all threads and processes; not reentrant.

        Args:
            timeout_s: Seconds to wait for another holder.

        Yields:
            Nothing; leaving the block lets go. So does the end of the process, however it ends.

        Raises:
            BusyError: Another held it for that long.
        """
        # A file description of its own each time: threads of one process exclude each other too.
        lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait_for(lock, timeout_s)
            self._holder, self._held = threading.get_ident(), None
            try:
                yield
            finally:
                self._holder, self._held = 0, None
        finally:
            # Closing lets go. The file stays: without it two could each lock a file of their own.
            os.close(lock)

    def _wait_for(self, lock: int, timeout_s: float) -> None:
        """Take the lock, trying again until the time is over.

        Raises:
            BusyError: It is over.
        """
        give_up = time.monotonic() + timeout_s
        wait_s = _LOCK_WAIT_FIRST_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= give_up:
                    raise BusyError(what="log-lock", fund=self.fund, waited_s=timeout_s) from error
                time.sleep(wait_s)
                wait_s = min(wait_s * 2, _LOCK_WAIT_MAX_S)
            else:
                return

    def released_note(self) -> bytes | None:
        """Return the last released signed checkpoint from the file; nothing before the first.

        Raises:
            RolledBackError: The file is missing, or holds something and nothing that is whole;
                carries `file` and `reason`.
        """
        newest = self._newest()
        return None if newest is None else newest[1]

    def released(self) -> Checkpoint | None:
        """Return the last released checkpoint from the file; nothing before the first.

        Raises:
            RolledBackError: The file is missing or unreadable.
            KeyMismatchError: The file is another log's.
        """
        note = self.released_note()
        if note is None:
            return None
        if self._parsed is None or self._parsed[0] != note:
            # Whoever can write this file can read the key beside it: the slot's checksum is
            # enough.
            checkpoint = parse_checkpoint(split_note(note)[0])
            if checkpoint.origin != self.origin:
                raise KeyMismatchError(
                    file=self._released_path.name, expected=self.origin, found=checkpoint.origin
                )
            self._parsed = (note, checkpoint)
        return self._parsed[1]

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Sign a checkpoint with all keys.

        The tree it is of must extend the released one: by having been grown from that very tree,
        or else by `check_extends`, which whoever finds the database ahead of the signer calls
        first.

        Args:
            checkpoint: Of this log.

        Returns:
            The signed note. It is not released before `record_released`.

        Raises:
            RolledBackError: `smaller` or `other-root` than what was released; carries
                `released_size`, `offered_size`, `released_root`, `offered_root`.
            KeyMismatchError: The checkpoint is of another log, or the key file was swapped.
            FieldError: The checkpoint cannot be written.
        """
        self._refuse_step_back(checkpoint)
        self._load_keys()
        note = sign_checkpoint(checkpoint, self._signers)
        self._made = (note, checkpoint)
        return note

    def check_extends(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
        """Check that a tree extends the last released one.

        Args:
            checkpoint: The tree that the database holds.
            proof: Consistency proof from the released size; empty when nothing was released.

        Raises:
            RolledBackError: It is smaller or not consistent; carries sizes, roots, `proof` and
                `reason`.
            KeyMismatchError: The checkpoint is of another log.
        """
        released = self._refuse_step_back(checkpoint)
        if released is None:
            return
        try:
            verify_extends(released, checkpoint, proof)
        except ConsistencyProofError as error:
            raise RolledBackError(
                fund=self.fund,
                **_evidence(released, checkpoint),
                reason=f"not-consistent:{error.fields['reason']}",
                proof=error.fields["proof"],
            ) from error

    def record_released(self, note: bytes) -> None:
        """Remember a checkpoint as released, durably, when this returns; called inside `locked()`.

        A crash in here leaves the earlier checkpoint, or this one; both are trees that the
        database holds.

        Args:
            note: What `sign` gave.

        Raises:
            MalformedProofError: Not a signed checkpoint.
            NoteSignatureError: Not signed by this log's keys.
            RolledBackError: It would be a step back.
            TooLargeError: It does not fit a slot.
        """
        if len(note) > NOTE_BYTES_MAX:
            raise TooLargeError(what="checkpoint-note", length=len(note), limit=NOTE_BYTES_MAX)
        if self._made is not None and self._made[0] == note:
            checkpoint = self._made[1]
        else:
            checkpoint = open_checkpoint(note, self.origin, self.verifiers)
        self._refuse_step_back(checkpoint)
        newest = self._newest()
        counter, slot = (1, 0) if newest is None else (newest[0] + 1, 1 - newest[2])
        self._held = None  # until the new one is durable, only the file can tell
        file = os.open(self._released_path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            _write_whole(file, _slot_bytes(counter, note), slot * SLOT_BYTES)
            os.fdatasync(file)
        finally:
            os.close(file)
        if self._holder == threading.get_ident():
            self._held = ((counter, note, slot),)
        self._parsed = (note, checkpoint)

    def rotate(self) -> str:
        """Make a new key and put it before the others; from now on all of them sign.

        The caller records an entry that names the new key, and calls `retire` when the old one's
        time is over.

        Returns:
            The new key's verifier text.

        Raises:
            KeyMismatchError: The key file was swapped.
        """
        with self.locked():
            self._load_keys()
            private_text, vkey = generate_key(self.origin)
            self._write_keys([Signer.from_text(private_text), *self._signers])
        return vkey

    def add_post_quantum(self) -> str:
        """Make an ML-DSA-44 key that signs beside the others from now on, below them.

        The caller records an entry that names it. A key that was made and not named yet is given again.

        Returns:
            The key's verifier text.

        Raises:
            StateError: The log names one already, that signs.
            TooLargeError: The log's name is so long that its checkpoints would not fit a slot.
        """
        with self.locked():
            self._load_keys()
            for signer in self._signers:
                if signer.verifier.algorithm == ML_DSA_44:
                    vkey = signer.verifier.text()
                    if vkey in self._expected:
                        raise StateError(what="ml-dsa-key", state="signs", needed="dropped")
                    return vkey
            private_text, vkey = generate_key(self.origin, ML_DSA_44)
            self._write_keys([*self._signers, Signer.from_text(private_text)])
        return vkey

    def drop_post_quantum(self) -> str:
        """Sign without an ML-DSA-44 key from now on.

        Returns:
            Verifier text of the key that was dropped.

        Raises:
            StateError: There is none.
        """
        with self.locked():
            self._load_keys()
            kept = [one for one in self._signers if one.verifier.algorithm != ML_DSA_44]
            dropped = [one for one in self._signers if one.verifier.algorithm == ML_DSA_44]
            if not dropped:
                raise StateError(what="ml-dsa-key", state="none", needed="signs")
            self._write_keys(kept)
        return dropped[0].verifier.text()

    def retire(self) -> tuple[str, ...]:
        """Drop all keys but the newest, which the log must name by now; an ML-DSA-44 key beside them stays.

        Returns:
            Verifier texts of the keys that were dropped.

        Raises:
            KeyMismatchError: The newest key is not one that the log names, as far as this signer
                was told.
        """
        with self.locked():
            self._load_keys()
            beside = [one for one in self._signers if one.verifier.algorithm == ML_DSA_44]
            newest, *old = [one for one in self._signers if one not in beside]
            if newest.verifier.text() not in self._expected:
                raise KeyMismatchError(
                    file=self._key_path.name,
                    expected=[_label(vkey) for vkey in self._expected],
                    found=newest.key_id.hex(),
                )
            self._write_keys([newest, *beside])
        return tuple(signer.verifier.text() for signer in old)

    def _refuse_to_overwrite(self) -> None:
        """Stop where a key is, or where a key has released something.

        Raises:
            StateError: So it is.
        """
        if self._key_path.exists():
            raise StateError(what=self._key_path.name, state="exists", needed="absent")
        if self._released_path.exists() and self._released_path.read_bytes().strip(b"\x00"):
            raise StateError(what=self._released_path.name, state="exists", needed="absent")

    def _write_keys(self, signers: Sequence[Signer]) -> None:
        """Replace the key files.

        Raises:
            TooLargeError: Checkpoints with so many signatures would not fit a slot: nothing was replaced, and older
                keys have to be retired first.
        """
        largest = sign_checkpoint(Checkpoint(self.origin, SIZE_MAX, bytes(HASH_BYTES)), signers)
        if len(largest) > NOTE_BYTES_MAX:
            raise TooLargeError(
                what="checkpoint-note",
                length=len(largest),
                limit=NOTE_BYTES_MAX,
                keys=len(signers),
            )
        # A crash between the two leaves a `.vkey` that is behind: it is for people only.
        _replace(
            self._key_path, "".join(f"{one.private_text()}\n" for one in signers).encode(), 0o600
        )
        _replace(
            self._vkey_path, "".join(f"{one.verifier.text()}\n" for one in signers).encode(), 0o644
        )
        self._load_keys()

    def _load_keys(self) -> None:
        """Read the key file if it has changed, and check it against the log's keys.

        Raises:
            NotFoundError: There is none.
            KeyMismatchError: No key is one that the log names, or one is of another origin.
        """
        try:
            file = self._key_path.stat()
        except FileNotFoundError as error:
            raise NotFoundError(what="key-file", file=self._key_path.name) from error
        stat = (file.st_ino, file.st_mtime_ns, file.st_size)
        if stat == self._key_stat:
            return
        signers = _parse_keys(self._key_path)
        expected_ids = [_label(vkey) for vkey in self._expected]
        found_ids = [signer.key_id.hex() for signer in signers]
        for signer in signers:
            if signer.name != self.origin:
                raise KeyMismatchError(
                    file=self._key_path.name, expected=self.origin, found=signer.name
                )
        # The whole key is compared: its id is a label that another key may share.
        if not any(signer.verifier.text() in self._expected for signer in signers):
            raise KeyMismatchError(
                file=self._key_path.name, expected=expected_ids, found=found_ids
            )
        self._signers = signers
        self._key_stat = stat

    def _refuse_step_back(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """Return the released checkpoint, if the one offered is no step back from it.

        Raises:
            KeyMismatchError: It is another log's.
            RolledBackError: It is a step back.
        """
        if checkpoint.origin != self.origin:
            raise KeyMismatchError(
                file=self._key_path.name, expected=self.origin, found=checkpoint.origin
            )
        released = self.released()
        if released is None:
            return None
        if checkpoint.size < released.size:
            raise RolledBackError(
                fund=self.fund, **_evidence(released, checkpoint), reason="smaller"
            )
        if checkpoint.size == released.size and checkpoint.root != released.root:
            raise RolledBackError(
                fund=self.fund, **_evidence(released, checkpoint), reason="other-root"
            )
        return released

    def _newest(self) -> _Newest | None:
        """Return the slot that was written whole last; whoever holds the lock reads the file once.

        Raises:
            RolledBackError: The slots are gone, or neither is whole.
        """
        if self._holder != threading.get_ident():
            return _newest(self._read_slots())
        if self._held is None:
            self._held = (_newest(self._read_slots()),)
        return self._held[0]

    def _read_slots(self) -> tuple[bytes, bytes]:
        """Return both slots.

        Raises:
            RolledBackError: They are gone, or neither is whole.
        """
        try:
            file = os.open(self._released_path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise RolledBackError(
                file=self._released_path.name, reason="released-missing"
            ) from error
        try:
            data = os.pread(file, 2 * SLOT_BYTES + 1, 0)
        finally:
            os.close(file)
        slots = (data[:SLOT_BYTES], data[SLOT_BYTES:])
        if len(data) != 2 * SLOT_BYTES or _is_lost(slots):
            raise RolledBackError(file=self._released_path.name, reason="released-unreadable")
        return slots


def _path(keys_dir: Path, fund: str, kind: str) -> Path:
    """Return the path of one of a fund's files.

    Raises:
        FieldError: The name might lead out of the folder.
    """
    if not _FUND.fullmatch(fund):
        raise FieldError(field="fund", value=fund[:80], reason="not-a-short-name")
    return keys_dir / f"{fund}.{kind}"


def _parse_keys(path: Path) -> tuple[Signer, ...]:
    """Return the keys of a key file: one a line, newest first.

    Raises:
        MalformedProofError: A line is not a key, or there is none.
    """
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
        signers = tuple(Signer.from_text(line) for line in lines if line)
    except UnicodeDecodeError as error:
        raise MalformedProofError(what="signer-key", reason="format", file=path.name) from error
    if not signers:
        raise MalformedProofError(what="signer-key", reason="no-key", file=path.name)
    return signers


def _label(vkey: str) -> str:
    return Verifier.from_text(vkey).key_id.hex()


def _evidence(released: Checkpoint, offered: Checkpoint) -> dict[str, object]:
    return {
        "released_size": released.size,
        "offered_size": offered.size,
        "released_root": released.root.hex(),
        "offered_root": offered.root.hex(),
    }


def _slot_bytes(counter: int, note: bytes) -> bytes:
    """Return one slot: magic, counter, length, note, checksum over all of these, zeros."""
    content = _SLOT_HEAD.pack(SLOT_MAGIC, counter, len(note)) + note
    return (content + sha256(content).digest()).ljust(SLOT_BYTES, b"\x00")


def _parse_slot(slot: bytes) -> tuple[int, bytes] | None:
    """Return counter and note of a slot; nothing when it is empty or was torn."""
    magic, counter, length = _SLOT_HEAD.unpack_from(slot)
    if magic != SLOT_MAGIC or length > NOTE_BYTES_MAX:
        return None
    end = _SLOT_HEAD.size + length
    if sha256(slot[:end]).digest() != slot[end : end + CHECKSUM_BYTES]:
        return None
    return counter, slot[_SLOT_HEAD.size : end]


def _newest(slots: tuple[bytes, bytes]) -> _Newest | None:
    """Return the slot that was written whole last."""
    whole = [(*parsed, place) for place, slot in enumerate(slots) if (parsed := _parse_slot(slot))]
    return max(whole, default=None)


def _is_lost(slots: tuple[bytes, bytes]) -> bool:
    """Return whether a release was recorded once and cannot be read any more.

    One torn slot beside one never written is the crash of the very first recording: nothing was
    released then. With the second slot written, the first was whole once.
    """
    return all(slot != _EMPTY_SLOT for slot in slots) and _newest(slots) is None


def _write_whole(file: int, data: bytes, offset: int) -> None:
    """Write all bytes at an offset, however many calls it takes."""
    while data:
        written = os.pwrite(file, data, offset)
        data = data[written:]
        offset += written


def _write_beside(path: Path, data: bytes, mode: int) -> Path:
    """Return the passing name under which a file was written durably in the same folder."""
    passing = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    file = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        _write_whole(file, data, 0)
        os.fsync(file)
    finally:
        os.close(file)
    return passing


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Put a file in the place of another, whole and durably, or not at all.

    Raises:
        OSError: It could not be put there; nothing is left behind.
    """
    passing = _write_beside(path, data, mode)
    try:
        passing.replace(path)
    except OSError:
        passing.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
