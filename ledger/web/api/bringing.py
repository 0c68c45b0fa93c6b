"""Spending and files of evidence, by machines: looked at, booked up to the limit of one person, or proposed above it.

What is to be booked comes as JSON, or as a sheet: the bytes of a CSV file or a workbook. All rows are taken or none:
those that are wrong come back each with its reason, those of a sheet as a sheet too, to be corrected and sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from flask import Response, request

from ledger.desk import spending, transferring
from ledger.desk.spending import Preview
from ledger.desk.spending_sheets import read
from ledger.errors import FieldError, FileFormatError
from ledger.evidence import Brought
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.history import MoneyAccount
from ledger.funds.lists import Lists
from ledger.spending import history
from ledger.spending.booking import Booked
from ledger.spending.evidence import FILES_MAX
from ledger.spending.sheet import COLUMNS, Fault, Reading, faults_csv, row_of
from ledger.transfers import payments
from ledger.web import uploads
from ledger.web.api import asked
from ledger.web.api.bodies import Body, json_body
from ledger.web.api.gifts import JSON, idempotency_key
from ledger.web.api.guard import Caller, Views
from ledger.web.api.proposed import client_key, propose
from ledger.web.language import Voice, language_of
from ledger.web.problems import PROBLEM_JSON, problem_document, problem_of

OWN = "Assets:Fund:"
ROWS_MAX = 10_000
"""Rows of a JSON body; a sheet may have more."""

ERRORS_MAX = 100
"""Rows that a problem document names; a sheet of all of them stands beside."""

COUNTS = ("persons", "person_times")


class _Asked(NamedTuple):
    """What a call asks to book.

    Attributes:
        account: The fund account that paid.
        reading: Rows and faults.
        upload: Name and bytes of the sheet; None for JSON.
        evidence: SHA-256 of the files that prove it.
    """

    account: MoneyAccount
    reading: Reading
    upload: tuple[str, bytes] | None
    evidence: tuple[str, ...]

    @property
    def to_book(self) -> spending.Spending:
        """Return what is wanted of the desk."""
        return spending.Spending(self.account, self.reading.rows, self.upload, self.evidence)


class Bringing(Views):
    """The views."""

    # --- evidence -------------------------------------------------------------------------------

    def bring_evidence(self, fund: str) -> Response:
        """Keep a file that proves spending, another movement or opening balances; they name it by its SHA-256."""
        caller = self._guard.caller(fund, "spending.book")
        file = _file()
        sequencer, member_id = self._ledger.sequencer, caller.member.member_id
        digest = spending.bring(sequencer, caller.fund, member_id, file)
        with self._ledger.database.reading() as connection:
            [kept] = history.files(connection, caller.fund.fund_id, [digest])
        return _kept(digest, kept.name, kept.kind)

    def bring_transfer_evidence(self, fund: str) -> Response:
        """Keep a file that a proposal of a transfer may name by its SHA-256."""
        caller = self._guard.caller(fund, "transfer.propose")
        file = _file()
        sequencer, member_id = self._ledger.sequencer, caller.member.member_id
        said = (file.name, file.kind, file.data)
        digest = transferring.attach(sequencer, caller.fund, member_id, said)
        with self._ledger.database.reading() as connection:
            [kept] = payments.attached(connection, caller.fund.fund_id, (digest,))
        return _kept(digest, kept.name, kept.kind)

    # --- spending -------------------------------------------------------------------------------

    def book_spending(self, fund: str) -> Response:
        """Book spending up to the limit of one person, or with `preview=yes` only say what would come of it."""
        caller = self._guard.caller(fund, "spending.book")
        key = idempotency_key(request.headers.get("Idempotency-Key")) or None
        preview = asked.one_of("preview", ("yes", "no")) == "yes"
        wanted = self._asked(caller)
        if wanted.reading.faults:
            return _wrong_rows(wanted)
        sequencer, member_id = self._ledger.sequencer, caller.member.member_id
        if preview:
            found = spending.preview(sequencer, caller.fund, wanted.to_book, checked=True)
            return _answer(_told_preview(found, wanted.account.commodity), HTTPStatus.OK)
        done = spending.book(sequencer, caller.fund, member_id, wanted.to_book, key)
        return _answer(_told(done), HTTPStatus.CREATED if done.added else HTTPStatus.OK)

    def propose_spend(self, fund: str) -> Response:
        """Propose spending above the limit of one person."""
        caller = self._guard.caller(fund, "spend.propose")
        key = client_key()
        wanted = self._asked(caller)
        if wanted.reading.faults:
            return _wrong_rows(wanted)
        return propose(self._ledger, caller, spending.spend(wanted.to_book), key)

    def _asked(self, caller: Caller) -> _Asked:
        """Read what is asked for.

        Raises:
            UnsupportedMediaType: The body is neither JSON nor bytes.
        """
        with self._ledger.database.reading() as connection:
            lists = list_history.lists(connection, caller.fund.fund_id)
        if request.mimetype == JSON:
            body = Body(json_body())
            rows = body.many("rows", ROWS_MAX, needed=True)
            account = self._account(caller, body.text("account"))
            evidence = body.hashes("evidence", FILES_MAX)
            body.check_all_read()
            return _Asked(account, _typed(rows, lists), None, evidence)
        name, data = asked.file_body("spending")
        account = self._account(caller, asked.text("account"))
        evidence = asked.hashes("evidence", FILES_MAX)
        return _Asked(account, read(name, data, lists), (name, data), evidence)

    def _account(self, caller: Caller, name: str) -> MoneyAccount:
        if not name:
            raise FieldError(field="account", value="", reason="missing")
        with self._ledger.database.reading() as connection:
            found = funds.money_account(connection, caller.fund.fund_id, name)
        if not found.name.startswith(OWN):
            raise FieldError(field="account", value=found.name, reason="not-a-fund-account")
        return found


# --- what is asked for ----------------------------------------------------------------------------


def _file() -> Brought:
    """Return the file that is the body.

    Raises:
        UnsupportedMediaType: The body is not said to be bytes.
        FieldError: There are none.
        FileFormatError: It is of a kind that nobody brings as evidence.
    """
    name, data = asked.file_body()
    if not data:
        raise FieldError(field="file", value=name, reason="empty")
    kind = uploads.kind_of(name, data)
    if kind not in uploads.KINDS:
        raise FileFormatError(
            file=name,
            line=0,
            field="file",
            reason="other-kind",
            value=kind,
            expected=list(uploads.KINDS),
        )
    return Brought(name, kind, data)


def _typed(rows: Sequence[Any], lists: Lists) -> Reading:
    """Read rows of JSON by the rules of the sheet; their lines are their places, from 1.

    Raises:
        FieldError: There are none.
    """
    if not rows:
        raise FieldError(field="rows", value="", reason="missing")
    found = Reading([], [])
    for line, one in enumerate(rows, 1):
        cells: tuple[str, ...] = ()
        try:
            texts = _cells(one)
            cells = tuple(texts.values())
            found.rows.append(row_of(line, texts, lists))
        except FieldError as error:
            field = str(error.fields["field"])
            value = cells[COLUMNS.index(field)][:40] if cells else ""
            found.faults.append(Fault(line, field, str(error.fields["reason"]), value, cells))
    return found


def _cells(row: object) -> dict[str, str]:
    """Return the fields of a row as the cells of a sheet.

    Raises:
        FieldError: It is no object, or a field is missing, unknown or of another type.
    """
    if not isinstance(row, Mapping):
        raise FieldError(field="rows", reason="not-an-object")
    for name in row.keys() - {*COLUMNS}:
        raise FieldError(field=name[:40], reason="unknown-field")
    return {name: _cell(name, row.get(name)) for name in COLUMNS}


def _cell(name: str, value: object) -> str:
    if value is None or value == "":
        raise FieldError(field=name, reason="missing")
    if name in COUNTS:
        if type(value) is not int:
            raise FieldError(field=name, reason="not-an-integer")
        return str(value)
    if not isinstance(value, str):
        raise FieldError(field=name, reason="not-a-text")
    return value.strip()


# --- what is answered -----------------------------------------------------------------------------


def _answer(body: dict[str, Any], status: HTTPStatus) -> Response:
    return Response(orjson.dumps(body), status, content_type=JSON)


def _kept(digest: str, name: str, kind: str) -> Response:
    return _answer({"sha256": digest, "name": name, "kind": kind}, HTTPStatus.CREATED)


def _told(done: Booked) -> dict[str, Any]:
    return {"added": done.added, "repeated": done.repeated, "first": done.first}


def _told_preview(found: Preview, commodity: str) -> dict[str, Any]:
    where = found.conflict.fields if found.conflict is not None else None
    return {
        "added": len(found.new),
        "repeated": found.known,
        "conflict": where and {name: where.get(name) for name in ("line", "field", "seq")},
        "commodity": commodity,
        "sum_minor": found.sum,
        "counted_minor": found.counted,
        "held_minor": found.held,
        "needed": list(found.needed),
    }


def _wrong_rows(wanted: _Asked) -> Response:
    """Answer that nothing was booked because of rows that are wrong, each with its reason."""
    faults = wanted.reading.faults
    voice = Voice(language_of(request.path))
    error = FieldError() if wanted.upload is None else FileFormatError()
    problem = problem_of(error)
    document = problem_document(problem, voice)
    document["errors"] = [
        {
            "code": error.code,
            "line": one.line_no,
            "field": one.field,
            "reason": one.reason,
            "says": _says(voice, one.reason),
            "value": one.value,
        }
        for one in faults[:ERRORS_MAX]
    ]
    document["wrong"] = len(faults)
    if wanted.upload is not None:
        told = {
            (one.field, one.reason): f"{one.field}: {_says(voice, one.reason)}" for one in faults
        }
        document["wrong_rows"] = faults_csv(faults, told).decode("utf-8-sig")
    return Response(orjson.dumps(document), problem.status, content_type=PROBLEM_JSON)


def _says(voice: Voice, reason: str) -> str:
    key = f"spend.error.{reason}"
    return str(voice(key)) if voice.knows(key) else reason
