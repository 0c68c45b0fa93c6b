"""What a villain can act with: pages, a token, the terminal; each raises whatever refuses a step."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from werkzeug.test import TestResponse

from ledger.desk.wanted import Wanted
from ledger.errors import NotAllowedError
from tests.db.ways import Hand
from tests.desk.counties import text_of
from tests.flow.cli import Cli
from tests.signin.sites import HOST, Visitor, form_key_of

REDIRECT, UNAUTHORIZED = 303, 401


class RefusedError(NotAllowedError):
    """A face said no."""


def _numbers() -> Iterator[int]:
    return itertools.count(1)


@dataclass
class PageHand:
    """Acts by forms of the desk, each by the session of whoever acts. Proposes rates."""

    browsers: dict[str, Visitor]
    form_keys: dict[str, str] = field(default_factory=dict)
    counter: Iterator[int] = field(default_factory=_numbers)

    def _send(self, member_id: str, page: str, **fields: str) -> TestResponse:
        visitor = self.browsers[member_id]
        if member_id not in self.form_keys:
            self.form_keys[member_id] = form_key_of(visitor.get("/account"))
        answer = visitor.post(f"/desk/qinghe/{page}", key=self.form_keys[member_id], **fields)
        assert answer.status_code < 500, text_of(answer)
        if answer.status_code != REDIRECT or not (answer.location or "").startswith("/desk/"):
            raise RefusedError(status=answer.status_code)
        return answer

    def _rate(self) -> dict[str, str]:
        worth = f"{next(self.counter) / 100 + 1:.2f}"
        return {"unit": "KSCOIN", "units": "10", "worth": worth, "since": "2026-10-01"}

    def propose(self, member_id: str, wanted: Wanted) -> int:
        answer = self._send(member_id, f"decisions/new/{wanted.kind}", **self._rate())
        return int(re.findall(r"decisions/(\d+)", answer.location)[0])

    def edit(self, member_id: str, number: int, version: int, wanted: Wanted) -> None:
        assert wanted.kind == "rate"
        page = f"decisions/{number}/edit"
        self._send(member_id, page, version=str(version), **self._rate())

    def approve(self, member_id: str, number: int, version: int) -> None:
        self._send(member_id, f"decisions/{number}/approve", version=str(version))

    def reject(self, member_id: str, number: int) -> None:
        self._send(member_id, f"decisions/{number}/reject", reason="no")

    def withdraw(self, member_id: str, number: int) -> None:
        self._send(member_id, f"decisions/{number}/withdraw")


@dataclass
class TokenHand(PageHand):
    """Proposes and withdraws by a token, tries to approve by it as well, and then by the page of the same person."""

    make_token: Callable[[str], str] = str
    tokens: dict[str, str] = field(default_factory=dict)

    def _call(self, member_id: str, path: str, **body: object) -> TestResponse:
        answer = self._ask(member_id, path, body)
        if answer.status_code == UNAUTHORIZED:  # it ended when they left, and they are back
            del self.tokens[member_id]
            answer = self._ask(member_id, path, body)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            raise RefusedError(status=answer.status_code)
        return answer

    def _ask(self, member_id: str, path: str, body: dict[str, object]) -> TestResponse:
        if member_id not in self.tokens:
            self.tokens[member_id] = self.make_token(member_id)
        return self.browsers[member_id].client.post(
            f"/api/v1/funds/qinghe/decisions{path}",
            base_url=f"https://{HOST}",
            json=body,
            headers={
                "Authorization": f"Bearer {self.tokens[member_id]}",
                "Idempotency-Key": f"k{next(self.counter)}",
            },
        )

    def propose(self, member_id: str, wanted: Wanted) -> int:
        worth = f"{next(self.counter) / 100 + 1:.2f}"
        rate = {"unit": "KSCOIN", "units": 10, "worth": worth, "from": "2026-10-01T00:00:00Z"}
        return int(self._call(member_id, f"/{wanted.kind}", **rate).json["number"])

    def approve(self, member_id: str, number: int, version: int) -> None:
        for path in (f"/{number}/approve", f"/{number}", f"/{number}/approvals"):
            try:
                self._call(member_id, path, version=version)
            except RefusedError:
                continue
            raise AssertionError(path)
        super().approve(member_id, number, version)

    def withdraw(self, member_id: str, number: int) -> None:
        self._call(member_id, f"/{number}/withdraw")


@dataclass
class TerminalHand:
    """Acts by commands, by the terminal's session of whoever acts."""

    cli: Cli
    counter: Iterator[int] = field(default_factory=_numbers)

    def _run(self, *arguments: str) -> str:
        result = self.cli.run("--json", *arguments, fails=None)
        if result.exit_code:
            raise RefusedError(status=result.exit_code)
        return result.stdout

    def propose(self, member_id: str, wanted: Wanted) -> int:
        assert wanted.kind == "rate"
        worth = f"{next(self.counter) / 100 + 1:.2f}"
        told = self._run("rate", "set", "KSCOIN", "10", worth, "--by", member_id)
        return int(re.findall(r'"decision": (\d+)', told)[0])

    def edit(self, member_id: str, number: int, version: int, wanted: Wanted) -> None:
        worth = f"{next(self.counter) / 100 + 1:.2f}"
        given = (str(number), f"worth={worth}", "--version", str(version))
        self._run("decision", "edit", *given, "--by", member_id)

    def approve(self, member_id: str, number: int, version: int) -> None:
        given = (str(number), "--version", str(version))
        self._run("decision", "approve", *given, "--by", member_id)

    def reject(self, member_id: str, number: int) -> None:
        self._run("decision", "reject", str(number), "--reason", "no", "--by", member_id)

    def withdraw(self, member_id: str, number: int) -> None:
        self._run("decision", "withdraw", str(number), "--by", member_id)


@dataclass
class EveryHand:
    """Takes another face for every step."""

    hands: tuple[Hand, ...]
    counter: Iterator[int] = field(default_factory=_numbers)

    def __getattr__(self, step: str) -> object:
        return getattr(self.hands[next(self.counter) % len(self.hands)], step)
