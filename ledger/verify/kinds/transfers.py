"""Hold transfers to their steps, to their decisions and to the way that they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.moneyline.intervals import Line
from ledger.moneyline.parcels import put, take, total
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.facts import Transfer
from ledger.verify.folding import Event

_NEXT = {
    "transfer.edited": ("proposed",),
    "transfer.approved": ("proposed",),
    "transfer.rejected": ("proposed", "approved", "sent"),
    "transfer.withdrawn": ("proposed",),
    "transfer.sent": ("approved", "sent"),
    "transfer.confirmed": ("sent",),
    "transfer.returned": ("sent",),
    "transfer.entered": ("approved",),
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
            "transfer.filed": self._filed,
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
        one = self._books.facts.transfers[number] = Transfer(
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
        self._said(one, body)

    def _said(self, one: Transfer, body: Mapping[str, Any]) -> None:
        """Take purpose, evidence and payee of a version, and hold what it says of the payee to the transfers before.

        Raises:
            BrokenEntryError: It does not say that the payee changed, or says so without cause.
        """
        one.purpose = text(body, "purpose", "transfers") if "purpose" in body else ""
        evidence = body.get("evidence", [])
        if not isinstance(evidence, list) or not all(isinstance(name, str) for name in evidence):
            raise BrokenEntryError("transfers", "malformed", found="evidence")
        one.evidence = " ".join(evidence)
        # Entries from before there were payees say nothing of them.
        one.payee = text(body, "payee", "transfers") if "payee" in body else ""
        gone = [
            other
            for other in self._books.facts.transfers.values()
            if other.to_account == one.to_account and other.payee and other.sendings
        ]
        last = max(gone, key=lambda other: other.sendings[0], default=None)
        changed = None if last is None or last.payee == one.payee else last.number
        if one.payee and body.get("payee_changed") != changed:
            raise BrokenEntryError("transfers", "payee", changed, body.get("payee_changed"))

    def _seen(self, one: Transfer, body: Mapping[str, Any]) -> None:
        """Hold that whoever approved a changed payee said that they had seen it.

        Raises:
            BrokenEntryError: They did not.
        """
        case = self._books.deciding.cases.get(one.decision)
        needed = case is not None and "payee_changed" in case.latest.content
        if needed and body.get("payee_seen") is not True:
            raise BrokenEntryError("transfers", "payee", "payee_seen", body.get("payee_seen"))

    def _filed(self, event: Event) -> None:
        """Note a payment file that was handed out for approved transfers.

        Raises:
            BrokenEntryError: One of them is none.
        """
        body, facts = event.value["body"], self._books.facts
        numbers = body.get("transfers")
        known = isinstance(numbers, list) and all(
            type(one) is int and one in facts.transfers for one in numbers
        )
        if not known or not isinstance(numbers, list):
            raise BrokenEntryError("transfers", "malformed", found=numbers)
        for number in numbers:
            one = facts.transfers[number]
            if one.state != "approved":
                raise BrokenEntryError("transfers", "step", "approved", one.state)
            one.steps.append((event.seq, "filed", 0, 0, None))
        facts.payment_files[text(body, "sha256", "transfers")] = (
            text(body, "message_id", "transfers"),
            text(body, "format", "transfers"),
            " ".join(map(str, numbers)),
            event.seq,
        )

    def _entered(self, one: Transfer, event: Event) -> None:
        """Hold who entered a transfer at the bank to those who decided about it.

        Raises:
            BrokenEntryError: They decided about it and the entry does not say so, or it was entered already.
        """
        who, body = event.value["actor"]["id"], event.value["body"]
        case = self._books.deciding.cases.get(one.decision)
        decided = set() if case is None else case.touched | set(case.filled.values())
        said = body.get("exception") == "no-third-person"
        if one.entered_seq is not None or said is not (who in decided):
            raise BrokenEntryError("transfers", "third-person", sorted(decided), who)
        one.entered_by, one.entered_seq = who, event.seq
        one.steps.append((event.seq, "entered", 0, 0, None))

    def _transfer_edited(self, one: Transfer, body: Mapping[str, Any]) -> None:
        one.from_account = text(body, "from", "transfers")
        one.to_account = text(body, "to", "transfers")
        one.commodity = text(body, "commodity", "transfers")
        one.amount = whole(body, "amount", "transfers")
        one.reference = text(body, "reference", "transfers")
        self._said(one, body)

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
        elif step == "rejected" and one.state != "proposed":
            self._stopped(one, event)
        elif step != "approved":
            one.state, one.ended_seq = step, seq
        else:
            self._seen(one, value["body"])
        if step == "approved" and case is not None and case.ending == "approved":
            one.state, one.approved_by, one.approved_seq = step, value["actor"]["id"], seq

    def _stopped(self, one: Transfer, event: Event) -> None:
        """Stop what of an approved transfer has not left.

        Raises:
            BrokenEntryError: All of it has, or it says another sum.
        """
        if not one.rest:
            raise BrokenEntryError("transfers", "step", "rest", one.rest)
        one.steps.append((event.seq, "stopped", 0, 0, None))
        if not one.gone:
            one.state, one.ended_seq = "rejected", event.seq
            return
        stated = whole(event.value["body"], "amount", "transfers")
        if stated != one.rest:
            raise BrokenEntryError("transfers", "differs", one.rest, stated)
        one.given_up = one.rest
        stand(one, event.seq)

    def _transfer_step(self, event: Event) -> None:
        value = event.value
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
        elif kind == "transfer.entered":
            self._entered(one, event)
        elif kind == "transfer.sent":
            self._sent(one, body, event.seq)
        else:
            self._came(one, body, event.seq, back=kind == "transfer.returned")

    def _sent(self, one: Transfer, body: Mapping[str, Any], seq: int) -> None:
        """Hold what leaves to what was decided and has not left.

        Raises:
            BrokenEntryError: It is more, or goes another way.
        """
        amount, fee = whole(body, "amount", "transfers"), whole(body, "fee", "transfers")
        if not 0 < amount <= one.rest or fee >= amount:
            raise BrokenEntryError("transfers", "differs", one.rest, (amount, fee))
        start = self._books.state.debits(Line(transit_of(one), one.commodity))
        _check_route(body, (one.from_account, transit_of(one), amount, amount - fee))
        one.gone, one.fee = one.gone + amount, one.fee + fee
        one.parcels = put(one.parcels, start, amount - fee)
        one.sendings.append(seq)
        one.sent_seq = one.sendings[0]
        one.steps.append((seq, "sent", amount, fee, None))
        stand(one, seq)

    def _came(self, one: Transfer, body: Mapping[str, Any], seq: int, *, back: bool) -> None:
        """Hold what arrives, or comes back, to what is under way.

        Raises:
            BrokenEntryError: It is more, other intervals leave the transit line, or it goes another way.
        """
        amount = whole(body, "amount", "transfers")
        fee = whole(body, "fee", "transfers") if "fee" in body else 0
        if not 0 < amount <= total(one.parcels) or fee >= amount:
            raise BrokenEntryError("transfers", "differs", total(one.parcels), (amount, fee))
        taken, left = take(one.parcels, amount)
        target = one.from_account if back else one.to_account
        cost = "Expenses:BankFees:Returned" if back else "Expenses:FundFees:Bank"
        found = _segments(body)
        if fee:
            _check_route({**body, "segments": found[-1:], "amount": fee}, (target, cost, fee, fee))
            found = found[:-1]
        ways = [(one.get("from"), one.get("to"), one.get("to_length")) for one in found]
        stated = tuple((one.get("start"), one.get("length")) for one in found)
        expected = [(transit_of(one), target, length) for _, length in taken]
        if stated != taken:
            raise BrokenEntryError("transfers", "other-interval", taken, stated)
        if ways != expected:
            raise BrokenEntryError("transfers", "differs", expected, ways)
        one.parcels = left
        if back:
            one.back += amount
        else:
            one.arrived += amount
        one.steps.append((seq, "returned" if back else "confirmed", amount, fee, None))
        stand(one, seq)


def stand(one: Transfer, seq: int) -> None:
    """Bring a transfer to the state that what is open of it makes, after an entry."""
    if not one.gone:
        one.state, one.ended_seq = "approved", None
    elif one.rest or one.parcels:
        one.state, one.ended_seq = "sent", None
    else:
        one.state, one.ended_seq = ("confirmed" if one.arrived else "returned"), seq


def _segments(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the movements that an entry states.

    Raises:
        BrokenEntryError: They are no list of objects, or none.
    """
    found = body.get("segments")
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise BrokenEntryError("transfers", "segment-form", found=found)
    return found


def _check_route(body: Mapping[str, Any], way: tuple[str, str, int, int]) -> None:
    """Hold a step's one movement to the way and the sums that it must have.

    Raises:
        BrokenEntryError: It goes another way, or another sum.
    """
    found = _segments(body)
    names = ("from", "to", "length", "to_length")
    stated = tuple(found[0].get(name) for name in names)
    if len(found) != 1 or (*stated, body.get("amount")) != (*way, way[2]):
        raise BrokenEntryError("transfers", "differs", (*way, way[2]), stated)


def transit_of(one: Transfer) -> str:
    """Return the account on which a transfer is under way."""
    return f"Assets:InTransit:{one.to_account.rsplit(':', 1)[-1]}"
