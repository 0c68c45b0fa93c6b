"""Files of banks and platforms, by machines: previewed, taken, and listed with their lines.

A file is the body of a request, as it is: nothing wraps it, so its hash is that of the bytes that were sent.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from http import HTTPStatus
from typing import Any, NoReturn

import orjson
from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from ledger.activity.recording import record_alone
from ledger.activity.records import READ, Activity
from ledger.desk import actions
from ledger.errors import FieldError, NotFoundError
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.matching import file_history, file_reading, telling
from ledger.matching.file_history import LINE_STATES, LineFilter, SavedMapping
from ledger.matching.formats.settlement_csv import read_settlement_file
from ledger.web.api.gifts import JSON
from ledger.web.api.guard import Caller, Guard
from ledger.web.uploads import shown_name
from ledger.wiring import Ledger

BYTES = "application/octet-stream"
KINDS = ("bank", "settlement")
FILE_STATES = ("taken", "held", "replaced", "left-out")
MOST_DEFAULT, MOST_MAX = 100, 1000
TEXT_MAX = 200
DIGITS_MAX = 15
HEX = frozenset("0123456789abcdef")
SHA256_DIGITS = 64


class Files:
    """The views.

    Args:
        ledger: What they read and write.
        guard: Lets calls through.
    """

    def __init__(self, ledger: Ledger, guard: Guard) -> None:
        self._ledger = ledger
        self._guard = guard

    def take_file(self, fund: str) -> Response:
        """Take a file, or with `preview=yes` only say what would come of it.

        Raises:
            UnsupportedMediaType: The body is not said to be bytes.
        """
        caller = self._guard.caller(fund, "file.take")
        if request.mimetype != BYTES:
            raise UnsupportedMediaType
        kind = _one_of("kind", KINDS) or KINDS[0]
        preview = _one_of("preview", ("yes", "no")) == "yes"
        name = shown_name(_text("name") or "file")
        data = request.get_data(cache=False)
        if kind == "settlement":
            return self._settlements(caller, name, data, preview=preview)
        account, mapping = self._choices(caller)
        reading = file_reading.read(name, data, mapping)
        if preview:
            found = actions.inspect_file(self._ledger.database, caller.fund, reading, account)
            return _answer(telling.told_inspection(found), HTTPStatus.OK)
        taken = actions.take_file(
            self._ledger.sequencer,
            caller.fund,
            reading,
            account,
            caller.member.member_id,
            _text("again") or None,
        )
        return _answer(
            telling.told_taken(taken), HTTPStatus.CREATED if taken.new else HTTPStatus.OK
        )

    def _settlements(self, caller: Caller, name: str, data: bytes, *, preview: bool) -> Response:
        sheet = read_settlement_file(name, data)
        if preview:
            lines = [
                {
                    "platform": one.platform,
                    "period": one.period,
                    "statement_no": one.statement_no,
                    "gross": one.gross,
                    "net": one.net,
                    "commodity": one.commodity,
                }
                for one in sheet.lines
            ]
            return _answer({"file": name, "format": sheet.format, "lines": lines}, HTTPStatus.OK)
        taken = actions.take_settlements(
            self._ledger.sequencer, caller.fund, (name, data), sheet, caller.member.member_id
        )
        return _answer(taken._asdict(), HTTPStatus.CREATED if taken.new else HTTPStatus.OK)

    def files(self, fund: str) -> dict[str, Any]:
        """List files and their statements, newest first."""
        caller = self._guard.caller(fund, "file.read")
        account, _ = self._choices(caller)
        after = _after("after", (int, str))
        with self._ledger.database.reading() as connection:
            page = file_history.file_page(
                connection,
                caller.fund.fund_id,
                account=account.name if account else None,
                state=_one_of("state", FILE_STATES),
                after=None if after is None else (after[0], _hex("after", after[1])),
                most=_most(),
            )
        return {
            "files": [telling.told_file(file, statements) for file, statements in page.files],
            "after": _next(page.after),
        }

    def file(self, fund: str, sha256: str) -> dict[str, Any]:
        """Show a file and its statements.

        Raises:
            NotFoundError: There is none of this hash.
        """
        caller = self._guard.caller(fund, "file.read")
        if not _is_hash(sha256):
            raise NotFoundError(what="file")
        digest = bytes.fromhex(sha256)
        with self._ledger.database.reading() as connection:
            found = file_history.kept_file(connection, caller.fund.fund_id, digest)
            if found is None:
                raise NotFoundError(what="file")
            statements = file_history.statements_of(connection, caller.fund.fund_id, digest)
        return telling.told_file(found, tuple(statements))

    def lines(self, fund: str) -> dict[str, Any]:
        """List lines, newest first: those that count, or with `state` those that wait.

        They name people: that they were read is put on record first.
        """
        caller = self._guard.caller(fund, "file.read")
        account, _ = self._choices(caller)
        wanted = LineFilter(
            state=_one_of("state", LINE_STATES),
            account=account.name if account else None,
            first_day=_day("from"),
            last_day=_day("to"),
            amount=_amount(),
            text=_text("text"),
            file=_file(),
        )
        after = _after("after", (int, str, str, int))
        if after is not None and wanted.state in LINE_STATES[2:]:
            _hex("after", after[2])
        member, fund_id = caller.member, caller.fund.fund_id
        read = Activity(
            fund_id, "file.read", "lines", member.member_id, member.role_text, outcome=READ
        )
        most = _most()
        record_alone(self._ledger.database, self._ledger.clock, read)
        with self._ledger.database.reading() as connection:
            page = file_history.line_page(connection, fund_id, wanted, after=after, most=most)
        return {
            "lines": [telling.told_line(one) for one in page.lines],
            "after": _next(page.after),
        }

    def _choices(self, caller: Caller) -> tuple[MoneyAccount | None, SavedMapping | None]:
        account, mapping = _text("account"), _text("mapping")
        fund_id = caller.fund.fund_id
        with self._ledger.database.reading() as connection:
            return (
                funds.money_account(connection, fund_id, account) if account else None,
                file_history.saved_mapping(connection, fund_id, mapping) if mapping else None,
            )


# --- what an address asks for ---------------------------------------------------------------------


def _answer(body: dict[str, Any], status: HTTPStatus) -> Response:
    return Response(orjson.dumps(body), status, content_type=JSON)


def _wrong(field: str, reason: str, **more: Any) -> NoReturn:
    raise FieldError(field=field, value=request.args.get(field, "")[:20], reason=reason, **more)


def _text(field: str) -> str:
    """Return a parameter, empty where there is none.

    Raises:
        FieldError: It is too long, or cannot be shown.
    """
    value = request.args.get(field, "")
    if len(value) > TEXT_MAX or not value.isprintable():
        _wrong(field, "too-long")
    return value


def _one_of(field: str, known: tuple[str, ...]) -> str | None:
    value = request.args.get(field)
    if value is not None and value not in known:
        _wrong(field, "unknown", known=known)
    return value


def _most() -> int:
    value = request.args.get("most")
    if value is None:
        return MOST_DEFAULT
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:DIGITS_MAX]) <= MOST_MAX):
        _wrong("most", "out-of-range")
    return int(value)


def _amount() -> int | None:
    value = request.args.get("amount_minor")
    if value is None:
        return None
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
        _wrong("amount_minor", "not-an-integer")
    return int(value)


def _day(field: str) -> str | None:
    value = request.args.get(field)
    if value is None:
        return None
    try:
        # Only the long form: it is compared as a text.
        return datetime.strptime(value, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        _wrong(field, "not-a-day")


def _file() -> str | None:
    value = request.args.get("file")
    if value is not None and not _is_hash(value):
        _wrong("file", "not-a-hash")
    return value


def _is_hash(text: str) -> bool:
    return len(text) == SHA256_DIGITS and HEX.issuperset(text)


def _hex(field: str, value: str) -> str:
    if not _is_hash(value):
        _wrong(field, "not-a-place")
    return value


def _next(after: tuple[Any, ...] | None) -> str | None:
    """Return where the next page begins, as a text that nobody needs to understand."""
    if after is None:
        return None
    return base64.urlsafe_b64encode(orjson.dumps(after)).decode()


def _after(field: str, kinds: tuple[type, ...]) -> Any:
    """Return where a page begins.

    Raises:
        FieldError: It is not what a page before gave.
    """
    value = request.args.get(field)
    if value is None:
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(value.encode()))
    except (binascii.Error, ValueError):
        _wrong(field, "not-a-place")
    if not (
        isinstance(found, list)
        and len(found) == len(kinds)
        and all(type(one) is kind for one, kind in zip(found, kinds, strict=True))
        and all(abs(one) < 2**53 for one in found if isinstance(one, int))
        and not any("\x00" in one for one in found if isinstance(one, str))
    ):
        _wrong(field, "not-a-place")
    return tuple(found)
