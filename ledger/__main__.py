"""`python -m ledger …`: the command line, and one command that looks at the web as well."""

from __future__ import annotations

import click

from ledger.cli.main import main
from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.roles import ACTIONS


@main.command("roles", hidden=True)
@click.option("--markdown", "as_markdown", is_flag=True, help="Write docs/roles.md.")
@pass_session
@guarded
@machine
def roles(session: Session, *, as_markdown: bool) -> None:
    """Show who may do what."""
    if as_markdown:
        from ledger.role_table import app_of, markdown

        click.echo(markdown(app_of(session.settings)), nl=False)
        return
    for one in ACTIONS.values():
        session.note(f"{one.name}\t{', '.join(one.roles)}\t{one.en}")
    session.say(
        f"{len(ACTIONS)} actions", actions={one.name: list(one.roles) for one in ACTIONS.values()}
    )


if __name__ == "__main__":
    main()
