"""What a sign-in costs a page: the fund's page for a signed-in member, against the same page without a sign-in.

The page itself does not ask who is signed in, so that anybody's copy can be shared; what a page pays that does ask (the
look-up of the session) is measured beside it and added. Hashing a password is not part of any page.
"""

from __future__ import annotations

import http.client
import statistics
from collections.abc import Callable
from time import perf_counter

from ledger.bench.figures import Figure
from ledger.bench.places import SLUG, Bench
from ledger.bench.serving import Server, connected
from ledger.signin import signing_in
from ledger.signin.browser import COOKIE, BrowserSession
from ledger.signin.enrolling import enrol_for_script
from ledger.signin.gate import Gate, open_gate
from ledger.signin.sessions import Shown, Where

ALLOWED_MS = 3.0
LOOKS = 300
"""Of each kind, in turns: whatever the machine does meanwhile, it does to both."""


def measure_signed_in(bench: Bench, server: Server) -> Figure:
    """Measure what a sign-in costs a page.

    Args:
        bench: The ledger.
        server: Serves it.

    Returns:
        `signed-in`, in milliseconds; the limit is what is allowed.
    """
    ledger = bench.ledger
    gate = open_gate(ledger.settings, ledger.database, ledger.clock)
    key = _session_key(gate)
    connection = connected(server.port)
    try:
        plain, signed = _medians_ms(
            lambda: _page(connection, {}),
            lambda: _page(connection, {"Cookie": f"{COOKIE}={key}"}),
        )
    finally:
        connection.close()
    (asked,) = _medians_ms(lambda: _ask(gate, key))
    return Figure(
        "signed-in", bench.name, LOOKS, max(signed - plain, 0.0) + asked, "ms", ALLOWED_MS
    )


def _session_key(gate: Gate) -> str:
    user = enrol_for_script(gate, "bench@example.com", "Bench", "a quiet morning on the steppe")
    where = Where("web", "bench", "127.0.0.1")
    with gate.writing() as connection:
        shown = Shown(user.user_id, "totp")
        return signing_in.open_session(gate, connection, shown, where, None).key


def _ask(gate: Gate, key: str) -> None:
    """Ask who is signed in, as the first question of a request does."""
    assert BrowserSession(gate, key).signed_in is not None


def _page(connection: http.client.HTTPConnection, headers: dict[str, str]) -> None:
    connection.request("GET", f"/funds/{SLUG}", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == http.HTTPStatus.OK, (answer.status, body[:200])


def _medians_ms(*looks: Callable[[], None]) -> list[float]:
    """Return the median of each, taken in turns after one of each that is not counted."""
    for look in looks:
        look()
    taken: list[list[float]] = [[] for _ in looks]
    for _ in range(LOOKS):
        for times, look in zip(taken, looks, strict=True):
            start = perf_counter()
            look()
            times.append((perf_counter() - start) * 1000)
    return [statistics.median(times) for times in taken]
