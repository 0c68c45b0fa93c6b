"""Setting up: funds, channels, accounts, rates, members, tokens, keys."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import available_timezones

import click

from ledger.cli.deciding import summary
from ledger.cli.session import Session, acts, fund_option, guarded, machine, pass_session
from ledger.clock import from_text, to_ms
from ledger.desk import actions, wanted
from ledger.errors import FieldError, FileFormatError, TimeFieldError
from ledger.funds import booking, history
from ledger.money import parse_amount


@click.group()
def fund() -> None:
    """Funds."""


@fund.command("create")
@click.argument("slug")
@click.option("--name-zh", required=True, help="Name in Chinese.")
@click.option("--name-en", required=True, help="Name in English.")
@click.option("--promise-zh", default="", help="One sentence: what gifts are for.")
@click.option("--promise-en", default="", help="The same in English.")
@click.option("--commodity", default="CNY", show_default=True, help="Currency of its books.")
@click.option("--zone", help="Time zone of its days and months; default LEDGER_TIME_ZONE.")
@pass_session
@guarded
@machine
def fund_create(
    session: Session,
    slug: str,
    name_zh: str,
    name_en: str,
    promise_zh: str,
    promise_en: str,
    commodity: str,
    zone: str | None,
) -> None:
    """Open a fund, its books and its log."""
    ledger = session.ledger()
    if zone is not None and zone not in available_timezones():
        # Days and months hang on it for good.
        raise FieldError(field="zone", value=zone[:40], reason="not-a-time-zone")
    new = booking.NewFund(
        slug,
        name_zh,
        name_en,
        promise_zh,
        promise_en,
        commodity,
        zone or session.settings.time_zone,
    )
    made = booking.open_fund(ledger.sequencer, ledger.clock, session.settings.public_host, new)
    if session.settings.post_quantum:
        booking.add_post_quantum_key(ledger.sequencer, ledger.clock, made)
    session.say(f"fund {slug} opened; its log is {made.origin}", fund=slug, origin=made.origin)


@fund.command("list")
@pass_session
@guarded
@machine
def fund_list(session: Session) -> None:
    """List all funds."""
    from ledger.journal.history import all_funds

    with session.ledger().database.reading() as connection:
        found = all_funds(connection)
    for one in found:
        session.note(f"{one.slug}\t{one.origin}")
    session.say(f"{len(found)} funds", funds=[one.slug for one in found])


@click.group()
def channel() -> None:
    """Channels: accounts on platforms that gifts come from."""


@channel.command("add")
@click.argument("name")
@click.option("--platform", type=click.Choice(booking.PLATFORMS), default="own", show_default=True)
@click.option("--title-zh", help="For pages; default the name.")
@click.option("--title-en", help="For pages; default the name.")
@click.option(
    "--commodity", default="CNY", show_default=True, help="What its gifts are posted in."
)
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False),
    help="File with the callbacks' secret.",
)
@fund_option
@pass_session
@guarded
@machine
def channel_add(
    session: Session,
    name: str,
    platform: str,
    title_zh: str | None,
    title_en: str | None,
    commodity: str,
    secret_file: str | None,
    fund_slug: str | None,
) -> None:
    """Open a channel."""
    ledger, found = session.ledger(), session.fund(fund_slug)
    new = history.Channel(name, platform, title_zh or name, title_en or name, commodity)
    # Read first: a channel that is open cannot be taken back.
    secret = _read_secret(Path(secret_file)) if secret_file else None
    seq = booking.open_channel(ledger.sequencer, ledger.clock, found, new)
    if secret is not None:
        keep_secret(session, found.slug, name, secret)
    session.say(f"channel {name} opened as entry {seq}", channel=name, seq=seq)


@channel.command("secret")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@fund_option
@pass_session
@guarded
@machine
def channel_secret(session: Session, name: str, file: Path, fund_slug: str | None) -> None:
    """Set the secret of channel NAME's callbacks from FILE. It holds at once, and is never shown again."""
    found = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        known = history.channel(connection, found.fund_id, name)
    keep_secret(session, found.slug, known.name, _read_secret(file))
    session.say(f"secret of {known.name} is set", channel=known.name)


def _read_secret(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise FileFormatError(file=path.name, field="secret", reason="not-utf-8") from error
    if not secret:
        raise FieldError(file=path.name, field="secret", reason="missing")
    return secret


def secret_path(session: Session, slug: str, channel_name: str) -> Path:
    """Return where the secret of a channel's callbacks lies."""
    return session.settings.keys / "webhooks" / slug / f"{channel_name}.secret"


def keep_secret(session: Session, slug: str, channel_name: str, secret: str) -> None:
    """Keep the secret of a channel's callbacks beside the keys, for this service's eyes only."""
    if not secret:
        raise FieldError(field="secret", reason="missing")
    path = secret_path(session, slug, channel_name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(secret)


@click.group()
def account() -> None:
    """Accounts at banks and wallets."""


@account.command("add")
@click.argument("name")
@click.option(
    "--stage",
    type=click.Choice(["bank", "fund"]),
    required=True,
    help="Collection account, or the fund's.",
)
@click.option("--number", required=True, help="As the bank's files write it.")
@click.option("--opening", default="0", help="What it holds already, such as 120.50.")
@click.option("--commodity", default="CNY", show_default=True)
@fund_option
@pass_session
@guarded
@machine
def account_add(
    session: Session,
    name: str,
    stage: str,
    number: str,
    opening: str,
    commodity: str,
    fund_slug: str | None,
) -> None:
    """Open a bank, wallet or fund account."""
    ledger, found = session.ledger(), session.fund(fund_slug)
    new = booking.NewAccount(stage, name, number, commodity, parse_amount(opening, commodity))
    seq = booking.open_account(ledger.sequencer, ledger.clock, found, new)
    session.say(f"account {name} opened as entry {seq}", account=name, seq=seq)


@click.group()
def rate() -> None:
    """What platforms' units are worth."""


@rate.command("set")
@click.argument("unit")
@click.argument("units", type=int)
@click.argument("worth")
@click.option("--commodity", default="CNY", show_default=True)
@click.option(
    "--from",
    "since",
    default="1970-01-01T00:00:00Z",
    help="From when on, RFC 3339; default always.",
)
@fund_option
@acts("rate.propose", setting_up=True)
@pass_session
@guarded
def rate_set(
    session: Session,
    unit: str,
    units: int,
    worth: str,
    commodity: str,
    since: str,
    member_name: str | None,
    fund_slug: str | None,
) -> None:
    """Say that UNITS of UNIT are WORTH so much: `rate set KSCOIN 10 1.00`.

    While the fund is set up this holds at once; afterwards it proposes, and a controller decides.
    """
    ledger, found = session.ledger(), session.fund(fund_slug)
    minor = parse_amount(worth, commodity)
    try:
        from_ms = to_ms(from_text(since))
    except TimeFieldError as error:
        raise TimeFieldError(**{**error.fields, "field": "from"}) from error
    new = history.Rate(unit, units, minor, commodity, from_ms, 0)
    if member_name is not None:
        member = session.member(found, member_name)
        done = actions.propose(ledger.sequencer, found, member.member_id, wanted.rate(new))
        session.say(summary(done), unit=unit, decision=done.number)
        return
    seq = booking.set_rate(ledger.sequencer, found, new)
    session.say(f"{units} {unit} are {worth} {commodity}, entry {seq}", unit=unit, seq=seq)


@click.group()
def key() -> None:
    """Keys of the log."""


@key.command("rotate")
@fund_option
@pass_session
@guarded
@machine
def key_rotate(session: Session, fund_slug: str | None) -> None:
    """Make a new key for the log; both sign until `key retire`."""
    ledger, found = session.ledger(), session.fund(fund_slug)
    vkey = booking.rotate_key(ledger.sequencer, ledger.clock, found)
    session.say(f"new key {vkey}", key=vkey)


@key.command("post-quantum")
@click.option("--drop", is_flag=True, help="Sign without it from now on.")
@fund_option
@pass_session
@guarded
@machine
def key_post_quantum(session: Session, *, drop: bool, fund_slug: str | None) -> None:
    """Let an ML-DSA-44 key sign the log's checkpoints beside the Ed25519 key, against quantum computers."""
    ledger, found = session.ledger(), session.fund(fund_slug)
    if drop:
        vkey = ledger.sequencer.drop_post_quantum_key(found)
        session.say("the ML-DSA-44 key signs no more", dropped=vkey)
        return
    vkey = booking.add_post_quantum_key(ledger.sequencer, ledger.clock, found)
    session.say(f"an ML-DSA-44 key signs beside {vkey}", key=vkey)


@key.command("retire")
@fund_option
@pass_session
@guarded
@machine
def key_retire(session: Session, fund_slug: str | None) -> None:
    """Stop signing with the older keys."""
    ledger, found = session.ledger(), session.fund(fund_slug)
    retired = booking.retire_key(ledger.sequencer, found)
    session.say(f"{len(retired)} keys retired", retired=list(retired))
