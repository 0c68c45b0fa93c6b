"""An authenticator in software: what a browser would send, also what none would."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN = "https://localhost:8000"


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One passkey. Change an attribute to make it lie."""

    origin: str = ORIGIN
    party: str = "localhost"
    verified: bool = True
    count: int = 0
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin}
        return json.dumps(said).encode()

    def _data(self, extra: bytes = b"") -> bytes:
        flags = 0x01 | (0x04 if self.verified else 0) | (0x40 if extra else 0)
        party = hashlib.sha256(self.party.encode()).digest()
        return party + bytes([flags]) + self.count.to_bytes(4, "big") + extra

    def create(self, options: dict) -> str:
        from base64 import urlsafe_b64decode

        text = options["user"]["id"]
        self.handle = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        point = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        )
        held = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(held)})
        return self._answer(
            clientDataJSON=b64(self._client_data("create", options["challenge"])),
            attestationObject=b64(attested),
            transports=["internal", "no such thing"],
        )

    def get(self, options: dict) -> str:
        self.count += 1
        client, data = self._client_data("get", options["challenge"]), self._data()
        signed = data + hashlib.sha256(client).digest()
        return self._answer(
            clientDataJSON=b64(client),
            authenticatorData=b64(data),
            signature=b64(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            userHandle=b64(self.handle),
        )

    def _answer(self, **response: object) -> str:
        return json.dumps(
            {
                "id": b64(self.credential_id),
                "rawId": b64(self.credential_id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": response,
            }
        )
