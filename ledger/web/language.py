"""Which language a request reads, and the voice in which a page speaks it.

Each language has its own address: Chinese at `/…`, English at `/en/…`. No cookie and no header
decides, so a link shows everyone the same page, and shared caches need no `Vary`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from markupsafe import Markup, escape

from ledger.clock import local_date
from ledger.projections.shapes import Words
from ledger.web import formats
from ledger.web.formats import Language
from ledger.web.sentences import SENTENCES

PREFIX: dict[Language, str] = {"zh": "", "en": "/en"}
"""What the addresses of each language begin with."""

LANG_TAG: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
"""BCP 47 tags for `lang` and `hreflang`."""

DEFAULT_ZONE = "Asia/Shanghai"
"""For pages that belong to no fund."""


def language_of(path: str) -> Language:
    """Return the language of an address.

    Args:
        path: Path of the request, with its leading slash.

    Returns:
        `en` under `/en`, else `zh`.
    """
    return "en" if path == "/en" or path.startswith("/en/") else "zh"


def other(language: Language) -> Language:
    """Return the other language."""
    return "en" if language == "zh" else "zh"


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks one language in one time zone; templates know it as `say`.

    Attributes:
        language: Of the page.
        zone: The fund's time zone.
        commodity: ISO 4217 code of amounts that name none.
    """

    language: Language
    zone: str = DEFAULT_ZONE
    commodity: str = "CNY"

    def __call__(self, key: str, /, **values: object) -> Markup:
        """Say a sentence with its placeholders filled and escaped."""
        text = SENTENCES[key][0 if self.language == "zh" else 1]
        filled = {name: escape(value) for name, value in values.items()}
        return Markup(text).format(**filled)  # noqa: S704 - the sentences are ours, values escaped

    def knows(self, key: str) -> bool:
        """Tell whether there are words for something."""
        return key in SENTENCES

    @property
    def tag(self) -> str:
        """Return the BCP 47 tag of the page."""
        return LANG_TAG[self.language]

    def words(self, words: Words) -> Markup:
        """Say a name in the page's language; marked as Chinese where there is no English."""
        if self.language == "zh":
            return escape(words.zh)
        if words.en:
            return escape(words.en)
        return Markup('<span lang="zh-CN">{}</span>').format(words.zh)

    def nickname(self, masked: str) -> Markup:
        """Say a masked nickname; on an English page marked as possibly Chinese."""
        if self.language == "zh":
            return escape(masked)
        return Markup('<span lang="zh-CN">{}</span>').format(masked)

    def several(self, names: tuple[Words, ...]) -> Markup:
        """Say names one after another."""
        return self("and").join(self.words(name) for name in names)

    def amount(self, minor: int, commodity: str | None = None) -> str:
        """Write an amount for a table."""
        return formats.amount(minor, commodity or self.commodity)

    def money(self, minor: int, commodity: str | None = None) -> str:
        """Write an amount with its unit for a sentence."""
        return formats.money(minor, commodity or self.commodity, self.language)

    def round_money(self, whole: int) -> str:
        """Write a whole number of the main unit, for rates: `100 元`."""
        return formats.round_money(whole, self.commodity, self.language)

    @property
    def unit(self) -> str:
        """Return the unit that stands beside a heading."""
        return formats.unit(self.commodity, self.language)

    def leaving(self, minor: int, commodity: str | None = None) -> Markup:
        """Write an amount that left, with a minus sign that is also read aloud."""
        if minor == 0:
            return escape(self.amount(0, commodity))
        return Markup('<span class="unseen">{}</span><span aria-hidden="true">{}</span>{}').format(
            f"{self('minus')} ", formats.MINUS, self.amount(minor, commodity)
        )

    def counted(self, number: int, what: str) -> str:
        """Write a number with its counting word."""
        return formats.counted(number, what, self.language)

    def day(self, on: date) -> str:
        """Write a day whose year is clear."""
        return formats.day(on, self.language)

    def day_of(self, at: datetime) -> str:
        """Write the day of an instant in the fund's zone."""
        return formats.day(local_date(at, self.zone), self.language)

    def full_day_of(self, at: datetime) -> str:
        """Write the day of an instant with its year."""
        return formats.day_with_year(local_date(at, self.zone), self.language)

    def full_day(self, on: date) -> str:
        """Write a day with its year."""
        return formats.day_with_year(on, self.language)

    def weekday(self, on: date) -> str:
        """Write the day of the week."""
        return formats.weekday(on, self.language)

    def time(self, at: datetime) -> str:
        """Write the time of day to the minute."""
        return formats.clock_time(at, self.zone)

    def moment(self, at: datetime, zone: str | None = None) -> str:
        """Write an as-of time, in the zone of one fund where a page shows several."""
        return formats.moment(at, zone or self.zone, self.language)

    def short_moment(self, at: datetime) -> str:
        """Write day and time for a table: `10-08 20:14`."""
        return formats.short_moment(at, self.zone)

    def kind(self, kind: str) -> Markup:
        """Say an entry's kind; nothing for one that has no words yet."""
        key = f"kind.{kind}"
        return self(key) if key in SENTENCES else Markup()

    def month(self, first: date) -> str:
        """Write a month."""
        return formats.month(first, self.language)

    def url(self, page: str, **values: object) -> str:
        """Return the address of a page in this language."""
        return url_for(f"{self.language}.{page}", **values)  # type: ignore[arg-type]
