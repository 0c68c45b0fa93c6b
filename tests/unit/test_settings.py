from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import SettingsError
from ledger.settings import SETTINGS, Setting, from_environment, load_settings

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "hunter2-Zx9"
URL = f"postgresql+psycopg://ledger:{PASSWORD}@db.internal/ledger"


def _written(folder: Path, text: str) -> Path:
    file = folder / ".env"
    file.write_text(text, encoding="utf-8")
    return file


def _refused(environ: dict[str, str], env_file: Path | None = None) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, env_file)
    return caught.value


# --- what is taken ---------------------------------------------------------------------------------


def test_defaults_keep_everything_below_var():
    settings = load_settings({})
    assert settings.home == Path("var")
    assert settings.keys == Path("var/keys")
    assert settings.evidence == Path("var/evidence")
    assert settings.outputs == Path("var/outputs")
    assert settings.database_url == "sqlite:///var/ledger.db"
    assert settings.database_admin_url is None
    assert settings.public_host == "localhost:8000"
    assert settings.time_zone == "Asia/Shanghai"


def test_the_database_follows_the_home():
    assert load_settings({"LEDGER_HOME": "/srv/l"}).database_url == "sqlite:////srv/l/ledger.db"


def test_names_of_others_are_not_looked_at():
    assert load_settings({"PATH": "", "HOME": "/x", "PORT": "no"}) == load_settings({})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_form_of_a_postgresql_url_is_psycopg_3(scheme):
    settings = load_settings({"DATABASE_URL": f"{scheme}://u@h/d"})
    assert settings.database_url == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_its_example_is_taken_and_differs_from_its_default(setting: Setting):
    taken = getattr(load_settings({setting.name: setting.example}), setting.attribute)
    assert taken != getattr(load_settings({}), setting.attribute)


# --- the file --------------------------------------------------------------------------------------


def test_the_file_is_read_with_comments_quotes_and_export(tmp_path):
    file = _written(
        tmp_path,
        "# ours\n\nLEDGER_PORT=8080\nexport LEDGER_WORKERS = 3\n"
        "LEDGER_OPERATOR='清河县 财政局'\nLEDGER_CONTACT=\"a=b #1\"\n",
    )
    settings = load_settings({}, file)
    assert (settings.port, settings.workers) == (8080, 3)
    assert (settings.operator, settings.contact) == ("清河县 财政局", "a=b #1")


def test_the_environment_wins_over_the_file(tmp_path):
    file = _written(tmp_path, "LEDGER_PORT=8080\nLEDGER_WORKERS=3\n")
    settings = load_settings({"LEDGER_PORT": "9090"}, file)
    assert (settings.port, settings.workers) == (9090, 3)


def test_a_password_in_the_environment_wins_over_a_file_named_in_the_file(tmp_path):
    file = _written(tmp_path, "DATABASE_URL_FILE=/nowhere\n")
    assert load_settings({"DATABASE_URL": URL}, file).database_url == URL


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("LEDGER_PROT=1\n", "LEDGER_PROT"),
        ("PATH=/bin\n", "PATH"),
        ("LEDGER_PORT\n", ".env:1"),
        ("\nLEDGER_PORT: 1\n", ".env:2"),
        ("LEDGER_PORT=1\nLEDGER_PORT=2\n", ".env:2"),
        ("LEDGER_PORT=0\n", "LEDGER_PORT"),
    ],
)
def test_a_file_that_is_not_understood_stops_the_start(tmp_path, text, name):
    assert _refused({}, _written(tmp_path, text)).fields["name"] == name


def test_a_file_in_another_encoding_is_named(tmp_path):
    file = tmp_path / ".env"
    file.write_bytes("LEDGER_OPERATOR=清河".encode("gb18030"))
    assert _refused({}, file).fields["name"] == ".env"


def test_a_process_reads_its_environment_and_the_file_beside_it(tmp_path, monkeypatch):
    _written(tmp_path, "LEDGER_PORT=8080\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_WORKERS", "5")
    settings = from_environment()
    assert (settings.port, settings.workers) == (8080, 5)


# --- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["LEDGER_PROT", "LEDGER_", "LEDGER_HOME_FILE"])
def test_an_unknown_name_with_our_prefix_is_refused(name):
    error = _refused({name: "1"})
    assert error.fields["name"] == name
    assert "LEDGER_PORT" in str(error.fields["expected"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEDGER_HOME", ""),
        ("LEDGER_TRUSTED_HOSTS", "*"),
        ("LEDGER_TRUSTED_HOSTS", ".example.com"),
        ("LEDGER_TRUSTED_HOSTS", "a.example:8000"),
        ("LEDGER_TRUSTED_HOSTS", "A.example"),
        ("LEDGER_PROXIES", "-1"),
        ("LEDGER_PROXIES", "6"),
        ("LEDGER_LIMITS_URL", "memory://"),
        ("LEDGER_LIMITS_URL", "redis://"),
        ("LEDGER_METRICS_ADDRESSES", "10.0.0.1/8"),
        ("LEDGER_METRICS_ADDRESSES", "localhost"),
        ("LEDGER_METRICS_TOKEN", "short"),
        ("LEDGER_METRICS_TOKEN", "two words of some length"),
        ("LEDGER_HOME", "what?"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "var/ledger.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///file:x?mode=memory&uri=true"),
        ("DATABASE_URL", "mysql://u@h/d"),
        ("DATABASE_URL", "postgresql+psycopg2://u@h/d"),
        ("DATABASE_ADMIN_URL", "sqlite:///x.db"),
        ("PUBLIC_HOST", ""),
        ("PUBLIC_HOST", "https://open.example.cn"),
        ("PUBLIC_HOST", "open.example.cn/log"),
        ("PUBLIC_HOST", "Open.example.cn"),
        ("PUBLIC_HOST", "open.example.cn:"),
        ("PUBLIC_HOST", "a\nb"),
        ("PUBLIC_HOST", "localhost:8000\n"),
        ("PUBLIC_HOST", "a" * 201),
        ("LEDGER_TIME_ZONE", "Peking"),
        ("LEDGER_TIME_ZONE", "../../etc/passwd"),
        ("LEDGER_TIME_ZONE", ""),
        ("LEDGER_BIND", "localhost"),
        ("LEDGER_BIND", "999.1.1.1"),
        ("LEDGER_PORT", "0"),
        ("LEDGER_PORT", "65536"),
        ("LEDGER_PORT", "８０００"),
        ("LEDGER_PORT", "8000 "),
        ("LEDGER_WORKERS", "-1"),
        ("LEDGER_WORKERS", "two"),
        ("LEDGER_LOG_LEVEL", "INFO"),
        ("LEDGER_LOG_FORMAT", "xml"),
        ("LEDGER_GROUP_MAX", "0"),
        ("LEDGER_BODY_MAX", "1MiB"),
        ("LEDGER_SQLITE_BUSY_MS", "1e3"),
        ("LEDGER_OPERATOR", "two\nlines"),
        ("LEDGER_CONTACT", "x" * 201),
    ],
)
def test_a_malformed_value_is_refused_with_what_is_expected(name, value):
    error = _refused({name: value})
    row = next(setting for setting in SETTINGS if setting.name == name)
    assert (error.fields["name"], error.fields["expected"]) == (name, row.expected)
    assert ("value" in error.fields) is not row.secret


@given(st.sampled_from(SETTINGS), st.text(max_size=40))
def test_any_text_is_taken_or_refused_by_name(setting: Setting, text: str):
    refused = None
    try:
        load_settings({setting.name: text})
    except SettingsError as error:
        refused = error.fields["name"]
    assert refused in {None, setting.name}


# --- passwords -------------------------------------------------------------------------------------


def test_a_password_may_come_from_a_file(tmp_path):
    secret = tmp_path / "url"
    secret.write_text(URL + "\n", encoding="utf-8")
    for mode in (0o600, 0o400, 0o640):
        secret.chmod(mode)
        assert load_settings({"DATABASE_URL_FILE": str(secret)}).database_url == URL


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602, 0o601])
def test_a_secret_file_that_others_can_get_at_is_refused(tmp_path, mode):
    secret = tmp_path / "url"
    secret.write_text(URL + "\n", encoding="utf-8")
    secret.chmod(mode)
    error = _refused({"DATABASE_URL_FILE": str(secret)})
    assert error.fields["name"] == "DATABASE_URL_FILE"
    assert "0600" in str(error.fields["expected"])


@pytest.mark.parametrize("path", ["", "/nowhere/at/all", ".", "a\0b"])
def test_a_secret_file_that_cannot_be_read_is_named(path):
    assert _refused({"DATABASE_URL_FILE": path}).fields["name"] == "DATABASE_URL_FILE"


def test_a_setting_and_its_file_together_are_refused(tmp_path):
    error = _refused({"DATABASE_URL": URL, "DATABASE_URL_FILE": str(tmp_path / "x")})
    assert error.fields["name"] == "DATABASE_URL_FILE"


@pytest.mark.parametrize(
    "url",
    [
        URL,
        f"postgresql+psycopg://ledger@db.internal/ledger?password={PASSWORD}",
        f"postgresql+psycopg://ledger:p@{PASSWORD}@db.internal/ledger",
    ],
)
def test_settings_are_shown_without_passwords(url):
    shown = repr(load_settings({"DATABASE_URL": url, "DATABASE_ADMIN_URL": url}))
    assert PASSWORD not in shown
    assert "database_url='postgresql+psycopg://db.internal/ledger'" in shown


def test_a_refusal_shows_no_password(tmp_path):
    assert PASSWORD not in str(_refused({"DATABASE_URL": URL.replace("psycopg", "pg8000")}))
    assert PASSWORD not in str(_refused({}, _written(tmp_path, f"DATABASE_URL {URL}\n")))


# --- the documentation -----------------------------------------------------------------------------


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else "(empty)"
    return f"| `{setting.name}` | {setting.meaning} | {setting.expected} | {default} | `{setting.example}` |"


def test_the_document_has_every_row_and_no_other():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `.*$", text, re.MULTILINE) == [_row(setting) for setting in SETTINGS]


def test_the_example_file_lists_every_setting_with_its_default():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    listed = [line.removeprefix("# ") for line in lines if re.match(r"# [A-Z0-9_]+=", line)]
    assert listed == [f"{setting.name}={setting.default}" for setting in SETTINGS]


def test_the_example_file_can_be_taken_as_it_is():
    assert load_settings({}, ROOT / ".env.example") == load_settings({})


# --- settings that have to fit each other ----------------------------------------------------------


def test_plain_http_is_for_this_machine_only():
    assert load_settings({"LEDGER_PLAIN_HTTP": "yes"}).public_url == "http://localhost:8000"
    assert load_settings({}).public_url == "https://localhost:8000"
    error = _refused({"LEDGER_PLAIN_HTTP": "yes", "PUBLIC_HOST": "open.example.gov.cn"})
    assert error.fields["name"] == "LEDGER_PLAIN_HTTP"


@pytest.mark.parametrize(
    "url", ["http://id.example.gov.cn", "https://", "https://x?y", "id.example.gov.cn"]
)
def test_an_identity_provider_is_reached_safely(url):
    assert _refused({"LEDGER_OIDC_ISSUER": url}).fields["name"] == "LEDGER_OIDC_ISSUER"


def test_secrets_are_never_shown():
    settings = load_settings(
        {"LEDGER_SMTP_PASSWORD": PASSWORD, "LEDGER_OIDC_CLIENT_SECRET": PASSWORD}
    )
    assert PASSWORD not in repr(settings)
