"""Read OFX and QFX statements of banks and cards: SGML (1.x) and XML (2.x), by one scanner of tags.

Real files of both kinds break their rules alike (leaves without an end, header and body on one
line, aggregates in another order), so both are read as a stream of tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone

from ledger.errors import FileFormatError, TooLargeError
from ledger.matching.formats.encodings import ENCODINGS, decode_as_stated, decode_unstated
from ledger.matching.formats.incoming import Incoming
from ledger.matching.formats.places import Place, check_lines, midnight, shortened
from ledger.matching.lines import (
    BankFile,
    BankLine,
    Notice,
    normalise_text,
    references_in,
    reused_numbers,
)

FORMAT = "ofx"

STATEMENTS = ("STMTRS", "CCSTMTRS")

AGGREGATES = frozenset(
    {
        *STATEMENTS,
        "OFX",
        "SONRS",
        "STATUS",
        "STMTTRNRS",
        "CCSTMTTRNRS",
        "INVSTMTRS",
        "BANKACCTFROM",
        "CCACCTFROM",
        "BANKACCTTO",
        "CCACCTTO",
        "BANKTRANLIST",
        "BANKTRANLISTP",
        "STMTTRN",
        "STMTTRNP",
        "PAYEE",
        "CURRENCY",
        "ORIGCURRENCY",
        "LEDGERBAL",
        "AVAILBAL",
        "BALLIST",
        "BAL",
    }
)
"""Tags that hold others. All other tags are leaves, or holders of nothing that is read."""

DEPTH_MAX = 32
"""Of the aggregates above, one in another: a statement's line needs eight."""

VALUE_LENGTH_MAX = 64 * 1024
"""Of a leaf, in characters: the longest that the standard knows has 255."""

TAGS_MAX = 1_000_000
"""Tags of one file, ends counted: 50,000 lines have fewer."""

FEES = frozenset({"FEE", "SRVCHG"})
INTEREST = "INT"

_KNOWN = re.compile(r"OFXHEADER\s*[:=]|<OFX\s*>", re.IGNORECASE)
_BEGINS = re.compile(r"\s*(?:OFXHEADER|<)", re.IGNORECASE)
_START = re.compile(r"<OFX\s*>", re.IGNORECASE)
_STATED = re.compile(
    r"^[ \t]*CHARSET[ \t]*:[ \t]*([\w-]+)|<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]+)",
    re.IGNORECASE | re.MULTILINE,
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._-]{0,63})(?:\s[^<>]{0,200})?(/?)>")
_COVER = re.compile(r"<!\[CDATA\[|<!--")
_HIDDEN = re.compile("\x01(\\d+)\x02")
_MARKS = {1: None, 2: None}
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|([a-z]{2,4}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}

_AMOUNT = re.compile(r"([+-]?)(?:(\d{1,18})(?:[.,](\d{0,5}))?|[.,](\d{1,5}))", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
_TIME = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:(\d{2})(?:\.\d{1,6})?)?)?"
    r"(?:\s?\[\s*([+-]?\d{1,2})(?:[.:](\d{1,2}))?(?::[A-Za-z/_+-]{0,32})?\])?",
    re.ASCII,
)


@dataclass(slots=True)
class _Node:
    """An aggregate: its name and line, its leaves (the first of each name, with its line), and what it holds."""

    name: str
    line: int
    leaves: dict[str, tuple[str, int]] = field(default_factory=dict)
    nodes: list[_Node] = field(default_factory=list)

    def text(self, leaf: str) -> str:
        return self.leaves.get(leaf, ("", 0))[0]

    def line_of(self, leaf: str) -> int:
        return self.leaves.get(leaf, ("", self.line))[1]

    def below(self, *names: str) -> Iterator[_Node]:
        """Yield the aggregates of these names at any level below, in order."""
        for node in self.nodes:
            if node.name in names:
                yield node
            yield from node.below(*names)


def recognises(file: Incoming) -> bool:
    """Return whether a file begins as OFX does."""
    return _BEGINS.match(file.head) is not None and _KNOWN.search(file.head) is not None


def read(file: Incoming) -> tuple[BankFile, ...]:
    """Read every statement of a file.

    1. Signs are those of `TRNAMT`; `TRNTYPE` only tells fees and interest.
    2. The day of a line is the day as written in `DTPOSTED`, in the zone that stands with it.
    3. A line of a day after the file was made is pending, and so is all of `BANKTRANLISTP`.
    4. OFX states no opening balance: `LEDGERBAL` is the closing one, and only the next file can
    show that something is missing.
    5. The same `FITID` with the same content is one line, written twice; with other content it is
    kept and noticed.

    Args:
        file: The file.

    Returns:
        The statements in the order of the file.

    Raises:
        FileFormatError: No statement, a value is missing or wrong, `</OFX>` is missing.
        TooLargeError: Too many lines or levels.

    Source:
        Inputs, section 6.3; OFX 1.6 and 2.2 specifications.
    """
    text = _decoded(file)
    doctype = _DOCTYPE.search(text)
    if doctype is not None:
        raise Place(file.name, _line_at(text, doctype.start())).wrong("xml", "document-type")
    root = _tree(file.name, text)
    made = next((node for node in root.below("SONRS")), root)
    statements = list(root.below(*STATEMENTS))
    if not statements:
        raise FileFormatError(**_nothing(file.name, root))
    return tuple(_statement(file.name, one, made) for one in statements)


def _decoded(file: Incoming) -> str:
    found = _STATED.search(file.head)
    stated = (found[1] or found[2]).lower() if found else ""
    # USASCII with CHARSET NONE says nothing, and neither do the names that only one bank knows.
    if stated in ("", "none", "ascii", "us-ascii", "usascii") or stated not in ENCODINGS:
        return decode_unstated(file.name, file.data)
    return decode_as_stated(file.name, file.data, stated)


def _line_at(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _tree(name: str, text: str) -> _Node:
    """Build the aggregates of a file.

    Raises:
        FileFormatError: `<OFX>` or its end is missing, or a value is too long.
        TooLargeError: Too deep, or too many tags.
    """
    start = _START.search(text)
    if start is None:
        raise Place(name, 1).wrong("OFX", "missing")
    hidden: list[str] = []
    text = _hide(name, text.translate(_MARKS), hidden)
    root = _Node("", _line_at(text, start.start()))
    path = [root]
    for found, value, line in _tags(name, text, start.start()):
        tag = found[2].upper()
        if found[1]:
            _close(path, tag)
        elif tag in AGGREGATES and not found[3]:
            _open(name, path, _Node(tag, line))
        elif value.strip():
            if len(value) > VALUE_LENGTH_MAX:
                raise Place(name, line).wrong(tag, "too-long")
            path[-1].leaves.setdefault(tag, (_plain(value, hidden), line))
    if len(path) > 1:
        raise Place(name, _line_at(text, len(text.rstrip()))).wrong(path[-1].name, "cut-off")
    return root


def _tags(name: str, text: str, at: int) -> Iterator[tuple[re.Match[str], str, int]]:
    """Yield each tag with its value and line.

    All that stands before the next tag is a tag's value, a stray `<` too: no digit may be lost
    behind it.

    Args:
        name: File name for errors.
        text: The whole file.
        at: Where to start.

    Yields:
        The tag, its value, its line.

    Raises:
        TooLargeError: More tags than any file has.
    """
    line, before = _line_at(text, at), None
    for number, found in enumerate(_TAG.finditer(text, at)):
        if number == TAGS_MAX:
            raise TooLargeError(file=name, what="elements", limit=TAGS_MAX, found=number + 1)
        if before is not None:
            yield before, text[before.end() : found.start()], line
        line += text.count("\n", at, found.start())
        at, before = found.start(), found
    if before is not None:
        yield before, text[before.end() :], line


def _open(name: str, path: list[_Node], node: _Node) -> None:
    """Put an aggregate into the innermost one that is open.

    Raises:
        TooLargeError: Too deep.
    """
    if len(path) > DEPTH_MAX:
        raise TooLargeError(file=name, what="depth", limit=DEPTH_MAX, found=len(path))
    path[-1].nodes.append(node)
    path.append(node)


def _close(path: list[_Node], tag: str) -> None:
    """End the innermost aggregate of a name; the end of a leaf, or of nothing, ends nothing."""
    for depth in range(len(path) - 1, 0, -1):
        if path[depth].name == tag:
            del path[depth:]
            return


def _hide(name: str, text: str, hidden: list[str]) -> str:
    """Take CDATA sections and comments out, so that nothing in them is taken for a tag.

    Args:
        name: File name for errors.
        text: The whole file.
        hidden: Takes the texts of the CDATA sections; `_plain` puts them back.

    Returns:
        The file with as many lines as before.

    Raises:
        FileFormatError: One does not end.
    """
    pieces, at = [], 0
    while found := _COVER.search(text, at):
        is_text = found[0] != "<!--"
        end = text.find("]]>" if is_text else "-->", found.end())
        if end < 0:
            raise Place(name, _line_at(text, found.start())).wrong("xml", "cut-off")
        pieces.append(text[at : found.start()])
        if is_text:
            pieces.append(f"\x01{len(hidden)}\x02")
            hidden.append(text[found.end() : end])
        pieces.append("\n" * text.count("\n", found.start(), end))
        at = end + 3
    return "".join((*pieces, text[at:]))


def _plain(value: str, hidden: list[str]) -> str:
    """Return a leaf's text with its entities and CDATA put in."""
    text = _ENTITY.sub(_character, value)
    text = _HIDDEN.sub(lambda found: hidden[int(found[1])], text)
    return " ".join(text.split())


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, named = found.groups()
    if named:
        return _NAMED.get(named, found[0])
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 31 < code < 0xD800 else " "  # noqa: PLR2004 - neither control nor half a pair


def _nothing(name: str, root: _Node) -> dict[str, object]:
    """Return why a file has no statement: what the bank answered, if it refused."""
    for node in root.below("STATUS"):
        if node.text("CODE") not in ("", "0"):
            return (
                Place(name, node.line_of("CODE"))
                .wrong("STATUS/CODE", "refused-by-the-bank")
                .fields
            )
    return Place(name, root.line).wrong("STMTRS", "no-statement").fields


def _statement(name: str, statement: _Node, made: _Node) -> BankFile:
    account = _account(name, statement)
    place = Place(name, statement.line_of("CURDEF"))
    commodity = place.commodity("CURDEF", statement.text("CURDEF"))
    closing, as_of = _closing(name, statement, commodity)
    made_on = _day(name, made, "DTSERVER") if made.text("DTSERVER") else None
    latest = max((day for day in (as_of, made_on) if day), default=None)
    found = list(statement.below("STMTTRN", "STMTTRNP"))
    check_lines(name, len(found))
    entries = [_entry(name, account, commodity, one, latest) for one in found]
    entries, repeated = _once(entries)
    lines = tuple(one for one in entries if one.state == "booked")
    days = [one.booked_at.date() for one in lines]
    days += _period(name, statement) or [day for day in (as_of,) if day]
    return BankFile(
        format=FORMAT,
        account=account,
        commodity=commodity,
        opening_minor=None,
        closing_minor=closing,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        lines=lines,
        pending=tuple(one for one in entries if one.state != "booked"),
        notices=(*repeated, *reused_numbers(lines, "FITID")),
    )


def _account(name: str, statement: _Node) -> str:
    for node in statement.below("BANKACCTFROM", "CCACCTFROM"):
        account = Place(name, node.line_of("ACCTID")).identifier("ACCTID", node.text("ACCTID"))
        if account:
            return account
    raise Place(name, statement.line).wrong("ACCTID", "missing")


def _closing(name: str, statement: _Node, commodity: str) -> tuple[int | None, date | None]:
    for node in statement.below("LEDGERBAL"):
        if node.text("BALAMT"):
            as_of = _day(name, node, "DTASOF") if node.text("DTASOF") else None
            return _amount(name, node, "BALAMT", commodity), as_of
    return None, None


def _period(name: str, statement: _Node) -> list[date]:
    return [
        _day(name, node, leaf)
        for node in statement.below("BANKTRANLIST")
        for leaf in ("DTSTART", "DTEND")
        if node.text(leaf)
    ]


def _entry(name: str, account: str, commodity: str, entry: _Node, latest: date | None) -> BankLine:
    signed = _amount(name, entry, "TRNAMT", commodity)
    if any(node.text("CURSYM") not in ("", commodity) for node in entry.below("CURRENCY")):
        raise Place(name, entry.line).wrong("CURRENCY/CURSYM", "other-currency")
    posted = "DTPOSTED" if entry.text("DTPOSTED") or entry.name == "STMTTRN" else "DTTRAN"
    at = _instant(name, entry, posted)
    later = latest is not None and at.date() > latest
    place = Place(name, entry.line_of("FITID"))
    number = place.identifier("FITID", entry.text("FITID"))
    payees = [node.text("NAME") for node in entry.below("PAYEE")]
    party = normalise_text(entry.text("NAME") or next(iter(payees), ""))
    text = normalise_text(" ".join((entry.text("MEMO"), entry.text("CHECKNUM").lstrip("0"))))
    kind = entry.text("TRNTYPE").upper()
    return BankLine(
        line_no=entry.line,
        account=account,
        booked_at=at,
        amount_minor=signed,
        commodity=commodity,
        balance_minor=None,
        bank_id=number or None,
        references=references_in(entry.text("CHECKNUM"), entry.text("REFNUM"), party, text),
        counterparty=party,
        text=shortened(text or party),
        kind=_kind(kind, signed),
        state="pending" if later or entry.name == "STMTTRNP" else "booked",
        value_day=_day(name, entry, "DTAVAIL") if entry.text("DTAVAIL") else None,
    )


def _kind(kind: str, signed: int) -> str:
    if kind == INTEREST:
        return "interest" if signed > 0 else "fee"
    return "fee" if kind in FEES and signed < 0 else "ordinary"


def _once(entries: list[BankLine]) -> tuple[list[BankLine], list[Notice]]:
    """Drop a line that the file repeats: same number, day, amount and texts."""
    seen = set()
    kept, notices = [], []
    for one in entries:
        content = (one.bank_id, one.booked_at, one.amount_minor, one.counterparty, one.text)
        if one.bank_id is not None and content in seen:
            notices.append(Notice(one.line_no, "FITID", "repeated"))
            continue
        seen.add(content)
        kept.append(one)
    return kept, notices


def _amount(name: str, node: _Node, leaf: str, commodity: str) -> int:
    """Read a signed amount with a decimal point or comma.

    Raises:
        FileFormatError: Missing, not an amount, or one with a comma that could divide thousands.
    """
    place = Place(name, node.line_of(leaf))
    text = node.text(leaf)
    if not text:
        raise place.wrong(leaf, "missing")
    if _GROUPED.fullmatch(text):
        raise place.wrong(leaf, "ambiguous-comma")
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise place.wrong(leaf, "not-an-amount")
    sign, whole, fraction, only = found.groups()
    minor = place.unsigned(leaf, f"{whole or 0}.{fraction or only or 0}", commodity)
    return -minor if sign == "-" else minor


def _day(name: str, node: _Node, leaf: str) -> date:
    return _instant(name, node, leaf).date()


def _instant(name: str, node: _Node, leaf: str) -> datetime:
    """Read a time in the zone that stands with it; without one the day as written counts.

    Raises:
        FileFormatError: Missing, or not a time.
    """
    place = Place(name, node.line_of(leaf))
    text = node.text(leaf)
    if not text:
        raise place.wrong(leaf, "missing")
    found = _TIME.fullmatch(text)
    if found is None:
        raise place.wrong(leaf, "not-a-time")
    year, month, day, *clock, hours, minutes = found.groups()
    start = midnight(place.day(leaf, int(year), int(month), int(day)))
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        at = start.replace(hour=hour, minute=minute, second=min(second, 59))
        return at.replace(tzinfo=_zone(hours, minutes))
    except ValueError as error:
        raise place.wrong(leaf, "not-a-time") from error


def _zone(hours: str | None, minutes: str | None) -> timezone:
    """Return an offset: `-5`, `+5.30` and `+5:30` (minutes), `+5.5` (tenths of an hour)."""
    if hours is None:
        return UTC
    beyond = int(minutes) * 6 if minutes and len(minutes) == 1 else int(minutes or 0)
    offset = timedelta(hours=abs(int(hours)), minutes=beyond)
    return timezone(-offset if hours.startswith("-") else offset)
