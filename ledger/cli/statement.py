"""Statements: build and publish the PDF of a closed month."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

import click

from ledger.actors import Member
from ledger.cli.deciding import summary
from ledger.cli.session import Session, acts, fund_option, guarded, pass_session
from ledger.desk import actions, wanted
from ledger.errors import FieldError
from ledger.journal.history import Fund
from ledger.periods.booking import NewStatement
from ledger.statements.files import statement_file
from ledger.wiring import Ledger

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Built(NamedTuple):
    """A statement that was built to be published, and its file."""

    new: NewStatement
    path: Path


@click.group()
def statement() -> None:
    """Statements of closed months."""


@statement.command("build")
@click.argument("month")
@click.option("--language", type=click.Choice(LANGUAGES), default="zh", show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; default in LEDGER_HOME.",
)
@fund_option
@acts("statement.build")
@pass_session
@guarded
def statement_build(
    session: Session,
    month: str,
    language: Language,
    out: Path | None,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Build a month's statement without publishing it."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    from ledger.statements.build import Issue, build_statement

    built = build_statement(
        ledger, fund, month, language, Issue(ledger.clock.now(), prepared_by=member)
    )
    path = out or ledger.settings.outputs / fund.slug / f"{built.number}-{language}.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(built.pdf)
    session.say(
        f"{built.number}: {len(built.pdf):,} bytes in {path}", number=built.number, path=str(path)
    )


@statement.command("publish")
@click.argument("month")
@click.option(
    "--language",
    "languages",
    type=click.Choice(LANGUAGES),
    multiple=True,
    default=LANGUAGES,
    show_default=True,
)
@fund_option
@acts("publish.propose")
@pass_session
@guarded
def statement_publish(
    session: Session,
    month: str,
    languages: tuple[Language, ...],
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Build a month's statement, keep its files, and propose to publish exactly these. An approver decides."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    built = [build(ledger, fund, month, language, member) for language in dict.fromkeys(languages)]
    new = wanted.publication([one.new for one in built])
    done = actions.propose(ledger.sequencer, fund, member.member_id, new)
    for one in built:
        session.note(str(one.path))
    session.say(
        f"{built[0].new.number}: {summary(done)}",
        number=built[0].new.number,
        decision=done.number,
        paths=[str(one.path) for one in built],
    )


def build(ledger: Ledger, fund: Fund, month: str, language: Language, member: Member) -> Built:
    """Build a statement and keep its file, under a name that no other bytes have.

    The file is there before anybody decides: what is approved is exactly what was looked at. A proposal that comes to
    nothing leaves a file that nobody names.

    Args:
        ledger: The ledger.
        fund: The fund.
        month: A closed month.
        language: `zh` or `en`.
        member: Who prepares it.

    Returns:
        What to publish, and its file.

    Raises:
        FieldError: No such language.
    """
    if language not in LANGUAGES:
        raise FieldError(field="language", value=language[:10], reason="unknown", known=LANGUAGES)
    from ledger.statements.build import Issue, build_statement

    built = build_statement(
        ledger, fund, month, language, Issue(ledger.clock.now(), prepared_by=member)
    )
    digest = sha256(built.pdf).digest()
    new = NewStatement(built.number, language, month, built.size, digest, len(built.pdf))
    path = statement_file(ledger.settings.outputs / fund.slug, new.number, language, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(built.pdf)
    return Built(new, path)
