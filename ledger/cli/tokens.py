"""Keys of machines: each member makes, sees and ends their own; an administrator sees and ends all."""

from __future__ import annotations

import click

from ledger.cli.session import Session, acts, fund_option, guarded, pass_session
from ledger.clock import from_ms, to_ms, to_text
from ledger.funds import tokens
from ledger.funds.tokens import DAYS_DEFAULT, DAYS_MAX, NewToken, parse_scopes
from ledger.roles import SCOPES


@click.group()
def token() -> None:
    """Keys of machines that act for a member; none of them can approve."""


@token.command("make")
@click.argument("name")
@click.option(
    "--scope",
    default="gifts",
    show_default=True,
    help=f"{', '.join(SCOPES)}; with commas. With payments a machine proposes another payee, and no second factor is "
    "asked for but the one of this command.",
)
@click.option(
    "--days",
    default=DAYS_DEFAULT,
    show_default=True,
    help=f"How long it holds; at most {DAYS_MAX}.",
)
@fund_option
@acts("token.make")
@pass_session
@guarded
def token_make(
    session: Session, name: str, scope: str, days: int, member_name: str, fund_slug: str | None
) -> None:
    """Make a key for a machine and call it NAME; it is shown this once."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    new = NewToken(name, parse_scopes(scope), days)
    made = tokens.make_token(ledger.database, ledger.clock, fund, member.member_id, new)
    session.say(made, token=made)


@token.command("list")
@fund_option
@acts("token.read")
@pass_session
@guarded
def token_list(session: Session, member_name: str, fund_slug: str | None) -> None:
    """List one's own keys; all of them for an administrator."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    found = tokens.tokens_seen_by(ledger.database, fund, session.member(fund, member_name))
    now_ms = to_ms(ledger.clock.now())
    for one in found:
        state = "holds" if one.holds(now_ms) else "ended"
        used = "never used" if one.last_used_ms is None else f"last used {_text(one.last_used_ms)}"
        session.note(
            f"{one.number}\t{one.member.member_id}\t{one.name}\t{','.join(sorted(one.scopes))}\t{state}\t"
            f"until {_text(one.expires_ms)}\t{used}"
        )
    session.say(
        f"{len(found)} tokens",
        tokens=[
            {
                "number": one.number,
                "member": one.member.member_id,
                "name": one.name,
                "scopes": sorted(one.scopes),
                "holds": one.holds(now_ms),
                "expires_at": _text(one.expires_ms),
                "last_used_at": None if one.last_used_ms is None else _text(one.last_used_ms),
            }
            for one in found
        ],
    )


def _text(at_ms: int) -> str:
    return to_text(from_ms(at_ms))


@token.command("end")
@click.argument("number", type=int)
@fund_option
@acts("token.end")
@pass_session
@guarded
def token_end(session: Session, number: int, member_name: str, fund_slug: str | None) -> None:
    """End key NUMBER at once."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    tokens.end_token(ledger.database, ledger.clock, fund, number, member)
    session.say(f"token {number} ended", number=number)
