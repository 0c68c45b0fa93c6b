"""Files of banks and platforms, by machines: previewed, taken, and listed with their lines.

A file is the body of a request, as it is: nothing wraps it, so its hash is that of the bytes that were sent.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request

from ledger.desk import actions
from ledger.errors import NotFoundError
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.matching import file_history, file_reading, telling
from ledger.matching.file_history import LINE_STATES, LineFilter, SavedMapping
from ledger.matching.formats.settlement_csv import read_settlement_file
from ledger.web.api.asked import file_body, one_of, text, wrong
from ledger.web.api.bodies import is_hash
from ledger.web.api.gifts import JSON
from ledger.web.api.guard import Caller, Views

KINDS = ("bank", "settlement")
FILE_STATES = ("taken", "held", "replaced", "left-out")
MOST_DEFAULT, MOST_MAX = 100, 1000
DIGITS_MAX = 15


class Files(Views):
    """The views."""

    def take_file(self, fund: str) -> Response:
        """Take a file, or with `preview=yes` only say what would come of it.

        Raises:
            UnsupportedMediaType: The body is not said to be bytes.
        """
        caller = self._guard.caller(fund, "file.take")
        name, data = file_body()
        kind = one_of("kind", KINDS) or KINDS[0]
        preview = one_of("preview", ("yes", "no")) == "yes"
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
            text("again") or None,
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
                state=one_of("state", FILE_STATES),
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
        if not is_hash(sha256):
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
            state=one_of("state", LINE_STATES),
            account=account.name if account else None,
            first_day=_day("from"),
            last_day=_day("to"),
            amount=_amount(),
            text=text("text"),
            file=_file(),
        )
        after = _after("after", (int, str, str, int))
        if after is not None and wanted.state in LINE_STATES[2:]:
            _hex("after", after[2])
        most = _most()
        self._guard.saw(caller, "file.read", "lines")
        with self._ledger.database.reading() as connection:
            page = file_history.line_page(
                connection, caller.fund.fund_id, wanted, after=after, most=most
            )
        return {
            "lines": [telling.told_line(one) for one in page.lines],
            "after": _next(page.after),
        }

    def _choices(self, caller: Caller) -> tuple[MoneyAccount | None, SavedMapping | None]:
        account, mapping = text("account"), text("mapping")
        fund_id = caller.fund.fund_id
        with self._ledger.database.reading() as connection:
            return (
                funds.money_account(connection, fund_id, account) if account else None,
                file_history.saved_mapping(connection, fund_id, mapping) if mapping else None,
            )


# --- what an address asks for ---------------------------------------------------------------------


def _answer(body: dict[str, Any], status: HTTPStatus) -> Response:
    return Response(orjson.dumps(body), status, content_type=JSON)


def _most() -> int:
    value = request.args.get("most")
    if value is None:
        return MOST_DEFAULT
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:DIGITS_MAX]) <= MOST_MAX):
        wrong("most", "out-of-range")
    return int(value)


def _amount() -> int | None:
    value = request.args.get("amount_minor")
    if value is None:
        return None
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
        wrong("amount_minor", "not-an-integer")
    return int(value)


def _day(field: str) -> str | None:
    value = request.args.get(field)
    if value is None:
        return None
    try:
        # Only the long form: it is compared as a text.
        return datetime.strptime(value, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        wrong(field, "not-a-day")


def _file() -> str | None:
    value = request.args.get("file")
    if value is not None and not is_hash(value):
        wrong("file", "not-a-hash")
    return value


def _hex(field: str, value: str) -> str:
    if not is_hash(value):
        wrong(field, "not-a-place")
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
        wrong(field, "not-a-place")
    if not (
        isinstance(found, list)
        and len(found) == len(kinds)
        and all(type(one) is kind for one, kind in zip(found, kinds, strict=True))
        and all(abs(one) < 2**53 for one in found if isinstance(one, int))
        and not any("\x00" in one for one in found if isinstance(one, str))
    ):
        wrong(field, "not-a-place")
    return tuple(found)
