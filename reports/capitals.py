"""Write amounts of money in Chinese capitals, as cheques, transfers and statements do."""

from __future__ import annotations

from ledger.errors import AmountError
from ledger.money import AMOUNT_MAX

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))


def _whole(number: int) -> str:
    """Write a positive whole number: each unit's head, then the rest, with one 零 over a gap."""
    if number < len(_DIGITS):
        return _DIGITS[number]
    size, name = next(unit for unit in _UNITS if number >= unit[0])
    head, rest = divmod(number, size)
    if rest == 0:
        return _whole(head) + name
    gap = _DIGITS[0] if rest < size // 10 else ""
    return _whole(head) + name + gap + _whole(rest)


def capitals(amount_fen: int) -> str:
    """Write an amount of renminbi in capitals, with the currency in front.

    Where the rules leave a choice (a 零 between 元 and 角, 整 after 角), the shorter 元…角 and the closed 角整 are
    written, so that nothing can be added behind the last character.

    Args:
        amount_fen: Fen, at most `AMOUNT_MAX` in size; may be negative.

    Returns:
        For example `人民币叁万肆仟元整`, `人民币陆佰零玖元零贰分`, `人民币负伍角整`.

    Raises:
        AmountError: The amount is larger than the ledger holds.

    Source:
        支付结算办法 (银发〔1997〕393号), annex one 正确填写票据和结算凭证的基本规定, points 1 to 5.
    """
    if abs(amount_fen) > AMOUNT_MAX:
        raise AmountError(field="amount", value=str(amount_fen)[:40], reason="too-large")
    yuan, rest = divmod(abs(amount_fen), 100)
    jiao, fen = divmod(rest, 10)
    text = "人民币" + ("负" if amount_fen < 0 else "")
    if yuan or not rest:
        text += _whole(yuan) + "元"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif fen and yuan:
        text += _DIGITS[0]
    return text + (_DIGITS[fen] + "分" if fen else "整")
