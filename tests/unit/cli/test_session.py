"""How the command line tells an error: one line for a person, one object for a machine."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ledger.cli.session import Session, guarded, naming, pass_session, told
from ledger.errors import (
    AmountError,
    BalanceTieError,
    ConflictError,
    FileFormatError,
    FourEyesError,
    InvariantError,
    LedgerError,
    SettingsError,
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            FileFormatError(file="a.csv", line=3, field="net_cny", reason="not-income-tax"),
            "file-format: a.csv, line 3, field net_cny: not-income-tax",
        ),
        (
            FileFormatError(file="a.csv", line=0, field="", reason="empty"),
            "file-format: a.csv: empty",
        ),
        (
            BalanceTieError(file="b.csv", line=2, field="balance", expected=1, found=2),
            "balance-tie: b.csv, line 2, field balance (expected=1 found=2)",
        ),
        (FourEyesError(member="m1"), "four-eyes (member=m1)"),
        (LedgerError(), "ledger-error"),
        (ConflictError(key="k", root=b"\x01\xff"), "conflict (key=k root=01ff)"),
    ],
)
def test_an_error_is_one_line(error: LedgerError, sentence: str) -> None:
    assert told(error) == sentence


def ending_with(error: Exception) -> click.Command:
    """Make a command that fails."""

    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    @click.pass_context
    def command(context: click.Context, *, as_json: bool) -> None:
        context.obj = Session(as_json=as_json)
        context.invoke(inner)

    @pass_session
    @guarded
    def inner(_session: Session) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (AmountError(field="amount", reason="too-large"), "amount", 1),
        (InvariantError(reason="x"), "invariant", 1),
        (SettingsError(name="LEDGER_PORT", expected="a number"), "settings", 2),
        (
            PermissionError(errno.EACCES, "Permission denied", "/some/where/file.csv"),
            "external",
            1,
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "storage-full", 1),
    ],
)
def test_exit_code_and_shape(error: Exception, code: str, exit_code: int) -> None:
    plain = CliRunner().invoke(ending_with(error))
    assert (plain.exit_code, plain.stdout, plain.stderr.count("\n")) == (exit_code, "", 1)
    assert plain.stderr.startswith(f"ledger: {code}")
    machine = CliRunner().invoke(ending_with(error), ["--json"])
    assert (machine.exit_code, machine.stderr) == (exit_code, "")
    assert json.loads(machine.stdout)["problem"]["code"] == code


def test_only_a_file_s_name_is_told_not_where_it_lies() -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "/home/wang/secret/file.csv")
    assert CliRunner().invoke(ending_with(error)).stderr == (
        "ledger: external: file.csv: Permission denied\n"
    )


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        CliRunner().invoke(ending_with(ZeroDivisionError()), catch_exceptions=False)


def test_naming_adds_the_file_and_keeps_what_is_there() -> None:
    with pytest.raises(AmountError) as caught, naming(Path("/x/a.csv")):
        raise AmountError(field="amount", line=4)
    assert caught.value.fields == {"file": "a.csv", "field": "amount", "line": 4}
    with pytest.raises(FileFormatError) as caught, naming(Path("/x/a.zip")):
        raise FileFormatError(file="inside.csv", line=1)
    assert caught.value.fields["file"] == "inside.csv"
    with pytest.raises(FourEyesError) as unrelated, naming(Path("a.csv")):
        raise FourEyesError(member="m1")
    assert unrelated.value.fields == {"member": "m1"}
