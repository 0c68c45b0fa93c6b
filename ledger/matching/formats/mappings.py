"""A mapping: what the columns of somebody's sheet mean, as data that can be saved and checked."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo

from ledger.errors import FieldError
from ledger.money import EXPONENTS

SIGNS = ("plus-in", "plus-out", "columns", "columns-only", "direction", "direction-only")
"""How a sheet says which way money went.

`plus-in`: one column, plus came to us. `plus-out`: one column, plus went out, as on card
statements. `columns`: one column for what came in, one for what went out; a minus there takes the
movement back. `columns-only`: the same, and a minus means nothing. `direction`: one column, and
another that says which way; a minus takes it back. `direction-only`: the same, and a minus means
nothing.
"""

ENCODINGS = (
    "auto",
    "utf-8",
    "utf-16",
    "gb18030",
    "big5",
    "cp1252",
    "cp1250",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
)

DELIMITERS = (",", ";", "\t", "|")
DECIMALS = (".", ",")
THOUSANDS = ("", ",", ".", " ", "'")

IN_WORDS = ("收入", "贷", "转入", "入账", "存入", "C", "CR", "CRDT", "CREDIT", "IN")
OUT_WORDS = ("支出", "借", "转出", "出账", "取出", "D", "DR", "DBIT", "DEBIT", "OUT")

SKIP_MAX = 100
COLUMNS_MAX = 20
TEXT_MAX = 100
JSON_BYTES_MAX = 64 * 1024

_DIRECTIVES = {"Y", "y", "m", "d", "H", "M", "S", "z", "f"}
_NAMES = ("date", "time", "amount", "money_in", "money_out", "direction", "balance")
_MORE_NAMES = ("bank_word", "currency_column", "account_column", "counterparty")
_WORDS = ("in_words", "out_words", "text", "id", "references", "ignored_starts")


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the columns of a sheet mean.

    Names of columns are compared without spaces and in half width. An empty name means that the
    sheet has no such column.

    Attributes:
        name: What the officers call it; it follows `mapping:` in the format of a file read by it.
        date: Column of the day, perhaps with the time.
        time: Column of the time, if it is another; where it is empty the day begins.
        date_format: Of `date`: `%Y-%m-%d`, `%m/%d/%Y %H:%M:%S`; also %y, %f, %z.
        time_format: Of `time`.
        amount: Column of the amount, where there is one.
        money_in: Column of what came in, where there are two.
        money_out: Column of what went out, likewise.
        direction: Column that says which way, for `direction` and `direction-only`.
        in_words: What `direction` holds for money in, without regard to case.
        out_words: What it holds for money out.
        sign: One of `SIGNS`.
        balance: Column of the balance after the line.
        bank_word: Column of the bank's own word for the line; it tells fees and interest, and begins
            the text. A payer must not be able to write there.
        text: Columns of purpose and remarks, joined by spaces.
        counterparty: Column of the other party's name.
        id: Columns that together are the bank's own number of the line, joined by hyphens.
        references: Columns that are searched for references beside `text`.
        decimal: Sign before the decimals.
        thousands: Sign between thousands; empty for none.
        encoding: One of `ENCODINGS`; `auto` takes the byte order mark, else UTF-8, else GB18030.
        delimiter: Between the cells of a text file.
        skip_rows: Rows above the header, blank ones of a text file not counted.
        ignored_starts: Rows whose first filled cell starts so are no lines: totals and notes.
        currency: ISO 4217 code of every line, where there is no column for it.
        currency_column: Column of the currency: a code or its Chinese name.
        account: Our account's number, where the sheet does not say it.
        account_column: Column of our account's number.
        zone: IANA name of the zone of its times.
    """

    name: str
    date: str
    date_format: str
    time: str = ""
    time_format: str = "%H:%M:%S"
    amount: str = ""
    money_in: str = ""
    money_out: str = ""
    direction: str = ""
    in_words: tuple[str, ...] = IN_WORDS
    out_words: tuple[str, ...] = OUT_WORDS
    sign: str = "plus-in"
    balance: str = ""
    bank_word: str = ""
    text: tuple[str, ...] = ()
    counterparty: str = ""
    id: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ","
    encoding: str = "auto"
    delimiter: str = ","
    skip_rows: int = 0
    ignored_starts: tuple[str, ...] = field(default=())
    currency: str = ""
    currency_column: str = ""
    account: str = ""
    account_column: str = ""
    zone: str = "Asia/Shanghai"

    def columns(self) -> tuple[str, ...]:
        """Return every column that it names, in no order, each once."""
        single = (getattr(self, name) for name in (*_NAMES, *_MORE_NAMES))
        return tuple(
            dict.fromkeys(name for name in (*single, *self.text, *self.references) if name)
        )


def to_json(mapping: Mapping) -> str:
    """Write a mapping for keeping: fields in their order, Chinese as it is."""
    return json.dumps(asdict(mapping), ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Mapping:
    """Read a mapping that was kept or written by hand, and check it.

    Args:
        text: A JSON object; fields that are left out take their defaults.

    Returns:
        A mapping that `check` found right.

    Raises:
        FieldError: Not an object, a field unknown, missing, of the wrong type or wrong; fields
            `field` and `reason`.
    """
    if len(text.encode("utf-8", "surrogatepass")) > JSON_BYTES_MAX:
        raise FieldError(field="mapping", reason="too-long")
    try:
        given = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise FieldError(field="mapping", reason="not-json") from error
    if not isinstance(given, dict):
        raise FieldError(field="mapping", reason="not-an-object")
    known = {one.name: one.type for one in fields(Mapping)}
    for name in given:
        if name not in known:
            raise FieldError(field=str(name)[:TEXT_MAX], reason="unknown")
    for name in ("name", "date", "date_format"):
        if name not in given:
            raise FieldError(field=name, reason="missing")
    mapping = Mapping(**{name: _typed(name, known[name], value) for name, value in given.items()})
    check(mapping)
    return mapping


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FieldError(field="mapping", reason="field-twice")
    return found


def _typed(name: str, kind: object, value: object) -> Any:
    """Return a JSON value as its field's type; lists of strings become tuples.

    Raises:
        FieldError: Another type.
    """
    if kind == "int":
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif kind == "str":
        if isinstance(value, str):
            return value
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise FieldError(field=name, reason="wrong-type")


def check(mapping: Mapping) -> None:
    """Check that a mapping can be used, whatever the sheet.

    Args:
        mapping: Of the right types.

    Raises:
        FieldError: The first field that is wrong; fields `field` and `reason`.
    """
    _check_lengths(mapping)
    _check_choices(mapping)
    _check_date_formats(mapping)
    _check_amounts(mapping)
    if mapping.currency_column:
        _need(not mapping.currency, "currency", "column-given")
    else:
        _need(mapping.currency in EXPONENTS, "currency", "unknown-currency")
    _need(not (mapping.account and mapping.account_column), "account", "column-given")


def _need(holds: object, field_name: str, reason: str) -> None:
    if not holds:
        raise FieldError(field=field_name, reason=reason)


def _check_lengths(mapping: Mapping) -> None:
    for one in fields(Mapping):
        value = getattr(mapping, one.name)
        texts = value if isinstance(value, tuple) else (value,)
        _need(len(texts) <= COLUMNS_MAX, one.name, "too-many")
        _need(all(len(str(text)) <= TEXT_MAX for text in texts), one.name, "too-long")
        _need(
            all(str(text).isprintable() or one.name == "delimiter" for text in texts),
            one.name,
            "not-printable",
        )
    for name in _WORDS:
        _need(all(text.strip() for text in getattr(mapping, name)), name, "empty")
    _need(mapping.name.strip(), "name", "missing")
    _need(mapping.date.strip(), "date", "missing")


def _check_choices(mapping: Mapping) -> None:
    for name, allowed in (
        ("sign", SIGNS),
        ("encoding", ENCODINGS),
        ("delimiter", DELIMITERS),
        ("decimal", DECIMALS),
        ("thousands", THOUSANDS),
    ):
        _need(getattr(mapping, name) in allowed, name, "not-allowed")
    _need(mapping.decimal != mapping.thousands, "thousands", "same-as-decimal")
    _need(0 <= mapping.skip_rows <= SKIP_MAX, "skip_rows", "out-of-range")
    try:
        ZoneInfo(mapping.zone)
    except (ValueError, OSError, LookupError) as error:
        raise FieldError(field="zone", reason="unknown-zone") from error


def _check_date_formats(mapping: Mapping) -> None:
    of_date = _directives(mapping.date_format, "date_format")
    _need({"m", "d"} <= of_date, "date_format", "no-day")
    _need(len({"Y", "y"} & of_date) == 1, "date_format", "no-year")
    if mapping.time:
        of_time = _directives(mapping.time_format, "time_format")
        _need({"H", "M"} <= of_time <= {"H", "M", "S", "f"}, "time_format", "no-time-of-day")
        _need(of_date <= {"Y", "y", "m", "d"}, "date_format", "time-twice")


def _directives(text: str, field_name: str) -> set[str]:
    found = re.findall(r"%(.?)", text)
    _need(set(found) <= _DIRECTIVES, field_name, "unknown-directive")
    _need(len(found) == len(set(found)), field_name, "directive-twice")
    return set(found)


def _check_amounts(mapping: Mapping) -> None:
    if mapping.sign in {"columns", "columns-only"}:
        _need(mapping.money_in, "money_in", "missing")
        _need(mapping.money_out, "money_out", "missing")
        _need(mapping.money_in != mapping.money_out, "money_out", "same-column")
        _need(not mapping.amount, "amount", "not-with-this-sign")
    else:
        _need(mapping.amount, "amount", "missing")
        _need(not mapping.money_in, "money_in", "not-with-this-sign")
        _need(not mapping.money_out, "money_out", "not-with-this-sign")
    if mapping.sign in {"direction", "direction-only"}:
        _need(mapping.direction, "direction", "missing")
        ins = {word.upper() for word in mapping.in_words}
        _need(ins, "in_words", "missing")
        _need(mapping.out_words, "out_words", "missing")
        _need(not ins & {word.upper() for word in mapping.out_words}, "out_words", "same-word")
    else:
        _need(not mapping.direction, "direction", "not-with-this-sign")
