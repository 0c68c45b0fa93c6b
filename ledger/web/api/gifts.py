"""Post gifts: one or many, with a receipt for each.

This is the one address that machines call all day. So the body is read by our own format's reader and not by the
schemas that describe it, and nothing here looks into the database.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Sequence
from http import HTTPStatus

import orjson
from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from ledger.errors import ConflictError, FieldError, InputError
from ledger.intake.calls import GiftCalls, Kept, Result, Wrong
from ledger.intake.events import explain
from ledger.intake.gift_receipts import GiftReceipt
from ledger.privacy.gift_codes import code_of_salt
from ledger.web.api.guard import bearer_token
from ledger.web.language import Voice, language_of
from ledger.web.problems import PROBLEM_JSON, problem_document, problem_of

JSON = "application/json"

OUTCOME = "ledger.gifts"
"""Where a request carries what became of its gifts, when they were taken before Flask (see `front`)."""

ERRORS_MAX = 100
"""Rows that a problem document names; more of the same would help nobody."""


def post_gifts(calls: GiftCalls) -> Callable[[str], Response]:
    """Make the view.

    Args:
        calls: Takes the calls of this process.

    Returns:
        A view of `fund`.
    """

    def view(fund: str) -> Response:
        """Record gifts.

        One gift as an object, or an array of at most 10,000. Right rows are kept and wrong ones named.

        Raises:
            UnsupportedMediaType: Not JSON.
        """
        outcome = request.environ.get(OUTCOME)
        if outcome is not None:
            return _answer_taken(outcome)
        caller = calls.caller(fund, bearer_token())
        if request.mimetype != JSON:
            raise UnsupportedMediaType
        body = request.get_data(cache=False)
        key = idempotency_key(request.headers.get("Idempotency-Key"))
        results = calls.take(caller, request.args.get("channel", ""), body, key)
        return _answer(fund, body, results)

    return view


def idempotency_key(given: str | None) -> str:
    """Return the idempotency key without the quotes that a structured header has around it.

    Args:
        given: The header; None without one.

    Returns:
        The key; empty without the header.

    Raises:
        FieldError: It is empty.

    Source:
        draft-ietf-httpapi-idempotency-key-header, section 2.1 (a structured header's string).
    """
    if given is None:
        return ""
    key = given.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not key:
        raise FieldError(field="Idempotency-Key", reason="missing", value="")
    return key


def answer_of(
    fund: str, body: bytes, results: Sequence[Result]
) -> tuple[HTTPStatus, bytes] | None:
    """Answer for all gifts of a call of which at least one is in the ledger.

    | status | when |
    | --- | --- |
    | 201 | all of them are recorded by this call |
    | 200 | all of them are in the ledger, some by an earlier call |
    | 207 | some are, and some were not taken |

    Args:
        fund: Its short name.
        body: As it arrived: one gift or an array.
        results: What became of each.

    Returns:
        Status and JSON; None when no gift is in the ledger.
    """
    kept = [one for one in results if isinstance(one, Kept)]
    if not kept:
        return None
    is_single = len(results) == 1 and body.lstrip()[:1] == b"{"
    status = HTTPStatus.OK
    if len(kept) < len(results):
        status = HTTPStatus.MULTI_STATUS
    elif all(one.is_new for one in kept):
        status = HTTPStatus.CREATED
    shown = [_shown(fund, one) for one in results]
    value: object = shown[0] if is_single else {"counts": _counts(results), "results": shown}
    return status, orjson.dumps(value)


def _answer(fund: str, body: bytes, results: Sequence[Result]) -> Response:
    """Answer for all gifts of a call: 409 or 422 when none is in the ledger, because all are conflicts or not."""
    answer = answer_of(fund, body, results)
    if answer is None:
        return _problem([one for one in results if isinstance(one, Wrong)])
    status, shown = answer
    return Response(shown, status, content_type=JSON)


def _answer_taken(outcome: Exception | Sequence[Result]) -> Response:
    """Answer for gifts that were taken before Flask, of which none is in the ledger.

    Raises:
        Exception: Why none of them could be taken.
    """
    if isinstance(outcome, Exception):
        raise outcome
    return _problem([one for one in outcome if isinstance(one, Wrong)])


def _counts(results: Sequence[Result]) -> dict[str, int]:
    counts = {"recorded": 0, "already_recorded": 0, "conflict": 0, "refused": 0}
    for one in results:
        counts[_outcome(one)] += 1
    return counts


def _outcome(result: Result) -> str:
    if isinstance(result, Kept):
        return "recorded" if result.is_new else "already_recorded"
    return "conflict" if result.seq is not None else "refused"


def _shown(fund: str, result: Result) -> dict[str, object]:
    if isinstance(result, Kept):
        receipt = result.receipt
        return {
            "line": result.line,
            "outcome": _outcome(result),
            # In the body and not as `Location`, which werkzeug takes apart and quotes again: a twentieth of the view.
            "address": f"/api/v1/funds/{fund}/gifts/{receipt.number}",
            **_receipt(receipt),
        }
    return {"line": result.line, "outcome": _outcome(result), **_reason(result)}


def _reason(wrong: Wrong) -> dict[str, object]:
    shown: dict[str, object] = {
        "field": wrong.field,
        "reason": wrong.reason,
        "says": explain(wrong.reason),
        "value": wrong.value,
    }
    if wrong.seq is not None:
        shown["seq"] = wrong.seq
    return shown


def _receipt(receipt: GiftReceipt) -> dict[str, object]:
    code = {one.label: code_of_salt(one.salt) for one in receipt.opening if one.label == "name"}
    return {
        "seq": receipt.seq,
        "receipt": receipt.number,
        **({"code": code["name"]} if code else {}),
        "entry": receipt.entry.decode(),
        "proof": receipt.proof.decode(),
        "opening": {
            one.label: {
                "salt": b2a_base64(one.salt, newline=False).decode("ascii"),
                "value": one.private,
            }
            for one in receipt.opening
        },
    }


def _problem(wrong: Sequence[Wrong]) -> Response:
    """Answer for a call of which nothing was taken, with each row named."""
    all_conflicts = all(one.seq is not None for one in wrong)
    error = ConflictError() if all_conflicts else FieldError()
    return _problem_of(error, wrong)


def _problem_of(error: InputError | ConflictError, wrong: Sequence[Wrong]) -> Response:
    problem = problem_of(error)
    document = problem_document(problem, Voice(language_of(request.path)))
    document["errors"] = [
        {"code": error.code, "line": one.line, **_reason(one)} for one in wrong[:ERRORS_MAX]
    ]
    return Response(orjson.dumps(document), problem.status, content_type=PROBLEM_JSON)
