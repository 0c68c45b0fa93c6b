"""Fetch an address that somebody gave, without being led into our own network.

In: an http or https address. Out: the bytes of a 200. Guaranteed: every address that its host resolves to is public, or
none is asked; the connection goes to the very address that was looked at, so a name that resolves to another one a
moment later changes nothing; no redirect is followed; no proxy of the environment is used; and neither size nor time
goes beyond its limit.

Source:
    OWASP ASVS 5.0.0, 1.3.6 and 13.2.4 (requests to other systems).
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

from ledger.errors import ExternalError, FieldError, NotFoundError, TooLargeError

PORTS = {"http": 80, "https": 443}

AGENT = "mingzhang"

_CHUNK = 65_536
_NOT_FOUND = frozenset({404, 410})
_OK = 200


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one answer may take.

    Attributes:
        size_max: Bytes.
        whole_s: Seconds from the first byte asked for to the last one read.
        silent_s: Seconds without a byte.
    """

    size_max: int
    whole_s: float = 60.0
    silent_s: float = 20.0


class Site:
    """One scheme, host and port, whose address is looked up once.

    Args:
        address: `http://…` or `https://…`, without user, query and fragment.
        bounds: How much one answer may take.
        allow_private: Whether it may lie in a private network, or on this machine.

    Raises:
        FieldError: Not such an address.
    """

    def __init__(self, address: str, bounds: Bounds, *, allow_private: bool = False) -> None:
        parts = _parts(address)
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or PORTS[parts.scheme]
        self._base = parts.path.rstrip("/")
        self._bounds = bounds
        self._allow_private = allow_private

    @cached_property
    def _pinned(self) -> str:
        """Return the IP address that is connected to; the same one for as long as this object lives."""
        return resolved(self._host, self._port, allow_private=self._allow_private)

    def get(self, path: str) -> bytes:
        """Fetch a path below the address.

        Args:
            path: Without a leading slash.

        Returns:
            The body of a 200.

        Raises:
            FieldError: The host lies in a private network.
            NotFoundError: 404 or 410.
            ExternalError: It cannot be reached, takes too long, leads elsewhere or answers with an error.
            TooLargeError: The body is larger than its limit.
        """
        with self._asked("GET", path, None, {"Accept": "*/*"}) as (answer, ends):
            if answer.status in _NOT_FOUND:
                raise NotFoundError(what="address", path=path)
            if answer.status != _OK:
                raise ExternalError(what="address", path=path, status=answer.status)
            return self._read(answer, path, ends)

    def post(self, path: str, body: bytes, content_type: str) -> tuple[int, str, bytes]:
        """Send a body to a path below the address.

        Args:
            path: Without a leading slash.
            body: Its bytes.
            content_type: Of the body.

        Returns:
            Status, content type and body of whatever is answered; no redirect is followed.

        Raises:
            FieldError: The host lies in a private network.
            ExternalError: It cannot be reached, or takes too long.
            TooLargeError: The answer is larger than its limit.
        """
        with self._asked("POST", path, body, {"Content-Type": content_type}) as (answer, ends):
            told = answer.headers.get("Content-Type", "")
            return answer.status, told, self._read(answer, path, ends)

    @contextlib.contextmanager
    def _asked(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Iterator[tuple[http.client.HTTPResponse, float]]:
        """Ask for a path.

        Yields:
            The answer, and the instant on the monotonic clock at which it has to be whole.

        Raises:
            ExternalError: It cannot be reached, or fails while it is read.
        """
        ends = time.monotonic() + self._bounds.whole_s
        connection = self._connection()
        # Somebody may send a byte every few seconds, also of the headers: the connection ends, whatever is going on.
        guard = threading.Timer(self._bounds.whole_s, connection.cut)
        guard.daemon = True
        guard.start()
        try:
            where = f"{self._base}/{path}"
            connection.request(method, where, body=body, headers={"User-Agent": AGENT, **headers})
            with connection.getresponse() as answer:
                yield answer, ends
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ExternalError(what="address", path=path, reason=str(error)[:200]) from error
        finally:
            guard.cancel()
            connection.close()

    def _read(self, answer: http.client.HTTPResponse, path: str, ends: float) -> bytes:
        limit = self._bounds.size_max
        chunks: list[bytes] = []
        size = 0
        while chunk := answer.read1(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise TooLargeError(what="address", path=path, limit=limit)
        if time.monotonic() > ends:
            raise ExternalError(what="address", path=path, reason="took too long")
        if answer.length:
            raise ExternalError(what="address", path=path, reason="was cut off")
        return b"".join(chunks)

    def _connection(self) -> _Pinned:
        pinned, silent_s = self._pinned, self._bounds.silent_s
        if self._scheme == "http":
            return _Pinned(self._host, self._port, pinned, silent_s)
        return _PinnedTls(self._host, self._port, pinned, silent_s)


class _Pinned(http.client.HTTPConnection):
    """Connects to one IP address, whatever the name resolves to by now."""

    def __init__(self, host: str, port: int, pinned: str, silent_s: float) -> None:
        super().__init__(host, port, timeout=silent_s)
        self._pinned = pinned
        self._opened: socket.socket | None = None

    def connect(self) -> None:
        """Open the connection."""
        self.sock = self._opened = socket.create_connection(
            (self._pinned, self.port), self.timeout
        )

    def cut(self) -> None:
        """End it from another thread, whatever is going on; `close` would leave a reading answer open."""
        if self._opened is not None:
            with contextlib.suppress(OSError):
                # Not that of a TLS socket, which is for its own thread.
                socket.socket.shutdown(self._opened, socket.SHUT_RDWR)


class _PinnedTls(_Pinned):
    """The same with TLS: the certificate is that of the name."""

    default_port = 443

    def connect(self) -> None:
        """Open the connection."""
        super().connect()
        context = ssl.create_default_context()
        self.sock = self._opened = context.wrap_socket(self.sock, server_hostname=self.host)


def resolved(host: str, port: int, *, allow_private: bool = False) -> str:
    """Return the IP address to connect to.

    Args:
        host: A name or an address.
        port: TCP port.
        allow_private: Whether it may lie in a private network, or on this machine.

    Returns:
        The first address; all of them were looked at.

    Raises:
        FieldError: One of them is not public.
        ExternalError: The name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ExternalError(what="address", host=host, reason="does not resolve") from error
    addresses = [str(one[4][0]) for one in found]
    if not allow_private and not all(is_public(one) for one in addresses):
        # All of them: whoever answers for a name may mix a public address with a private one.
        raise FieldError(field="address", value=host[:200], reason="private-network")
    return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public Internet.

    Args:
        address: IPv4 or IPv6, perhaps with a zone.

    Returns:
        False for loopback, private, link-local, shared, multicast, reserved and documentation addresses, and for
        IPv6 addresses that carry such an IPv4 address in them.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if any(found in one for one in _SPECIAL):
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or _translated(found)
        if found.teredo is not None:
            return False
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast


_SPECIAL = (
    ipaddress.ip_network(
        "192.0.0.0/24"
    ),  # IETF protocol assignments: Python takes a few of them for global
    ipaddress.ip_network("192.88.99.0/24"),  # the former relays of 6to4
    ipaddress.ip_network("64:ff9b:1::/48"),  # translators within a network
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a translator would ask (RFC 6052)."""
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _parts(address: str) -> SplitResult:
    """Take an address apart.

    Raises:
        FieldError: Not http or https, without a host, or with what no address of a log has.
    """
    try:
        parts = urlsplit(address)
        port_fits = parts.port is None or parts.port > 0
    except ValueError as error:
        raise FieldError(field="address", value=address[:200], reason="not-an-address") from error
    fits = parts.scheme in PORTS and parts.hostname and port_fits
    if not fits or parts.query or parts.fragment or "@" in parts.netloc:
        raise FieldError(field="address", value=address[:200], reason="not-an-address")
    if any(ord(one) <= ord(" ") or ord(one) > ord("~") for one in address):
        raise FieldError(field="address", value=address[:200], reason="not-an-address")
    return parts
