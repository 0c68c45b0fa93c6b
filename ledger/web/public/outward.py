"""A fund's figures on other people's pages and screens: JSON, a feed, a widget, an overlay, a card, a poster.

Totals move without reloading because pages ask for `totals.json` about once a second while somebody looks: a request
that a shared cache answers for a second (`s-maxage`), that costs the server a few look-ups when it does not, and that
ends at once. A stream (server-sent events, web sockets) would hold one of the server's threads for each viewer.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from xml.etree import ElementTree as ET

import orjson
import segno
from flask import Blueprint, Response, make_response, render_template, request, url_for
from markupsafe import Markup

from ledger.clock import to_text
from ledger.errors import NotFoundError
from ledger.issuing.numbers import address_of_number, numbered
from ledger.money import exponent
from ledger.projections.totals import Broadcasts, Happened, Totals, thanked
from ledger.web import headers
from ledger.web.language import LANG_TAG, Voice, language_of
from ledger.web.public import flow
from ledger.web.services import services
from reports.cards import Card, draw_card

LIVE_CACHE = "public, max-age=0, s-maxage=1, stale-if-error=86400"
"""A crowd behind one cache costs one request a second; when the service is away, caches may go on showing the last."""

ATOM = "http://www.w3.org/2005/Atom"
THEMES = ("transparent", "dark", "light")
GOAL_DIGITS_MAX = 12

outward = Blueprint("outward", __name__, url_prefix="/funds/<fund>")
"""Addresses without a language."""


@outward.get("/totals.json")
def totals_json(fund: str) -> Response:
    """Tell a fund's figures to anybody's program; amounts are minor units."""
    found = services().totals(fund)
    return _open(_live(Response(orjson.dumps(_told(found)), content_type="application/json")))


def _told(found: Totals) -> dict[str, object]:
    reached = found.as_of
    return {
        "fund": found.slug,
        "name": {"zh": found.name.zh, "en": found.name.en or found.name.zh},
        "commodity": found.commodity,
        "exponent": exponent(found.commodity),
        "as_of": reached and {"entry": reached.entry, "at": to_text(reached.at)},
        "gifts": found.gifts,
        "reversed": found.reversed,
        "raised_minor": found.raised_minor,
        "net_minor": found.net_minor,
        "spent_minor": found.spent_minor,
        "stages": [
            {
                "key": stage.key,
                "reached_minor": stage.reached_minor,
                "waiting_minor": stage.waiting_minor,
                "left_minor": flow.left_of(stage),
                "joined_minor": flow.joined_of(stage),
            }
            for stage in found.stages
        ],
    }


@outward.get("/widget.svg")
def widget_picture(fund: str) -> Response:
    """Draw the widget as a picture, for pages that take no frame."""
    found = services().totals(fund)
    say = Voice("en" if request.args.get("lang") == "en" else "zh", found.zone, found.commodity)
    body = render_template("outward/widget.svg", say=say, totals=found)
    return _open(_live(Response(body, content_type="image/svg+xml")))


@outward.get("/card.png")
def card(fund: str) -> Response:
    """Draw the picture that goes with a shared link: 1200 × 630, with the figures and their time."""
    found = services().totals(fund)
    say = Voice("en" if request.args.get("lang") == "en" else "zh", found.zone, found.commodity)
    moment = say.moment(found.as_of.at, found.zone) if found.as_of else ""
    drawn = draw_card(
        Card(
            str(say.words(found.name).striptags()),
            str(say("fund.raised").striptags()),
            str(say.money(found.raised_minor)),
            str(say("card.spent", amount=say.money(found.spent_minor)).striptags()),
            str(say("as_of", moment=moment).striptags()) if moment else "",
            str(say("site")),
        )
    )
    return _open(headers.public_page(Response(drawn, content_type="image/png")))


@outward.get("/overlay.json")
def overlay_json(fund: str) -> Response:
    """Tell the overlay what it shows; only whoever has its address may ask."""
    _hold_key(fund)
    found, now = services().totals(fund), services().broadcasts(fund, request.args.get("channel"))
    names = services().read(fund, thanked)
    return _live(
        Response(
            orjson.dumps(
                {
                    **_told(found),
                    "broadcast": {
                        "gifts": now.gifts,
                        "total_minor": now.total_minor,
                        "running": now.running,
                    },
                    "thanks": [
                        {
                            "name": one.name,
                            "amount_minor": one.amount_minor,
                            "commodity": one.commodity,
                        }
                        for one in names
                    ],
                }
            ),
            content_type="application/json",
        )
    )


def _hold_key(fund: str) -> None:
    """Hold the request to the secret of the overlay's address.

    Raises:
        NotFoundError: Another key, or none was made: both look the same.
    """
    known = services().overlay_key(fund)
    given = request.args.get("key", "")
    if known is None or not hmac.compare_digest(known.encode(), given.encode()):
        raise NotFoundError(what="page")


def add(blueprint: Blueprint) -> None:
    """Add the addresses that each language has."""
    blueprint.add_url_rule("/funds/<fund>/feed.atom", "feed", feed)
    blueprint.add_url_rule("/funds/<fund>/widget", "widget", widget)
    blueprint.add_url_rule("/funds/<fund>/overlay", "overlay", overlay)
    blueprint.add_url_rule("/funds/<fund>/poster", "poster", poster)
    blueprint.add_url_rule("/funds/<fund>/share", "share", share)


def _voice(found: Totals) -> Voice:
    return Voice(language_of(request.path), found.zone, found.commodity)


def widget(fund: str) -> Response:
    """Show the totals in a frame of somebody else's page."""
    found = services().totals(fund)
    html = render_template("outward/widget.html", say=_voice(found), totals=found, sum=_sum(found))
    return headers.frameable(_live(make_response(html)))


def overlay(fund: str) -> Response:
    """Show what streaming software lays over the picture."""
    _hold_key(fund)
    found = services().totals(fund)
    now = services().broadcasts(fund, request.args.get("channel"))
    theme = request.args.get("theme", "")
    say = _voice(found)
    html = render_template(
        "outward/overlay.html",
        say=say,
        totals=found,
        now=now,
        exponent=exponent(found.commodity),
        theme=theme if theme in THEMES else THEMES[0],
        goal=_goal(found),
        reached=_share(now, _goal(found)),
        qr=_qr(url_for(f"{say.language}.fund", fund=fund, _external=True)),
    )
    response = make_response(html)
    response.headers["Cache-Control"] = headers.NO_STORE
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _goal(found: Totals) -> int:
    """Return the goal of a broadcast in minor units, 0 without one."""
    typed = request.args.get("goal", "")
    fits = typed.isascii() and typed.isdigit() and len(typed) <= GOAL_DIGITS_MAX
    return int(typed) * 10 ** exponent(found.commodity) if fits else 0


def _share(now: Broadcasts, goal: int) -> int:
    """Return how much of a goal is reached, in thousandths of it, at most all."""
    return min(1000, 1000 * now.total_minor // goal) if goal else 0


def _sum(found: Totals) -> int:
    """Add up where the money is and what left: the widget shows it beside what was raised."""
    return sum(stage.waiting_minor + flow.left_of(stage) for stage in found.stages)


def poster(fund: str) -> Response:
    """Show a page to print and hang up: the promise and a code that leads to the books."""
    found = services().totals(fund)
    say = _voice(found)
    address = url_for(f"{say.language}.fund", fund=fund, _external=True)
    html = render_template(
        "outward/poster.html", say=say, totals=found, address=address, qr=_qr(address)
    )
    return headers.public_page(make_response(html))


def share(fund: str) -> Response:
    """Tell how to show the figures elsewhere: frame, picture, feed, JSON."""
    found = services().totals(fund)
    say = _voice(found)
    outer = {
        name: url_for(endpoint, fund=fund, _external=True)
        for name, endpoint in (
            ("widget", f"{say.language}.widget"),
            ("picture", "outward.widget_picture"),
            ("feed", f"{say.language}.feed"),
            ("totals", "outward.totals_json"),
            ("page", f"{say.language}.fund"),
        )
    }
    html = render_template("outward/share.html", say=say, totals=found, outer=outer)
    return headers.framing_own(headers.public_page(make_response(html)))


def _qr(address: str) -> Markup:
    code = segno.make(address, error="m", micro=False, boost_error=False)
    drawn = code.svg_inline(scale=4, border=4, dark="#221F1A", light="#FFFFFF", omitsize=True)
    return Markup(drawn)  # noqa: S704 - drawn from an address of ours


# --- the feed -------------------------------------------------------------------------------------


def feed(fund: str) -> Response:
    """Give transfers, statements, corrections and milestones as an Atom feed (RFC 4287)."""
    found = services().totals(fund)
    say = _voice(found)
    told = services().happened(fund)
    page = url_for(f"{say.language}.fund", fund=fund, _external=True)
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": LANG_TAG[say.language]})
    _add(root, "id", page)
    _add(root, "title", _text(say.words(found.name)))
    _add(root, "subtitle", _text(say.words(found.promise)))
    newest = (
        told[0].at if told else found.as_of.at if found.as_of else datetime(1970, 1, 1, tzinfo=UTC)
    )
    _add(root, "updated", to_text(newest))
    author = ET.SubElement(root, "author")
    _add(author, "name", _text(say.words(found.name)))
    ET.SubElement(root, "link", {"rel": "alternate", "href": page})
    here = url_for(f"{say.language}.feed", fund=fund, _external=True)
    ET.SubElement(root, "link", {"rel": "self", "href": here})
    for one in told:
        root.append(_entry(one, fund, say))
    body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    response = Response(body, content_type="application/atom+xml; charset=utf-8")
    return _open(headers.public_page(response))


def _entry(one: Happened, fund: str, say: Voice) -> ET.Element:
    address = url_for(f"{say.language}.entry", fund=fund, seq=one.entry, _external=True)
    entry = ET.Element("entry")
    _add(entry, "id", f"{address}#{one.key}")
    title = say(
        f"feed.{one.key}",
        amount=say.money(one.amount_minor),
        number=one.number,
        entry=f"{one.corrected or one.entry:,}",
        corrects=say("and").join(one.corrects),
    )
    _add(entry, "title", _text(title))
    _add(entry, "updated", to_text(one.at))
    ET.SubElement(
        entry, "link", {"rel": "alternate", "href": _page_of(one.number, fund, say) or address}
    )
    for number in one.corrects:
        page = _page_of(number, fund, say)
        if page:
            ET.SubElement(entry, "link", {"rel": "related", "href": page})
    _add(entry, "summary", _text(say("feed.summary", entry=f"{one.entry:,}")))
    return entry


def _page_of(number: str, fund: str, say: Voice) -> str:
    """Return the address of a statement's page; empty for what is no statement's number."""
    if numbered(number) is None:
        return ""
    where = address_of_number(number)
    return url_for(f"{say.language}.report", fund=fund, statement_id=where, _external=True)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _text(markup: Markup) -> str:
    return str(markup.striptags()).replace("\u00a0", " ")


# --- headers ---------------------------------------------------------------------------------------


def _live(response: Response) -> Response:
    """Let a cache answer for a second, and whoever has this very state get 304."""
    response.headers["Cache-Control"] = LIVE_CACHE
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _open(response: Response) -> Response:
    """Let other sites' pages read it: it is public, and knows no visitor."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
