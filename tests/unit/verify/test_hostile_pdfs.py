"""The program that travels in a statement, on files made to deceive it: it ends soon, in little memory, in words."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.verify import attached
from tests.unit.verify.hostile_pdfs import HOSTILE

MEMORY = 1_200 * 1024 * 1024
SECONDS = 40
"""Of processor time: how long one waits depends on what else the machine does."""

# Each part of the reader in its turn, so that no part is spared because another one gave up before.
EACH = """
import sys
from pathlib import Path
from ledger.verify import attached
def parts(data):
    try:
        pdf = attached.Pdf(data)
    except attached._WRONG as error:
        return print(repr(error))
    except attached.Unreadable as error:
        return print(error)
    for part in (pdf.attachments, pdf.signatures, lambda: attached.printed(pdf.rows())):
        try:
            print(part() and "read")
        except (*attached._WRONG, attached.Unreadable) as error:
            print(repr(error))
parts(Path(sys.argv[1]).read_bytes())
"""


def bounded(*command: str) -> subprocess.CompletedProcess[str]:
    """Run something with little memory and time."""
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_limit,
    )


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@pytest.mark.parametrize("name", HOSTILE)
def test_every_part_of_the_reader_ends(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(HOSTILE[name]())
    assert path.stat().st_size < 25_000_000
    ran = bounded("-c", EACH, str(path))
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr[-2000:]
    assert "MemoryError" not in ran.stdout, ran.stdout


@pytest.mark.parametrize("name", ["arrays-in-arrays", "bomb", "pages-loop", "nothing"])
def test_the_program_says_so_in_words(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(HOSTILE[name]())
    ran = bounded("-I", str(Path(attached.__file__)), str(path))
    assert (ran.returncode, ran.stderr) == (2, "")
    assert ran.stdout.startswith("✗ ")


def test_no_bytes_make_it_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, some = tmp_path / "random.pdf", random.Random(11)
    for _ in range(300):
        path.write_bytes(b"%PDF-1.7\n" + some.randbytes(some.randrange(2_000)) + b"startxref\n9\n")
        assert attached.main([str(path)]) == 2
    assert "\n  " in capsys.readouterr().out
    tokens = (
        b"<<",
        b">>",
        b"[",
        b"]",
        b"1 0 R",
        b"/K",
        b"(",
        b")",
        b"<",
        b"7",
        b"obj",
        b"stream\n",
    )
    for _ in range(300):
        body = b" ".join(some.choices(tokens, k=some.randrange(60)))
        path.write_bytes(HOSTILE["words-for-numbers"]().replace(b"/K/K", body))
        assert attached.main([str(path)]) == 2


def test_a_pipe_or_a_folder_of_other_things_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe.pdf"
    os.mkfifo(pipe)
    folder = tmp_path / "folder"
    folder.mkdir()
    with (folder / "huge.bin").open("wb") as stream:
        stream.truncate(1 << 40)
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as stream:
        stream.write(b"%PDF-1.7")
        stream.truncate(1 << 40)
    for path, said in (
        (pipe, "not a file"),
        (folder, "manifest.json is missing"),
        (huge, "too large"),
        (tmp_path / "none.pdf", "none.pdf"),
    ):
        assert attached.main([str(path)]) == 2
        assert said in capsys.readouterr().out
