"""Every command, by every role and by nobody: allowed and refused as the table says.

What is named does not exist: whoever is allowed is told so, whoever is not is refused before anything is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest

from ledger.actors import PEOPLE
from ledger.cli.main import main
from ledger.cli.session import ACTIONS
from ledger.roles import MARKS, action_of
from tests.flow.cli import Cli
from tests.flow.conftest import Templates

VALUES = {
    "roles": "finance",
    "email": "new@qinghe.example.com",
    "worth": "1.00",
    "unit": "KSCOIN",
    "amount": "1.00",
    "month": "2020-01",
    "until": "2020-03-01T00:00:00Z",
    "from_name": "CCB",
    "to_name": "Main",
    "account_name": "Main",
    "reference": "HZ20261203",
    "changes": "amount=1.00",
    "tiers": "approver",
    "scope": "read",
}
NOBODY = "sign-in-needed"


def commands(
    group: click.Group = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def acts(command: click.Command) -> bool:
    return any(param.name == "member_name" for param in command.params)


ACTING = [(path, command) for path, command in commands() if acts(command)]


PERSON = {
    "finance": "王会计",
    "approver": "李建国",
    "controller": "周敏",
    "administrator": "赵管",
    "operator": "钱操",
    "auditor": "孙审",
}


@pytest.fixture(scope="module")
def county(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Give somebody of each role, signed in; the fund is set up, and money has moved."""
    cli = templates.copy("set-up", tmp_path_factory.mktemp("county"))
    cli.enrol("钱操", "operator")
    cli.enrol("孙审", "auditor")
    cli.raise_money()
    return cli


@pytest.fixture
def cli(county: Cli, tmp_path: Path) -> Cli:
    return Templates.copied(county, tmp_path)


def arguments(cli: Cli, path: tuple[str, ...], command: click.Command) -> list[str]:
    """Return arguments that can be read, about what does not exist."""
    given = list(path)
    for param in command.params:
        if not param.required or param.name == "member_name":
            continue
        if isinstance(param, click.Option):
            given.append(param.opts[0])
        if isinstance(param.type, click.Choice):
            given.append(str(param.type.choices[0]))
        elif isinstance(param.type, click.Path):
            given.append(str(cli.file("empty.csv", "")))
        elif param.type is click.INT:
            given.append("999999")
        else:
            given.append(VALUES.get(str(param.name), "nothing"))
    return given


def test_every_command_names_what_it_does() -> None:
    unnamed = [path for path, command in commands() if action_of(command.callback) is None]
    assert unnamed == []
    for path, command in commands():
        # Whoever acts is named by `--by`, and whoever is named acts by a row of the table.
        assert acts(command) == (action_of(command.callback) not in MARKS), path
    assert len(ACTING) > 15


@pytest.mark.parametrize(("path", "command"), ACTING, ids=[" ".join(path) for path, _ in ACTING])
def test_every_command_answers_each_role_as_the_table_says(
    cli: Cli, path: tuple[str, ...], command: click.Command
) -> None:
    call = arguments(cli, path, command)
    action = ACTIONS[action_of(command.callback) or ""]
    for role in PEOPLE:
        told = cli.run(*call, "--by", PERSON[role], fails=None)
        assert told.exit_code in {0, 1}, (call, told.output)
        refused = "ledger: not-allowed (role=" in told.stderr
        assert refused == (role not in action.roles), (role, told.output)
        assert NOBODY not in told.output
    cli.now += timedelta(hours=13)
    assert cli.refused(*call, "--by", PERSON[action.roles[0]]).startswith(NOBODY)


@pytest.mark.parametrize(
    ("path", "command"),
    [(path, one) for path, one in ACTING if ACTIONS[action_of(one.callback) or ""].fresh],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_where_a_fresh_factor_is_asked_for_an_old_one_does_not_do(
    cli: Cli, path: tuple[str, ...], command: click.Command
) -> None:
    action = ACTIONS[action_of(command.callback) or ""]
    cli.now += timedelta(minutes=11)
    for role in action.roles:
        told = cli.refused(*arguments(cli, path, command), "--by", PERSON[role])
        assert told.startswith("fresh-factor-needed"), (path, role)


def test_what_setting_up_needs_no_member_for_needs_one_later(cli: Cli) -> None:
    for path, command in ACTING:
        by = next(param for param in command.params if param.name == "member_name")
        if not by.required:
            told = cli.refused(*arguments(cli, path, command))
            assert told.startswith("state (what=set-up state=ended"), (path, told)
