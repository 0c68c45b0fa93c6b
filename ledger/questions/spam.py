"""What looks like spam, or like somebody's personal data. Pure: it only makes an officer look twice."""

from __future__ import annotations

import re
import unicodedata

from ledger.privacy.numbers import personal_number

WORDS = (
    "加微信", "加我微信", "加v", "加vx", "威信", "薇信", "代开发票", "开发票", "博彩", "赌场", "棋牌", "彩票", "贷款",
    "刷单", "兼职日结", "裸聊", "约炮", "色情", "办证", "套现", "返利", "高仿", "点击链接", "casino", "viagra", "porn",
    "crypto airdrop", "seo service", "whatsapp me", "telegram me",
)  # fmt: skip
"""Parts of texts that nobody asks a fund with; compared without case, width and spaces."""

_ADDRESS = re.compile(
    r"https?:|www\.|\b[a-z0-9-]+\.(?:com|cn|net|top|xyz|ru|info|shop)\b", re.IGNORECASE
)
_LONG_NUMBER = re.compile(r"(?<!\d)(?:\d{15,19}|\d{17}[Xx])(?!\d)")
"""Of cards, and identity numbers that were mistyped."""

_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_REPEATED = re.compile(r"(.)\1{9,}", re.DOTALL)


def suspicion(text: str) -> str:
    """Say why a text looks like spam, or like personal data.

    Args:
        text: As it was written.

    Returns:
        `words`, `address`, `number`, `mail`, `repeated`; empty where nothing does.
    """
    narrow = unicodedata.normalize("NFKC", text)
    joined = "".join(narrow.lower().split())
    if any("".join(word.split()) in joined for word in WORDS):
        return "words"
    if personal_number(narrow):
        return "number"
    for name, pattern in (
        ("mail", _MAIL),
        ("address", _ADDRESS),
        ("number", _LONG_NUMBER),
        ("repeated", _REPEATED),
    ):
        if pattern.search(narrow):
            return name
    return ""
