"""What every file for a spreadsheet keeps to: how it begins, and that no cell of it runs as a formula.

Source:
    OWASP ASVS 5.0, 1.2.10 (cells that begin a formula).
"""

from __future__ import annotations

BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet on a Chinese desk reads UTF-8 as GBK."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""The wide forms too: a spreadsheet on a Chinese or Japanese desk takes them for the others."""


def guarded(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    Args:
        text: Any cell that is a text; numbers are written as they are.

    Returns:
        The text, safe to open.

    Source:
        OWASP ASVS 5.0, 1.2.10.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
