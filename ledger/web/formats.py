"""Figures and dates as pages write them, in both languages.

Nothing is rounded and nothing is abbreviated. Han and digits are parted by one no-break space
where they belong together (`3.00 元`, `9 天`), so that a figure never loses its unit at the end
of a line.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from ledger.money import PLATFORM_UNITS, format_amount

Language = Literal["zh", "en"]

NBSP = "\u00a0"
MINUS = "\u2212"
NOTHING = "\u2014"
"""For "does not apply"; a real zero is 0.00."""

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_CURRENCY_WORDS = {"zh": {"CNY": "元"}, "en": {"CNY": "¥"}}
_UNIT_WORDS = {
    "KSCOIN": ("快币", "Kuaishou coins"),
    "DYCOIN": ("抖币", "Douyin coins"),
    "BITS": ("Bits", "bits"),
    "DIAMOND": ("钻石", "diamonds"),
}
_COUNTED = {
    "day": ("天", "day", "days"),
    "working_day": ("个工作日", "working day", "working days"),
    "hour": ("小时", "hour", "hours"),
    "second": ("秒", "second", "seconds"),
    "minute": ("分钟", "minute", "minutes"),
    "item": ("件", "item", "items"),
    "check": ("项", "check", "checks"),
    "gift": ("笔", "gift", "gifts"),
    "correction": ("处", "correction", "corrections"),
    "time": ("人次", "time", "times"),
}


def amount(minor: int, commodity: str) -> str:
    """Write an amount for a table whose head names the unit: `1,286,430.20`."""
    return format_amount(minor, commodity)


def money(minor: int, commodity: str, language: Language) -> str:
    """Write an amount with its unit for a sentence: `3.00 元`, `¥3.00`, `12.00 USD`."""
    return _with_unit(format_amount(minor, commodity), commodity, language)


def round_money(number: int, commodity: str, language: Language) -> str:
    """Write a whole number of the main unit without decimals, for rates only: `100 元`."""
    return _with_unit(f"{number:,}", commodity, language)


def _with_unit(figure: str, commodity: str, language: Language) -> str:
    if commodity in PLATFORM_UNITS:
        return f"{figure}{NBSP}{_UNIT_WORDS[commodity][0 if language == 'zh' else 1]}"
    if commodity == "CNY" and language == "en":
        return f"{MINUS}¥{figure[1:]}" if figure.startswith(MINUS) else f"¥{figure}"
    return f"{figure}{NBSP}{_CURRENCY_WORDS['zh'].get(commodity, commodity)}"


def unit(commodity: str, language: Language) -> str:
    """Return the unit that stands once beside a heading: `元`, `¥`, `USD`."""
    return _CURRENCY_WORDS[language].get(commodity, commodity)


def whole(number: int) -> str:
    """Write a whole number with thousands commas."""
    return f"{number:,}"


def counted(number: int, what: str, language: Language) -> str:
    """Write a number with its counting word: `9 天`, `9 days`, `1 day`.

    Args:
        number: How many.
        what: A key of the table of counting words, such as `day`.
        language: Of the page.

    Returns:
        Number and word, held together.
    """
    zh, one, many = _COUNTED[what]
    word = zh if language == "zh" else (one if number == 1 else many)
    return f"{number:,}{NBSP}{word}"


def tenths(number: int) -> str:
    """Write tenths as a decimal: 74 becomes `7.4`."""
    return f"{number // 10}.{number % 10}"


def rate(permyriad: int) -> str:
    """Write hundredths of a percent: 5000 becomes `50%`, 150 becomes `1.5%`."""
    integer, fraction = divmod(permyriad, 100)
    digits = f".{fraction:02d}".rstrip("0") if fraction else ""
    return f"{integer}{digits}%"


def day(on: date, language: Language) -> str:
    """Write a day in a sentence whose year is clear: `10 月 8 日`, `8 October`."""
    if language == "zh":
        return f"{on.month}{NBSP}月{NBSP}{on.day}{NBSP}日"
    return f"{on.day}{NBSP}{_MONTHS[on.month - 1]}"


def day_with_year(on: date, language: Language) -> str:
    """Write a day with its year: `2019 年 9 月 3 日`, `3 September 2019`."""
    if language == "zh":
        return f"{on.year}{NBSP}年{NBSP}{day(on, language)}"
    return f"{day(on, language)}{NBSP}{on.year}"


_WEEKDAYS = (
    ("星期一", "Monday"),
    ("星期二", "Tuesday"),
    ("星期三", "Wednesday"),
    ("星期四", "Thursday"),
    ("星期五", "Friday"),
    ("星期六", "Saturday"),
    ("星期日", "Sunday"),
)


def weekday(on: date, language: Language) -> str:
    """Write the day of the week: `星期五`, `Friday`."""
    return _WEEKDAYS[on.weekday()][0 if language == "zh" else 1]


def month(first: date, language: Language) -> str:
    """Write a month: `2019 年 9 月`, `September 2019`."""
    if language == "zh":
        return f"{first.year}{NBSP}年{NBSP}{first.month}{NBSP}月"
    return f"{_MONTHS[first.month - 1]}{NBSP}{first.year}"


def clock_time(at: datetime, zone: str) -> str:
    """Write the time of day to the minute in the fund's zone: `21:40`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def moment(at: datetime, zone: str, language: Language) -> str:
    """Write an as-of time: `2019-10-18 21:40`, `18 Oct 2019, 21:40`."""
    local = at.astimezone(ZoneInfo(zone))
    if language == "zh":
        return local.strftime(f"%Y-%m-%d{NBSP}%H:%M")
    name = _MONTHS[local.month - 1][:3]
    return f"{local.day}{NBSP}{name}{NBSP}{local.year},{NBSP}{local:%H:%M}"


def short_moment(at: datetime, zone: str) -> str:
    """Write day and time for a table whose year is on the page: `10-08 20:14`."""
    return at.astimezone(ZoneInfo(zone)).strftime(f"%m-%d{NBSP}%H:%M")


def size(octets: int) -> str:
    """Write a file's size in whole kilobytes of 1,000 bytes, at least 1: `412 KB`."""
    return f"{max(1, (octets + 500) // 1000):,}{NBSP}KB"
