"""Statements: build the PDF of a closed month."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ledger.cli.session import Session, acts, fund_option, guarded, pass_session
from ledger.statements.spans import kind_of

if TYPE_CHECKING:
    # It brings the renderer with it: only commands that build wait for that.
    from ledger.statements.reproduce import Reproduced

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


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
@click.option(
    "--check",
    is_flag=True,
    help="Build it twice and compare every byte; write nothing.",
)
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --check: rebuild this file, signed or not, as it was issued, and compare.",
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
    check: bool,
    against: Path | None,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Build a statement to look at; nothing is kept or said in the log. See `statement prepare`.

    MONTH is a closed month (2026-10), a quarter (2026-Q4) or a year (2026).
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    from ledger.statements.build import Issue, build_statement

    if check or against:
        from ledger.statements.reproduce import Rebuilding, reproduce

        what = Rebuilding(ledger, fund, month, language, member)
        _say_reproduced(session, reproduce(what, against.read_bytes() if against else None))
        return
    issue = Issue(ledger.clock.now(), prepared_by=member, kind=kind_of(month))
    built = build_statement(ledger, fund, month, language, issue)
    path = out or ledger.settings.outputs / fund.slug / f"{built.number}-{language}.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(built.pdf)
    session.say(
        f"{built.number}: {len(built.pdf):,} bytes in {path}", number=built.number, path=str(path)
    )


@statement.command("figures")
@click.argument("month")
@fund_option
@acts("statement.build")
@pass_session
@guarded
def statement_figures(
    session: Session, month: str, member_name: str, fund_slug: str | None
) -> None:
    """Print the figures of a statement alone, as the JSON that would lie inside it.

    MONTH is as `statement build` takes it. Every equation is checked; nothing is printed when two figures differ.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    from ledger.statements.build import Issue, figures_of
    from reports.statement import figures_json

    issue = Issue(ledger.clock.now(), prepared_by=member, kind=kind_of(month))
    click.echo(figures_json(figures_of(ledger, fund, month, issue)))


def _other(kind: Literal["R", "C"], name: str, told: str) -> None:
    """Add a command that builds another document of a closed month."""

    @statement.command(name, help=told)
    @click.argument("month")
    @click.option("--language", type=click.Choice(LANGUAGES), default="zh", show_default=True)
    @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
    @fund_option
    @acts("statement.build")
    @pass_session
    @guarded
    def build_other(
        session: Session,
        month: str,
        language: Language,
        out: Path | None,
        member_name: str,
        fund_slug: str | None,
    ) -> None:
        ledger, fund = session.ledger(), session.fund(fund_slug)
        member = session.member(fund, member_name)
        from ledger.statements.build import Issue, build_statement

        issue = Issue(ledger.clock.now(), prepared_by=member, kind=kind)
        built = build_statement(ledger, fund, month, language, issue)
        path = out or ledger.settings.outputs / fund.slug / f"{built.number}-{language}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(built.pdf)
        session.say(
            f"{built.number}: {len(built.pdf):,} bytes in {path}",
            number=built.number,
            path=str(path),
        )


_other("R", "reconciliation", "Build a closed month's reconciliation report.")
_other("C", "correction", "Build the notice of what a closed month corrects in published ones.")


def _say_reproduced(session: Session, done: Reproduced) -> None:
    """Say whether a statement came out the same, and end with 1 if not."""
    if done.differs_at is None:
        text = f"{done.number}: the same {done.length:,} bytes again, sha256 {done.sha256}"
    else:
        text = f"{done.number}: NOT the same, the first byte that differs is {done.differs_at:,}"
    session.say(
        text,
        number=done.number,
        sha256=done.sha256,
        same=done.differs_at is None,
        differs_at=done.differs_at,
    )
    if done.differs_at is not None:
        sys.exit(1)
