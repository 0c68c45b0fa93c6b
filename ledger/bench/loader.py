"""A small loader for loopback, in a process of its own: clients that each send a request when the last is answered.

In: an order on standard input. Out: counts on standard output.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import orjson

from ledger.clock import SystemClock, to_text

ORDER_END = b"\n"
CREATED = b"HTTP/1.1 201"

ANSWER_S = 60.0
"""Whoever has not answered by then does not: what is measured takes milliseconds, and nobody waits for ever."""


@dataclass
class _Load:
    """What is sent, and what came of it."""

    port: int
    path: str
    token: str
    until: float
    count: int = 0
    refused: int = 0
    first: str = ""
    ids: int = 0
    started: str = field(default="")


async def _client(load: _Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
    try:
        while perf_counter() < load.until:
            writer.write(_request(load))
            answer = await _answer(reader)
            if answer.startswith(CREATED):
                load.count += 1
            else:
                load.refused += 1
                load.first = load.first or answer[:300].decode("utf-8", "replace")
    finally:
        writer.close()


def _request(load: _Load) -> bytes:
    load.ids += 1
    body = orjson.dumps(
        {
            "id": f"{load.started}-{load.ids:09d}",
            "at": to_text(SystemClock().now()),
            "amount": "1.00",
            "currency": "CNY",
            "giver": f"ku_{load.ids % 997}",
            "nickname": "观众",
            "gift": "啤酒",
            "session": "room1",
        }
    )
    return (
        f"POST {load.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {load.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    return head + (await reader.readexactly(length) if length else b"")


async def _run(order: dict[str, Any]) -> dict[str, Any]:
    start = perf_counter()
    load = _Load(order["port"], order["path"], order["token"], start + order["seconds"])
    load.started = f"{SystemClock().now():%Y%m%d%H%M%S%f}"
    async with asyncio.timeout(order["seconds"] + ANSWER_S):
        await asyncio.gather(*(_client(load) for _ in range(order["clients"])))
    return {
        "count": load.count,
        "refused": load.refused,
        "first": load.first,
        "seconds": perf_counter() - start,
    }


def main() -> None:
    """Load as ordered."""
    order = orjson.loads(sys.stdin.buffer.readline())
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(_run(order))))


if __name__ == "__main__":
    main()
