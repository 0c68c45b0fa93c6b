"""Users of the whole service, what they sign in with, and their sessions. No fund owns them, so none is named here."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

users = sa.Table(
    "users",
    metadata,
    sa.Column("user_id", BigInt, sa.Identity(), primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True, comment="Normalised, lower case"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("fs_uniquifier", sa.Text, nullable=False, unique=True),
    sa.Column(
        "fs_webauthn_user_handle",
        sa.Text,
        nullable=False,
        unique=True,
        comment="What authenticators know the user by; tells nothing",
    ),
    sa.Column("password", sa.Text, comment="argon2id; none before the invitation is accepted"),
    sa.Column("tf_totp_secret", sa.Text, comment="Encrypted by a key beside the database"),
    sa.Column("oidc_issuer", sa.Text),
    sa.Column("oidc_subject", sa.Text),
    sa.Column("created_ms", BigInt, nullable=False),
    sa.Column("accepted_ms", BigInt, comment="When password and second factor were set first"),
    sa.Column("ended_ms", BigInt, comment="Since when nobody signs in as this user"),
    sa.UniqueConstraint("oidc_issuer", "oidc_subject"),
    **STRICT,
)

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("passkey_id", BigInt, sa.Identity(), primary_key=True),
    sa.Column("user_id", BigInt, sa.ForeignKey("users.user_id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("credential_id", Bytes, nullable=False, unique=True),
    sa.Column("public_key", Bytes, nullable=False, comment="COSE"),
    sa.Column("sign_count", BigInt, nullable=False),
    sa.Column("transports", sa.Text, nullable=False, comment="With commas between them"),
    sa.Column("device_type", sa.Text, nullable=False),
    sa.Column("created_ms", BigInt, nullable=False),
    sa.Column("used_ms", BigInt),
    sa.UniqueConstraint("user_id", "name"),
    **STRICT,
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("user_id", BigInt, sa.ForeignKey("users.user_id"), primary_key=True),
    sa.Column(
        "code_hash",
        Bytes,
        primary_key=True,
        comment="Keyed SHA-256; the row goes when the code is used",
    ),
    sa.Column("created_ms", BigInt, nullable=False),
    **STRICT,
)

used_totp_steps = sa.Table(
    "used_totp_steps",
    metadata,
    sa.Column("user_id", BigInt, sa.ForeignKey("users.user_id"), primary_key=True),
    sa.Column("step", BigInt, nullable=False, comment="Last one whose code was taken (RFC 6238)"),
    **STRICT,
)

user_sessions = sa.Table(
    "user_sessions",
    metadata,
    sa.Column("session_id", BigInt, sa.Identity(), primary_key=True),
    sa.Column(
        "key_hash", Bytes, nullable=False, unique=True, comment="SHA-256 of what the cookie holds"
    ),
    sa.Column(
        "user_id",
        BigInt,
        sa.ForeignKey("users.user_id"),
        index=True,
        comment="None: on the way to signing in",
    ),
    sa.Column("kind", sa.Text, nullable=False, comment="web, terminal"),
    sa.Column("created_ms", BigInt, nullable=False),
    sa.Column("seen_ms", BigInt, nullable=False, comment="To the minute"),
    sa.Column("ends_ms", BigInt, nullable=False, index=True, comment="At the latest"),
    sa.Column("fresh_ms", BigInt, comment="When a second factor was shown last"),
    sa.Column("fresh_method", sa.Text, comment="totp, passkey, recovery"),
    sa.Column("browser", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False, comment="JSON: what forms and ceremonies remember"),
    sa.CheckConstraint("kind IN ('web', 'terminal')", name="kind"),
    **STRICT,
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("link_id", BigInt, sa.Identity(), primary_key=True),
    sa.Column("key_hash", Bytes, nullable=False, unique=True, comment="SHA-256 of the link's key"),
    sa.Column("kind", sa.Text, nullable=False, comment="invitation, reset"),
    sa.Column("user_id", BigInt, sa.ForeignKey("users.user_id"), nullable=False, index=True),
    sa.Column("created_ms", BigInt, nullable=False),
    sa.Column("ends_ms", BigInt, nullable=False),
    sa.Column("used_ms", BigInt, comment="Or replaced by a newer one"),
    sa.CheckConstraint("kind IN ('invitation', 'reset')", name="kind"),
    **STRICT,
)

sign_in_tries = sa.Table(
    "sign_in_tries",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True, comment="user, address, factor, mail"),
    sa.Column("key_hash", Bytes, primary_key=True, comment="Keyed SHA-256 of whom it is about"),
    sa.Column("failures", BigInt, nullable=False, comment="In a row"),
    sa.Column("last_ms", BigInt, nullable=False),
    sa.Column("until_ms", BigInt, nullable=False, comment="No further try before"),
    **STRICT,
)
