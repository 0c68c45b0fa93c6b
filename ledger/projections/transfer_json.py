"""Transfers for machines: what the command line and the interface answer. Whole account numbers are in none of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger.projections.transfer_page import Offer, Origin
from ledger.transfers.history import Transfer


def transfer_json(one: Transfer) -> dict[str, Any]:
    """Return a transfer; amounts in minor units."""
    return {
        "number": one.number,
        "state": one.state,
        "decision": one.decision,
        "from": one.from_account,
        "to": one.to_account,
        "commodity": one.commodity,
        "amount_minor": one.amount,
        "reference": one.reference,
        "purpose": one.purpose,
        "evidence": one.evidence.split(),
        "left_minor": one.gone,
        "fee_minor": one.fee,
        "under_way_minor": one.under_way,
        "arrived_minor": one.arrived,
        "came_back_minor": one.back,
        "not_left_minor": one.rest,
        "entered_by": one.entered_by,
    }


def offer_json(one: Offer, origins: Sequence[Origin]) -> dict[str, Any]:
    """Return what can be transferred from an account, and where it comes from."""
    return {
        "account": one.account,
        "commodity": one.commodity,
        "amount_minor": one.amount,
        "balance_minor": one.balance,
        "promised_minor": one.promised,
        "leaving_minor": one.leaving,
        "origins": [
            {"entry": two.seq, "kind": two.kind, "on": two.on.isoformat(), "minor": two.carried}
            for two in origins
        ],
    }
