"""Files on the command line: held against what is stored, taken by somebody, let in by two, read by a mapping."""

from __future__ import annotations

import json

import pytest

from tests.flow.cli import COLLECTION, Cli

SHEET = "记账日,金额,摘要\n2026-12-02,1.50,甲\n2026-12-03,-0.20,乙\n"


@pytest.fixture
def county(cli: Cli) -> Cli:
    first = cli.bank_file("first.csv", COLLECTION, ("20261202 09:00:00", "5.00", "5.00", "a"))
    cli.run("bank", "import", first, "--by", "王会计")
    return cli


def test_who_brought_a_file_is_kept(county: Cli) -> None:
    (file,) = county.json("bank", "files")["files"]
    assert (file["name"], file["taken_by"]) == ("first.csv", "m1")
    assert file["parser"].startswith("ccb_corporate/")
    assert "first.csv" in county.run("bank", "files").stdout
    other = county.bank_file("b.csv", COLLECTION, ("20261203 09:00:00", "1.00", "6.00", "b"))
    assert county.refused("bank", "import", other, "--by", "李建国").startswith("not-allowed")
    county.run("bank", "import", other)
    assert county.json("bank", "files")["files"][0]["taken_by"] is None


def test_a_preview_is_held_against_what_is_stored(county: Cli) -> None:
    lines = (
        ("20261202 09:00:00", "5.00", "5.00", "a"),
        ("20261205 09:00:00", "2.00", "7.00", "b"),
    )
    path = county.bank_file("first.csv", COLLECTION, *lines)
    told = county.json("bank", "import", path, "--preview", "--compare")
    (one,) = told["statements"]
    assert (told["can_be_taken"], one["new"], one["known"]) == (True, 1, 1)
    assert one["before"]["verdict"] == "joins"
    assert "1 new, 1 known" in county.run("bank", "import", path, "--preview", "--compare").stdout
    apart = county.bank_file("x.csv", COLLECTION, ("20261209 09:00:00", "1.00", "99.00", "c"))
    told = county.json("bank", "import", apart, "--preview", "--compare", fails=1)
    (one,) = told["statements"]
    assert (one["would"], one["held"]["why"], one["before"]["gap_days"]) == ("held", "join", 6)
    assert county.json("bank", "files")["files"][0]["name"] == "first.csv"


def test_what_is_held_is_let_in_by_two(county: Cli) -> None:
    held = county.bank_file("x.csv", COLLECTION, ("20261209 09:00:00", "1.00", "6.50", "c"))
    assert county.json("bank", "import", held, fails=1)["held"] == 1
    assert "held (join: expected 5.00, found 5.50)" in county.run("bank", "files").stdout
    (found,) = county.json("bank", "files", "--state", "held")["files"]
    raised = str(found["statements"][0]["raised_seq"])
    decision = county.json(
        "bank", "release", raised, "--reason", "the bank left a fee out", "--by", "王会计"
    )["decision"]
    assert county.json("bank", "lines", "--state", "held")["lines"][0]["amount"] == 100
    county.json("decision", "approve", str(decision), "--by", "周敏")
    assert county.json("bank", "lines", "--state", "held")["lines"] == []
    assert [one["amount"] for one in county.json("bank", "lines")["lines"]] == [100, 500]
    chosen = ("--account", "CCB", "--from", "2026-12-09", "--amount", "1.00", "--text", "C")
    assert [one["amount"] for one in county.json("bank", "lines", *chosen)["lines"]] == [100]


def test_a_sheet_of_any_bank_is_read_by_a_mapping_that_two_decided(cli: Cli) -> None:
    sheet = cli.file("sheet.csv", SHEET)
    guessed = cli.json("bank", "mapping", "guess", sheet)
    assert (guessed["date"], guessed["amount"], guessed["date_format"]) == (
        "记账日",
        "金额",
        "%Y-%m-%d",
    )
    mapping = {
        "name": "County bank",
        "date": "记账日",
        "date_format": "%Y-%m-%d",
        "amount": "金额",
        "bank_word": "摘要",
        "currency": "CNY",
    }
    path = cli.file("mapping.json", json.dumps(mapping, ensure_ascii=False))
    seen = cli.json("bank", "import", sheet, "--preview", "--mapping-file", path)
    assert (seen["lines"], seen["sum_minor"]) == (2, 130)
    assert cli.refused("bank", "import", sheet, "--mapping-file", path).startswith("field")
    assert cli.refused("bank", "import", sheet, "--mapping", "County bank", "--account", "CCB")
    decision = cli.json("bank", "mapping", "add", path, "--by", "赵管")["decision"]
    cli.json("decision", "approve", str(decision), "--by", "李建国")
    (kept,) = cli.json("bank", "mapping", "list")["mappings"]
    assert (kept["name"], kept["version"], kept["decision"]) == ("County bank", 1, decision)
    done = cli.json("bank", "import", sheet, "--mapping", "County bank", "--account", "CCB")
    assert done == {"added": 2, "repeated": 0, "held": 0}
