"""The font of signature stamps: one face of the Chinese font, taken out of its collection once.

In: fonts that are installed. Out: what embeds its letters in a PDF. Without one the stamp stays empty: a font that is
not embedded would break PDF/A.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTCollection
from pyhanko.pdf_utils.font import FontEngine, FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.writer import BasePdfFileWriter

COLLECTIONS = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/Library/Fonts/NotoSansCJK-Regular.ttc"),
)
"""Where systems put it."""

FACE = "Noto Sans CJK SC"
SIZE = 9
_FAMILY = 1


@cache
def _face() -> bytes | None:
    found = next((path for path in COLLECTIONS if path.is_file()), None)
    if found is None:
        return None
    with TTCollection(str(found), lazy=True) as collection:
        for font in collection:
            if font["name"].getDebugName(_FAMILY) == FACE:
                target = io.BytesIO()
                font.save(target)
                return target.getvalue()
    return None


class _Face(FontEngineFactory):
    """Embeds the letters that are used."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def create_font_engine(self, writer: BasePdfFileWriter, obj_stream: Any = None) -> FontEngine:
        """Return an engine for one file."""
        return GlyphAccumulator(
            writer=writer,
            font_handle=io.BytesIO(self._data),
            font_size=SIZE,
            obj_stream=obj_stream,
        )


def engine() -> FontEngineFactory | None:
    """Return what embeds the font; None where it is not installed."""
    face = _face()
    return None if face is None else _Face(face)
