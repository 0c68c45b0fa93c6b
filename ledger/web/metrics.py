"""Figures for whoever watches over the service, at `/metrics` in the Prometheus text format.

Shown to the addresses of `LEDGER_METRICS_ADDRESSES` and to whoever has `LEDGER_METRICS_TOKEN`; to everybody else there
is no such page. Guaranteed: no label holds an address, a name or anything that a sender chooses, so they are few.

Workers write into files below `LEDGER_HOME/metrics` (set by `serve`), and any of them answers for all. Gifts that are
taken before the app are in `mingzhang_entries` and not among the requests.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator
from ipaddress import ip_address

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from ledger.errors import LedgerError, NotFoundError
from ledger.roles import PUBLIC, does
from ledger.settings import process_environment
from ledger.web.addresses import is_unknown_proxy
from ledger.web.headers import face_of
from ledger.web.hooks import passed_by_gifts
from ledger.web.services import WebSettings, services

FOLDER_NAME = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library looks for the folder that workers share."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MACHINES = ("api", "webhooks", "log", "static")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class _Figures:
    """What one app counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mingzhang_requests",
            "Requests answered by the app.",
            ("face", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "mingzhang_request_seconds",
            "Seconds from taking a request to its answer.",
            ("face",),
            buckets=_SECONDS,
            registry=self.registry,
        )


def setup(app: Flask, settings: WebSettings) -> None:
    """Count requests, and add `/metrics`.

    Args:
        app: The app.
        settings: Who may read them.
    """
    figures = _Figures()

    @passed_by_gifts
    def begin() -> None:
        g.began = time.perf_counter()

    @passed_by_gifts
    def count(response: Response) -> Response:
        face = label_of(request.path)
        method = request.method if request.method in _METHODS else "other"
        figures.requests.labels(face, method, f"{response.status_code // 100}xx").inc()
        began = g.get("began")
        if began is not None:
            figures.seconds.labels(face).observe(time.perf_counter() - began)
        return response

    @does(PUBLIC)
    def get_metrics() -> Response:
        """Answer with all figures.

        Raises:
            NotFoundError: They are not for whoever asks.
        """
        if not may_read(settings):
            raise NotFoundError(what="page")
        registry = CollectorRegistry()
        registry.register(_OfLedger())
        text = _of_requests(figures) + generate_latest(registry)
        return Response(text, content_type=CONTENT_TYPE)

    app.before_request(begin)
    app.after_request(count)
    app.add_url_rule("/metrics", "metrics", get_metrics)


def may_read(settings: WebSettings) -> bool:
    """Tell whether this request may read the figures.

    Args:
        settings: Networks and token.

    Returns:
        Whether it comes from one of the networks, or shows the token.
    """
    given = request.headers.get("Authorization", "")
    token = settings.metrics_token
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    if is_unknown_proxy():
        return False
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return any(address in network for network in settings.metrics_addresses)


def label_of(path: str) -> str:
    """Return the face of an address, one of seven whatever anybody asks for."""
    face = face_of(path)
    first = path[1:].partition("/")[0]
    return first if face == "public" and first in MACHINES else face


def _of_requests(figures: _Figures) -> bytes:
    folder = process_environment().get(FOLDER_NAME)
    if not folder:
        return generate_latest(figures.registry)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class _OfLedger:
    """What the ledger itself tells: the same whichever worker answers, so it is read anew and never stored."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read it.

        Yields:
            Whether it is ready, and how far each fund's log is.
        """
        is_ready = not services().ready()
        entries = GaugeMetricFamily(
            "mingzhang_entries", "Entries under the latest checkpoint.", labels=("fund",)
        )
        try:
            for card in services().funds():
                size = services().checkpoint(card.slug).split(b"\n", 2)[1]
                entries.add_metric((card.slug,), int(size))
        except LedgerError:
            is_ready = False
        yield GaugeMetricFamily(
            "mingzhang_ready",
            "1 when nothing keeps the service from its work.",
            value=int(is_ready),
        )
        yield entries
