"""Setting up from the command line, and what it says when something is wrong."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.signin.enrolling import next_code
from ledger.signin.sessions import of_user
from tests.flow.cli import Cli, email_of

PROJECT = Path(__file__).resolve().parents[2]
SUN = "sun@qinghe.example.com"
ADD = ("member", "add", "x", "auditor", "--email", SUN)


def test_a_ledger_is_made_from_nothing(empty_cli: Cli) -> None:
    revision = empty_cli.json("db", "upgrade")["revision"]
    assert empty_cli.json("db", "check") == {"revision": revision, "differences": []}
    empty_cli.set_up()
    assert empty_cli.json("fund", "list") == {"funds": ["qinghe"]}
    members = empty_cli.json("member", "list")["members"]
    assert [one["roles"] for one in members] == [
        ["finance"],
        ["approver"],
        ["controller"],
        ["administrator"],
    ]


def test_without_a_schema_the_command_that_makes_one_is_named(empty_cli: Cli) -> None:
    assert "do=python -m ledger db upgrade" in empty_cli.refused("fund", "list")
    assert "schema" in empty_cli.refused("db", "check")


def test_each_step_of_setting_up_is_an_entry(cli: Cli) -> None:
    assert cli.json("channel", "add", "Douyin", "--platform", "douyin")["seq"] == 9
    assert (
        cli.json("account", "add", "Alipay", "--stage", "bank", "--number", "2088001")["seq"] == 10
    )
    assert cli.json("rate", "set", "DYCOIN", "10", "1.00") == {"seq": 11, "unit": "DYCOIN"}
    added = cli.json("member", "add", "孙审", "auditor", "--email", SUN)
    assert (added["member"], added["roles"]) == ("m5", ["auditor"])
    assert cli.json("member", "remove", "孙审")["seq"] == 13
    listed = cli.run("member", "list").stdout.splitlines()
    assert listed[4].split("\t") == ["m5", "auditor", "孙审", "removed"]


def test_whoever_is_enrolled_is_invited_until_they_have_accepted(cli: Cli) -> None:
    added = cli.json("member", "add", "孙审", "auditor", "--email", SUN)
    assert "://localhost:8000/invitation/" in added["invitation"]
    cli.run("fund", "create", "second", "--name-zh", "乙", "--name-en", "B")
    cli.run("member", "remove", "孙审", "--fund", "qinghe")
    call = ("member", "add", "--fund", "qinghe", "孙审", "auditor,finance", "--email", SUN)
    assert "roles-conflict" in cli.refused(*call)
    again = cli.json("member", "add", "--fund", "qinghe", "孙审", "operator", "--email", SUN)
    assert (again["member"], bool(again["invitation"])) == ("m5", True)
    known = ("member", "add", "--fund", "second", "王会计", "finance", "--email", email_of(0))
    assert cli.json(*known) == {"invitation": "", "member": "m1", "roles": ["finance"]}


def test_only_who_is_signed_in_here_acts(cli: Cli) -> None:
    call = ("token", "list", "--by", "王会计")
    assert cli.json(*call) == {"tokens": []}
    cli.now += timedelta(minutes=31)
    told = cli.refused(*call)
    assert told.startswith("sign-in-needed: not-signed-in")
    assert f"do=python -m ledger sign-in {email_of(0)}" in told
    cli.sign_in("王会计")
    cli.run(*call)
    shutil.rmtree(cli.home / "signed-in")
    assert cli.refused(*call).startswith("sign-in-needed")
    assert "unknown-name (what=member" in cli.refused("token", "list", "--by", "nobody")


def test_a_session_of_one_person_is_nobody_elses(cli: Cli) -> None:
    folder = cli.home / "signed-in"
    first, second = (str(cli.users[name]) for name in ("王会计", "李建国"))
    (folder / second).write_text((folder / first).read_text())
    assert cli.refused("token", "list", "--by", "李建国").startswith("sign-in-needed")


def test_a_step_that_asks_for_a_second_factor_asks_again_after_ten_minutes(cli: Cli) -> None:
    call = ("token", "make", "feed", "--scope", "gifts", "--by", "王会计")
    cli.run(*call)
    cli.now += timedelta(minutes=11)
    assert cli.refused(*call).startswith("fresh-factor-needed")
    assert "sign-in-refused" in cli.refused(*call, "--code", "000000")
    with cli.gate() as gate:
        code = next_code(gate, cli.users["王会计"])
    cli.run(*call, "--code", code)
    cli.run(*call)


def test_a_token_is_shown_once_and_opens_only_what_its_member_may(cli: Cli) -> None:
    by = ("--by", "王会计")
    assert cli.json("token", "make", "feed", *by)["token"].startswith("mz_")
    cli.run("token", "make", "reader", "--scope", "read,propose", "--days", "366", *by)
    refusals = {
        ("--scope", "all"): "field scope: unknown",
        ("--scope", "people"): "field scope: not-of-this-role",
        ("--days", "367"): "field days: range",
        ("--days", "0"): "field days: range",
    }
    for more, says in refusals.items():
        assert says in cli.refused("token", "make", "x", *more, *by)
    shown = cli.json("token", "list", *by)["tokens"]
    assert [(one["number"], one["name"], one["scopes"]) for one in shown] == [
        (2, "reader", ["propose", "read"]),
        (1, "feed", ["gifts"]),
    ]
    assert shown[1]["expires_at"] == "2027-03-05T04:00:00Z"
    assert "mz_" not in cli.run("token", "list", *by).output
    assert cli.json("token", "list", "--by", "李建国") == {"tokens": []}
    assert "not-found (what=token" in cli.refused("token", "end", "1", "--by", "李建国")
    cli.run("token", "end", "1", *by)
    assert [one["holds"] for one in cli.json("token", "list", *by)["tokens"]] == [True, False]


def test_an_administrator_ends_anybodys_token_and_sees_them_all(cli: Cli) -> None:
    cli.run("token", "make", "feed", "--by", "王会计")
    assert len(cli.json("token", "list", "--by", "赵管")["tokens"]) == 1
    cli.run("token", "end", "1", "--by", "赵管")


def test_who_is_removed_is_signed_out_in_the_same_moment(raised: Cli) -> None:
    raised.run("token", "make", "feed", "--by", "王会计")
    assert "set-up" in raised.refused("member", "remove", "王会计")
    for name in ("王会计", "李建国", "周敏"):
        assert raised.refused("member", "remove", "王会计", "--by", name).startswith("not-allowed")
    raised.run("member", "remove", "王会计", "--by", "赵管")
    assert "unknown-name" in raised.refused("token", "list", "--by", "王会计")
    assert not raised.json("token", "list", "--by", "赵管")["tokens"][0]["holds"]
    with raised.gate() as gate, gate.reading() as connection:
        assert of_user(connection, raised.users["王会计"], gate.now, gate.limits) == []
    told = raised.refused("member", "remove", "赵管", "--by", "赵管")
    assert told.startswith("state (what=administrator state=last")


def test_a_secret_of_a_channel_is_replaced_and_never_shown(cli: Cli) -> None:
    kept = cli.home / "keys" / "webhooks" / "qinghe" / "Kuaishou.secret"
    for secret in ("first", "second"):
        done = cli.run("channel", "secret", "KUAISHOU", cli.file("secret.txt", f"{secret}\n"))
        assert secret not in done.output
        assert kept.read_text() == secret
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "unknown-name" in cli.refused("channel", "secret", "Nope", cli.file("s.txt", "x"))
    assert "missing" in cli.refused("channel", "secret", "Kuaishou", cli.file("s.txt", " "))
    assert kept.read_text() == "second"


def test_a_secret_is_kept_for_the_service_alone(cli: Cli) -> None:
    secret = cli.file("secret.txt", "s3cret\n")
    cli.run("channel", "add", "Second", "--platform", "kuaishou", "--secret-file", secret)
    kept = cli.home / "keys" / "webhooks" / "qinghe" / "Second.secret"
    assert kept.read_text() == "s3cret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\n", "missing"), (b"\xff\xfe", "not-utf-8")], ids=["empty", "bytes"]
)
def test_a_channel_is_not_opened_when_its_secret_cannot_be_read(
    cli: Cli, content: bytes, reason: str
) -> None:
    arguments = ("channel", "add", "Second", "--platform", "kuaishou")
    secret = cli.file("secret.txt", content)
    assert cli.refused(*arguments, "--secret-file", secret).endswith(
        f"secret.txt, field secret: {reason}"
    )
    assert cli.json(*arguments)["seq"] == 9, "the refused try left an entry"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("fund create Bad --name-zh a --name-en b", "field slug: not-a-slug (value=Bad)"),
        ("fund create qinghe --name-zh a --name-en b", "conflict (what=fund key=qinghe)"),
        ("fund create x2 --name-zh a --name-en b --zone Mars/One", "field zone: not-a-time-zone"),
        (
            "fund create x2 --name-zh a --name-en b --commodity XXX",
            "unknown-commodity (value=XXX)",
        ),
        ("channel add lower", "field name: not-a-component (value=lower)"),
        ("channel add KUAISHOU", "conflict (what=channel key=KUAISHOU)"),
        ("account add CCB --stage bank --number 1", "conflict (what=account key=Assets:Bank:CCB)"),
        ("account add X --stage bank --number 15001777330001", "conflict (what=account"),
        ("account add X --stage bank --number 1 --opening -5", "field opening: not-positive"),
        ("account add X --stage bank --number 1 --opening 1.005", "too-many-decimals"),
        ("rate set KSCOIN 0 1.00", "field rate: not-positive"),
        ("rate set FOO 10 1.00", "field unit: unknown (value=FOO"),
        ("rate set KSCOIN 10 1.00 --from yesterday", "time: field from: not-a-time"),
        ("member add x king --email x@example.com", "field roles: unknown (value=king"),
        ("member add x finance --email x", "field email: "),
        ("member add m7 finance --email x@example.com", "field name: like-an-id (value=m7)"),
        ("member remove nobody", "unknown-name (what=member"),
        ("member list --fund nope", "not-found (what=fund name=nope)"),
        ("key retire", "state (what=log-key state=one needed=two)"),
    ],
)
def test_wrong_set_up_is_refused_in_one_line_and_changes_nothing(
    cli: Cli, arguments: str, says: str
) -> None:
    assert says in cli.refused(*arguments.split())
    problem = cli.json(*arguments.split(), fails=1)["problem"]
    assert problem["code"] == cli.refused(*arguments.split()).partition(":")[0].partition(" ")[0]
    assert cli.json("rate", "set", "DYCOIN", "1", "0.10")["seq"] == 9


def test_with_two_funds_one_has_to_be_named(cli: Cli) -> None:
    cli.run("fund", "create", "second", "--name-zh", "乙", "--name-en", "B")
    assert "do=--fund NAME" in cli.refused("member", "list")
    assert cli.json("member", "list", "--fund", "second") == {"members": []}


def test_keys_are_rotated_and_retired(cli: Cli) -> None:
    new = cli.json("key", "rotate")["key"]
    lines = (cli.home / "keys" / "qinghe.vkey").read_text().split()
    assert lines[0] == new
    assert cli.json("key", "retire") == {"retired": [lines[1]]}
    cli.run("rate", "set", "DYCOIN", "10", "1.00")  # the new key signs alone


@pytest.mark.parametrize(
    ("env", "name", "expected"),
    [
        ({"LEDGER_PROT": "1"}, "LEDGER_PROT", "one of LEDGER_HOME, "),
        ({"LEDGER_PORT": "http"}, "LEDGER_PORT", "a whole number, 1 to 65535"),
        ({"DATABASE_URL": "mysql://u:hidden@h/d"}, "DATABASE_URL", "`sqlite:///PATH` or "),
    ],
)
def test_wrong_settings_are_named_before_anything_else(
    cli: Cli, env: dict[str, str], name: str, expected: str
) -> None:
    cli.env = env
    told = cli.refused("fund", "list", fails=2)
    assert told.startswith(f"settings (name={name} expected={expected}")
    problem = cli.json("fund", "list", fails=2)["problem"]
    assert (problem["code"], problem["name"]) == ("settings", name)
    assert "hidden" not in told + json.dumps(problem)


def test_an_env_file_is_read_where_the_command_is_started(cli: Cli) -> None:
    cli.file(".env", "LEDGER_PORT=0\n")
    assert "LEDGER_PORT" in cli.refused("fund", "list", fails=2)


def test_a_folder_that_cannot_be_written_is_named(cli: Cli) -> None:
    cli.file("taken", "a file, not a folder")
    told = cli.refused("export", "beancount", cli.folder / "taken" / "out.beancount")
    assert told.startswith("external: taken")


# --- bad days ------------------------------------------------------------------------------------


def test_a_restored_old_database_is_refused_and_says_what_to_do(cli: Cli) -> None:
    older = shutil.copytree(cli.home, cli.folder / "backup")
    cli.run("rate", "set", "DYCOIN", "10", "1.00")
    restored = Cli(cli.folder / "restored")
    shutil.copytree(older, restored.home)
    shutil.rmtree(restored.home / "keys")
    shutil.copytree(cli.home / "keys", restored.home / "keys")
    call = ("rate", "set", "DYCOIN", "10", "2.00")
    told = restored.refused(*call)
    assert told.startswith("rolled-back: smaller (fund=qinghe released_size=10 offered_size=9")
    assert "bring back the newest copy" in told
    assert "docs/operating.md" in told
    assert "Restoring" in (PROJECT / "docs" / "operating.md").read_text("utf-8")
    assert "do" in restored.json(*call, fails=1)["problem"]
    assert restored.size() == 9
    restored.run("verify", fails=1)
    # The whole newest state is back: it goes on where it was.
    again = Cli(cli.folder / "again")
    shutil.copytree(cli.home, again.home)
    assert again.json(*call)["seq"] == 10


def test_a_backup_of_database_and_keys_together_is_noticed_with_a_checkpoint_kept_elsewhere(
    cli: Cli,
) -> None:
    cli.folder.joinpath("kept").mkdir()
    older = Cli(
        Path(shutil.copytree(cli.folder, cli.folder.with_name(f"{cli.folder.name}-older")))
    )
    cli.run("rate", "set", "DYCOIN", "10", "1.00")
    cli.run("export", "tiles", cli.folder / "log")
    kept = cli.folder / "log" / "checkpoint"
    cli.run("verify", "--since", kept)
    older.run("verify")
    older.run("verify", "--since", kept, fails=1)


def test_a_swapped_key_and_a_missing_one_are_named(cli: Cli) -> None:
    other = Cli(cli.folder / "other")
    other.folder.mkdir()
    other.run("db", "upgrade")
    other.set_up()
    key = cli.home / "keys" / "qinghe.key"
    own = key.read_bytes()
    key.write_bytes((other.home / "keys" / "qinghe.key").read_bytes())
    assert cli.refused(*ADD).startswith("key-mismatch: qinghe.key")
    key.unlink()
    assert cli.refused(*ADD).startswith("not-found: qinghe.key")
    key.write_bytes(own)
    assert cli.json(*ADD)["member"] == "m5"


def test_a_locked_database_says_so_and_loses_nothing(cli: Cli) -> None:
    cli.env = {"LEDGER_SQLITE_BUSY_MS": "50"}
    with contextlib.closing(sqlite3.connect(cli.home / "ledger.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        told = cli.refused(*ADD)
        assert told.startswith("busy: locked")
        assert told.endswith("Nothing was written; try again")
    assert cli.json(*ADD)["member"] == "m5"


def test_the_module_is_the_command(tmp_path: Path) -> None:
    """Once through a process of its own: exit codes as a shell sees them, and no traceback."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ledger", *arguments],
            cwd=PROJECT,
            env=env | {"LEDGER_HOME": str(tmp_path / "home")} | more,
            capture_output=True,
            text=True,
            check=False,
        )

    refused = call("fund", "list")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert len(refused.stderr.splitlines()) == 1
    wrong = call("fund", "list", LEDGER_WORKERS="0")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    assert "LEDGER_WORKERS" in wrong.stderr


def test_a_wrong_call_is_told_from_a_refused_one(cli: Cli) -> None:
    assert "No such command" in cli.run("no-such-command", fails=2).stderr
    assert "Missing argument" in cli.run("fund", "create", fails=2).stderr
    assert "Usage" in cli.run("--help").stdout
