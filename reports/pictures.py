"""The QR code of a document: level M, with its quiet zone, at least 25 mm for the code itself."""

from __future__ import annotations

import segno
from markupsafe import Markup

_SIDE_TENTHS_MM = 260
"""The code itself, without its quiet zone, is 26 mm wide: print asks for 25 at least."""

_QUIET_MODULES = 4


def qr_svg(url: str, title: str) -> Markup:
    """Draw the code.

    Args:
        url: Where it leads.
        title: What a reader says aloud.

    Returns:
        Inline SVG without a size of its own.
    """
    code = segno.make(url, error="m", micro=False, boost_error=False)
    return Markup(  # noqa: S704 - segno escapes the title
        code.svg_inline(border=_QUIET_MODULES, title=title, omitsize=True, dark="#221F1A")
    )


def qr_side(url: str) -> str:
    """Return its printed side with the quiet zone, so that the code itself is 26 mm wide."""
    modules = segno.make(url, error="m", micro=False, boost_error=False).symbol_size(border=0)[0]
    tenths = _SIDE_TENTHS_MM * (modules + 2 * _QUIET_MODULES) // modules
    return f"{tenths // 10}.{tenths % 10}mm"
