"""Statements: build and publish the PDF of a closed month."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

import click

from ledger.actors import Member
from ledger.cli.session import Session, acts, fund_option, guarded, pass_session
from ledger.desk import actions
from ledger.errors import FieldError
from ledger.journal.history import Fund
from ledger.periods.booking import NewStatement
from ledger.wiring import Ledger

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Published(NamedTuple):
    """A statement that was built and whose hash is in the log."""

    number: str
    path: Path
    seq: int


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
    from ledger.statements.build import build_statement

    built = build_statement(ledger, fund, month, language, prepared_by=member)
    path = out or _path(ledger, fund, built.number, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(built.pdf)
    session.say(
        f"{built.number}: {len(built.pdf):,} bytes in {path}", number=built.number, path=str(path)
    )


@statement.command("publish")
@click.argument("month")
@click.option("--language", type=click.Choice(LANGUAGES), default="zh", show_default=True)
@fund_option
@acts("publish.propose")
@pass_session
@guarded
def statement_publish(
    session: Session, month: str, language: Language, member_name: str, fund_slug: str | None
) -> None:
    """Build a month's statement, keep its file and put its hash into the log."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    done = publish(ledger, fund, month, language, session.member(fund, member_name))
    session.say(
        f"{done.number} published, entry {done.seq}",
        number=done.number,
        seq=done.seq,
        path=str(done.path),
    )


def publish(
    ledger: Ledger, fund: Fund, month: str, language: Language, member: Member
) -> Published:
    """Build a statement, keep its file, and put its hash into the log.

    The file is written first: a crash before the entry leaves a file that nobody names, and the next
    try writes the same bytes again.

    Args:
        ledger: The ledger.
        fund: The fund.
        month: A closed month.
        language: `zh` or `en`.
        member: Who publishes.

    Returns:
        Number, file and entry.

    Raises:
        FieldError: No such language.
    """
    if language not in LANGUAGES:
        raise FieldError(field="language", value=language[:10], reason="unknown", known=LANGUAGES)
    from ledger.statements.build import build_statement

    built = build_statement(ledger, fund, month, language, prepared_by=member)
    path = _path(ledger, fund, built.number, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(built.pdf)
    new = NewStatement(
        built.number, language, month, built.size, sha256(built.pdf).digest(), len(built.pdf)
    )
    seq = actions.publish_statement(ledger.sequencer, fund, member, new)
    return Published(built.number, path, seq)


def _path(ledger: Ledger, fund: Fund, number: str, language: Language) -> Path:
    return ledger.settings.outputs / fund.slug / f"{number}-{language}.pdf"
