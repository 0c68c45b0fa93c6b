"""Exports that are cut off, or that two make at once: a name has a whole file, or the one before."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.export.files import replaced, replaced_bytes

KILLED = (
    "import os, signal, sys\n"
    "from pathlib import Path\n"
    "from ledger.export.files import replaced_bytes\n"
    "with replaced_bytes(Path(sys.argv[1])) as out:\n"
    "    out.write(b'half')\n"
    "    out.flush()\n"
    "    os.kill(os.getpid(), signal.SIGKILL)\n"
)


def test_two_at_once_are_each_whole(tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    with replaced_bytes(path) as slow:
        slow.write(b"slow, ")
        with replaced_bytes(path) as quick:
            quick.write(b"quick")
            quick.flush()
            assert not path.exists()
        assert path.read_bytes() == b"quick"
        slow.write(b"and whole")
    assert path.read_bytes() == b"slow, and whole"
    assert [*tmp_path.iterdir()] == [path]


def test_one_that_fails_or_is_killed_leaves_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(b"earlier")
    with pytest.raises(ZeroDivisionError), replaced(path) as out:
        out.write(str(1 / 0))
    assert [*tmp_path.iterdir()] == [path]
    ran = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"earlier"
    with replaced_bytes(path, 0o600) as stream:
        stream.write(b"next")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"next", 0o600)
