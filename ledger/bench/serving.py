"""Single gifts over HTTP, each acknowledged durable with its receipt, against an empty view under the same server."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter, sleep
from typing import Self

import orjson

from ledger.bench.figures import Figure
from ledger.bench.loader import ANSWER_S, ORDER_END
from ledger.bench.places import CHANNEL, SLUG, Bench
from ledger.errors import StateError
from ledger.funds.members import SETUP, NewMember, enrol
from ledger.funds.tokens import NewToken, make_token
from ledger.settings import Settings, environment_of

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
CLIENTS = 16
THREADS_A_WORKER = 16
START_S = 60.0
END_S = 10.0
WARM = 0.2
"""Before each load the same for a fifth of the time: connections are opened and statements prepared once."""


class Server:
    """An app under the server that `serve` uses, started when it is first asked for and ended with the block.

    Args:
        settings: Of the ledger.
        app: Module and name.
    """

    def __init__(self, settings: Settings, app: str) -> None:
        self._settings = replace(settings, workers=WORKERS)
        self._app = app
        self._stack = contextlib.ExitStack()
        self._port: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def port(self) -> int:
        """Return the port, once it answers.

        Raises:
            StateError: It did not start.
        """
        if self._port is None:
            self._port = self._stack.enter_context(served(self._settings, self._app))
        return self._port


def connected(port: int) -> http.client.HTTPConnection:
    """Return a visitor's connection to a server; one that hangs is an error after `ANSWER_S`."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)


def measure_http(bench: Bench, server: Server, empty: Server, seconds: float) -> Figure:
    """Measure single gifts over HTTP.

    Args:
        bench: The ledger.
        server: Serves it.
        empty: Serves an empty view.
        seconds: How long each of the two is loaded.

    Returns:
        `http`, in requests that were answered 201.
    """
    path = f"/api/v1/funds/{SLUG}/gifts?channel={CHANNEL.name}"
    token = _token(bench)
    _loaded(empty.port, "/", "", seconds * WARM)
    _, limit = _loaded(empty.port, "/", "", seconds)
    _loaded(server.port, path, token, seconds * WARM)
    count, rate = _loaded(server.port, path, token, seconds)
    return Figure("http", bench.name, count, rate, "requests/s", limit)


def _token(bench: Bench) -> str:
    sequencer, clock = bench.ledger.sequencer, bench.ledger.clock
    new = NewMember("Loader", frozenset({"operator"}))
    # The ledger has money in it by now: in earnest a decision would enrol somebody, and here nobody decides.
    member = sequencer.decide(bench.fund, lambda books: enrol(books, SETUP, new)).value
    token = NewToken("bench", frozenset({"gifts"}))
    return make_token(bench.ledger.database, clock, bench.fund, member, token)


def _loaded(port: int, path: str, token: str, seconds: float) -> tuple[int, float]:
    """Load a server from a process of its own; return how many requests succeeded, and how many a second.

    Raises:
        StateError: A request was refused.
    """
    order = {"port": port, "path": path, "token": token, "seconds": seconds, "clients": CLIENTS}
    done = subprocess.run(
        [sys.executable, "-m", "ledger.bench.loader"],
        cwd=ROOT,
        input=orjson.dumps(order) + ORDER_END,
        stdout=subprocess.PIPE,
        check=True,
    )
    told = orjson.loads(done.stdout)
    if told["refused"]:
        raise StateError(what="server", state=f"refused {told['refused']}", first=told["first"])
    return told["count"], told["count"] / told["seconds"]


@contextlib.contextmanager
def served(settings: Settings, app: str) -> Iterator[int]:
    """Serve an app as `serve` does, on a port that is free.

    Args:
        settings: Of the ledger.
        app: Module and name.

    Yields:
        The port, once it answers.

    Raises:
        StateError: It did not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = Path(sys.executable).with_name("granian")
    arguments = [
        "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(settings.workers),
        "--blocking-threads", str(THREADS_A_WORKER), "--no-ws", "--no-log", app,
    ]  # fmt: skip
    with subprocess.Popen(  # noqa: S603 -- our own server
        [str(program), *arguments],
        cwd=ROOT,
        # What is read of personal data is logged: not between the figures.
        env=environment_of(settings) | {"LEDGER_LOG_LEVEL": "warning"},
        start_new_session=True,
    ) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a server end, and whatever it started: told while it starts its workers, it does not hear."""
    end = perf_counter() + END_S
    while process.poll() is None and perf_counter() < end:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1.0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = perf_counter() + START_S
    while perf_counter() < end and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1.0) as one,
        ):
            one.settimeout(5.0)
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if one.recv(16).startswith(b"HTTP/1.1"):
                return
        sleep(0.05)
    raise StateError(what="server", state="did not start", port=port)
