"""Read SWIFT account statements: MT940 (and MT950, the same without texts) and MT942 (of the day)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from ledger.matching.formats.encodings import decode_unstated, lines_of
from ledger.matching.formats.incoming import Incoming
from ledger.matching.formats.places import Place, check_lines, midnight, shortened
from ledger.matching.lines import (
    NO_CURRENCY,
    BankFile,
    BankLine,
    Notice,
    normalise_text,
    references_in,
)

FORMAT = "mt94"

STATEMENT, INTERIM = "mt940", "mt942"

NO_REFERENCE = frozenset({"", "NONREF", "NOREF", "KREF+", "EREF"})
"""What banks write where there is no reference; the last two point into the text."""

OPENINGS, CLOSINGS = ("60F", "60M"), ("62F", "62M")
INTERIM_TAGS = frozenset({"13", "13D", "34F", "90C", "90D"})

LINE_FULL = 65
"""A line of this length with its tag was cut by the bank, perhaps within a word."""

FEBRUARY_DAYS_MAX = 30
"""Interest is counted in months of thirty days, so value days of 29 and 30 February are printed."""

FEE_CODES = frozenset({"808", "809"})
INTEREST_CODES = frozenset({"814"})
CLOSE_CODE = "805"
"""Business codes (GVC) of German banks: 808 fees, 809 commission, 814 interest, 805 the account's closing of a
quarter, which is one or the other by its sign."""

_KNOWN = re.compile(r"^(?:\{[^\n]*)?:20:", re.MULTILINE)
_KNOWN_TOO = re.compile(r"^:(?:25P?|28C?|60[FM]|61|13D?|34F):", re.MULTILINE)

_TAG = re.compile(r":(\d\d[A-Z]?|NS):(.*)", re.ASCII | re.DOTALL)
_ENVELOPE_END = "{4:"
_END = re.compile(r"-\}?(?:\{.*|X{1,3})?", re.ASCII)
_BALANCE = re.compile(r"([CD])(\d{2})(\d{2})(\d{2})([A-Z]{3})?(\d{1,15}),(\d{0,4})", re.ASCII)
_LINE = re.compile(
    r"(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})(?P<entry>\d{4})?"
    r"(?P<mark>R[CD]|E[CD]|[CD])[A-Z]?(?P<whole>\d{1,15})(?:,(?P<fraction>\d{0,4}))?"
    r"(?P<type>[A-Z][A-Z0-9]{3})(?P<rest>.*)",
    re.ASCII,
)
_TOTAL = re.compile(r"(\d{1,9})([A-Z]{3})(\d{1,15}),(\d{0,4})", re.ASCII)
_SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1, "EC": 1, "ED": -1}
"""RC takes a credit back, RD a debit; EC and ED are expected, and only MT942 may have them."""

_SUBFIELDS = re.compile(r"\?(\d\d)")
_CODED = re.compile(r"\s?(\d{3})\?", re.ASCII)
_DUTCH_NAME = re.compile(r"/NAME/([^/]+)")


@dataclass(slots=True, eq=False)
class _Tag:
    """A field: its tag, the line where it starts, and its lines without their ends."""

    name: str
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def first(self) -> str:
        return self.lines[0].rstrip()


class _Balance(NamedTuple):
    """Minor units, with sign; currency (empty if none), and day."""

    amount_minor: int
    commodity: str
    day: date


def recognises(file: Incoming) -> bool:
    """Return whether a file has the first fields of these messages at the start of lines."""
    head = file.head.replace("\r", "\n")
    return _KNOWN.search(head) is not None and _KNOWN_TOO.search(head) is not None


def read(file: Incoming) -> tuple[BankFile, ...]:
    """Read every message of a file, each by itself.

    1. A message starts at `:20:`; what stands before the first one is the bank's envelope.
    2. A field starts at a tag at the start of a line; other lines continue the one before. `:NS:` is
    no field of SWIFT, but banks put texts there.
    3. Every line of an MT942 is pending: it has no balances, and comes again in the MT940.

    Args:
        file: The file.

    Returns:
        The statements in the order of the file: pages of one statement (`:60M:`, `:62M:`) stay
        apart.

    Raises:
        FileFormatError: A field is missing or malformed; a statement without closing balance was
            cut off.
        TooLargeError: More lines than anybody has.

    Source:
        Inputs, section 6.2; SWIFT MT940 and MT942 field specifications.
    """
    text = decode_unstated(file.name, file.data)
    messages = _messages(file.name, text)
    if not messages:
        raise Place(file.name, 1).wrong(":20:", "missing")
    return tuple(_message(file.name, message) for message in messages)


def _messages(name: str, text: str) -> list[list[_Tag]]:
    messages: list[list[_Tag]] = []
    closed = True
    for number, raw in enumerate(lines_of(name, text), start=1):
        line = raw.rpartition(_ENVELOPE_END)[2].lstrip() if raw.startswith("{") else raw
        found = _TAG.fullmatch(line)
        if found is not None and found[1] == "20":
            messages.append([])
            closed = False
        if not messages or closed:
            continue
        if found is not None:
            messages[-1].append(_Tag(found[1], number, [found[2]]))
        elif _END.fullmatch(line.strip()):
            closed = True
        elif line.strip():
            messages[-1][-1].lines.append(line)
    return messages


def _message(name: str, tags: list[_Tag]) -> BankFile:
    check_lines(name, sum(tag.name == "61" for tag in tags))
    account = _account(name, tags)
    opening, closing = _find(tags, *OPENINGS), _find(tags, *CLOSINGS)
    for tag in tags:
        if tag.name in OPENINGS + CLOSINGS and tag not in (opening, closing):
            raise Place(name, tag.line).wrong(f":{tag.name}:", "twice")
    if opening is None and any(tag.name in INTERIM_TAGS for tag in tags):
        return _interim(name, tags, account)
    start = Place(name, tags[0].line)
    if opening is None:
        raise start.wrong(":60F:", "missing")
    opened = _balance(name, opening, "")
    if not opened.commodity:
        raise Place(name, opening.line).wrong(f":{opening.name}:", "no-currency")
    if closing is None:
        raise Place(name, tags[-1].line).wrong(":62F:", "cut-off")
    closed = _balance(name, closing, opened.commodity)
    notices: list[Notice] = []
    lines = tuple(_lines(name, tags, (account, opened.commodity, "booked"), notices))
    days = [closed.day, *(line.booked_at.date() for line in lines)]
    other = closed.commodity != opened.commodity
    return BankFile(
        format=STATEMENT,
        account=_without_currency(account, opened.commodity),
        commodity=opened.commodity,
        opening_minor=opened.amount_minor,
        closing_minor=closed.amount_minor,
        first_day=min(days),
        last_day=max(days),
        lines=lines,
        number=_number(name, tags),
        notices=tuple(notices),
        closing_commodity=(closed.commodity or NO_CURRENCY) if other else "",
    )


def _interim(name: str, tags: list[_Tag], account: str) -> BankFile:
    """Read an MT942: its lines are pending; its totals, where they differ, are noticed.

    Raises:
        FileFormatError: A field is malformed, or nothing states the currency.
    """
    floor = _find(tags, "34F") or _find(tags, "90D", "90C")
    if floor is None:
        raise Place(name, tags[0].line).wrong(":34F:", "missing")
    stated = re.match(r"\d*([A-Z]{3})", floor.first, re.ASCII)
    commodity = Place(name, floor.line).commodity(f":{floor.name}:", stated[1] if stated else "")
    notices: list[Notice] = []
    lines = tuple(_lines(name, tags, (account, commodity, "pending"), notices))
    notices += _totals(name, tags, commodity, [line.amount_minor for line in lines])
    days = [line.booked_at.date() for line in lines]
    return BankFile(
        format=INTERIM,
        account=_without_currency(account, commodity),
        commodity=commodity,
        opening_minor=None,
        closing_minor=None,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        lines=(),
        number=_number(name, tags),
        pending=lines,
        notices=tuple(notices),
    )


def _totals(name: str, tags: list[_Tag], commodity: str, amounts: Sequence[int]) -> list[Notice]:
    """Compare the totals of an MT942 with its lines.

    Raises:
        FileFormatError: A total is malformed.
    """
    notices = []
    for tag in tags:
        if tag.name not in ("90C", "90D"):
            continue
        found = _TOTAL.fullmatch(tag.first)
        if found is None:
            raise Place(name, tag.line).wrong(f":{tag.name}:", "malformed")
        stated = Place(name, tag.line).unsigned(
            f":{tag.name}:", f"{found[3]}.{found[4]}", commodity
        )
        side = [abs(one) for one in amounts if (one > 0) == (tag.name == "90C")]
        if (int(found[1]), stated) != (len(side), sum(side)):
            notices.append(Notice(tag.line, f":{tag.name}:", "total-differs"))
    return notices


def _find(tags: list[_Tag], *names: str) -> _Tag | None:
    return next((tag for tag in tags if tag.name in names), None)


def _account(name: str, tags: list[_Tag]) -> str:
    found = _find(tags, "25", "25P")
    if found is None:
        raise Place(name, tags[0].line).wrong(":25:", "missing")
    account = Place(name, found.line).identifier(":25:", found.first)
    if not account:
        raise Place(name, found.line).wrong(":25:", "missing")
    return account


def _without_currency(account: str, commodity: str) -> str:
    """Drop the currency that some banks write after the number."""
    bare = account.removesuffix(commodity).rstrip()
    return bare if bare != account and bare[-1:].isdigit() else account


def _number(name: str, tags: list[_Tag]) -> str:
    found = _find(tags, "28C", "28")
    return Place(name, found.line).identifier(f":{found.name}:", found.first) if found else ""


def _balance(name: str, tag: _Tag, commodity: str) -> _Balance:
    """Read a balance.

    Args:
        name: File name for errors.
        tag: Its field.
        commodity: How to read the figure where the balance states no currency; empty for euro.

    Returns:
        The balance, `commodity` empty where it states none.

    Raises:
        FileFormatError: Malformed, or an unknown currency or day.
    """
    place, called = Place(name, tag.line), f":{tag.name}:"
    found = _BALANCE.fullmatch(tag.first)
    if found is None:
        raise place.wrong(called, "malformed")
    sign, year, month, day, stated, whole, fraction = found.groups()
    if stated:
        place.commodity(called, stated)
    minor = place.unsigned(called, f"{whole}.{fraction}", stated or commodity or "EUR")
    at = place.day(called, 2000 + int(year), int(month), int(day))
    return _Balance(_SIGNS[sign] * minor, stated or "", at)


def _lines(
    name: str, tags: list[_Tag], about: tuple[str, str, str], notices: list[Notice]
) -> Iterator[BankLine]:
    """Yield the lines of a message.

    Args:
        name: File name for errors.
        tags: Its fields.
        about: Account, currency and state of the lines.
        notices: Takes what is odd.

    Yields:
        Lines in the order of the message.

    Raises:
        FileFormatError: A line is malformed, or its day does not exist.
    """
    for at, tag in enumerate(tags):
        if tag.name != "61":
            continue
        texts = []
        for after in tags[at + 1 :]:
            if after.name not in ("86", "NS"):
                break
            texts.append(after)
        yield _line(name, tag, texts, about, notices)


def _line(
    name: str,
    tag: _Tag,
    texts: list[_Tag],
    about: tuple[str, str, str],
    notices: list[Notice],
) -> BankLine:
    account, commodity, state = about
    place = Place(name, tag.line)
    found = _LINE.fullmatch(tag.first)
    if found is None:
        raise place.wrong(":61:", "malformed")
    mark = found["mark"]
    if mark[0] == "E" and state == "booked":
        raise place.wrong(":61:", "expected-and-booked")
    amount = f"{found['whole']}.{found['fraction'] or 0}"
    signed = _SIGNS[mark] * place.unsigned(":61:", amount, commodity)
    value_day = _value_day(place, found, notices)
    booked = _entry_day(place, found["entry"], value_day)
    own, _, banks = found["rest"].partition("//")
    own, banks = place.identifier(":61:", own), place.identifier(":61:", banks)
    information = [_joined(text) for text in texts]
    purpose, counterparty, code = _purpose(information[0] if information else "")
    text = normalise_text(" ".join([purpose, *information[1:], *tag.lines[1:]]))
    return BankLine(
        line_no=tag.line,
        account=_without_currency(account, commodity),
        booked_at=midnight(booked),
        amount_minor=signed,
        commodity=commodity,
        balance_minor=None,
        bank_id=banks if banks not in NO_REFERENCE else None,
        references=references_in("" if own in NO_REFERENCE else own, banks, text),
        counterparty=normalise_text(counterparty),
        text=shortened(text),
        kind=_kind(found["type"], code, signed),
        state=state,
        value_day=value_day,
    )


def _value_day(place: Place, found: re.Match[str], notices: list[Notice]) -> date:
    """Return the value day; one of those that February does not have is its last day.

    Raises:
        FileFormatError: There is no such day.
    """
    year, month, day = 2000 + int(found["year"]), int(found["month"]), int(found["day"])
    last = (date(year, 3, 1) - timedelta(days=1)).day
    if month == 2 and last < day <= FEBRUARY_DAYS_MAX:  # noqa: PLR2004 - February
        notices.append(Notice(place.line, ":61:", "day-does-not-exist"))
        day = last
    return place.day(":61:", year, month, day)


def _entry_day(place: Place, entry: str | None, value_day: date) -> date:
    """Return the booking day: of the entry date, which has no year, the one nearest to the value day.

    Raises:
        FileFormatError: There is no such day in any of these years.
    """
    if entry is None:
        return value_day
    month, day = int(entry[:2]), int(entry[2:])
    found = []
    for year in range(value_day.year - 1, value_day.year + 2):
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    if not found:
        raise place.wrong(":61:", "no-such-day")
    return min(found, key=lambda one: abs(one - value_day))


def _joined(tag: _Tag) -> str:
    """Join the lines of a text: without a space where the bank cut a full line."""
    pieces = [tag.lines[0]]
    length = len(tag.lines[0]) + len(tag.name) + 2
    for line in tag.lines[1:]:
        if length < LINE_FULL:
            pieces.append(" ")
        pieces.append(line)
        length = len(line)
    return "".join(pieces)


def _purpose(text: str) -> tuple[str, str, str]:
    """Take a text apart.

    Known are the fields of German and Polish banks (`?20` to `?29` and `?60` to `?63` the purpose,
    `?32` and `?33` the name, `?00` what the bank calls it), and `/NAME/` of Dutch ones; the rest is
    taken as it is.

    Returns:
        Purpose, counterparty, business code (empty if there is none).
    """
    coded = _CODED.match(text)
    if coded is None:
        found = _DUTCH_NAME.search(text)
        return text, found[1] if found else "", ""
    parts = _SUBFIELDS.split(text[coded.end() - 1 :])
    purpose, counterparty = [], []
    for number, value in zip(parts[1::2], parts[2::2], strict=True):
        if number in ("32", "33"):
            counterparty.append(value)
        elif number == "00" or number[0] in "26":
            purpose.append(value if len(value) >= 27 else f"{value} ")  # noqa: PLR2004 - full, so cut
    return "".join(purpose), "".join(counterparty), coded[1]


def _kind(swift: str, code: str, signed: int) -> str:
    if swift[1:] == "INT" or code in INTEREST_CODES:
        return "interest" if signed > 0 else "fee"
    if code == CLOSE_CODE or swift[1:] in ("CHG", "COM") or code in FEE_CODES:
        if signed < 0:
            return "fee"
        return "interest" if code == CLOSE_CODE else "ordinary"
    return "ordinary"
