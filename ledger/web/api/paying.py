"""Payment files and the step at the bank, for machines: made, handed out, checked, and said to be entered.

A payment file holds whole account numbers, so each time that one is handed out is put on record. What is made or
entered was approved by people before; no bank line is said to be a transfer's here.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

from ledger.desk import transferring
from ledger.errors import FieldError, NotFoundError
from ledger.transfers import payments
from ledger.transfers.payments import TRANSFERS_MAX, PaymentFile
from ledger.web.api.asked import file_body
from ledger.web.api.bodies import Body, is_hash, json_body
from ledger.web.api.gifts import JSON
from ledger.web.api.guard import Views
from ledger.web.uploads import attachment

NUMBER_MAX = 10**12


class Paying(Views):
    """The views."""

    def make_payment_file(self, fund: str) -> Response:
        """Make the payment file of approved transfers; the same transfers give the same file again."""
        caller = self._guard.caller(fund, "transfer.file")
        body = Body(json_body())
        numbers = tuple(_number(one) for one in body.many("transfers", TRANSFERS_MAX, needed=True))
        columns = body.text("columns", "")
        body.check_all_read()
        member_id = caller.member.member_id
        made = transferring.payment_file(
            self._ledger.sequencer, caller.fund, member_id, numbers, columns
        )
        return Response(orjson.dumps(_told(made)), HTTPStatus.CREATED, content_type=JSON)

    def payment_file(self, fund: str, sha256: str) -> Response:
        """Hand out a payment file as it was made. That it was read is put on record first.

        Raises:
            NotFoundError: None of this hash was made.
        """
        caller = self._guard.caller(fund, "transfer.file")
        if not is_hash(sha256):
            raise NotFoundError(what="payment-file")
        fund_id = caller.fund.fund_id
        self._guard.saw(caller, "transfer.file", f"payment-file/{sha256}")
        with self._ledger.database.reading() as connection:
            data = payments.bytes_of(connection, fund_id, sha256)
            [found] = [
                one for one in payments.files_of(connection, fund_id) if one.sha256 == sha256
            ]
        return attachment(data, found.name)

    def check_payment_file(self, fund: str) -> dict[str, Any]:
        """Tell whether a payment file is still what was handed out, and field by field what is not.

        Raises:
            UnsupportedMediaType: The body is not said to be bytes.
        """
        caller = self._guard.caller(fund, "transfer.file")
        _, data = file_body()
        with self._ledger.database.reading() as connection:
            found = payments.check_file(connection, caller.fund.fund_id, data)
        if not found.is_unchanged:
            # What is not as it was tells what was: whole account numbers too.
            self._guard.saw(caller, "transfer.file", f"payment-file/{found.file.sha256}")
        return {
            **_told(found.file),
            "unchanged": found.is_unchanged,
            "differences": [one._asdict() for one in found.differences],
            "over": list(found.over),
        }

    def enter_transfer(self, fund: str, number: int) -> dict[str, Any]:
        """Say that an approved transfer was entered at the bank: by a third person, where the fund has one."""
        caller = self._guard.caller(fund, "transfer.enter")
        member_id = caller.member.member_id
        seq = transferring.enter(self._ledger.sequencer, caller.fund, member_id, number)
        return {"number": number, "entry": seq}


def _number(value: object) -> int:
    if type(value) is not int or not 0 < value < NUMBER_MAX:
        raise FieldError(field="transfers", value=str(value)[:20], reason="not-an-integer")
    return value


def _told(made: PaymentFile) -> dict[str, Any]:
    return {
        "sha256": made.sha256,
        "name": made.name,
        "message_id": made.message_id,
        "format": made.format,
        "transfers": list(made.transfers),
        "entry": made.seq,
    }
