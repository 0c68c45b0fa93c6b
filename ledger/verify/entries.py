"""Read one entry, trusting nothing in it.

In: an entry's bytes. Out: a gift's fields, or the decoded object of any other kind.
Guaranteed: what comes out was canonical, of the right fund and number, with well-formed fields and postings that sum to
zero. It is decoded and encoded again; gifts in their usual form are read by the hundred in `gifts.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ledger.clock import from_text
from ledger.errors import TimeFieldError
from ledger.journal.entries import KINDS, VERSION
from ledger.money import AMOUNT_MAX

_KINDS = frozenset(KINDS)
_FIELDS = frozenset(
    ("actor", "body", "fund", "kind", "occurred_at", "postings", "recorded_at", "seq", "v")
)
_LINE_FIELDS = frozenset(("account", "amount", "commodity"))
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_ACCOUNT = re.compile(
    r"(?:Assets|Liabilities|Income|Expenses|Equity)(?::[A-Z0-9][A-Za-z0-9-]{0,39}){1,4}"
)
_COMMODITY = re.compile(r"[A-Z]{2,10}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_BASE64 = re.compile(r"[0-9A-Za-z+/]{43}=")

VALUES_MAX = 100_000
"""An entry has at most 65,535 bytes, so it cannot hold more values than this."""

POSTINGS_MAX = 2_000
"""Signed lines in an entry: what fits 65,535 bytes."""


class BrokenEntryError(Exception):
    """An entry is not one; caught in this package and turned into a failure.

    Args:
        check: The check that it breaks.
        reason: What is wrong, a short code.
        expected: What should be there.
        found: What is there.
    """

    def __init__(self, check: str, reason: str, expected: object = "", found: object = "") -> None:
        self.check, self.reason, self.expected, self.found = check, reason, expected, found
        super().__init__(reason)


class Gift(NamedTuple):
    """What of a gift's entry is needed.

    Attributes:
        amount: Minor units.
        channel: Component of account names.
        commodity: Its commodity.
        line: Raw position on the platform's line.
        n: Its number in its broadcast.
        session: The broadcast's entry.
        recorded_at: RFC 3339, to the minute.
        donor: Commitment.
        name: Commitment.
        delivery: Commitment.
        message: Commitment, or None.
        rate: The rate's entry, or None.
        unit: Platform unit, or None.
        units: How many, or None.
        fills: The settlement whose hole it fills, or None.
    """

    amount: int
    channel: str
    commodity: str
    line: int
    n: int
    session: int
    recorded_at: str
    donor: str
    name: str
    delivery: str
    message: str | None
    rate: int | None
    unit: str | None
    units: int | None
    fills: int | None


def read_entry(data: bytes, slug: str, seq: int) -> dict[str, Any]:
    """Read an entry of any kind.

    Args:
        data: Its bytes.
        slug: The fund that it must be of.
        seq: The number that it must have.

    Returns:
        The object: all common fields are there and well-formed, the body is not looked into.

    Raises:
        BrokenEntryError: It is not such an entry.
    """
    try:
        value = orjson.loads(data)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise BrokenEntryError("entries", "not-json") from error
    if not isinstance(value, dict):
        raise BrokenEntryError("entries", "not-an-object")
    _check_plain(value)
    try:
        again = orjson.dumps(value, option=_SORTED)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise BrokenEntryError("entries", "not-canonical") from error
    if again != data:
        raise BrokenEntryError("entries", "not-canonical")
    _check_fields(value, slug, seq)
    _check_postings(value["postings"])
    return value


def _check_plain(value: object) -> None:
    """Hold a value to what an entry may hold: ASCII keys, no floats, integers below 2^53.

    Raises:
        BrokenEntryError: It holds something else.
    """
    waiting: list[object] = [value]
    for count, one in enumerate(_walk(waiting)):
        if count > VALUES_MAX:
            raise BrokenEntryError("entries", "too-many-values")
        if isinstance(one, float):
            raise BrokenEntryError("entries", "float", found=one)
        if type(one) is int and not -AMOUNT_MAX <= one <= AMOUNT_MAX:
            raise BrokenEntryError("entries", "number-too-large", found=one)
        if isinstance(one, dict) and not all(key.isascii() for key in one):
            raise BrokenEntryError("entries", "key-not-ascii")


def _walk(waiting: list[object]) -> Any:
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        yield one


def _check_fields(value: dict[str, Any], slug: str, seq: int) -> None:
    if value.keys() != _FIELDS:
        names = sorted(value.keys() ^ _FIELDS)
        raise BrokenEntryError("entries", "fields", found=names)
    for name, expected in (("fund", slug), ("seq", seq), ("v", VERSION)):
        if value[name] != expected or type(value[name]) is not type(expected):
            raise BrokenEntryError("entries", f"field-{name}", expected, value[name])
    if value["kind"] not in _KINDS if isinstance(value["kind"], str) else True:
        raise BrokenEntryError("entries", "unknown-kind", found=value["kind"])
    actor = value["actor"]
    if (
        not isinstance(actor, dict)
        or actor.keys() != {"id", "role"}
        or not all(isinstance(one, str) for one in actor.values())
    ):
        raise BrokenEntryError("entries", "field-actor", found=actor)
    if not isinstance(value["body"], dict):
        raise BrokenEntryError("entries", "field-body")
    posix(value["recorded_at"], minute=True)
    posix(value["occurred_at"], minute=value["kind"] == "gift")


def posix(text: object, *, minute: bool) -> int:
    """Return the POSIX seconds of an entry's time.

    Args:
        text: RFC 3339 UTC with whole seconds.
        minute: It must be cut to the minute.

    Returns:
        Seconds since 1970.

    Raises:
        BrokenEntryError: Not such a time.
    """
    if (
        not isinstance(text, str)
        or not _TIME.fullmatch(text)
        or (minute and not text.endswith(":00Z"))
    ):
        raise BrokenEntryError("entries", "not-a-time", found=text)
    try:
        return int(from_text(text).timestamp())
    except (TimeFieldError, OverflowError, ValueError) as error:
        raise BrokenEntryError("entries", "not-a-time", found=text) from error


def _check_postings(lines: object) -> None:
    if not isinstance(lines, list) or len(lines) > POSTINGS_MAX:
        raise BrokenEntryError("zero-sums", "postings-form")
    sums: dict[str, int] = {}
    for line in lines:
        if not isinstance(line, dict) or line.keys() != _LINE_FIELDS:
            raise BrokenEntryError("zero-sums", "postings-form")
        account, amount, commodity = line["account"], line["amount"], line["commodity"]
        if (
            not isinstance(account, str)
            or not _ACCOUNT.fullmatch(account)
            or not isinstance(commodity, str)
            or not _COMMODITY.fullmatch(commodity)
            or type(amount) is not int
        ):
            raise BrokenEntryError("zero-sums", "postings-form", found=line)
        sums[commodity] = sums.get(commodity, 0) + amount
    for commodity, total in sums.items():
        if total:
            raise BrokenEntryError("zero-sums", "not-zero", 0, f"{total} {commodity}")
    _check_pairs(lines)


def _check_pairs(lines: Sequence[dict[str, Any]]) -> None:
    """Hold lines to come as a debit and the credit of the same sum.

    Raises:
        BrokenEntryError: They do not.
    """
    for debit, credit in zip(lines[::2], lines[1::2], strict=False):
        paired = debit["amount"] > 0 and credit["amount"] == -debit["amount"]
        if (
            not paired
            or credit["commodity"] != debit["commodity"]
            or credit["account"] == debit["account"]
        ):
            raise BrokenEntryError("zero-sums", "not-in-pairs", found=debit)
    if len(lines) % 2:
        raise BrokenEntryError("zero-sums", "not-in-pairs")


def read_gift(value: Mapping[str, Any]) -> Gift:
    """Read a gift from its decoded entry.

    Args:
        value: What `read_entry` gave, of kind `gift`.

    Returns:
        Its fields.

    Raises:
        BrokenEntryError: A field is missing or of the wrong type, or its posting is not the gift's.
    """
    body = value["body"]
    numbers = {name: whole(body, name) for name in ("amount", "line", "n", "session")}
    if numbers["amount"] < 1 or numbers["n"] < 1:
        raise BrokenEntryError("entries", "not-positive", found=numbers)
    fills = whole(body, "fills") if "fills" in body else None
    rate = whole(body, "rate") if "rate" in body else None
    channel, commodity = text(body, "channel"), text(body, "commodity")
    source = f"Assets:Platform:{channel}" if fills is None else f"Income:Unattributed:{channel}"
    expected = [
        {"account": source, "amount": numbers["amount"], "commodity": commodity},
        {
            "account": f"Income:Gifts:{channel}",
            "amount": -numbers["amount"],
            "commodity": commodity,
        },
    ]
    if value["postings"] != expected:
        raise BrokenEntryError("zero-sums", "not-the-gift's", expected, value["postings"])
    commitments = {
        name: text(body, name)
        for name in ("donor", "name", "delivery", "message")
        if name in body or name != "message"
    }
    for name, commitment in commitments.items():
        if not _BASE64.fullmatch(commitment):
            raise BrokenEntryError("entries", f"field-{name}", found=commitment)
    return Gift(
        numbers["amount"],
        channel,
        commodity,
        numbers["line"],
        numbers["n"],
        numbers["session"],
        value["recorded_at"],
        commitments["donor"],
        commitments["name"],
        commitments["delivery"],
        commitments.get("message"),
        rate,
        None if rate is None else text(body, "unit"),
        None if rate is None else whole(body, "units"),
        fills,
    )


def whole(body: Mapping[str, Any], name: str, check: str = "entries") -> int:
    """Return a field that must be an integer of at least 0.

    Raises:
        BrokenEntryError: It is not.
    """
    value = body.get(name)
    if type(value) is not int or value < 0:
        raise BrokenEntryError(check, f"field-{name}", found=value)
    return value


def signed(body: Mapping[str, Any], name: str, check: str = "entries") -> int:
    """Return a field that must be an integer, of any sign.

    Raises:
        BrokenEntryError: It is not.
    """
    value = body.get(name)
    if type(value) is not int:
        raise BrokenEntryError(check, f"field-{name}", found=value)
    return value


def text(body: Mapping[str, Any], name: str, check: str = "entries") -> str:
    """Return a field that must be a text.

    Raises:
        BrokenEntryError: It is not.
    """
    value = body.get(name)
    if not isinstance(value, str):
        raise BrokenEntryError(check, f"field-{name}", found=value)
    return value
