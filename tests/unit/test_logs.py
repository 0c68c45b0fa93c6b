"""Nothing that a person or a thief could use gets into the logs, whoever writes the line."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FieldError
from ledger.logs import configure_logs, leave_out, scrubbed
from ledger.settings import environment_of, load_settings

ROOT = Path(__file__).resolve().parents[2]

NICKNAME = "清河小张"
ACCOUNT = "6222021234567890123"
SECRET = "s3cr3t-Zx9"


@dataclass
class Gift:
    nickname: str = NICKNAME


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], _ = before
    root.setLevel(before[1])
    structlog.reset_defaults()


@pytest.fixture(params=["json", "console"])
def written(request, capsys):
    """Give a reader of what was logged so far, in each format."""
    configure_logs("debug", request.param)
    return lambda: capsys.readouterr().err


@pytest.mark.parametrize(
    "fields",
    [
        {"nickname": NICKNAME},
        {"donor_name": NICKNAME},
        {"userName": NICKNAME},
        {"name": NICKNAME},
        {"nickName": NICKNAME},
        {"body": NICKNAME.encode()},
        {"raw_body": NICKNAME},
        {"Authorization": f"Bearer {SECRET}"},
        {"X-Auth-Token": SECRET},
        {"x_kuaishou_signature": SECRET},
        {"client_secret": SECRET},
        {"clientSecret": SECRET},
        {"API_KEY": SECRET},
        {"private_key": SECRET},
        {"account_number": ACCOUNT},
        {"accountNo": ACCOUNT},
        {"headers": {"Cookie": SECRET, "Host": "x"}},
        {"rows": [{"line": 3, "payer": NICKNAME}]},
        {"deep": {"deeper": [{"salt": SECRET}]}},
        {"gift": Gift()},
        {"raw": NICKNAME.encode()},
        {"line": f"from {ACCOUNT} on 9 October"},
        {"line": "from 6222 0212 3456 7890 123"},
        {"phone_of": "13800138000"},
        {"text": "13800138000"},
        {"key_of": ("110101199003071234",)},
        {"url": f"postgresql://ledger:{SECRET}@db/ledger"},
        {"text": f"sent Authorization: Bearer {SECRET}"},
        {"text": f"password={SECRET}"},
        {"text": f"nickname: '{NICKNAME}'"},
        {"text": f'{{"nickname": "{NICKNAME}"}}'},
    ],
)
def test_private_things_are_left_out(written, fields):
    structlog.get_logger("ledger.intake").info("gift refused", **fields)
    logging.getLogger("library").warning("something", extra=None)
    line = written()
    assert "gift refused" in line
    for private in (NICKNAME, SECRET, ACCOUNT, "7890", "13800138000", "110101199003071234"):
        assert private not in line


def test_what_explains_a_line_stays(written):
    structlog.get_logger("ledger.intake").info(
        "gifts imported",
        file=Path("gifts.jsonl"),
        entries=200_000,
        amount_minor=9_007_199_254_740_991,
        seq=None,
        at_most=datetime(2026, 10, 9, 12, tzinfo=UTC),
        error=FieldError(field="amount", line=7, reason="not-an-amount"),
    )
    line = written().replace("\\", "")
    for shown in (
        "gifts imported", "gifts.jsonl", "200000", "9007199254740991", "2026-10-09T12:00:00+00:00",
        "reason='not-an-amount'", "ledger.intake",
    ):  # fmt: skip
        assert shown in line


def test_nothing_is_added_to_a_harmless_line():
    event = {"event": "x", "level": "info"}
    assert leave_out(None, "info", event) == event


def test_json_is_one_object_a_line(capsys):
    configure_logs("info", "json")
    structlog.get_logger("ledger").info("first", n=1)
    structlog.get_logger("ledger").debug("not shown")
    logging.getLogger("library").warning("second %s", "part")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["n"], first["level"]) == ("first", 1, "info")
    assert (second["event"], second["logger"], second["level"]) == (
        "second part", "library", "warning",
    )  # fmt: skip
    assert datetime.fromisoformat(first["at"]).tzinfo


def test_a_line_that_cannot_be_written_is_told_of_without_its_content(capsys):
    configure_logs("info", "json")
    logging.getLogger("library").warning("%d gifts", NICKNAME)
    line = capsys.readouterr().err
    assert "could not be written" in line
    assert NICKNAME not in line


def test_configuring_twice_writes_once(capsys):
    configure_logs("info", "json")
    configure_logs("info", "json")
    structlog.get_logger("ledger").info("once")
    assert capsys.readouterr().err.count("once") == 1


def test_the_libraries_lines_are_scrubbed_too(written):
    logging.getLogger("library").warning("account %s of %s", ACCOUNT, "x")
    assert ACCOUNT not in written()


def test_the_values_of_a_failed_statement_are_left_out(written, tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("INSERT INTO nowhere VALUES (:n)"), {"n": NICKNAME})
    except sa.exc.OperationalError:
        structlog.get_logger("ledger").exception("write failed")
    engine.dispose()
    line = written()
    assert "no such table" in line
    assert "Traceback" in line
    assert NICKNAME not in line


def test_the_row_that_broke_a_constraint_is_left_out(written, empty_postgres_url):
    engine = sa.create_engine(empty_postgres_url(), hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE p (n text UNIQUE)"))
            connection.execute(sa.text("INSERT INTO p VALUES (:n), (:n)"), {"n": NICKNAME})
    except sa.exc.IntegrityError:
        structlog.get_logger("ledger").exception("write failed")
    engine.dispose()
    line = written()
    assert "duplicate key" in line
    assert NICKNAME not in line


@given(st.from_regex(r"[0-9]{10,30}", fullmatch=True), st.text(max_size=20), st.text(max_size=20))
def test_no_long_number_survives_in_any_text(number, before, after):
    assert number not in scrubbed(before + number + after)


@pytest.mark.parametrize(
    "text",
    ["2026-10-09T12:00:24.123456+00:00", "2026-10-09 12:00", "entry 123456789", "1,286,430.20", "kind='gift'"],
)  # fmt: skip
def test_times_and_figures_are_not_taken_for_account_numbers(text):
    assert scrubbed(text) == text


def test_a_worker_of_the_server_leaves_out_too(tmp_path):
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    said = "import structlog, wsgi; structlog.get_logger('x').info('hello', token='abc', n=1)"
    # What is not asked for comes from the shell that runs the tests.
    environ = environment_of(load_settings({"LEDGER_HOME": str(tmp_path), "DATABASE_URL": url}))
    done = subprocess.run(
        [sys.executable, "-c", said],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    line = json.loads(done.stderr.splitlines()[-1])
    assert (line["event"], line["n"], line["token"]) == ("hello", 1, "[left out]")
