"""The picture that goes with a shared link: figures on paper, drawn with the fonts that the statements use."""

from __future__ import annotations

import io
import subprocess
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
PAPER, INK, INK2, SEAL, RULE = "#FAF7F0", "#221F1A", "#5E574C", "#9E2A1C", "#DFD8C9"
MARGIN = 72
SANS, SONG = "Noto Sans CJK SC", "Noto Serif CJK SC:bold"


class Card(NamedTuple):
    """What a card says.

    Attributes:
        name: Of the fund.
        label: What the figure is.
        figure: With its unit.
        line: What stands below it.
        moment: As of when.
        site: Whose picture it is.
    """

    name: str
    label: str
    figure: str
    line: str
    moment: str
    site: str


def draw_card(card: Card) -> bytes:
    """Draw a card.

    Args:
        card: What it says; a text that is too wide is set smaller.

    Returns:
        A PNG of 1200 × 630.
    """
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((MARGIN, 64, MARGIN + 64, 128), 6, SEAL)
    draw.text((MARGIN + 32, 96), "明", PAPER, _font(SONG, 38), anchor="mm")
    draw.text((MARGIN + 84, 96), card.site, INK, _font(SONG, 34), anchor="lm")
    _line(draw, 190, card.name, (SONG, 46), INK)
    draw.line((MARGIN, 236, SIZE[0] - MARGIN, 236), RULE, 2)
    _line(draw, 290, card.label, (SANS, 32), INK2)
    _line(draw, 372, card.figure, (SANS, 96), INK)
    _line(draw, 470, card.line, (SANS, 36), INK)
    _line(draw, 556, card.moment, (SANS, 28), INK2)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _line(
    draw: ImageDraw.ImageDraw, middle: int, text: str, face: tuple[str, int], color: str
) -> None:
    family, size = face
    width = SIZE[0] - 2 * MARGIN
    font = _font(family, size)
    while size > 12 and draw.textlength(text, font) > width:  # noqa: PLR2004 -- below that nobody reads it
        size -= 2
        font = _font(family, size)
    draw.text((MARGIN, middle), text, color, font, anchor="lm")


@lru_cache(maxsize=64)
def _font(family: str, size: int) -> ImageFont.FreeTypeFont:
    file, index = _face(family)
    return ImageFont.truetype(file, size, index=index)


@lru_cache(maxsize=4)
def _face(family: str) -> tuple[str, int]:
    """Ask fontconfig for the file of a face, as WeasyPrint does."""
    found = subprocess.run(  # noqa: S603 -- a fixed program with names of ours
        ["/usr/bin/fc-match", "-f", "%{file}\t%{index}", family],
        capture_output=True,
        check=True,
        text=True,
        timeout=20,
    )
    file, _, index = found.stdout.partition("\t")
    return file, int(index or 0)
