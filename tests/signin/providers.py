"""A single sign-on provider on this machine: as much of OpenID Connect as ours needs, and what a bad one would send."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, jsonify, redirect, request
from joserfc import jwk, jwt
from werkzeug.serving import make_server


@dataclass
class Provider:
    """Says who somebody is; `claims` may be changed to lie."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "1"}))
    signing: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refuses: bool = False

    def app(self) -> Flask:
        app = Flask("provider")
        app.add_url_rule("/.well-known/openid-configuration", "metadata", self._metadata)
        app.add_url_rule("/keys", "keys", lambda: jsonify(keys=[self.key.as_dict(private=False)]))
        app.add_url_rule("/authorize", "authorize", self._authorize)
        app.add_url_rule("/token", "token", self._token, methods=["POST"])
        return app

    def _metadata(self):
        return jsonify(
            issuer=self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/keys",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
            token_endpoint_auth_methods_supported=["client_secret_basic"],
        )

    def _authorize(self):
        asked = request.args
        assert asked["code_challenge_method"] == "S256"
        assert asked["nonce"]
        back = asked["redirect_uri"]
        if self.refuses:
            return redirect(f"{back}?error=access_denied&state={asked['state']}")
        code = secrets.token_urlsafe(8)
        self.codes[code] = dict(asked)
        return redirect(f"{back}?code={code}&state={asked['state']}")

    def _token(self):
        asked = self.codes.pop(request.form["code"], None)
        if asked is None or request.form["redirect_uri"] != asked["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        import time

        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.claims,
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signing or self.key)
        return jsonify(access_token="x", token_type="Bearer", id_token=token)


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()
