"""The commands that hand everything out: an audit pack that checks itself offline, and Parquet."""

from __future__ import annotations

import csv
import io
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.parquet as pq

from tests.flow.cli import Cli

PRIVATE = ("王会计", "15001777330001", "对方")
DONORS = ("草原来客", "u-1")
OFFLINE = (
    "import runpy, socket, sys\n"
    "def _no(event, _arguments):\n"
    "    if event.startswith('socket.'): raise PermissionError(event)\n"
    "sys.addaudithook(_no)\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_path(sys.argv[0], run_name='__main__')\n"
)


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as pack:
        return {one.filename: pack.read(one) for one in pack.infolist()}


def alone(verifier: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program of a pack with the network pulled out, and nothing of ours to import."""
    return subprocess.run(
        [sys.executable, "-I", "-c", OFFLINE, str(verifier), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


def test_an_auditor_takes_everything_and_checks_it_offline(walked: Cli) -> None:
    file, folder = walked.folder / "pack.zip", walked.folder / "unpacked"
    done = walked.json("export", "audit-pack", file)
    assert (done["entries"], done["missing"]) == (walked.size(), [])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    files = contents(file)
    assert len(files) == done["files"] + 1
    whole = b"".join(files.values())
    for told in PRIVATE:
        assert told.encode() in whole, told
    for donor in DONORS:
        assert donor.encode() not in whole, donor
    index = csv.DictReader(io.StringIO(files["registers/evidence.csv"].decode("utf-8-sig")))
    found = {row["name"]: files[row["path"]] for row in index}
    for name in ("collection-1.csv", "settlement.csv", "fund-2.csv", "spending.csv"):
        assert found[name] == (walked.folder / name).read_bytes()
    assert walked.json("verify", file)["ok"]
    with zipfile.ZipFile(file) as pack:
        pack.extractall(folder)
    assert walked.json("verify", folder)["ok"]
    for place in ((), (file,)):
        ran = alone(folder / "verify.py", *place)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "10 checks hold" in ran.stdout or "9 checks hold" in ran.stdout
    assert sorted(one.name for one in folder.iterdir()) == sorted(
        {name.split("/")[0] for name in files}
    ), "the verifier wrote into the pack"
    (folder / "registers" / "gifts.csv").write_bytes(files["registers/gifts.csv"] + b"\r\n")
    ran = alone(folder / "verify.py")
    assert (ran.returncode, "gifts.csv" in ran.stdout) == (1, True)
    assert "pack-files" in {
        one["name"] for one in walked.json("verify", folder, fails=1)["checks"] if one["failure"]
    }
    other_key = walked.folder.name + "+00000000+AQ=="
    assert not walked.json("verify", file, "--key", other_key, fails=1)["ok"]


def test_a_public_pack_holds_nothing_private(walked: Cli) -> None:
    file = walked.folder / "public.zip"
    walked.run("export", "audit-pack", file, "--for", "public", "--period", "2026-11")
    files = contents(file)
    whole = b"".join(files.values())
    for private in (*PRIVATE, *DONORS, "m1,王"):
        assert private.encode() not in whole, private
    assert not [name for name in files if name.startswith(("evidence/", "activity/"))]
    assert walked.json("verify", file)["ok"]


def test_a_period_that_is_open_or_none_is_refused_and_nothing_is_left(walked: Cli) -> None:
    file = walked.folder / "pack.zip"
    file.write_bytes(b"an earlier one")
    assert "closed-month" in walked.refused("export", "audit-pack", file, "--period", "2026-12")
    assert "not-a-month" in walked.refused("export", "audit-pack", file, "--period", "soon")
    assert file.read_bytes() == b"an earlier one"
    assert [*walked.folder.glob(".*.new")] == []


def test_parquet_holds_the_public_tables(walked: Cli) -> None:
    folder = walked.folder / "parquet"
    assert walked.json("export", "parquet", folder)["tables"] == 5
    gifts = pq.read_table(folder / "gifts.parquet").to_pylist()
    assert [one["amount_minor"] for one in gifts] == [60000, 40000, 2000]
    assert len([*folder.iterdir()]) == 5
