"""What each face lets a browser do, and what may be kept of it."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask, Response

from ledger.app import create_app
from ledger.web import headers
from ledger.web.headers import face_of
from tests.web.samples import NUMBER, FakeServices, Settings

PUBLIC = [
    "/", "/funds/qinghe", "/en/funds/qinghe", f"/funds/qinghe/gifts/{NUMBER.compact}", "/funds/qinghe/transfers",
    "/log/qinghe/checkpoint", "/healthz", "/no-such-page", "/en/no-such-page", "/problems/conflict",
]  # fmt: skip
PRIVATE = [
    "sign-in",
    "sign-in/second",
    "account",
    "account/step-up",
    "invitation/x",
    "reset",
    "reset/x",
    "sign-out",
]
DESK = ["desk", "desk/", "desk/qinghe/decisions/1", "audit", "audit/qinghe/"]


def make(**changes: object) -> Flask:
    app = create_app(dataclasses.replace(Settings(), **changes), FakeServices())
    for at, path in enumerate([*PRIVATE, *DESK]):
        for prefix in ("/", "/en/"):
            app.add_url_rule(f"{prefix}{path}", f"{at}{prefix}", careless, strict_slashes=False)
    return app


def careless() -> Response:
    """A view that would let its page be shared."""
    return headers.public_page(Response("<p>", content_type="text/html"))


def policy(response: Response) -> dict[str, list[str]]:
    parts = [one.split() for one in response.headers["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in parts}


def fetched(path: str, **changes: object) -> Response:
    return make(**changes).test_client().get(path, follow_redirects=True)


@pytest.mark.parametrize("path", [*PUBLIC, *("/" + one for one in [*PRIVATE, *DESK])])
def test_every_answer_is_closed_by_default(path):
    response = fetched(path)
    rules = policy(response)
    assert rules["default-src"] == ["'none'"]
    assert rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]
    assert rules["style-src"] == ["'self'"]
    assert rules["form-action"] == ["'self'"]
    text = response.headers["Content-Security-Policy"]
    for loose in ("unsafe", "*", "http:", "https:", "blob:", "nonce"):
        assert loose not in text
    given = response.headers
    assert given["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert given["X-Content-Type-Options"] == "nosniff"
    assert given["X-Frame-Options"] == "DENY"
    assert given["Cross-Origin-Opener-Policy"] == "same-origin"
    # The log is there for everybody's programs, also for those in other sites' pages.
    resources = "cross-origin" if path.startswith("/log/") else "same-origin"
    assert given["Cross-Origin-Resource-Policy"] == resources
    for name in (
        *headers.COMMON_HEADERS,
        "Content-Security-Policy",
        "Permissions-Policy",
        "Referrer-Policy",
    ):
        assert len(given.getlist(name)) == 1, name


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_run_our_own_script_only(path):
    response = fetched(path)
    assert policy(response)["script-src"] == policy(response)["connect-src"] == ["'self'"]
    assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "publickey-credentials-get=()" in response.headers["Permissions-Policy"]


@pytest.mark.parametrize("prefix", ["/", "/en/"])
@pytest.mark.parametrize("path", [*PRIVATE, *DESK])
def test_private_pages_run_our_own_script_only_and_are_never_kept(path, prefix):
    response = fetched(prefix + path)
    assert policy(response)["script-src"] == policy(response)["connect-src"] == ["'self'"]
    assert response.headers.getlist("Cache-Control") == ["no-store"]  # whatever its view says
    assert response.headers["Referrer-Policy"] == "same-origin"
    allowed = "(self)" if path in PRIVATE else "()"
    for name in ("publickey-credentials-get", "publickey-credentials-create"):
        assert f"{name}={allowed}" in response.headers["Permissions-Policy"].split(", ")


def test_only_forms_of_the_sign_in_may_lead_to_the_single_sign_on():
    given = {"oidc_issuer": "https://id.example:8443/realms/county"}
    assert policy(fetched("/sign-in", **given))["form-action"] == [
        "'self'",
        "https://id.example:8443",
    ]
    for path in ("/", "/desk/"):
        assert policy(fetched(path, **given))["form-action"] == ["'self'"]


@pytest.mark.parametrize(
    ("path", "face"),
    [
        ("/", "public"), ("/en", "public"), ("/en/", "public"), ("/desk", "desk"), ("/en/desk/x", "desk"),
        ("/audit/", "desk"), ("/sign-in", "account"), ("/en/reset/k", "account"), ("/desktop", "public"),
        ("/funds/desk", "public"), ("/en/en/desk", "public"), ("//desk", "public"), ("/accounts", "public"),
        ("", "public"),
    ],
)  # fmt: skip
def test_a_face_is_told_by_the_first_part_of_an_address(path, face):
    assert face_of(path) == face


def test_public_pages_set_no_cookie_and_ask_for_no_sign_in():
    client = make().test_client()
    client.set_cookie("__Host-mz", "stolen", domain="localhost")
    for path in PUBLIC:
        response = client.get(path)
        assert "Set-Cookie" not in response.headers
        assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_refusals_have_the_headers_too(method):
    response = getattr(make().test_client(), method)("/desk/")
    assert response.status_code in {400, 405}
    assert "script-src" in policy(response)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/sign-out", "/en/sign-out"])
def test_a_browser_forgets_at_the_sign_out(path):
    client = make().test_client()
    assert client.post(path).headers["Clear-Site-Data"] == '"cache", "storage"'
    for method, other in (("GET", path), ("POST", "/account"), ("GET", "/")):
        assert "Clear-Site-Data" not in client.open(other, method=method).headers
