"""Is the process up, and can it do its work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from ledger.web.services import services

health = Blueprint("health", __name__)


@health.get("/healthz")
def get_health() -> Response:
    """Answer 200 as long as the process answers at all."""
    return jsonify(status="up")


@health.get("/readyz")
def get_readiness() -> Response:
    """Answer 200 when nothing keeps the service from its work, else 503 with what does."""
    problems = services().ready()
    response = jsonify(status="not-ready" if problems else "ready", problems=problems)
    response.status_code = 503 if problems else 200
    return response
