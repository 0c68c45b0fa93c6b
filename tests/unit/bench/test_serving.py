"""A server that takes a connection and never answers is an error, and no wait without an end."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ledger.bench import loader, serving


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "ANSWER_S", 0.1)
    monkeypatch.setattr(serving, "ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        visitor = serving.connected(port)
        visitor.request("GET", "/")
        with pytest.raises(TimeoutError):
            visitor.getresponse()
        visitor.close()
        order = {"port": port, "path": "/", "token": "", "seconds": 0.1, "clients": 2}
        with pytest.raises(TimeoutError):
            asyncio.run(loader._run(order))
