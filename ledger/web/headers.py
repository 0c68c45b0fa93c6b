"""Headers of every response: what a browser may do with it, and how long it may be kept.

Source:
    OWASP ASVS 5.0.0, 3.4 (browser security mechanism headers) and 14.3.2 (no-store).
"""

from __future__ import annotations

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""No script at all, and no style or picture from elsewhere: public pages need none."""

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

PAGE_SECONDS = 10
"""How long a shared cache may show a page: shorter than anybody reloads on purpose, and enough
to answer a crowd that follows one link."""

YEAR_SECONDS = 31_536_000

PAGE_CACHE = f"public, max-age={PAGE_SECONDS}"
IMMUTABLE_CACHE = f"public, max-age={YEAR_SECONDS}, immutable"


_ADDED = tuple(
    (name.lower(), (name, value))
    for name, value in {**SECURITY_HEADERS, "Cache-Control": "no-store"}.items()
)


def add_headers(response: Response) -> Response:
    """Add what is missing to a response of the app."""
    headers = response.headers
    present = {name.lower() for name in headers.keys()}  # noqa: SIM118 -- iterating gives pairs
    # Straight into the list: these never change, and looking for and checking each one again is a quarter of a
    # gift's way through the edge.
    headers._list += [pair for name, pair in _ADDED if name not in present]  # noqa: SLF001
    return response


def added_to(body: bytes) -> list[tuple[str, str]]:
    """Return the headers of a JSON answer that does not pass through Flask: those that it would have got there."""
    return [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        *(pair for _, pair in _ADDED),
    ]


def public_page(response: Response) -> Response:
    """Let a page be shared for a short time, and answered with 304 while it is the same.

    Args:
        response: A complete response to a GET.

    Returns:
        The response, with an ETag of its bytes; emptied to a 304 if the reader has it already.
    """
    return _cached(response, PAGE_CACHE)


def immutable(response: Response) -> Response:
    """Let bytes that never change be kept for a year."""
    return _cached(response, IMMUTABLE_CACHE)


def _cached(response: Response, cache: str) -> Response:
    response.headers["Cache-Control"] = cache
    response.add_etag()
    response.make_conditional(request)  # changes the response itself
    return response


def setup(app: Flask) -> None:
    """Add the headers to every response of the app; a view may set its own first."""
    app.after_request(add_headers)
