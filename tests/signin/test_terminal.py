"""Signing in on the terminal: the same steps, a key in a file, and commands that act for somebody."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ledger.cli.main import main
from ledger.errors import SignInNeededError, SignInRefusedError, UnknownNameError
from ledger.funds import booking, members
from ledger.funds.booking import NewFund
from ledger.sequencer.groups import Sequencer
from ledger.signin import enrolling, terminal
from ledger.signin.enrolling import next_code
from tests.signin.gates import LI, PASSWORD, WANG, enrol, later


@pytest.fixture
def fund(gate, tmp_path):
    sequencer = Sequencer(gate.database, tmp_path / "keys", gate.clock)
    made = booking.open_fund(
        sequencer, gate.clock, "localhost:8000", NewFund("qinghe", "青禾", "Qinghe")
    )
    user_id = enrol(gate).user_id
    members.enrol_member(sequencer, made, "Zhao", "finance", user_id)
    members.enrol_member(sequencer, made, "Nobody", "approver", None)
    return made


def test_a_member_acts_where_their_user_has_signed_in(gate, fund):
    with pytest.raises(SignInNeededError) as caught:
        terminal.resolve_terminal(gate, fund, "Zhao")
    assert caught.value.fields["do"] == f"python -m ledger sign-in {LI}"
    terminal.sign_in(gate, LI, PASSWORD, next_code(gate, 1))
    member, signed_in = terminal.resolve_terminal(gate, fund, "Zhao")
    assert (member.user_id, signed_in.email) == (1, LI)
    assert signed_in.fresh.method == "totp"
    assert terminal.sign_out(gate, 1)
    assert not terminal.sign_out(gate, 1)
    with pytest.raises(SignInNeededError):
        terminal.resolve_terminal(gate, fund, "Zhao")


def test_a_member_without_a_user_does_not_act(gate, fund):
    with pytest.raises(SignInNeededError) as caught:
        terminal.resolve_terminal(gate, fund, "Nobody")
    assert caught.value.fields["reason"] == "no-user"
    with pytest.raises(UnknownNameError):
        terminal.resolve_terminal(gate, fund, "Somebody")


def test_a_terminals_session_ends_like_a_browsers(gate, fund):
    terminal.open_for_script(gate, 1)
    for _ in range(3):
        later(gate, minutes=25)
        _, signed_in = terminal.resolve_terminal(gate, fund, "Zhao")
    assert signed_in.fresh is None
    with pytest.raises(SignInRefusedError):
        terminal.fresh(gate, signed_in, "000000")
    assert terminal.fresh(gate, signed_in, next_code(gate, 1)).fresh is not None
    later(gate, minutes=30)
    with pytest.raises(SignInNeededError):
        terminal.resolve_terminal(gate, fund, "Zhao")


def test_the_key_is_for_this_login_and_this_user_only(gate, fund):
    enrol(gate, WANG, "Chen Jing")
    terminal.open_for_script(gate, 2)
    folder = gate.signed_in_folder
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "2").stat().st_mode & 0o777 == 0o600
    (folder / "1").write_text((folder / "2").read_text())
    with pytest.raises(SignInNeededError):
        terminal.resolve_terminal(gate, fund, "Zhao")


def test_an_ended_session_is_none_on_the_terminal(gate, fund):
    terminal.open_for_script(gate, 1)
    assert enrolling.end_sessions_of(gate, 1) == 1
    with pytest.raises(SignInNeededError):
        terminal.resolve_terminal(gate, fund, "Zhao")


# --- commands --------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Give a caller of commands: what they print as JSON, and the exit code."""
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "home"))
    (tmp_path / "pw").write_text(PASSWORD + "\n", encoding="utf-8")

    def call(*words):
        done = CliRunner().invoke(main, ["--json", *words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        lines = done.stdout.strip().splitlines()
        return (json.loads(lines[-1]) if lines else {}), done.exit_code

    call("db", "upgrade")
    return call


def test_the_first_user_is_made_on_the_command_line(command, tmp_path):
    made, code = command("user", "add", LI, "--name", "Zhao Lei")
    assert code == 0
    word = ("--password-file", str(tmp_path / "pw"))
    accepted, code = command(
        "user", "accept", made["invitation"], *word, "--secret-file", str(tmp_path / "app")
    )
    assert (code, len(accepted["recovery_codes"])) == (0, 10)
    assert (tmp_path / "app").stat().st_mode & 0o777 == 0o600
    refused, code = command("sign-in", LI, *word, "--code", "000000")
    assert (code, refused["problem"]["code"]) == (1, "sign-in-refused")
    signed_in, code = command("sign-in", LI, *word, "--code", accepted["recovery_codes"][0])
    assert (code, signed_in) == (0, {"user": 1})
    assert [one["accepted"] for one in command("user", "list")[0]["users"]] == [True]
    assert command("user", "end-sessions", LI)[0]["ended"] == 1
    assert command("sign-out", LI)[0]["was_in"] is False
    assert command("user", "unlock", LI)[1] == 0
    again, _ = command("user", "invite", LI)
    assert again["invitation"] != made["invitation"]
    assert command("user", "end", LI)[1] == 0
    assert command("user", "invite", LI)[1] == 1
    assert len(list((tmp_path / "home" / "outbox").glob("*.eml"))) >= 2


def test_a_secret_is_never_part_of_a_command(command):
    made, _ = command("user", "add", LI, "--name", "Zhao Lei")
    for words in (("sign-in", LI), ("user", "accept", made["invitation"])):
        told, code = command(*words)
        assert code == 1
        assert told["problem"]["do"] == "--password-file FILE"


def test_who_is_not_there_is_not_found(command):
    for words in (("user", "invite", WANG), ("user", "unlock", WANG), ("sign-out", WANG)):
        told, code = command(*words)
        assert (code, told["problem"]["code"]) == (1, "not-found")
    assert command("user", "add", "no address", "--name", "X")[1] == 1
