"""The table of every address and every command against every role: `docs/roles.md`, and what the tests walk.

It is read from the app and from the command line themselves, so that nothing can be added without standing in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import click
from flask import Flask

from ledger.__main__ import roles
from ledger.actors import PEOPLE
from ledger.app import create_app, doors_of
from ledger.cli.main import main
from ledger.roles import ACTIONS, MACHINE, OWN, PUBLIC, SCOPES, Action, action_of
from ledger.settings import Settings
from ledger.wiring import build_services

_UNASKED = frozenset({"HEAD", "OPTIONS"})
_YES, _NO = "✓", "·"

_TITLE = """# Roles: who may do what

Written by `python -m ledger roles --markdown`, from the app and the command line themselves; a test compares. What is
not in this table, nobody may. `fresh`: a second factor within the last ten minutes is asked for. `token`: the scope
with which a machine may do it in a member's name. No token approves anything.

A role says what somebody may do at all. That nobody approves what they proposed or edited is told by the decision,
whatever roles they have; who has to approve what is in `docs/funds.md`.
"""
_MARKS = """
Besides, *public* is for anybody, *own* for whoever is signed in and only for what is theirs, and *machine* for whoever
has a shell on the machine: database, keys and files are theirs anyway. Pages stand below `/en` as well, in English,
for the same people.
"""


class Row(NamedTuple):
    """An address or a command.

    Attributes:
        method: `GET`, `POST` …; empty for a command.
        name: Address or command.
        does: A name of `ACTIONS`, or a mark; None when it says nothing.
        endpoint: Flask's name of an address; empty for a command.
    """

    method: str
    name: str
    does: str | None
    endpoint: str = ""


def addresses(app: Flask) -> list[Row]:
    """Return all addresses of an app, by name and method.

    Args:
        app: The app.

    Returns:
        A row for each method.
    """
    return sorted(
        Row(method, rule.rule, action_of(app.view_functions[rule.endpoint]), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - _UNASKED
    )


def commands() -> list[Row]:
    """Return all commands, by name; groups do nothing themselves."""
    main.add_command(roles)  # the only one that is not of the command line's own folder
    return sorted(
        Row("", " ".join(path), action_of(command.callback)) for path, command in _leaves(main)
    )


def _leaves(
    group: click.Group, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        path = (*before, name)
        if isinstance(command, click.Group):
            yield from _leaves(command, path)
        else:
            yield path, command


def markdown(app: Flask) -> str:
    """Write the table.

    Args:
        app: The app whose addresses it lists.

    Returns:
        `docs/roles.md`.
    """
    lines = [_TITLE, "## Actions\n", *_actions(ACTIONS.values()), _MARKS, "## Addresses\n"]
    lines += _table(("method", "address", "does"), _once(addresses(app)))
    lines += ["\n## Commands\n"]
    lines += _table(("command", "does"), commands())
    lines += ["\n## Scopes of tokens\n", "| scope | opens |", "|---|---|"]
    for scope in SCOPES:
        opened = ", ".join(f"`{one.name}`" for one in ACTIONS.values() if one.by_token == scope)
        lines.append(f"| `{scope}` | {opened} |")
    return "\n".join(lines) + "\n"


def _once(rows: list[Row]) -> Iterator[Row]:
    """Leave out what stands below `/en` as well: a page is the same in both languages, and so is who may see it.

    Yields:
        Rows, with plain names in their addresses.
    """
    known = {(row.method, row.name, row.does) for row in rows}
    for row in rows:
        if (row.method, row.name.removeprefix("/en") or "/", row.does) in known - {row[:3]}:
            continue
        yield row._replace(name=re.sub(r"<[a-z]+(\([^)]*\))?:", "<", row.name))


def _actions(actions: Iterable[Action]) -> Iterator[str]:
    yield f"| action | | 中文 | {' | '.join(PEOPLE)} | fresh | token |"
    yield "|---" * (5 + len(PEOPLE)) + "|"
    for one in actions:
        marks = " | ".join(_YES if role in one.roles else _NO for role in PEOPLE)
        token = f"`{one.by_token}`" if one.by_token else _NO
        fresh = _YES if one.fresh else _NO
        yield f"| `{one.name}` | {one.en} | {one.zh} | {marks} | {fresh} | {token} |"


def _table(head: tuple[str, ...], rows: Iterable[Row]) -> Iterator[str]:
    yield f"| {' | '.join(head)} | {' | '.join(PEOPLE)} |"
    yield "|---" * (len(head) + len(PEOPLE)) + "|"
    for row in rows:
        first = [row.method] if row.method else []
        yield f"| {' | '.join([*first, f'`{row.name}`', _does(row)])} | {' | '.join(_cells(row))} |"


def _does(row: Row) -> str:
    if row.does is None:
        return "**nothing**"
    return f"`{row.does}`" if row.does in ACTIONS else f"*{row.does}*"


def _cells(row: Row) -> list[str]:
    does = row.does or ""
    if does in ACTIONS:
        return [_YES if role in ACTIONS[does].roles else _NO for role in PEOPLE]
    return [{PUBLIC: _YES, OWN: OWN, MACHINE: MACHINE}.get(does, _NO)] * len(PEOPLE)


def app_of(settings: Settings) -> Flask:
    """Return the app as it is served; nothing is read or written for it.

    Args:
        settings: Where everything would be.

    Returns:
        The app.
    """
    services = build_services(settings)
    return create_app(settings, services, doors_of(services.ledger))
