"""What exceptions are about, in words: a line of a bank, a settlement, a transfer, a gift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from ledger.matching import matches
from ledger.matching.exceptions import history
from ledger.matching.exceptions.history import SubjectLine
from ledger.web.desk.frame import Desk

PARTS = ("settlement", "transfer", "match", "gift", "gifts", "statement")


class About(NamedTuple):
    """What an exception is about.

    Attributes:
        text: In words; names and words of other people only for those who may see them.
        suggestion: A suggestion that would explain it; empty where there is none.
    """

    text: str
    suggestion: str = ""


def about(desk: Desk, subjects: Iterable[str]) -> Mapping[str, About]:
    """Say what subjects of exceptions are.

    Args:
        desk: Who reads.
        subjects: As exceptions name them.

    Returns:
        By subject.
    """
    wanted = list(dict.fromkeys(subjects))
    with desk.reading() as connection:
        lines = history.lines_of(connection, desk.fund.fund_id, wanted)
        keys = {subject: (line.account, line.identity) for subject, line in lines.items()}
        best = matches.suggestions_of_lines(connection, desk.fund.fund_id, keys.values())
    if lines and desk.may("accounts.read"):
        desk.saw("exception.read", "lines")
    return {
        one: About(_line(desk, lines[one]), best.get(keys[one], ""))
        if one in lines
        else About(_other(desk, one))
        for one in wanted
    }


def _line(desk: Desk, line: SubjectLine) -> str:
    told = [
        str(
            desk.say(
                "subject.line",
                account=line.account.rpartition(":")[2],
                day=desk.say.day(date.fromisoformat(line.day)),
                row=line.row,
            )
        )
    ]
    if desk.may("accounts.read"):
        told += [one for one in (line.counterparty, line.text) if one]
    elif line.references:
        told.append(line.references)
    return str(desk.say("comma")).join(told)


def _other(desk: Desk, subject: str) -> str:
    kind, _, rest = subject.partition("/")
    if kind in PARTS and rest:
        return str(desk.say(f"subject.{kind}", what=rest.replace("/", " ")))
    return subject
