"""`trace`: a gift's whole way on the command line, and its proof."""

from __future__ import annotations

import csv
import re
from base64 import b64decode
from pathlib import Path

import pytest

from tests.flow.cli import GIFTS, Cli
from tests.flow.tlog_client import Key, leaf, node, open_checkpoint

STAGES = ["raised", "settled", "bank", "sent", "fund", "work"]


def receipts(cli: Cli) -> list[str]:
    """Return the receipt numbers of all gifts, in order."""
    folder = cli.folder / "registers"
    cli.run("export", "csv", folder)
    with (folder / "entries.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row["receipt"] for row in csv.DictReader(stream) if row["receipt"]]


def amounts(way: dict[str, object]) -> list[int | None]:
    """Return what reached each stage."""
    return [step["amount_minor"] for step in way["steps"]]  # type: ignore[index,attr-defined]


def test_the_first_gift_is_followed_to_the_medicine_it_paid_for(walked: Cli) -> None:
    first = receipts(walked)[0]
    found = walked.json("trace", first)
    assert (found["amount_minor"], found["commodity"]) == (60000, "CNY")
    # 600.00 of 1,020.00 gross: half of it reaches the fund, and two rows of spending take it in turn.
    assert [amounts(way) for way in found["ways"]] == [
        [36000, 18000, 18000, 18000, 18000, 18000],
        [24000, 12000, 12000, 12000, 12000, 12000],
    ]
    for way in found["ways"]:
        assert [step["stage"] for step in way["steps"]] == STAGES
        assert way["steps"][1]["left"] == {"platform_share": amounts(way)[1]}
        assert all(step["entry"] is not None and step["at"] for step in way["steps"])
    assert [way["steps"][5]["disease"] for way in found["ways"]] == ["Hypertension", "Diabetes"]
    assert found["checks"]["in_log"] == found["checks"]["sums"] == "holds"
    assert found["checks"]["private_parts"] == "holds"


def test_a_gift_that_boundaries_cut_adds_up_on_all_its_ways(walked: Cli) -> None:
    # The last 20.00 are 10.00 net at the end of the line, which the transfer of 500.00 did not take.
    ways = [walked.json("trace", one)["ways"] for one in receipts(walked)]
    assert [sum(way["amount_minor"] for way in found) for found in ways] == [60000, 40000, 2000]
    assert [amounts(way) for way in ways[2]] == [[2000, 1000, 1000, None, None, None]]
    in_fund = [amounts(way)[4] or 0 for found in ways for way in found]
    at_work = [amounts(way)[5] or 0 for found in ways for way in found]
    assert (sum(in_fund), sum(at_work)) == (50000, 30000)
    for found in ways:
        for way in found:
            before = way["amount_minor"]
            for step in way["steps"]:
                if step["reached"]:
                    assert step["amount_minor"] + sum(step["left"].values()) == before
                    before = step["amount_minor"]


def test_the_way_is_told_in_sentences_without_a_name(walked: Cli) -> None:
    first = receipts(walked)[0]
    typed = f"{first[:4]}-{first[4:8]} {first[8:].lower()}"
    told = walked.run("trace", typed).stdout
    assert "600.00 CNY, 2026-11-09 20:00" in told
    assert "way 1 of 2: 360.00 CNY" in told
    assert re.search(
        r"结算 settled +180\.00  2026-12-05 12:00, entry 14, settlement KU-ST-202611", told
    )
    assert "180.00  left: platform_share" in told
    assert re.search(r"用药 at work +120\.00 .* for 糖尿病", told)
    assert "✓ the proof holds" in told
    assert "草原" not in told


def test_what_is_not_reached_yet_is_not_shown_as_if_it_were(raised: Cli) -> None:
    (way,) = raised.json("trace", receipts(raised)[0])["ways"]
    assert amounts(way) == [60000, 30000, 30000, None, None, None]
    assert [step["reached"] for step in way["steps"]] == [True, True, True, False, False, False]
    assert re.search(r"划转 on its way +–\n", raised.run("trace", receipts(raised)[0]).stdout)


def test_the_proof_is_written_as_a_file_that_stands_alone(walked: Cli) -> None:
    """Checked with a client that shares no code with the service."""
    out = walked.folder / "gift.tlog-proof"
    found = walked.json("trace", receipts(walked)[1], "--out", out)
    head, _, note = out.read_bytes().partition(b"\n\n")
    lines = head.decode().split("\n")
    extra = b64decode(lines.pop(1).removeprefix("extra "))
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {found['entry']}"]
    keys = [Key.parse(one) for one in (walked.home / "keys" / "qinghe.vkey").read_text().split()]
    checkpoint = open_checkpoint(note, keys, "localhost:8000/log/qinghe")
    assert (checkpoint.size, checkpoint.root.hex()) == (
        found["proof"]["size"],
        found["proof"]["root"],
    )
    entry = exported_entry(walked, found["entry"])
    assert extra == entry
    assert climbed(leaf(entry), found["entry"], checkpoint.size, lines[2:]) == checkpoint.root


def exported_entry(cli: Cli, seq: int) -> bytes:
    """Take an entry's bytes from the exported log."""
    folder = cli.folder / "log"
    cli.run("export", "tiles", folder)
    (bundle,) = (path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())
    data = bundle.read_bytes()
    for _ in range(seq):
        data = data[2 + int.from_bytes(data[:2], "big") :]
    return data[2 : 2 + int.from_bytes(data[:2], "big")]


def climbed(reached: bytes, index: int, size: int, path: list[str]) -> bytes:
    """Recompute the root from a leaf and its proof (RFC 9162, section 2.1.3.2)."""
    import base64

    last = size - 1
    for line in path:
        sibling = base64.b64decode(line, validate=True)
        if index & 1 or index == last:
            reached = node(sibling, reached)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            reached = node(reached, sibling)
        index, last = index >> 1, last >> 1
    assert last == 0
    return reached


@pytest.mark.parametrize(
    ("receipt", "says"),
    [
        ("7K4Q", "field receipt: length"),
        ("0000000!0000", "field receipt: character (value=!)"),
        ("000000ZZ0000", "not-found (what=gift receipt=000000ZZ0000)"),
        ("000000000000", "not-found (what=gift"),
    ],
)
def test_a_wrong_receipt_is_refused_in_one_line(walked: Cli, receipt: str, says: str) -> None:
    assert says in walked.refused("trace", receipt)


def test_a_mistyped_receipt_never_shows_a_stranger_s_gift(walked: Cli) -> None:
    first, second, _ = receipts(walked)
    told = walked.refused("trace", first[:8] + second[8:])
    assert told.startswith("not-found (what=gift")


def test_a_reversed_gift_says_so(cli: Cli) -> None:
    """A void has one way, and nothing of it goes on."""
    from ledger.db import Database
    from ledger.intake.booking import reverse_gift
    from ledger.sequencer.groups import Sequencer
    from tests.db import ledgers

    cli.run("import", "gifts", cli.gifts("gifts.jsonl", *GIFTS), "--channel", "Kuaishou")
    database = Database(f"sqlite:///{cli.home / 'ledger.db'}")
    opened = ledgers.reopen(str(database.url), Path(cli.home / "keys"))
    opened.clock.set(cli.now)
    writer = Sequencer(opened.database, cli.home / "keys", opened.clock)
    seq = cli.json("trace", receipts(cli)[0])["entry"]
    writer.decide(
        opened.fund,
        lambda books: reverse_gift(books, ledgers.IMPORT, seq, "2026-11-10T00:00:00Z", "refund"),
    )
    opened.close()
    found = cli.json("trace", receipts(cli)[0])
    assert found["reversal"]["after_settlement"] is False
    (way,) = found["ways"]
    assert amounts(way) == [0, None, None, None, None, None]
    assert way["steps"][0]["left"] == {"refund": 60000}
    assert "taken back before settlement" in cli.run("trace", receipts(cli)[0]).stdout
