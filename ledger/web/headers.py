"""Headers of every response: what a browser may do with it, and how long it may be kept. One set for each face.

| face | addresses | script | kept |
| --- | --- | --- | --- |
| public | everything else | our own files (checks, live totals) | as the view says |
| account | /sign-in, /sign-out, /account, /invitation, /reset | our own files (passkeys) | never |
| desk | /desk, /audit | our own files (htmx) | never |

Source:
    OWASP ASVS 5.0.0, 3.4 (browser security mechanism headers) and 14.3.2 (no-store).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

from ledger.activity import origins
from ledger.web.hooks import passed_by_gifts
from ledger.web.services import WebSettings

ACCOUNT = ("sign-in", "sign-out", "account", "invitation", "reset")
DESK = ("desk", "audit")
"""First parts of the addresses of a face."""

_OWN_ONLY = "style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
_POLICY = (
    f"default-src 'none'; script-src 'self'; connect-src 'self'; {_OWN_ONLY}; form-action 'self'"
)
"""Only our own files, nothing inline, and nothing from elsewhere."""

_DENIED = (
    *(
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
    ),
    *("fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get"),
    *("idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"),
    *("picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb"),
    *("window-management", "xr-spatial-tracking"),
)
_PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")

COMMON_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}

NO_STORE = "no-store"

CLEARED = '"cache", "storage"'
"""What a browser forgets at a sign-out. Not cookies: those of the address are taken back one by one."""

_FRAMED = "X-Mingzhang-Framed"
"""Marks a response on its way to `add_headers`; it never leaves."""

REQUEST_ID = "X-Request-Id"
"""The same id stands in logs, in problem documents and in the activity record."""

PAGE_SECONDS = 10
"""How long a shared cache may show a page: shorter than anybody reloads on purpose, and enough
to answer a crowd that follows one link."""

YEAR_SECONDS = 31_536_000

PAGE_CACHE = f"public, max-age={PAGE_SECONDS}"
IMMUTABLE_CACHE = f"public, max-age={YEAR_SECONDS}, immutable"


def face_of(path: str) -> str:
    """Return the face that an address belongs to.

    Args:
        path: Of the request.

    Returns:
        `public`, `account` or `desk`.
    """
    first, _, rest = path[1:].partition("/")
    if first == "en":
        first = rest.partition("/")[0]
    if first in ACCOUNT:
        return "account"
    return "desk" if first in DESK else "public"


def face_headers(face: str, *, issuer: str = "") -> dict[str, str]:
    """Return the headers of a face.

    Args:
        face: As `face_of`.
        issuer: URL of the single sign-on, to which a form of the sign-in may lead.

    Returns:
        Names and values.
    """
    private = face != "public"
    policy = _POLICY
    if face == "account" and issuer:
        parts = urlsplit(issuer)
        policy += f" {parts.scheme}://{parts.netloc}"
    allowed = "(self)" if face == "account" else "()"
    permissions = [f"{name}=()" for name in _DENIED] + [f"{name}={allowed}" for name in _PASSKEYS]
    return {
        "Content-Security-Policy": policy,
        # Forms behind the sign-in need a referrer to be told from those of other sites, and nobody else needs one.
        "Referrer-Policy": "same-origin" if private else "strict-origin-when-cross-origin",
        "Permissions-Policy": ", ".join(permissions),
        "Cache-Control": NO_STORE,
        **COMMON_HEADERS,
    }


_EXTENSION = "faces"
_Pairs = tuple[tuple[str, tuple[str, str]], ...]


def setup(app: Flask, settings: WebSettings) -> None:
    """Add the headers to every response of the app; a public view may set its own first.

    Args:
        app: The app.
        settings: Names the single sign-on.
    """
    app.extensions[_EXTENSION] = {
        face: _pairs(face, settings.oidc_issuer) for face in ("public", "account", "desk")
    }
    app.after_request(add_headers)


def _pairs(face: str, issuer: str = "") -> _Pairs:
    return tuple(
        (name.lower(), (name, value)) for name, value in face_headers(face, issuer=issuer).items()
    )


@passed_by_gifts
def add_headers(response: Response) -> Response:
    """Add what is missing to a response of the app."""
    face = face_of(request.path)
    headers = response.headers
    if face != "public":
        headers["Cache-Control"] = NO_STORE  # whatever the view says
        if request.method == "POST" and request.path.endswith("/sign-out"):
            headers["Clear-Site-Data"] = CLEARED
    framed = headers.pop(_FRAMED, None) is not None
    present = {name.lower() for name in headers.keys()}  # noqa: SIM118 -- iterating gives pairs
    pairs: _Pairs = current_app.extensions[_EXTENSION][face]
    # Straight into the list: these never change, and looking for and checking each one again is a quarter of a
    # gift's way through the edge.
    if framed:
        present.add("x-frame-options")
    headers._list += [pair for name, pair in pairs if name not in present]  # noqa: SLF001
    headers._list.append((REQUEST_ID, origins.current_id()))  # noqa: SLF001
    return response


_OF_GIFTS = tuple(pair for _, pair in _pairs("public"))


def added_to(body: bytes) -> list[tuple[str, str]]:
    """Return the headers of a JSON answer that does not pass through Flask: those that it would have got there."""
    return [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        *_OF_GIFTS,
        (REQUEST_ID, origins.current_id()),
    ]


def framing_own(response: Response) -> Response:
    """Let a page show our own pages in a frame."""
    response.headers["Content-Security-Policy"] = f"{_POLICY}; frame-src 'self'"
    return response


def frameable(response: Response) -> Response:
    """Let other sites show a page in a frame: it knows no visitor, and nothing can be done in it.

    Args:
        response: A page without forms.

    Returns:
        The response; the old header that only knows yes and no stays away.
    """
    response.headers["Content-Security-Policy"] = _POLICY.replace(
        "frame-ancestors 'none'", "frame-ancestors *"
    ).replace("form-action 'self'", "form-action 'none'")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    response.headers[_FRAMED] = "1"
    return response


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
