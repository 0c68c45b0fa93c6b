"""Read BAI2 balance reports of American and Canadian banks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from ledger.errors import BalanceTieError
from ledger.matching.formats.encodings import decode_unstated, lines_of
from ledger.matching.formats.incoming import Incoming
from ledger.matching.formats.places import Place, check_lines, midnight, shortened
from ledger.matching.lines import BankFile, BankLine, normalise_text, references_in
from ledger.money import AMOUNT_MAX

FORMAT = "bai2"

COMMODITY_UNSTATED = "USD"
"""BAI2: the currency of a group is US dollars where it is left out."""

OPENING, CLOSING = "010", "015"
"""Ledger balances; 040 and 045 are the available ones."""

INTERIM = frozenset({"1", "3"})
"""As-of-date modifiers: 1 and 3 are interim reports, whose lines may still change."""

FEES = frozenset({"654", "661", "698"})
INTEREST = frozenset({"354"})

_KNOWN = re.compile(r"\s*01,[^,\n]*,[^,\n]*,\d{6},\d{0,4},")
_SPLIT = re.compile(r"/[ \t]+(?=(?:01|02|03|16|49|88|98|99),)")
_CODE = re.compile(r"\s*(01|02|03|16|49|88|98|99),(.*)", re.DOTALL)
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DATE = re.compile(r"(\d{2})(\d{2})(\d{2})", re.ASCII)

_ACCOUNT_FIELDS = 2
"""Before the summaries: account and currency."""


@dataclass(slots=True, eq=False)
class _Record:
    """A record with its continuations: code, line where it starts, how many records it is, its fields as one text."""

    code: str
    line: int
    body: str
    count: int = 1

    @property
    def fields(self) -> list[str]:
        return [one.strip() for one in self.body.split(",")]


class _Group(NamedTuple):
    """What a group says of its accounts: day, currency, and whether their lines may still change."""

    day: date
    commodity: str
    interim: bool


@dataclass(slots=True)
class _Account:
    """An account of a group: its record, its lines' records, its group."""

    record: _Record
    group: _Group
    lines: list[_Record] = field(default_factory=list)
    records: int = 0


def recognises(file: Incoming) -> bool:
    """Return whether a file begins with the header of this format."""
    return _KNOWN.match(file.head) is not None


def read(file: Incoming) -> tuple[BankFile, ...]:
    """Read every account of every group.

    1. A record starts at a line's start or after `/` and a space, with its code; `88` and lines
    without a code continue the one before.
    2. The totals of account, group and file (`49`, `98`, `99`) and the numbers of records must agree.
    3. Amounts are minor units without a point; the type code says which way: 100 to 399 and 900 to
    959 in, 400 to 699 and 960 to 999 out.

    Args:
        file: The file.

    Returns:
        A statement for each `03`, in the order of the file.

    Raises:
        FileFormatError: A record is missing, out of place or malformed.
        BalanceTieError: A total differs.
        TooLargeError: More lines than anybody has.

    Source:
        Inputs, section 6.4; BAI, Cash Management Balance Reporting Specifications, version 2.
    """
    records = _records(file.name, decode_unstated(file.name, file.data))
    check_lines(file.name, sum(record.code == "16" for record in records))
    return tuple(_statement(file.name, account) for account in _accounts(file.name, records))


def _records(name: str, text: str) -> list[_Record]:
    """Cut a file into records, continuations joined.

    Raises:
        FileFormatError: It starts with a continuation.
    """
    records: list[_Record] = []
    pieces: list[list[str]] = []
    for number, line in enumerate(lines_of(name, text), start=1):
        for piece in _SPLIT.split(line):
            found = _CODE.fullmatch(piece)
            body = (found[2] if found else piece).rstrip().removesuffix("/").rstrip()
            if found is not None and found[1] != "88":
                records.append(_Record(found[1], number, ""))
                pieces.append([body])
            elif piece.strip():
                if not records:
                    raise Place(name, number).wrong("record", "out-of-place")
                records[-1].count += found is not None
                pieces[-1].append(body.strip())
    for record, parts in zip(records, pieces, strict=True):
        record.body = _continued(record.code, parts)
    return records


def _continued(code: str, parts: list[str]) -> str:
    """Join a record and its continuations: as further fields, and within a line's text with a space."""
    body, at = parts[0], 1
    while at < len(parts) and not (code == "16" and _is_in_text(body)):
        body = f"{body},{parts[at]}"
        at += 1
    return " ".join([body, *parts[at:]])


def _is_in_text(body: str) -> bool:
    """Return whether a line's record has reached its text, the last of its fields, in which commas are no ends."""
    fields = body.split(",")
    funds = fields[2].strip() if len(fields) > 2 else "Z"  # noqa: PLR2004 - type, amount, funds type
    listed = fields[3].strip() if len(fields) > 3 else ""  # noqa: PLR2004
    extra = {"V": 2, "S": 3}.get(funds, 0)
    if funds == "D" and listed.isascii() and listed.isdigit():
        extra = 1 + 2 * int(listed[:3])
    # Type, amount, funds type, its own fields, two references.
    return len(fields) > 5 + extra


def _accounts(name: str, records: list[_Record]) -> list[_Account]:
    """Walk the records as header, groups, accounts and their trailers, and check every total.

    Raises:
        FileFormatError: A record is out of place, or the end is missing.
        BalanceTieError: A total or a number of records differs.
    """
    accounts: list[_Account] = []
    group: _Group | None = None
    account: _Account | None = None
    totals = _Totals(name)
    expected = {"01"}
    for record in records:
        place = Place(name, record.line)
        if record.code not in expected:
            raise place.wrong(record.code, "out-of-place")
        expected = _NEXT[record.code]
        totals.count(record)
        if record.code == "02":
            group = _group(place, record)
        elif record.code == "03":
            assert group is not None
            account = _Account(record, group)
            accounts.append(account)
        elif record.code == "16":
            assert account is not None
            account.lines.append(record)
        elif record.code == "49":
            assert account is not None
            totals.add(_account_total(place, account))
        totals.check(place, record)
    if not records or records[-1].code != "99":
        raise Place(name, records[-1].line if records else 1).wrong("99", "cut-off")
    return accounts


_NEXT = {
    "01": {"02"},
    "02": {"03", "98"},
    "03": {"16", "49"},
    "16": {"16", "49"},
    "49": {"03", "98"},
    "98": {"02", "99"},
    "99": set(),
}
"""Which records may follow one."""

_LEVELS = {"49": 0, "98": 1, "99": 2}
_STARTS = {"03": 0, "02": 1, "01": 2}


class _Totals:
    """Sums and numbers of records of the open account, group and file, and what their trailers say."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sums = [0, 0, 0]
        self.records = [0, 0, 0]
        self.parts = [0, 0, 0]

    def count(self, record: _Record) -> None:
        if record.code in _STARTS:
            level = _STARTS[record.code]
            self.sums[level] = self.records[level] = self.parts[level] = 0
        for level in range(3):
            self.records[level] += record.count

    def add(self, sum_minor: int) -> None:
        self.sums[0] = sum_minor

    def check(self, place: Place, record: _Record) -> None:
        """Compare a trailer with what was counted.

        Raises:
            FileFormatError: It is malformed.
            BalanceTieError: It differs.
        """
        level = _LEVELS.get(record.code)
        if level is None:
            return
        # 49: total, records; 98: total, accounts, records; 99: total, groups, records.
        stated = [_integer(place, record.code, one) for one in record.fields]
        counted = [self.sums[level], *([self.parts[level]] if level else []), self.records[level]]
        names = ["total", *(["parts"] if level else []), "records"]
        if len(stated) != len(counted):
            raise place.wrong(record.code, "malformed")
        for called, expected, found in zip(names, counted, stated, strict=True):
            if expected != found:
                raise BalanceTieError(
                    file=self.name,
                    line=record.line,
                    field=f"{record.code} {called}",
                    expected=expected,
                    found=found,
                    difference_minor=found - expected,
                )
        if level < 2:  # noqa: PLR2004 - account and group are parts, the file is the whole
            self.sums[level + 1] += self.sums[level]
            self.parts[level + 1] += 1


def _group(place: Place, record: _Record) -> _Group:
    fields = [*record.fields, *[""] * 7]
    if fields[2] != "1":
        # Deletions, corrections and tests are no statements: an officer has to look at them.
        raise place.wrong("02 status", "not-an-update")
    commodity = place.commodity("02 currency", fields[5] or COMMODITY_UNSTATED)
    return _Group(_day(place, "02 date", fields[3]), commodity, fields[6] in INTERIM)


def _summaries(place: Place, account: _Account) -> Iterator[tuple[str, int]]:
    """Yield type code and amount of each summary of an account, minor units.

    Raises:
        FileFormatError: A summary is malformed.
    """
    fields = account.record.fields[_ACCOUNT_FIELDS:]
    at = 0
    while at < len(fields):
        code, amount, _items, funds = [*fields[at : at + 4], "", "", ""][:4]
        extra = _extra(place, funds, fields[at + 4] if at + 4 < len(fields) else "")
        at += 4 + extra
        if code and amount:
            yield code, _integer(place, f"03 {code}", amount)


def _extra(place: Place, funds: str, listed: str) -> int:
    """Return how many fields a funds type brings.

    Args:
        place: Where it stands.
        funds: V brings day and time, S three amounts, D a list.
        listed: The field after it: how long the list is.

    Returns:
        Their number.

    Raises:
        FileFormatError: An unknown type.
    """
    if funds in ("", "Z", "0", "1", "2"):
        return 0
    if funds == "V":
        return 2
    if funds == "S":
        return 3
    if funds == "D" and listed.isascii() and listed.isdigit() and len(listed) < 4:  # noqa: PLR2004
        return 1 + 2 * int(listed)
    raise place.wrong("funds type", "unknown")


def _account_total(place: Place, account: _Account) -> int:
    at = Place(place.file, account.record.line)
    return sum(amount for _, amount in _summaries(at, account)) + sum(
        _integer(Place(place.file, line.line), "16 amount", [*line.fields, ""][1] or "0")
        for line in account.lines
    )


def _statement(name: str, account: _Account) -> BankFile:
    place = Place(name, account.record.line)
    fields = [*account.record.fields, ""]
    number = place.identifier("03 account", fields[0])
    if not number:
        raise place.wrong("03 account", "missing")
    group = account.group
    commodity = place.commodity("03 currency", fields[1]) if fields[1] else group.commodity
    balances = dict(reversed(list(_summaries(place, account))))
    state = "pending" if group.interim else "booked"
    entries = [
        line
        for record in account.lines
        if (line := _line(name, record, (number, commodity, state), group.day)) is not None
    ]
    return BankFile(
        format=FORMAT,
        account=number,
        commodity=commodity,
        opening_minor=balances.get(OPENING),
        closing_minor=None if group.interim else balances.get(CLOSING),
        first_day=group.day,
        last_day=group.day,
        lines=() if group.interim else tuple(entries),
        pending=tuple(entries) if group.interim else (),
    )


def _line(name: str, record: _Record, about: tuple[str, str, str], day: date) -> BankLine | None:
    """Read a line; one that is no money (type 890) is none.

    Raises:
        FileFormatError: Type, amount or funds type is wrong.
    """
    account, commodity, state = about
    place = Place(name, record.line)
    head = [one.strip() for one in record.body.split(",", 3)]
    if len(head) < 3:  # noqa: PLR2004 - type, amount, funds type
        raise place.wrong("16", "malformed")
    if head[0] == "890":
        return None
    signed = _sign(place, head[0]) * _unsigned(place, head[1])
    rest = head[3] if len(head) > 3 else ""  # noqa: PLR2004
    extra = _extra(place, head[2], rest.partition(",")[0].strip())
    own = rest.split(",", extra + 2)
    if len(own) < extra:
        raise place.wrong("funds type", "malformed")
    own += [""] * (extra + 3 - len(own))
    text = own[extra + 2]
    banks = place.identifier("16 bank reference", own[extra])
    customers = place.identifier("16 customer reference", own[extra + 1])
    valued = own[0].strip() if head[2] == "V" else ""
    text = normalise_text(text)
    return BankLine(
        line_no=record.line,
        account=account,
        booked_at=midnight(day),
        amount_minor=signed,
        commodity=commodity,
        balance_minor=None,
        bank_id=banks if banks.strip("0") else None,
        references=references_in(banks, customers, text),
        counterparty="",
        text=shortened(text),
        kind=_kind(head[0], signed),
        state=state,
        value_day=_day(place, "16 value date", valued) if valued else None,
    )


def _sign(place: Place, code: str) -> int:
    number = int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0  # noqa: PLR2004
    if 100 <= number < 400 or 900 <= number < 960:  # noqa: PLR2004
        return 1
    if 400 <= number < 700 or 960 <= number < 1000:  # noqa: PLR2004
        return -1
    raise place.wrong("16 type", "unknown-type")


def _kind(code: str, signed: int) -> str:
    if code in INTEREST:
        return "interest"
    return "fee" if code in FEES and signed < 0 else "ordinary"


def _unsigned(place: Place, text: str) -> int:
    """Return a line's amount, minor units already.

    Raises:
        FileFormatError: Missing, signed, not a whole number, or too large.
    """
    if text.startswith("-"):
        raise place.wrong("16 amount", "signed")
    return _integer(place, "16 amount", text)


def _integer(place: Place, called: str, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise place.wrong(called, "not-an-amount")
    if abs(int(text)) > AMOUNT_MAX:
        raise place.wrong(called, "too-large")
    return int(text)


def _day(place: Place, called: str, text: str) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise place.wrong(called, "not-a-day")
    return place.day(called, 2000 + int(found[1]), int(found[2]), int(found[3]))
