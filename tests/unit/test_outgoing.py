"""Addresses that somebody gave are asked only where they may be, and only as far as they may go."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import outgoing
from ledger.errors import ExternalError, FieldError, NotFoundError, TooLargeError
from ledger.outgoing import Bounds, Site, is_public, resolved

BOUNDS = Bounds(size_max=10_000, whole_s=1.0, silent_s=5.0)


class Server:
    """Answers on this machine, and counts."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, dict(self.headers)))
                answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[BaseHTTPRequestHandler], None]], Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[BaseHTTPRequestHandler], None]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answering(status: int, body: bytes = b"", **headers: str):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def fetched(address: str, path: str = "x", bounds: Bounds = BOUNDS) -> bytes:
    return Site(address, bounds, allow_private=True).get(path)


# --- where to --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_no_address_of_a_private_kind_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_as_the_ways_to_write_it_in_another_family(address):
    inner = int(address)
    mapped = ipaddress.IPv6Address(0xFFFF << 32 | inner)
    translated = ipaddress.IPv6Address((0x64FF9B << 96) | inner)
    six_to_four = ipaddress.IPv6Address(0x2002 << 112 | inner << 80)
    assert {is_public(str(one)) for one in (mapped, translated, six_to_four)} == {
        is_public(str(address))
    }


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1", "017700000001"],
)
def test_no_way_of_writing_this_machine_gets_there(host, serve):
    server = serve(answering(200, b"secret"))
    with pytest.raises((FieldError, ExternalError)) as caught:
        Site(f"http://{host}:{server.port}", BOUNDS).get("x")
    assert server.asked == []
    if isinstance(caught.value, FieldError):
        assert caught.value.fields["reason"] == "private-network"


def _resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", getaddrinfo)
    return asked


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    _resolving(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(FieldError):
        resolved("mixed.example", 80)


def test_a_name_that_changes_its_mind_changes_nothing(monkeypatch, serve):
    """The first answer was looked at, and it is connected to: DNS is not asked again."""
    server = serve(answering(200, b"ok"))
    asked = _resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    connected: list[tuple[str, int]] = []
    connect = socket.socket.connect

    def counted(self: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counted)
    monkeypatch.setattr(
        outgoing.socket,
        "create_connection",
        _dial,
    )
    site = Site(f"http://rebinding.example:{server.port}", BOUNDS, allow_private=True)
    assert [site.get("x"), site.get("y")] == [b"ok", b"ok"]
    assert asked == ["rebinding.example"]
    assert {address for address, _ in connected} == {"127.0.0.1"}
    assert server.asked[0][1]["Host"] == f"rebinding.example:{server.port}"


def _dial(address: tuple[str, int], timeout: float) -> socket.socket:
    dialled = socket.socket()
    dialled.settimeout(timeout)
    dialled.connect(address)
    return dialled


def test_no_proxy_of_the_environment_is_used(monkeypatch, serve):
    proxy, server = serve(answering(200, b"proxy")), serve(answering(200, b"ok"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.address)
    assert fetched(server.address) == b"ok"
    assert proxy.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "gopher://h/", "ftp://h/", "http://", "http:///x", "//h/x", "h/x", "",
        "http://user@h/", "http://a:b@h/", "http://h/?q", "http://h/#f", "http://h:0/", "http://h:99999/", "http://h:x/",
        "http://h/a b", "http://h/\r\nX: y", "http://[::1", "http://例.example/",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(address):
    with pytest.raises(FieldError):
        Site(address, BOUNDS)


# --- how far ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(serve, status):
    inside = serve(answering(200, b"secret"))
    server = serve(answering(status, Location=inside.address))
    with pytest.raises(ExternalError) as caught:
        fetched(server.address)
    assert caught.value.fields["status"] == status
    assert inside.asked == []


def test_the_path_is_below_the_address(serve):
    server = serve(answering(200, b"ok"))
    assert fetched(server.address + "/log/qinghe/", "tile/0/000") == b"ok"
    assert server.asked[0][0] == "/log/qinghe/tile/0/000"


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotFoundError), (410, NotFoundError), (500, ExternalError)]
)
def test_errors_have_their_names(serve, status, error):
    with pytest.raises(error):
        fetched(serve(answering(status)).address)


def test_a_body_ends_at_its_limit(serve):
    assert len(fetched(serve(answering(200, bytes(10_000))).address)) == 10_000
    with pytest.raises(TooLargeError):
        fetched(serve(answering(200, bytes(10_001))).address)


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def _endless_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize("drip", [_endless, _endless_headers])
def test_a_byte_now_and_then_does_not_go_on_for_ever(serve, drip):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        try:
            drip(handler)
        except OSError:
            handler.close_connection = True

    server = serve(answer)
    started = time.monotonic()
    with pytest.raises(ExternalError):
        fetched(server.address)
    assert time.monotonic() - started < 4


def test_half_a_body_is_no_body(serve):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    with pytest.raises(ExternalError) as caught:
        fetched(serve(answer).address)
    assert caught.value.fields["reason"] == "was cut off"


def test_a_certificate_has_to_be_that_of_the_name(serve):
    """Whoever answers here has none at all."""
    server = serve(answering(200, b"ok"))
    with pytest.raises(ExternalError):
        fetched(f"https://127.0.0.1:{server.port}")
