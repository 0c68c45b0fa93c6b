"""Platforms push their gifts here: `/webhooks/<source>/<fund>:<channel>`.

In: raw bytes and headers. Out: the platform's own "taken", or a problem that is at the same time the platform's own
"not taken". Guaranteed: nothing is read into a delivery before its signature is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

import orjson
import structlog
from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ledger.clock import to_ms
from ledger.errors import LedgerError, NotFoundError, SignatureError, UnknownNameError
from ledger.funds import history as funds
from ledger.intake.receiving import Receiver, Tally
from ledger.intake.sources import douyin, kuaishou
from ledger.journal.history import fund_by_slug
from ledger.roles import PUBLIC, does
from ledger.web.language import Voice, language_of
from ledger.web.problems import (
    PROBLEM_JSON,
    RETRY_SECONDS,
    Problem,
    http_problem,
    problem_document,
    problem_of,
)
from ledger.web.webhooks.secrets import secret_of
from ledger.wiring import Ledger

logger = structlog.get_logger(__name__)

JSON = "application/json"


class _Source(NamedTuple):
    """How a platform wants to be answered."""

    taken: Mapping[str, int | str]
    not_taken: Callable[[str], Mapping[str, int | str]]


SOURCES: dict[str, _Source] = {
    "kuaishou": _Source(kuaishou.ANSWER_OK, kuaishou.answer_error),
    "douyin": _Source(douyin.ANSWER_OK, douyin.answer_error),
}


def register_webhooks(app: Flask, ledger: Ledger) -> None:
    """Add the platforms' addresses below `/webhooks`.

    Args:
        app: The app.
        ledger: Where gifts go.
    """
    webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")

    @does(PUBLIC)
    def post_delivery(source: str, fund: str, channel: str) -> Response:
        """Take a platform's delivery.

        Raises:
            NotFoundError: No such source, fund or channel, or a channel of another platform.
        """
        if source not in SOURCES:
            raise NotFoundError(what="source")
        body = request.get_data(cache=False)
        receiver = _receiver(ledger, source, fund, channel)
        secret = secret_of(ledger.settings.keys, fund, receiver.channel.name)
        headers = {name.lower(): value for name, value in request.headers.items()}
        tally = receiver.take_push(body, headers, secret, to_ms(ledger.clock.now()))
        _log_taken(source, receiver, tally)
        return Response(orjson.dumps(SOURCES[source].taken), content_type=JSON)

    webhooks.add_url_rule("/<source>/<fund>:<channel>", "post", post_delivery, methods=["POST"])
    webhooks.register_error_handler(LedgerError, _on_ledger_error)
    webhooks.register_error_handler(HTTPException, _on_http_error)
    # The app has an answer of its own to this one, and what names a status comes before what names none.
    webhooks.register_error_handler(RequestEntityTooLarge, _on_http_error)
    app.register_blueprint(webhooks)


def _receiver(ledger: Ledger, source: str, slug: str, name: str) -> Receiver:
    """Open the channel that an address names.

    Raises:
        NotFoundError: There is none, or it is of another platform.
    """
    with ledger.database.reading() as connection:
        fund = fund_by_slug(connection, slug)
        try:
            channel = funds.channel(connection, fund.fund_id, name)
        except UnknownNameError as error:
            raise NotFoundError(what="channel") from error
    if channel.platform != source:
        raise NotFoundError(what="channel")
    return Receiver(ledger.sequencer, ledger.clock, fund, channel)


def _log_taken(source: str, receiver: Receiver, tally: Tally) -> None:
    logger.info(
        "delivery taken",
        source=source,
        fund=receiver.fund.slug,
        channel=receiver.channel.name,
        rows=tally.rows,
        recorded=tally.recorded,
        repeated=tally.repeated,
        held=tally.refused + tally.contradicted,
    )


def _on_ledger_error(error: LedgerError) -> Response:
    problem = problem_of(error)
    status = problem.status
    if isinstance(error, SignatureError):
        # Whoever signs wrongly has not shown who they are; the challenge says what is missing.
        status = HTTPStatus.UNAUTHORIZED
    logged = logger.error if status == HTTPStatus.INTERNAL_SERVER_ERROR else logger.warning
    logged(
        "delivery not taken",
        path=request.path,
        code=error.code,
        reason=str(error.fields.get("reason", "")),
        size=request.content_length,
    )
    return _not_taken(problem, status, error.code, error)


def _on_http_error(error: HTTPException) -> Response:
    problem = http_problem(error.code or 500)
    return _not_taken(problem, problem.status, problem.slug)


def _not_taken(
    problem: Problem, status: HTTPStatus, code: str, error: LedgerError | None = None
) -> Response:
    """Answer with a problem document whose extension members are the platform's own answer."""
    document = problem_document(problem, Voice(language_of(request.path)), error)
    document["status"] = int(status)
    source = SOURCES.get((request.view_args or {}).get("source", ""))
    if source is not None:
        document.update(source.not_taken(code))
    response = Response(orjson.dumps(document, default=str), status, content_type=PROBLEM_JSON)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Signature"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
