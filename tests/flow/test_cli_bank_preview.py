"""`bank import --preview` over good, untied and broken files, where there is no ledger."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.session import print_problem
from ledger.errors import BalanceTieError
from tests.flow.cli import Cli
from tests.unit.matching.formats.bank_texts import (
    BAI2,
    CAMT,
    MT940,
    MT942,
    OFX,
    balance,
    camt,
    entry,
    statement,
)

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
BANK_KINDS = ("camt", "mt940", "ofx", "bai2")


def preview(cli: Cli, path: Path, fails: int | None = 0) -> tuple[int, dict[str, Any]]:
    """Preview a file with `--json` behind the command; exactly one object comes out."""
    result = cli.run("bank", "import", "--preview", "--json", path, fails=fails)
    (line,) = result.stdout.splitlines()
    return result.exit_code, json.loads(line)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.xml", CAMT, "camt053"),
        ("a.sta", MT940, "mt940"),
        ("a.ofx", OFX, "ofx"),
        ("a.bai", BAI2, "bai2"),
    ],
)
def test_a_preview_finds_the_format_and_needs_no_ledger(
    empty_cli: Cli, name: str, text: str, kind: str
) -> None:
    _, seen = preview(empty_cli, empty_cli.file(name, text))
    assert (seen["format"], seen["lines"], seen["sum_minor"]) == (kind, 2, 2750)
    assert seen["closing_minor"] == 12750
    assert seen["ties"] is (None if kind == "ofx" else True)
    assert {"account", "currency", "first_day", "last_day", "opening_minor", "held"} <= seen.keys()
    assert seen["statements"] == [{key: seen[key] for key in seen["statements"][0]}]
    assert not empty_cli.home.exists()


def test_json_may_stand_before_or_behind_the_command(empty_cli: Cli) -> None:
    path = empty_cli.file("a.sta", MT940)
    assert empty_cli.json("bank", "import", "--preview", path) == preview(empty_cli, path)[1]


def test_a_person_reads_a_line_for_each_statement(empty_cli: Cli) -> None:
    path = empty_cli.file("a.sta", MT940 + MT942)
    told = empty_cli.run("bank", "import", "--preview", path).stdout.splitlines()
    start = "a.sta: mt940, account …4567, 2026-10-05 to 2026-10-05"
    assert told == [
        f"{start}, opening 100.00, closing 127.50, 2 lines, 27.50 EUR, ties",
        (
            f"{start.replace('mt940', 'mt942')}, 0 lines, 0.00 EUR, "
            "no opening or no closing balance, 1 pending and not taken"
        ),
    ]


def test_pending_lines_are_held_with_their_reason(empty_cli: Cli) -> None:
    _, seen = preview(empty_cli, empty_cli.file("a.sta", MT942))
    assert seen["held"] == [
        {"reason": "pending", "line": 6, "day": "2026-10-05", "amount_minor": 4000}
    ]
    assert (seen["lines"], seen["pending"], seen["ties"]) == (0, 1, None)


def test_a_file_of_which_one_statement_does_not_tie_is_held_and_all_are_shown(
    empty_cli: Cli,
) -> None:
    text = camt(
        statement(balance("OPBD", "1"), entry("3", "CRDT"), balance("CLBD", "4")),
        statement(balance("OPBD", "1"), entry("3", "CRDT"), balance("CLBD", "5")),
    )
    path = empty_cli.file("a.xml", text)
    _, seen = preview(empty_cli, path, fails=1)
    assert [one["ties"] for one in seen["statements"]] == [True, False]
    assert seen["statements"][1]["difference_minor"] == 100
    assert seen["statements"][1]["held"] == [
        {"reason": "balance-tie", "line": 16, "field": "closing", "expected": 400, "found": 500}
    ]
    problem = seen["problem"]
    assert (problem["code"], problem["expected"], problem["found"]) == ("balance-tie", 400, 500)
    assert "expected=400 found=500" in empty_cli.refused("bank", "import", "--preview", path)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        (
            "a.xml",
            CAMT.replace("12.50", "-12.50"),
            {"line": 9, "field": "Ntry/Amt", "reason": "signed"},
        ),
        ("a.ofx", OFX.replace("</OFX>", ""), {"line": 14, "field": "OFX", "reason": "cut-off"}),
        ("a.bin", b"\x00\x01\x02", {"line": 1, "field": "header", "reason": "unknown-format"}),
        ("a.txt", "", {"line": 1, "field": "file", "reason": "empty"}),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem_with_its_place(
    empty_cli: Cli, name: str, data: str | bytes, problem: dict[str, Any]
) -> None:
    _, seen = preview(empty_cli, empty_cli.file(name, data), fails=1)
    assert seen == {"file": name, "problem": {"code": "file-format", "file": name, **problem}}


def test_a_file_that_is_too_large_is_not_even_read(empty_cli: Cli) -> None:
    path = empty_cli.folder / "big.xml"
    with path.open("wb") as opened:
        opened.seek(2**40)
        opened.write(b"x")
    _, seen = preview(empty_cli, path, fails=1)
    assert seen["problem"]["code"] == "too-large"


def test_one_bad_file_hides_no_other(empty_cli: Cli) -> None:
    bad, good = empty_cli.file("bad.xml", CAMT[:-20]), empty_cli.file("good.sta", MT940)
    result = empty_cli.run("bank", "import", "--preview", "--json", bad, good, fails=1)
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["problem"]["reason"] == "not-well-formed"
    assert second["ties"] is True


def test_no_account_number_is_in_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    error = BalanceTieError(file="a", account_ending="3000")
    print_problem(error, as_json=True, statements=[])
    assert json.loads(capsys.readouterr().out)["problem"] == {
        "account_ending": "3000",
        "code": "balance-tie",
        "file": "a",
    }


SAMPLE_FILES = sorted(
    path
    for path in SAMPLES.glob("*/**/*")
    if path.is_file()
    and path.suffix not in (".md", ".txt")
    and os.access(path, os.R_OK)
    and path.stat().st_size < 1_000_000
)
"""All but the large ones, which are no bank's: what is no bank's or wallet's file is refused in our own words too."""


def test_every_sample_is_previewed(empty_cli: Cli) -> None:
    if not SAMPLE_FILES:
        pytest.skip("the samples are not here")
    taken = set()
    for path in (
        *SAMPLE_FILES,
        SAMPLES / "bai2" / "sample1.txt",
        SAMPLES / "bai2" / "sample3.txt",
    ):
        code, seen = preview(empty_cli, path, fails=None)
        assert code == ("problem" in seen), path
        if code:
            assert {"code", "file", "line", "field"} <= seen["problem"].keys(), path
        else:
            taken.add(path.parent.name)
        for one in seen.get("statements", []):
            assert one["format"]
            assert one["account"] or path.parent.parent.name not in BANK_KINDS
            assert one["ties"] is not False or one["held"]
    assert taken == {*BANK_KINDS, "bank", "wallet", "wechat-bills", "formats-synthetic"}
