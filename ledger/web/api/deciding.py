"""Decisions by machines: read them, propose, take back. No address here approves, and no token could.

And the people of a fund, for machines that may know them: each reading is put on record before it is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from ledger.clock import from_text, to_ms
from ledger.decisions import history as decisions
from ledger.desk import actions, matching, spending, wanted
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.funds.history import Rate
from ledger.money import parse_amount
from ledger.transfers.booking import FILES_MAX, Proposal
from ledger.web.api import asked
from ledger.web.api.asked import DIGITS_MAX
from ledger.web.api.bodies import ENTRY_MAX, Body, json_body
from ledger.web.api.guard import Caller, Views
from ledger.web.api.proposed import client_key, propose, shown

STATES = ("open", "ended")
LIST_MAX = 50
"""Ended decisions in one answer."""


class Deciding(Views):
    """The views."""

    def decisions(self, fund: str) -> dict[str, Any]:
        """List the decisions that wait for somebody; with `state=ended` the newest that have ended.

        Raises:
            FieldError: There is no such state.
        """
        caller = self._guard.caller(fund, "decision.read")
        state = asked.one_of("state", STATES) or "open"
        with self._ledger.database.reading() as connection:
            found = (
                decisions.open_decisions(connection, caller.fund.fund_id)
                if state == "open"
                else decisions.ended_decisions(
                    connection, caller.fund.fund_id, newest=LIST_MAX, below=asked.number("below")
                )
            )
        return {"decisions": [shown(one) for one in found]}

    def decision(self, fund: str, number: int) -> dict[str, Any]:
        """Show a decision, and who may still act."""
        caller = self._guard.caller(fund, "decision.read")
        with self._ledger.database.reading() as connection:
            found = decisions.decision(connection, caller.fund.fund_id, number)
            people = funds.all_members(connection, caller.fund.fund_id)
        able = decisions.who_may_act(found, people)
        return {
            **shown(found),
            "may_act": [one.member_id for one in able.members],
            "lacking": list(able.lacking),
        }

    def members(self, fund: str) -> dict[str, Any]:
        """List the people of a fund with their roles. That they were read is put on record first."""
        caller = self._guard.caller(fund, "people.read")
        self._guard.saw(caller, "people.read", "")
        with self._ledger.database.reading() as connection:
            found = funds.all_members(connection, caller.fund.fund_id)
        return {
            "members": [
                {
                    "member": one.member_id,
                    "name": one.name,
                    "roles": sorted(one.roles),
                    "removed": one.removed,
                }
                for one in found
            ]
        }

    def propose_transfer(self, fund: str) -> Response:
        """Propose a transfer into the fund."""
        return self._propose(fund, "transfer.propose", self._transfer)

    def propose_rate(self, fund: str) -> Response:
        """Propose what a platform's unit is worth, from an instant on."""
        return self._propose(fund, "rate.propose", _rate)

    def propose_reversal(self, fund: str) -> Response:
        """Propose to reverse spending, or another receipt or payment, that was booked by mistake."""
        return self._propose(fund, "reversal.propose", _reversal)

    def propose_close(self, fund: str) -> Response:
        """Propose to close a month."""
        return self._propose(fund, "close.propose", _close)

    def propose_seal(self, fund: str) -> Response:
        """Propose to seal a closed month for ever."""
        return self._propose(fund, "seal.propose", _seal)

    def propose_reopen(self, fund: str) -> Response:
        """Propose to reopen the last closed month until a time."""
        return self._propose(fund, "reopen.propose", _reopen)

    def propose_match(self, fund: str) -> Response:
        """Propose to confirm a suggestion above the limit of one person, or to release a match."""
        return self._propose(fund, "match.propose", _match)

    def propose_adjustment(self, fund: str) -> Response:
        """Propose to confirm a suggestion whose sums differ by little, and to book the difference away."""
        return self._propose(fund, "adjustment.propose", _adjustment)

    def withdraw(self, fund: str, number: int) -> dict[str, Any]:
        """Take back what the token's member proposed or edited."""
        caller = self._guard.caller(fund, "decision.withdraw")
        sequencer = self._ledger.sequencer
        return shown(actions.withdraw(sequencer, caller.fund, caller.member.member_id, number))

    def _propose(self, fund: str, action: str, read: Callable[[Caller, Body], Wanted]) -> Response:
        caller = self._guard.caller(fund, action)
        key, body = client_key(), Body(json_body())
        new = read(caller, body)
        body.check_all_read()
        return propose(self._ledger, caller, new, key)

    def _transfer(self, caller: Caller, body: Body) -> Wanted:
        with self._ledger.database.reading() as connection:
            fund_id = caller.fund.fund_id
            source = funds.money_account(connection, fund_id, body.text("from"))
            target = funds.money_account(connection, fund_id, body.text("to"))
        minor = parse_amount(body.text("amount"), source.commodity)
        return wanted.transfer(
            Proposal(
                source.name,
                target.name,
                source.commodity,
                minor,
                body.text("reference"),
                body.text("purpose", ""),
                body.hashes("evidence", FILES_MAX),
            )
        )


def _rate(_caller: Caller, body: Body) -> Wanted:
    commodity = body.text("currency", "CNY")
    from_ms = to_ms(from_text(body.text("from")))
    minor = parse_amount(body.text("worth"), commodity)
    return wanted.rate(Rate(body.text("unit"), body.whole("units"), minor, commodity, from_ms, 0))


def _match(_caller: Caller, body: Body) -> Wanted:
    released = body.text("release", "")
    if released:
        if not (released.isascii() and released.isdigit() and len(released) <= DIGITS_MAX):
            raise FieldError(field="release", value=released[:20], reason="not-an-integer")
        return matching.release(int(released), body.text("reason"))
    return matching.match(body.text("suggestion"))


def _adjustment(_caller: Caller, body: Body) -> Wanted:
    return matching.adjustment(body.text("suggestion"), body.text("reason"))


def _reversal(_caller: Caller, body: Body) -> Wanted:
    entry = body.whole("entry")
    if not 0 <= entry < ENTRY_MAX:
        raise FieldError(field="entry", value="", reason="not-an-integer")
    return spending.reversal(entry, body.text("reason"))


def _close(_caller: Caller, body: Body) -> Wanted:
    return wanted.close(body.text("month"), body.text("reason", ""))


def _seal(_caller: Caller, body: Body) -> Wanted:
    return wanted.seal(body.text("month"))


def _reopen(_caller: Caller, body: Body) -> Wanted:
    until = from_text(body.text("until"))
    return wanted.reopen(body.text("month"), until, body.text("reason"))
