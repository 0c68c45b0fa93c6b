"""What the interface answers to a proposal: the decision, and where it can be read. Nothing here approves."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request

from ledger.decisions.shapes import Decision
from ledger.desk import actions
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError
from ledger.web.api.gifts import JSON, idempotency_key
from ledger.web.api.guard import Caller
from ledger.wiring import Ledger


def client_key() -> str:
    """Return the client's key of a proposal.

    Raises:
        FieldError: There is none: a proposal that is sent again must not become a second one.
    """
    key = idempotency_key(request.headers.get("Idempotency-Key"))
    if not key:
        raise FieldError(field="Idempotency-Key", reason="missing", value="")
    return key


def propose(ledger: Ledger, caller: Caller, new: Wanted, key: str) -> Response:
    """Propose something in a member's name.

    Args:
        ledger: What is written.
        caller: Whose token.
        new: What is wanted.
        key: The client's.

    Returns:
        201 with the decision, by this call or by an earlier one with the key.
    """
    member_id = caller.member.member_id
    done = actions.propose(ledger.sequencer, caller.fund, member_id, new, key)
    response = Response(orjson.dumps(shown(done)), HTTPStatus.CREATED, content_type=JSON)
    address = f"/api/v1/funds/{caller.fund.slug}/decisions/{done.number}"
    response.headers["Location"] = address
    return response


def shown(found: Decision) -> dict[str, Any]:
    """Return a decision as the API tells it.

    Args:
        found: The decision.

    Returns:
        JSON.
    """
    return {
        "number": found.number,
        "kind": found.kind,
        "state": found.state,
        "version": found.latest.version,
        "content": dict(found.latest.content),
        "needed": list(found.latest.needed),
        "open": list(found.open_slots.values()),
        "proposed_by": found.proposed_by,
        "edited_by": sorted({one.member_id for one in found.versions[1:]}),
        "approved_by": [one.member_id for one in found.standing],
        "reason": found.end.reason if found.end else None,
        "entries": sorted(
            {version.seq for version in found.versions} | {one.seq for one in found.approvals}
        ),
    }
