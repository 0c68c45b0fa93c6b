"""Exceptions and the day on the command line: found, taken, written about, and closed by two."""

from __future__ import annotations

from tests.flow.cli import COLLECTION, Cli

FINANCE, CONTROLLER = "王会计", "周敏"


def strange_line(cli: Cli, amount: str = "0.90") -> int:
    """Let money come that nobody knows; return the exception's number."""
    line = cli.bank_file(
        "strange.csv", COLLECTION, ("20261203 09:00:00", amount, f"{510 + float(amount):.2f}", "?")
    )
    cli.run("bank", "import", line)
    cli.run("reconcile")
    assert cli.json("exception", "find") == {"explained": 0, "raised": 1}
    [found] = cli.json("exception", "list")["exceptions"]
    assert (found["kind"], found["amount"]) == ("unknown_receipt", round(float(amount) * 100))
    return int(found["number"])


def test_an_exception_goes_its_way_from_found_to_closed(raised: Cli) -> None:
    number = str(strange_line(raised))
    assert "not explained: 0.90 CNY" in raised.run("day").stdout
    raised.run("exception", "assign", number, FINANCE, "--by", FINANCE)
    raised.run("exception", "note", number, "Asked the bank.", "--by", FINANCE)
    wait = ("exception", "note", number, "The bank looks.", "--step", "pause", "--by", FINANCE)
    assert raised.json(*wait)["paused"]
    shown = raised.json("exception", "show", number)
    assert [one["step"] for one in shown["thread"]] == ["assigned", "note", "paused"]
    assert shown["state"] == "assigned"
    raised.run("exception", "propose", number, "--reason", "A test transfer.", "--by", FINANCE)
    decision = str(raised.json("decision", "list")["decisions"][0]["number"])
    raised.run("decision", "approve", decision, "--by", CONTROLLER)
    assert raised.json("exception", "show", number)["state"] == "resolved"
    assert raised.json("exception", "list")["exceptions"] == []
    assert raised.json("exception", "ageing") == {"ageing": []}
    raised.run("verify")


def test_evidence_is_taken_by_what_it_is(raised: Cli, tmp_path) -> None:
    number = str(strange_line(raised, "700.00"))
    propose = ("exception", "propose", number, "--reason", "A refund.", "--by", FINANCE)
    assert "evidence" in raised.refused(*propose)
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.7 scan")
    raised.run("exception", "attach", number, str(scan), "--by", FINANCE)
    (file,) = raised.json("exception", "show", number)["evidence"]
    assert (file["name"], file["kind"]) == ("scan.pdf", "pdf")
    (tmp_path / "noise.pdf").write_bytes(b"\x00\x01")
    noise = ("exception", "attach", number, str(tmp_path / "noise.pdf"), "--by", FINANCE)
    assert "unknown-kind" in raised.refused(*noise)
    raised.run(*propose)
    raised.run("verify")


def test_a_day_that_is_none_is_refused(raised: Cli) -> None:
    assert "not-a-day" in raised.refused("day", "yesterday")
    day = raised.json("day", "2026-12-03")
    assert (day["day"], day["explained"]) == ("2026-12-03", True)
    assert [one["stage"] for one in day["stages"]] == [
        "raised", "settled", "bank", "sent", "fund", "work",
    ]  # fmt: skip
