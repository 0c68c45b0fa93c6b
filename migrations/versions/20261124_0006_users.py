"""Users, what they sign in with, and their sessions.

New tables only: nothing is locked. Their rows change, so the service's role may update and delete them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
TABLES = (
    "users",
    "passkeys",
    "recovery_codes",
    "used_totp_steps",
    "user_sessions",
    "links",
    "sign_in_tries",
)


def upgrade() -> None:
    """Create the tables; on PostgreSQL their grants too."""
    _create_users()
    _create_factors()
    _create_sessions()
    _create_links_and_tries()
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", BIG_INT, sa.Identity(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="Normalised, lower case"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fs_uniquifier", sa.Text(), nullable=False),
        sa.Column(
            "fs_webauthn_user_handle",
            sa.Text(),
            nullable=False,
            comment="What authenticators know the user by; tells nothing",
        ),
        sa.Column(
            "password", sa.Text(), comment="argon2id; none before the invitation is accepted"
        ),
        sa.Column("tf_totp_secret", sa.Text(), comment="Encrypted by a key beside the database"),
        sa.Column("oidc_issuer", sa.Text()),
        sa.Column("oidc_subject", sa.Text()),
        sa.Column("created_ms", BIG_INT, nullable=False),
        sa.Column(
            "accepted_ms", BIG_INT, comment="When password and second factor were set first"
        ),
        sa.Column("ended_ms", BIG_INT, comment="Since when nobody signs in as this user"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
        sa.UniqueConstraint(
            "fs_webauthn_user_handle", name=op.f("uq_users_fs_webauthn_user_handle")
        ),
        sa.UniqueConstraint(
            "oidc_issuer", "oidc_subject", name=op.f("uq_users_oidc_issuer_oidc_subject")
        ),
        sqlite_strict=True,
    )


def _user_of(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.user_id"], name=op.f(f"fk_{table}_user_id_users")
    )


def _create_factors() -> None:
    op.create_table(
        "passkeys",
        sa.Column("passkey_id", BIG_INT, sa.Identity(), nullable=False),
        sa.Column("user_id", BIG_INT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column("sign_count", BIG_INT, nullable=False),
        sa.Column("transports", sa.Text(), nullable=False, comment="With commas between them"),
        sa.Column("device_type", sa.Text(), nullable=False),
        sa.Column("created_ms", BIG_INT, nullable=False),
        sa.Column("used_ms", BIG_INT),
        sa.PrimaryKeyConstraint("passkey_id", name=op.f("pk_passkeys")),
        _user_of("passkeys"),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_passkeys_user_id_name")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", BIG_INT, nullable=False),
        sa.Column(
            "code_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="Keyed SHA-256; the row goes when the code is used",
        ),
        sa.Column("created_ms", BIG_INT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
        _user_of("recovery_codes"),
        sqlite_strict=True,
    )
    op.create_table(
        "used_totp_steps",
        sa.Column("user_id", BIG_INT, autoincrement=False, nullable=False),
        sa.Column(
            "step", BIG_INT, nullable=False, comment="Last one whose code was taken (RFC 6238)"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_used_totp_steps")),
        _user_of("used_totp_steps"),
        sqlite_strict=True,
    )


def _create_sessions() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("session_id", BIG_INT, sa.Identity(), nullable=False),
        sa.Column(
            "key_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of what the cookie holds",
        ),
        sa.Column("user_id", BIG_INT, comment="None: on the way to signing in"),
        sa.Column("kind", sa.Text(), nullable=False, comment="web, terminal"),
        sa.Column("created_ms", BIG_INT, nullable=False),
        sa.Column("seen_ms", BIG_INT, nullable=False, comment="To the minute"),
        sa.Column("ends_ms", BIG_INT, nullable=False, comment="At the latest"),
        sa.Column("fresh_ms", BIG_INT, comment="When a second factor was shown last"),
        sa.Column("fresh_method", sa.Text(), comment="totp, passkey, recovery"),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "data",
            sa.Text(),
            nullable=False,
            comment="JSON: what forms and ceremonies remember",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_user_sessions")),
        _user_of("user_sessions"),
        sa.UniqueConstraint("key_hash", name=op.f("uq_user_sessions_key_hash")),
        sa.CheckConstraint("kind IN ('web', 'terminal')", name=op.f("ck_user_sessions_kind")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"])
    op.create_index(op.f("ix_user_sessions_ends_ms"), "user_sessions", ["ends_ms"])


def _create_links_and_tries() -> None:
    op.create_table(
        "links",
        sa.Column("link_id", BIG_INT, sa.Identity(), nullable=False),
        sa.Column(
            "key_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the link's key"
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="invitation, reset"),
        sa.Column("user_id", BIG_INT, nullable=False),
        sa.Column("created_ms", BIG_INT, nullable=False),
        sa.Column("ends_ms", BIG_INT, nullable=False),
        sa.Column("used_ms", BIG_INT, comment="Or replaced by a newer one"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_links")),
        _user_of("links"),
        sa.UniqueConstraint("key_hash", name=op.f("uq_links_key_hash")),
        sa.CheckConstraint("kind IN ('invitation', 'reset')", name=op.f("ck_links_kind")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_links_user_id"), "links", ["user_id"])
    op.create_table(
        "sign_in_tries",
        sa.Column("kind", sa.Text(), nullable=False, comment="user, address, factor, mail"),
        sa.Column(
            "key_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="Keyed SHA-256 of whom it is about",
        ),
        sa.Column("failures", BIG_INT, nullable=False, comment="In a row"),
        sa.Column("last_ms", BIG_INT, nullable=False),
        sa.Column("until_ms", BIG_INT, nullable=False, comment="No further try before"),
        sa.PrimaryKeyConstraint("kind", "key_hash", name=op.f("pk_sign_in_tries")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)
