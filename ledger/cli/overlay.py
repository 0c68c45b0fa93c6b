"""The secret address of a fund's overlay for streaming software."""

from __future__ import annotations

from urllib.parse import urlencode

import click

from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.publication import overlay_keys

THEMES = ("transparent", "dark", "light")


@click.group()
def overlay() -> None:
    """The overlay for streaming software."""


@overlay.command("address")
@click.option("--fund", "slug", help="The fund; may be left out while there is one.")
@click.option("--new", is_flag=True, help="Make a new secret: the address so far leads nowhere.")
@click.option("--channel", help="Only this channel's broadcasts.")
@click.option("--theme", type=click.Choice(THEMES), default=THEMES[0], show_default=True)
@click.option("--goal", type=click.IntRange(1), help="Goal of a broadcast, whole yuan.")
@click.option("--language", type=click.Choice(("zh", "en")), default="zh", show_default=True)
@pass_session
@guarded
@machine
def overlay_address(
    session: Session,
    *,
    slug: str | None,
    new: bool,
    channel: str | None,
    theme: str,
    goal: int | None,
    language: str,
) -> None:
    """Print the address to type into OBS as a browser source (1280 × 360, transparent background)."""
    fund = session.fund(slug)
    keys = session.settings.keys
    key = (None if new else overlay_keys.read(keys, fund.slug)) or overlay_keys.renew(
        keys, fund.slug
    )
    asked = {"key": key, "channel": channel, "theme": theme, "goal": goal}
    query = urlencode({name: value for name, value in asked.items() if value})
    host = session.settings.public_host
    scheme = "http" if session.settings.plain_http else "https"
    path = f"{'/en' if language == 'en' else ''}/funds/{fund.slug}/overlay"
    address = f"{scheme}://{host}{path}?{query}"
    session.say(address, address=address)
