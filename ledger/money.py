"""Money as integers of a commodity's smallest unit, and divisions that lose nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ledger.errors import AmountError

AMOUNT_MAX = 2**53 - 1
"""The largest amount in minor units: JSON numbers are exact below 2^53 (RFC 8785 section 3.2.2.3)."""

EXPONENTS = {
    "CNY": 2,
    "USD": 2,
    "EUR": 2,
    "GBP": 2,
    "HKD": 2,
    "TWD": 2,
    "SEK": 2,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
}
"""Digits after the point of the currencies that we accept (ISO 4217, column "minor unit")."""

_TWO_DIGITS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF COP CRC "
    "CUP CVE CZK DEM DKK DOP DZD EGP ERN ETB FJD FKP GEL GHS GIP GMD GTQ GYD HNL HTG HUF IDR ILS INR IRR JMD KES KGS "
    "KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR "
    "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TOP TRY TTD TZS UAH UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)

_NO_DIGITS = "BIF CLP DJF GNF ISK KMF PYG RWF UGX UYI VND VUV XAF XOF XPF"

STATED_EXPONENTS = (
    dict.fromkeys(_TWO_DIGITS.split(), 2)
    | dict.fromkeys(_NO_DIGITS.split(), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "LYD", "OMR", "TND"), 3)
    | {"CLF": 4, "UYW": 4}
)
"""The other currencies that a bank's file may state (ISO 4217, column "minor unit"; DEM as long as it was one). Their
amounts can be read and shown; gifts, accounts and rates are in those of `EXPONENTS` only."""

PLATFORM_UNITS = {"KSCOIN": 0, "DYCOIN": 0, "BITS": 0, "DIAMOND": 0}
"""Units of platforms, counted whole: 快币, 抖币, Twitch bits, TikTok and Alipay diamonds."""

TEXT_MAX = 24
"""Characters of an amount at most: `Decimal` rounds beyond 28 digits without saying so."""

WHOLE_MAX = 22
"""Characters before the point that an amount can have: sixteen digits, their commas and a sign."""

_DECIMAL = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A sum of one commodity in its smallest unit.

    Attributes:
        amount_minor: Integer minor units (fen for CNY), below 2^53 in size; may be negative.
        commodity: ISO 4217 code, or a platform's unit of `PLATFORM_UNITS`.
    """

    amount_minor: int
    commodity: str


def exponent(commodity: str) -> int:
    """Return how many digits after the point a commodity has.

    Args:
        commodity: ISO 4217 code or platform unit.

    Returns:
        0 to 4.

    Raises:
        AmountError: We do not know the commodity.
    """
    known = EXPONENTS.get(commodity, PLATFORM_UNITS.get(commodity))
    if known is None:
        known = STATED_EXPONENTS.get(commodity)
    if known is None:
        raise AmountError(field="commodity", value=commodity, reason="unknown-commodity")
    return known


def parse_amount(text: str, commodity: str) -> int:
    """Read a decimal amount exactly.

    Args:
        text: Digits with an optional sign, optional thousands commas in the right places, and no more
            digits after the point than the commodity has (more are accepted when they are zeros).
        commodity: Decides the number of digits after the point.

    Returns:
        Minor units.

    Raises:
        AmountError: Not a number, too fine, or too large.
    """
    cleaned = text.strip()
    if not _DECIMAL.fullmatch(cleaned):
        raise AmountError(field="amount", value=text[:40], reason="not-an-amount")
    if len(cleaned) > TEXT_MAX:
        whole = cleaned.partition(".")[0]
        reason = "too-large" if len(whole) > WHOLE_MAX else "too-many-decimals"
        raise AmountError(field="amount", value=text[:40], reason=reason)
    try:
        scaled = Decimal(cleaned.replace(",", "")).scaleb(exponent(commodity))
    except InvalidOperation as error:
        raise AmountError(field="amount", value=text[:40], reason="not-an-amount") from error
    if scaled != scaled.to_integral_value():
        raise AmountError(field="amount", value=text[:40], reason="too-many-decimals")
    minor = int(scaled)
    if abs(minor) > AMOUNT_MAX:
        raise AmountError(field="amount", value=text[:40], reason="too-large")
    return minor


def format_amount(amount_minor: int, commodity: str) -> str:
    """Write minor units with thousands commas and all decimals, the minus as U+2212.

    Args:
        amount_minor: Minor units.
        commodity: Decides the number of digits after the point.

    Returns:
        For example `1,286,430.20`, `−0.05`.
    """
    digits = exponent(commodity)
    sign = "\u2212" if amount_minor < 0 else ""
    whole, fraction = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole:,}" + (f".{fraction:0{digits}d}" if digits else "")


def plain_amount(amount_minor: int, commodity: str) -> str:
    """Write minor units as a plain decimal for files: no commas, ASCII minus.

    Args:
        amount_minor: Minor units.
        commodity: Decides the number of digits after the point.

    Returns:
        For example `1286430.20`, `-0.05`.
    """
    digits = exponent(commodity)
    sign = "-" if amount_minor < 0 else ""
    whole, fraction = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole}" + (f".{fraction:0{digits}d}" if digits else "")
