"""Hold transfers to their steps, to their decisions and to the way that they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.moneyline.intervals import Line
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.facts import Transfer
from ledger.verify.folding import Event

_NEXT = {
    "transfer.edited": ("proposed",),
    "transfer.approved": ("proposed",),
    "transfer.rejected": ("proposed", "approved"),
    "transfer.withdrawn": ("proposed",),
    "transfer.sent": ("approved",),
    "transfer.confirmed": ("sent",),
    "transfer.returned": ("sent",),
}
"""States of a transfer from which each step may be taken."""

_DECIDED = ("transfer.edited", "transfer.approved", "transfer.rejected", "transfer.withdrawn")
"""Steps of a transfer that people decide; the others are the bank's."""


class Transfers:
    """Reads transfers, step by step.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "transfer.proposed": self._transfer_proposed,
            **dict.fromkeys(_NEXT, self._transfer_step),
        }

    def _transfer_proposed(self, event: Event) -> None:
        body = event.value["body"]
        number = whole(body, "number", "transfers")
        self._books.findings.count("transfers")
        if number != len(self._books.facts.transfers) + 1:
            raise BrokenEntryError(
                "transfers", "number", len(self._books.facts.transfers) + 1, number
            )
        self._books.facts.transfers[number] = Transfer(
            number=number,
            state="proposed",
            from_account=text(body, "from", "transfers"),
            to_account=text(body, "to", "transfers"),
            commodity=text(body, "commodity", "transfers"),
            amount=whole(body, "amount", "transfers"),
            reference=text(body, "reference", "transfers"),
            proposed_by=event.value["actor"]["id"],
            proposed_seq=event.seq,
            decision=whole(body, "decision", "transfers"),
        )

    def _transfer_edited(self, one: Transfer, body: Mapping[str, Any]) -> None:
        one.from_account = text(body, "from", "transfers")
        one.to_account = text(body, "to", "transfers")
        one.commodity = text(body, "commodity", "transfers")
        one.amount = whole(body, "amount", "transfers")
        one.reference = text(body, "reference", "transfers")

    def _transfer_decided(self, one: Transfer, event: Event) -> None:
        """Bring a transfer to where its decision is; the decision itself is held elsewhere.

        Raises:
            BrokenEntryError: The entry names another decision.
        """
        value, seq = event.value, event.seq
        if value["body"].get("decision") != one.decision:
            found = value["body"].get("decision")
            raise BrokenEntryError("transfers", "other-decision", one.decision, found)
        step = value["kind"].removeprefix("transfer.")
        case = self._books.deciding.cases.get(one.decision)
        if step == "edited":
            self._transfer_edited(one, value["body"])
        elif step != "approved":
            one.state, one.ended_seq = step, seq
        elif case is not None and case.ending == "approved":
            one.state, one.approved_by, one.approved_seq = step, value["actor"]["id"], seq

    def _transfer_step(self, event: Event) -> None:
        value, seq = event.value, event.seq
        kind, body = value["kind"], value["body"]
        number = whole(body, "number", "transfers")
        one = self._books.facts.transfers.get(number)
        self._books.findings.count("transfers")
        if one is None or one.state not in _NEXT[kind]:
            raise BrokenEntryError(
                "transfers", "step", _NEXT[kind], "no transfer" if one is None else one.state
            )
        if kind in _DECIDED:
            self._transfer_decided(one, event)
            return
        one.state = kind.removeprefix("transfer.")
        if kind == "transfer.sent":
            one.fee, one.sent_seq = whole(body, "fee", "transfers"), seq
            one.transit_start = self._books.state.debits(Line(transit_of(one), one.commodity))
            route, arrives = (one.from_account, transit_of(one)), one.amount - one.fee
            leaves = one.amount
        else:
            one.ended_seq = seq
            back = kind == "transfer.returned"
            route = (transit_of(one), one.from_account if back else one.to_account)
            leaves = arrives = one.amount - one.fee
        self._check_route(body, one, route, (leaves, arrives))

    def _check_route(
        self,
        body: Mapping[str, Any],
        one: Transfer,
        route: tuple[str, str],
        amounts: tuple[int, int],
    ) -> None:
        """Hold a step's one movement to the transfer.

        Raises:
            BrokenEntryError: It goes another way, or another sum.
        """
        segments = body.get("segments")
        first = segments[0] if isinstance(segments, list) and len(segments) == 1 else None
        if not isinstance(first, dict):
            raise BrokenEntryError("transfers", "segment-form", found=segments)
        stated = (
            first.get("from"),
            first.get("to"),
            first.get("length"),
            first.get("to_length"),
            body.get("amount"),
        )
        if stated != (*route, *amounts, amounts[0]):
            raise BrokenEntryError("transfers", "differs", (*route, *amounts, amounts[0]), stated)
        if route[0] == transit_of(one) and first.get("start") != one.transit_start:
            raise BrokenEntryError(
                "transfers", "other-interval", one.transit_start, first.get("start")
            )


def transit_of(one: Transfer) -> str:
    """Return the account on which a transfer is under way."""
    return f"Assets:InTransit:{one.to_account.rsplit(':', 1)[-1]}"
