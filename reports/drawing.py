"""Small pieces of SVG: lengths, colours by name, text, shapes. They know nothing of money."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from reports.flow_data import MILLI

COLOURS: Final = {
    "paper": "#FAF7F0",
    "ink": "#221F1A",
    "ink2": "#5E574C",
    "rule": "#DFD8C9",
    "edge": "#8A8172",
    "pine": "#1D5A56",
    "pine-tint": "#D5E4DE",
    "ochre": "#7A4A00",
    "cinnabar": "#9E2A1C",
    "out": "#8B7E6A",
    "out-ground": "#F1EBDE",
    "stay": "#2E2A24",
}
"""The light tokens. Pages override them through custom properties of the same names; print takes them as they are."""

_FIRST_HAN = 0x2E7F
_CUSTOM_PROPERTY = re.compile(r"var\(--[a-z0-9-]+,\s*(#[0-9A-Fa-f]{6})\)")


def colour(name: str) -> str:
    """Name a colour by its custom property, with the light token behind it."""
    return f"var(--{name},{COLOURS[name]})"


def settle_colours(markup: str) -> str:
    """Put the light tokens in the place of custom properties, for a renderer that knows none in pictures."""
    return _CUSTOM_PROPERTY.sub(r"\1", markup)


def length(milli: int) -> str:
    """Write thousandths of a unit as a decimal without needless zeros."""
    whole, rest = divmod(abs(milli), MILLI)
    text = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"-{text}" if milli < 0 and text != "0" else text


def rectangle(box: tuple[int, int, int, int], fill: str, extra: str = "") -> str:
    """Draw a rectangle; `box` is x, y, width, height in thousandths."""
    x, y, width, height = (length(value) for value in box)
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"{extra}/>'


def line(points: tuple[tuple[int, int], ...], stroke: str, width: str = "1") -> str:
    """Draw an open line through points in thousandths."""
    start, *rest = points
    path = f"M{length(start[0])} {length(start[1])}"
    path += "".join(f"L{length(x)} {length(y)}" for x, y in rest)
    return f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{width}"/>'


def text(at: tuple[int, int], words: str, size: int, look: str = "", anchor: str = "start") -> str:
    """Write words.

    Args:
        at: Where the baseline starts, x and y in thousandths.
        words: Plain text; escaped here.
        size: Font size in thousandths of a unit.
        look: Names of a colour of `COLOURS` and, behind a blank, a weight: `ink2`, `ochre 600`.
        anchor: `start`, `middle` or `end`.
    """
    name, _, weight = (look or "ink").partition(" ")
    heavy = f' font-weight="{weight}"' if weight else ""
    turned = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text x="{length(at[0])}" y="{length(at[1])}" font-size="{length(size)}"'
        f' fill="{colour(name)}"{heavy}{turned}>{escape(words)}</text>'
    )


def ring(centre: tuple[int, int], radii: tuple[int, int], side: str, paint: str) -> str:
    """Draw a quarter of a ring around a centre: how money turns out of its way.

    Args:
        centre: x and y in thousandths.
        radii: Inner and outer radius in thousandths; their difference is the width of the money.
        side: `right` when the way comes from above and turns right, `down` when it comes from the left and turns
            down.
        paint: Attributes of the path.
    """
    x, y = centre
    inner, outer = radii
    if side == "right":
        start, turn = (x - outer, y), (x, y + outer)
        back, end = (x, y + inner), (x - inner, y)
        sweep, return_sweep = 0, 1
    else:
        start, turn = (x, y - outer), (x + outer, y)
        back, end = (x + inner, y), (x, y - inner)
        sweep, return_sweep = 1, 0
    far, near = length(outer), length(inner)
    path = (
        f"M{_pair(start)}A{far} {far} 0 0 {sweep} {_pair(turn)}"
        f"L{_pair(back)}A{near} {near} 0 0 {return_sweep} {_pair(end)}Z"
    )
    return f'<path d="{path}" {paint}/>'


def _pair(point: tuple[int, int]) -> str:
    return f"{length(point[0])} {length(point[1])}"


def hatch(identifier: str) -> str:
    """Define the hatch of money that left: lines of 45 degrees on their own ground."""
    return (
        f'<pattern id="{escape(identifier)}" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)">'
        f'<rect width="6" height="6" fill="{colour("out-ground")}"/>'
        f'<rect width="2" height="6" fill="{colour("out")}"/></pattern>'
    )


_NARROW = set(",.;:'|!iljtf ()[]")
_PERCENT_NARROW, _PERCENT_PLAIN, _PERCENT_WIDE = 30, 57, 66


def text_width(words: str, size: int) -> int:
    """Estimate how wide words are set, in thousandths; a few percent too wide rather than too narrow."""
    return sum(_percent(character) for character in words) * size // 100


def _percent(character: str) -> int:
    if ord(character) > _FIRST_HAN:
        return 100
    if character in _NARROW:
        return _PERCENT_NARROW
    return _PERCENT_WIDE if character.isupper() or character in "mw" else _PERCENT_PLAIN
