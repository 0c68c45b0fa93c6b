"""The service's settings, from the environment and an optional `.env`. Only this module reads the environment.

In: names and texts. Out: one frozen `Settings`. Guaranteed: every value is of its kind and within its bounds, and
no name that looks like ours was ignored.
"""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ledger.errors import SettingsError

PREFIX = "LEDGER_"
"""Every name that starts so is ours: one that we do not know is a mistake, and refused."""

THIS_MACHINE = ("localhost", "127.0.0.1")
"""Host names under which a browser reaches the machine it runs on, and takes plain HTTP for safe."""

LINE_MAX = 200

FILE_SUFFIX = "_FILE"
"""`DATABASE_URL_FILE=/run/secrets/db` gives the value of `DATABASE_URL` as that file's first line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decides; each attribute is told by the row of `SETTINGS` with its name.

    Attributes:
        home: Folder of everything the service keeps; relative to the folder it is started in.
        database_url: SQLAlchemy URL, `sqlite:///…` or `postgresql+psycopg://…`.
        database_admin_url: The same for the owner of the tables, or None.
        public_host: Host, with the port where it is not the usual one; no scheme, no path.
        time_zone: Name of a zone in the IANA database.
        workers: Server processes.
        port: TCP port.
        bind: IP address.
        log_level: `debug`, `info`, `warning` or `error`.
        log_format: `json` or `console`.
        group_max: Entries in one commit.
        body_max: Bytes of a request's body.
        sqlite_busy_ms: Milliseconds.
        contact: One line of text, or empty.
        operator: One line of text, or empty.
        plain_http: Whether pages, cookies and links do without TLS; on this machine only.
        post_quantum: Whether logs of new funds have an ML-DSA-44 key too.
        session_idle_minutes: Minutes.
        session_hours: Hours.
        smtp_host: Name of a mail host, or empty: then mail is written into `outbox`.
        smtp_port: TCP port.
        smtp_tls: `starttls`, `tls` or `none`.
        smtp_user: Or empty.
        smtp_password: Or empty.
        mail_from: An address.
        oidc_issuer: URL, or empty.
        oidc_name: What the button of that sign-in says.
        oidc_client_id: One line of text.
        oidc_client_secret: Or empty.
        trusted_hosts: Host names without port, beside that of `public_host`.
        proxies: How many proxies before the service are believed.
        limits_url: Where counts of requests are kept, or empty: a file in `home`.
        form_max: Bytes of a form without files.
        form_parts: Fields and files of a form.
        upload_max: Bytes of a request that brings files.
        metrics_addresses: Networks from which `/metrics` is shown.
        metrics_token: With which it is shown from anywhere, or empty.
        tsa_url: Of a time stamp authority (RFC 3161), or empty.
        sign_p12: File of the organisation's signing key, or empty.
        sign_passphrase: Of that file.
        sign_pkcs11_module: Library of a device that holds the key, or empty.
        sign_pkcs11_token: Label of its token.
        sign_pkcs11_pin: Its PIN.
        sign_pkcs11_key: Label of the key and of its certificate.
        trust_folder: Folder of certificates and revocation lists, or empty: `trust` in `home`.
        statement_memory: Megabytes of address space for making or checking one statement.
        witnesses: Policy file that names the witnesses, or None.
    """

    home: Path
    database_url: str
    database_admin_url: str | None
    public_host: str
    time_zone: str
    workers: int
    port: int
    bind: str
    log_level: str
    log_format: str
    group_max: int
    body_max: int
    sqlite_busy_ms: int
    contact: str
    operator: str
    plain_http: bool
    post_quantum: bool
    session_idle_minutes: int
    session_hours: int
    smtp_host: str
    smtp_port: int
    smtp_tls: str
    smtp_user: str
    smtp_password: str = field(repr=False)
    mail_from: str
    oidc_issuer: str
    oidc_name: str
    oidc_client_id: str
    oidc_client_secret: str = field(repr=False)
    trusted_hosts: tuple[str, ...]
    proxies: int
    limits_url: str
    form_max: int
    form_parts: int
    upload_max: int
    metrics_addresses: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    metrics_token: str = field(repr=False)
    tsa_url: str
    sign_p12: str
    sign_passphrase: str = field(repr=False)
    sign_pkcs11_module: str
    sign_pkcs11_token: str
    sign_pkcs11_pin: str = field(repr=False)
    sign_pkcs11_key: str
    trust_folder: str
    statement_memory: int
    witnesses: Path | None

    @property
    def trust(self) -> Path:
        """Return the folder of whom to trust: roots, certificates between, lists of revoked ones."""
        return Path(self.trust_folder) if self.trust_folder else self.home / "trust"

    @property
    def keys(self) -> Path:
        """Return the folder of the signing keys and of what each last signed."""
        return self.home / "keys"

    @property
    def evidence(self) -> Path:
        """Return the folder of what came in: raw deliveries, settlement and bank files."""
        return self.home / "evidence"

    @property
    def outputs(self) -> Path:
        """Return the folder of what goes out: statements, exports, rows given back."""
        return self.home / "outputs"

    @property
    def outbox(self) -> Path:
        """Return the folder that mail is written into where there is no mail host."""
        return self.home / "outbox"

    @property
    def public_url(self) -> str:
        """Return how links and sign-in ceremonies name the service: scheme and host, without a path."""
        return f"{'http' if self.plain_http else 'https'}://{self.public_host}"

    def __repr__(self) -> str:
        """Return all settings, the URLs of databases without user, password and options, and no secret."""
        shown = ", ".join(
            f"{one.name}={_without_credentials(getattr(self, one.name))!r}"
            for one in fields(self)
            if one.repr
        )
        return f"Settings({shown})"


def _without_credentials(value: object) -> object:
    if not isinstance(value, str) or "://" not in value:
        return value
    scheme, rest = value.split("://", 1)
    location = rest.partition("?")[0]
    return f"{scheme}://{location.rpartition('@')[2]}"


class _Unfit(Exception):  # noqa: N818 -- never leaves this module: load_settings names the setting
    """The text is not what the setting expects."""


def _refuse() -> NoReturn:
    raise _Unfit


def _integer(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not lowest <= int(text) <= highest:
            _refuse()
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    return lambda text: text if text in words else _refuse()


def _matching(pattern: str) -> Callable[[str], str]:
    return lambda text: text if re.fullmatch(pattern, text) else _refuse()


def _folder(text: str) -> Path:
    # A question mark would start the options of the database's URL.
    return Path(text) if text and "?" not in text and "\0" not in text else _refuse()


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise _Unfit from error


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (OSError, KeyError, ValueError) as error:
        raise _Unfit from error


def _database_url(text: str) -> str:
    """Accept SQLite and PostgreSQL, the latter as psycopg 3 whatever short form is given."""
    scheme, separator, rest = text.partition("://")
    if scheme in {"postgres", "postgresql"}:
        scheme = "postgresql+psycopg"
    if not separator or scheme not in {"sqlite", "postgresql+psycopg"}:
        _refuse()
    if scheme == "sqlite" and not re.fullmatch(r"/[^:?][^?]*", rest):
        _refuse()  # `:memory:` forgets what was acknowledged, and options may say the same
    return f"{scheme}://{rest}"


def _postgres_url(text: str) -> str:
    url = _database_url(text)
    return url if urlsplit(url).scheme == "postgresql+psycopg" else _refuse()


def _yes_or_no(text: str) -> bool:
    return text == "yes" if text in {"yes", "no"} else _refuse()


def _web_url(text: str) -> str:
    """Accept an https URL without query; http for this machine only."""
    parts = urlsplit(text)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE)
    if text and not (safe and parts.hostname and not parts.query and not parts.fragment):
        _refuse()
    return text.rstrip("/")


def _host_names(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    fits = all(re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,198}[a-z0-9])?", name) for name in names)
    return names if fits else _refuse()


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(one) for one in text.split(",") if one)
    except ValueError as error:
        raise _Unfit from error


def _limits_url(text: str) -> str:
    parts = urlsplit(text)
    fits = parts.scheme in {"redis", "rediss", "redis+unix"} and (parts.hostname or parts.path)
    return text if fits or not text else _refuse()


def _line(text: str) -> str:
    return text if len(text) <= LINE_MAX and text.isprintable() else _refuse()


def _optional(read: Callable[[str], str]) -> Callable[[str], str | None]:
    return lambda text: read(text) if text else None


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the documentation, and how its text is read.

    Attributes:
        name: Name in the environment.
        attribute: Name in `Settings`.
        meaning: What it decides, in a sentence.
        expected: What its text has to be.
        default: Text taken when it is not set.
        example: A text that fits.
        read: Text to value; raises when it does not fit.
        secret: Whether the text may hold a password: then it may come from a file, and is never shown.
    """

    name: str
    attribute: str
    meaning: str
    expected: str
    default: str
    example: str
    read: Callable[[str], object]
    secret: bool = False


_DEFAULT_DATABASE_URL = "sqlite:///<LEDGER_HOME>/ledger.db"

SETTINGS = (
    Setting(
        "LEDGER_HOME",
        "home",
        "Folder of everything the service keeps: database, keys, evidence, outputs.",
        "a folder without a question mark in its path",
        "var",
        "/srv/ledger",
        _folder,
    ),
    Setting(
        "DATABASE_URL",
        "database_url",
        "Where the ledger is stored.",
        "`sqlite:///PATH` or `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`",
        _DEFAULT_DATABASE_URL,
        "postgresql+psycopg://ledger_web@db.internal/ledger",
        _database_url,
        secret=True,
    ),
    Setting(
        "DATABASE_ADMIN_URL",
        "database_admin_url",
        "PostgreSQL only: the owner of the tables, used by migrations and never by the service. "
        "Without it, migrations use `DATABASE_URL`.",
        "`postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`, or nothing",
        "",
        "postgresql+psycopg://ledger_owner@db.internal/ledger",
        _optional(_postgres_url),
        secret=True,
    ),
    Setting(
        "PUBLIC_HOST",
        "public_host",
        "Host under which everybody reaches the service. A fund's log is named `<PUBLIC_HOST>/log/<fund>` "
        "for good: do not change it after the first fund was created.",
        "a host in lower case, with `:PORT` where needed, without scheme and path",
        "localhost:8000",
        "open.example.gov.cn",
        _matching(r"(?=.{1,200}\Z)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?"),
    ),
    Setting(
        "LEDGER_TIME_ZONE",
        "time_zone",
        "Zone in which days and months begin.",
        "a zone of the IANA database",
        "Asia/Shanghai",
        "Asia/Urumqi",
        _zone,
    ),
    Setting(
        "LEDGER_BIND",
        "bind",
        "Address the server listens on.",
        "an IP address",
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 -- an example; the default listens on this machine only
        _address,
    ),
    Setting(
        "LEDGER_PORT",
        "port",
        "Port the server listens on.",
        "a whole number, 1 to 65535",
        "8000",
        "8080",
        _integer(1, 65_535),
    ),
    Setting(
        "LEDGER_WORKERS",
        "workers",
        "Server processes; one a core is a good start.",
        "a whole number, 1 to 64",
        "2",
        "4",
        _integer(1, 64),
    ),
    Setting(
        "LEDGER_LOG_LEVEL",
        "log_level",
        "Least grave message that is logged.",
        "`debug`, `info`, `warning` or `error`",
        "info",
        "warning",
        _one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        "LEDGER_LOG_FORMAT",
        "log_format",
        "`json` for machines, one object a line; `console` for people.",
        "`json` or `console`",
        "json",
        "console",
        _one_of("json", "console"),
    ),
    Setting(
        "LEDGER_GROUP_MAX",
        "group_max",
        "Most entries in one commit.",
        "a whole number, 1 to 100000",
        "10000",
        "2000",
        _integer(1, 100_000),
    ),
    Setting(
        "LEDGER_BODY_MAX",
        "body_max",
        "Most bytes of a request's body, for webhooks and the API.",
        "a whole number of bytes, 1024 to 104857600",
        "1048576",
        "4194304",
        _integer(1_024, 104_857_600),
    ),
    Setting(
        "LEDGER_SQLITE_BUSY_MS",
        "sqlite_busy_ms",
        "Milliseconds a writer waits for another one before it gives up, with nothing written.",
        "a whole number of milliseconds, 0 to 600000",
        "10000",
        "30000",
        _integer(0, 600_000),
    ),
    Setting(
        "LEDGER_OPERATOR",
        "operator",
        "Name of whoever runs the service, shown at the foot of every page.",
        "one line of at most 200 characters",
        "",
        "Qinghe County Finance Bureau",
        _matching(r"[^\x00-\x1f\x7f]{0,200}"),
    ),
    Setting(
        "LEDGER_CONTACT",
        "contact",
        "How the public reaches the operator, shown beside its name.",
        "one line of at most 200 characters",
        "",
        "ledger@example.gov.cn",
        _matching(r"[^\x00-\x1f\x7f]{0,200}"),
    ),
    Setting(
        "LEDGER_PLAIN_HTTP",
        "plain_http",
        "For developing only: cookies and links without TLS. Taken only where `PUBLIC_HOST` is `localhost` or "
        "`127.0.0.1`.",
        "`yes` or `no`",
        "no",
        "yes",
        _yes_or_no,
    ),
    Setting(
        "LEDGER_POST_QUANTUM",
        "post_quantum",
        "Whether a new fund's log is signed with an ML-DSA-44 key beside Ed25519; `key post-quantum` does so for one "
        "that exists.",
        "`yes` or `no`",
        "no",
        "yes",
        _yes_or_no,
    ),
    Setting(
        "LEDGER_SESSION_IDLE_MINUTES",
        "session_idle_minutes",
        "Minutes without a request after which a signed-in session ends.",
        "a whole number of minutes, 5 to 60",
        "30",
        "15",
        _integer(5, 60),
    ),
    Setting(
        "LEDGER_SESSION_HOURS",
        "session_hours",
        "Hours after which a signed-in session ends in any case.",
        "a whole number of hours, 1 to 12",
        "12",
        "8",
        _integer(1, 12),
    ),
    Setting(
        "LEDGER_SMTP_HOST",
        "smtp_host",
        "Host that takes mail (invitations, new passwords). Without one, each mail becomes a file in "
        "`<LEDGER_HOME>/outbox`.",
        "a host name, or nothing",
        "",
        "mail.internal",
        _matching(r"[A-Za-z0-9.-]{0,200}"),
    ),
    Setting(
        "LEDGER_SMTP_PORT",
        "smtp_port",
        "Port of that host.",
        "a whole number, 1 to 65535",
        "587",
        "465",
        _integer(1, 65_535),
    ),
    Setting(
        "LEDGER_SMTP_TLS",
        "smtp_tls",
        "How mail is kept from being read on its way: `starttls`, `tls` from the first byte, or `none`.",
        "`starttls`, `tls` or `none`",
        "starttls",
        "tls",
        _one_of("starttls", "tls", "none"),
    ),
    Setting(
        "LEDGER_SMTP_USER",
        "smtp_user",
        "User at the mail host.",
        "one line of at most 200 characters",
        "",
        "ledger",
        _matching(r"[^\x00-\x1f\x7f]{0,200}"),
    ),
    Setting(
        "LEDGER_SMTP_PASSWORD",
        "smtp_password",
        "Password at the mail host.",
        "one line of at most 200 characters",
        "",
        "correct horse battery staple",
        _matching(r"[^\x00-\x1f\x7f]{0,200}"),
        secret=True,
    ),
    Setting(
        "LEDGER_MAIL_FROM",
        "mail_from",
        "Sender of mail.",
        "an address",
        "mingzhang@localhost",
        "ledger@example.gov.cn",
        _matching(r"[^\s<>@,;]{1,64}@[A-Za-z0-9.-]{1,200}"),
    ),
    Setting(
        "LEDGER_OIDC_ISSUER",
        "oidc_issuer",
        "OpenID Connect provider in whose place users need not type a password; the second factor stays here.",
        "an https URL, or nothing",
        "",
        "https://id.example.gov.cn",
        _web_url,
    ),
    Setting(
        "LEDGER_OIDC_NAME",
        "oidc_name",
        "What the button of that sign-in says.",
        "one line of at most 60 characters",
        "SSO",
        "Qinghe County",
        _matching(r"[^\x00-\x1f\x7f]{1,60}"),
    ),
    Setting(
        "LEDGER_OIDC_CLIENT_ID",
        "oidc_client_id",
        "Our id at that provider.",
        "one line of at most 200 characters",
        "mingzhang",
        "qinghe-ledger",
        _matching(r"[^\x00-\x1f\x7f]{1,200}"),
    ),
    Setting(
        "LEDGER_OIDC_CLIENT_SECRET",
        "oidc_client_secret",
        "Our secret at that provider.",
        "one line of at most 200 characters",
        "",
        "correct horse battery staple",
        _matching(r"[^\x00-\x1f\x7f]{0,200}"),
        secret=True,
    ),
    Setting(
        "LEDGER_TRUSTED_HOSTS",
        "trusted_hosts",
        "Further host names under which the service may be asked, beside that of `PUBLIC_HOST` and this machine's own "
        "`localhost`. Any other is answered with 400.",
        "host names in lower case without port, with commas between them, or nothing",
        "",
        "www.example.gov.cn,ledger.internal",
        _host_names,
    ),
    Setting(
        "LEDGER_PROXIES",
        "proxies",
        "How many proxies stand before the service and each add to `X-Forwarded-For` and `X-Forwarded-Proto`. "
        "Fewer than there are: everybody seems to come from a proxy. More: anybody can write their own address.",
        "a whole number, 0 to 5",
        "0",
        "1",
        _integer(0, 5),
    ),
    Setting(
        "LEDGER_LIMITS_URL",
        "limits_url",
        "Where the counts of requests are kept, for all machines that serve one ledger. Without it, a file that all "
        "workers of this machine share.",
        "`redis://…`, `rediss://…` or `redis+unix://…`, or nothing",
        "",
        "redis://limits.internal:6379/0",
        _limits_url,
        secret=True,
    ),
    Setting(
        "LEDGER_FORM_MAX",
        "form_max",
        "Most bytes of what is typed into a form.",
        "a whole number of bytes, 16384 to 10485760",
        "262144",
        "524288",
        _integer(16_384, 10_485_760),
    ),
    Setting(
        "LEDGER_FORM_PARTS",
        "form_parts",
        "Most fields and files of a form.",
        "a whole number, 16 to 10000",
        "200",
        "1000",
        _integer(16, 10_000),
    ),
    Setting(
        "LEDGER_UPLOAD_MAX",
        "upload_max",
        "Most bytes of a form that brings files, all of them together.",
        "a whole number of bytes, 1048576 to 209715200",
        "20971520",
        "52428800",
        _integer(1_048_576, 209_715_200),
    ),
    Setting(
        "LEDGER_METRICS_ADDRESSES",
        "metrics_addresses",
        "From where `/metrics` may be read without a token.",
        "IP addresses or networks (CIDR), with commas between them, or nothing",
        "127.0.0.1,::1",
        "10.20.0.0/16",
        _networks,
    ),
    Setting(
        "LEDGER_METRICS_TOKEN",
        "metrics_token",
        "Bearer token with which `/metrics` may be read from anywhere.",
        "nothing, or one word of 16 to 200 characters",
        "",
        "correct-horse-battery-staple",
        _matching(r"|[!-~]{16,200}"),
        secret=True,
    ),
    Setting(
        "LEDGER_TSA_URL",
        "tsa_url",
        "Time stamp authority (RFC 3161) that vouches for when statements were signed. Without it, signatures have no "
        "time stamp and pages say so.",
        "an `https://` URL, `http://` on this machine, or nothing",
        "",
        "https://tsa.example.com/rfc3161",
        _web_url,
    ),
    Setting(
        "LEDGER_SIGN_P12",
        "sign_p12",
        "File with the key and certificate that the organisation signs statements with (PKCS#12). Without it and "
        "without a device, the development key signs where one was made, and every page says that it proves nothing.",
        "the path of a file, or nothing",
        "",
        "/etc/ledger/organisation.p12",
        _line,
    ),
    Setting(
        "LEDGER_SIGN_PASSPHRASE",
        "sign_passphrase",
        "Passphrase of that file.",
        "one line of at most 200 characters, or nothing",
        "",
        "correct horse battery staple",
        _line,
        secret=True,
    ),
    Setting(
        "LEDGER_SIGN_PKCS11_MODULE",
        "sign_pkcs11_module",
        "Library of a device that holds the key in place of a file (PKCS#11).",
        "the path of a library, or nothing",
        "",
        "/usr/lib/softhsm/libsofthsm2.so",
        _line,
    ),
    Setting(
        "LEDGER_SIGN_PKCS11_TOKEN",
        "sign_pkcs11_token",
        "Label of the token in the device.",
        "one line of at most 200 characters, or nothing",
        "",
        "fund",
        _line,
    ),
    Setting(
        "LEDGER_SIGN_PKCS11_PIN",
        "sign_pkcs11_pin",
        "PIN of the token.",
        "one line of at most 200 characters, or nothing",
        "",
        "123456",
        _line,
        secret=True,
    ),
    Setting(
        "LEDGER_SIGN_PKCS11_KEY",
        "sign_pkcs11_key",
        "Label of the key and of its certificate in the token.",
        "one line of at most 200 characters",
        "signing",
        "statements",
        _line,
    ),
    Setting(
        "LEDGER_TRUST",
        "trust_folder",
        "Folder with the root certificates of the organisation, of auditors and of the time stamp authority (`.pem`, "
        "`.crt`), and their lists of revoked certificates (`.crl`). Without it, `trust` in LEDGER_HOME.",
        "the path of a folder, or nothing",
        "",
        "/etc/ledger/trust",
        _line,
    ),
    Setting(
        "LEDGER_STATEMENT_MEMORY",
        "statement_memory",
        "Megabytes of address space that the process may take that makes, signs or checks one statement.",
        "a whole number, 512 to 65536",
        "3072",
        "4096",
        _integer(512, 65_536),
    ),
    Setting(
        "LEDGER_WITNESSES",
        "witnesses",
        "File that names who cosigns the logs, and how many of them are enough "
        "([tlog-policy](https://c2sp.org/tlog-policy)): `witness ask` sends them each log's newest checkpoint.",
        "a file, or nothing",
        "",
        "/srv/ledger/witnesses.policy",
        lambda text: _folder(text) if text else None,
    ),
)
"""Every setting there is, in the order of `docs/settings.md`."""

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_FILE_NAMES = {setting.name + FILE_SUFFIX: setting for setting in SETTINGS if setting.secret}
_ENV_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def load_settings(environ: Mapping[str, str], env_file: Path | None = None) -> Settings:
    """Read and check all settings.

    Args:
        environ: Environment; it wins over the file.
        env_file: File of `NAME=VALUE` lines, or None. Comments start a line with `#`; a value may stand in quotes.

    Returns:
        The settings, defaults filled in.

    Raises:
        SettingsError: A name is unknown, or a text is not what its setting expects; fields `name`, `expected`, and
            `value` unless it may hold a password.
    """
    texts = _read_env_file(env_file) if env_file else {}
    ours = {name: text for name, text in environ.items() if _is_ours(name)}
    for name in (*texts, *ours):
        if name not in _BY_NAME and name not in _FILE_NAMES:
            raise SettingsError(name=name, expected="one of " + ", ".join(_BY_NAME))
    # A value in the environment and a file named in .env are the same setting: the environment still wins.
    for name in ours:
        texts.pop(
            name.removesuffix(FILE_SUFFIX) if name in _FILE_NAMES else name + FILE_SUFFIX, None
        )
    texts |= ours
    for name, setting in _FILE_NAMES.items():
        if name in texts:
            texts[setting.name] = _secret_from_file(setting, texts)
    values: dict[str, Any] = {s.attribute: _value_of(s, texts) for s in SETTINGS}
    if "DATABASE_URL" not in texts:
        values["database_url"] = f"sqlite:///{values['home'] / 'ledger.db'}"
    settings = Settings(**values)
    _hold_together(settings)
    return settings


def _hold_together(settings: Settings) -> None:
    """Refuse settings that each fit, but not with each other.

    Raises:
        SettingsError: They do not.
    """
    if settings.plain_http and settings.public_host.partition(":")[0] not in THIS_MACHINE:
        raise SettingsError(
            name="LEDGER_PLAIN_HTTP", expected="`no`: PUBLIC_HOST is not this machine"
        )


def from_environment() -> Settings:
    """Read the settings of this process: its environment, and `.env` in the folder it was started in.

    Returns:
        The settings.

    Raises:
        SettingsError: As `load_settings`.
    """
    env_file = Path(".env")
    return load_settings(os.environ, env_file if env_file.is_file() else None)  # noqa: TID251 -- the one place


def process_environment() -> Mapping[str, str]:
    """Return this process's environment, for a developer's tool whose switches are no settings of the service."""
    return os.environ  # noqa: TID251 -- the one place


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment for a process that must open the same ledger.

    Args:
        settings: Of the ledger; where it lies wins over what this process was started with.

    Returns:
        This process's environment, with folder and database named.
    """
    environ = dict(os.environ)  # noqa: TID251 -- the one place
    environ.pop("DATABASE_URL" + FILE_SUFFIX, None)
    environ["LEDGER_HOME"] = str(settings.home.absolute())
    environ["DATABASE_URL"] = settings.database_url
    if settings.witnesses is not None:
        environ["LEDGER_WITNESSES"] = str(settings.witnesses.absolute())
    return environ


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX) or name in _BY_NAME or name in _FILE_NAMES


def _value_of(setting: Setting, texts: Mapping[str, str]) -> object:
    text = texts.get(setting.name, setting.default)
    try:
        return setting.read(text)
    except _Unfit:
        shown = {} if setting.secret else {"value": text[:80]}
        raise SettingsError(name=setting.name, expected=setting.expected, **shown) from None


def _read_env_file(env_file: Path) -> dict[str, str]:
    try:
        lines = env_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(name=env_file.name, expected="a readable file in UTF-8") from error
    texts: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        matched = _ENV_LINE.fullmatch(stripped)
        if not matched or matched[1] in texts:
            # The line itself is not shown: it may hold a password.
            raise SettingsError(
                name=f"{env_file.name}:{number}", expected="NAME=VALUE, each name once"
            )
        texts[matched[1]] = _unquoted(matched[2])
    return texts


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _secret_from_file(setting: Setting, texts: Mapping[str, str]) -> str:
    name = setting.name + FILE_SUFFIX
    if setting.name in texts:
        raise SettingsError(name=name, expected=f"either {setting.name} or {name}, not both")
    try:
        path = Path(texts[name])
        mode = path.stat().st_mode
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SettingsError(name=name, expected="the path of a readable file") from error
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        # A group may read it: that is how service managers hand secrets to a service that is not their owner.
        raise SettingsError(name=name, expected="a file of mode 0600, 0640 or less")
    return lines[0].strip() if lines else ""
