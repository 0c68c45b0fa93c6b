"""Opening balances, promises, and the erasing of what a thread says, on the command line."""

from __future__ import annotations

from tests.flow.cli import Cli
from tests.flow.test_cli_exceptions import CONTROLLER, FINANCE, strange_line


def test_opening_balances_and_words_of_a_thread_are_decided_by_two(raised: Cli) -> None:
    opening = ("movement", "opening", "--on", "2026-12-01", "--said", "A statement.")
    proof = ("--evidence", raised.file("statement.pdf", b"%PDF-1.4"), "--by", FINANCE)
    assert "ACCOUNT=AMOUNT" in raised.refused(*opening, "--balance", "Nothing", *proof)
    raised.run("account", "add", "Med", "--stage", "fund", "--number", "62170000000099")
    number = raised.json(*opening, "--balance", "Med=12.50", *proof)["number"]
    raised.run("decision", "approve", str(number), "--by", CONTROLLER)
    assert "moved" in raised.refused(*opening, "--balance", "Med=12.50", *proof)
    raised_no = str(strange_line(raised))
    raised.run("exception", "note", raised_no, "Called 138-0000.", "--by", FINANCE)
    done = raised.json("privacy", "erase-note", raised_no, "1", "--by", FINANCE)
    assert done["notes"] == 1
    raised.run("decision", "approve", str(done["decision"]), "--by", CONTROLLER)
    [note] = raised.json("exception", "show", raised_no)["thread"]
    assert (note["step"], note["text"]) == ("note", None)
    raised.run("verify")
