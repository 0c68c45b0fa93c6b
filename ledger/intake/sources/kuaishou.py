"""Kuaishou 快手: live interaction push `giftSend`, and the answer of its look-back query.

In: raw bytes and headers. Out: a `Callback`. Guaranteed: a gift counts by its `uniqueNo` alone, however it came.

Source:
    The platform's client code and documentation as gathered for this project: envelope in snake_case, look-back in
    camelCase, 10 快币 are 1 CNY, `giftTotalPrice` is the row's total, ids that start `stress_` are load tests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from ledger.errors import FieldError, FileFormatError, SignatureError
from ledger.intake.events import GiftEvent, RowProblem, Via, clean_text, row_problem, shown_value
from ledger.intake.sources.callbacks import (
    Callback,
    Ignored,
    field_problem,
    load_json,
    objects,
    required_text,
    row_bytes,
    text_of,
    whole_of,
)

UNIT = "KSCOIN"
ANSWER_OK: dict[str, int | str] = {"result": 1}
"""Answer to a delivery that is stored; anything else makes the platform send it again."""

SIGNATURE_HEADER = "kwaisign"
_EVENT_REAL, _EVENT_TEST = "LIVE_INTERACTION_DATA", "LIVE_INTERACTION_DATA_TEST"
_GIFT = "giftSend"
_LOAD_TEST = "stress_"


def answer_error(message: str) -> dict[str, int | str]:
    """Return the answer to a delivery that was not taken; `message` must not hold what was sent."""
    return {"result": 0, "errorMsg": message}


def verify(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Check that the platform sent these bytes: `kwaisign` is the lower-case hex MD5 of body and app secret.

    There is no time in it: a replay passes, and is stopped by the gift's id only.

    Args:
        body: As it arrived, never parsed and written again.
        headers: Names in any case.
        secret: The app secret; an empty one is never right.

    Raises:
        SignatureError: `no-secret`, `missing` or `mismatch`.
    """
    given = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER, "")
    if not secret:
        raise SignatureError(source="kuaishou", reason="no-secret")
    if not given:
        raise SignatureError(source="kuaishou", reason="missing", field=SIGNATURE_HEADER)
    wanted = hashlib.md5(body + secret.encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        raise SignatureError(source="kuaishou", reason="mismatch", field=SIGNATURE_HEADER)


def parse_callback(body: bytes, *, signed: bool = True) -> Callback:
    """Read a delivery whose signature was checked.

    Args:
        body: As it arrived.
        signed: Whether `verify` passed on it.

    Returns:
        Its gifts; tests, other messages and gifts without a price as ignored; wrong rows as problems.

    Raises:
        FileFormatError: Not JSON, or not the envelope.
    """
    envelope = load_json(body)
    data = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(data, dict):
        raise FileFormatError(field="data", reason="missing", value="")
    event, message_id = envelope.get("event"), str(data.get("unique_message_id") or "")[:128]
    if event == _EVENT_TEST or message_id.startswith(_LOAD_TEST):
        return Callback(message_id, ignored=[Ignored("test", message_id)])
    if event != _EVENT_REAL or data.get("push_type") != _GIFT:
        return Callback(message_id, ignored=[Ignored("not-a-gift", message_id)])
    return _Message(data, message_id, "room_code", "live_timestamp", "push", body, signed).read()


def parse_lookback(answer: bytes) -> Callback:
    """Read the answer of `pushdata/query`: its `data` is a JSON text that holds a list of messages.

    Args:
        answer: The whole answer as it arrived; its SHA-256 is the evidence of each gift in it.

    Returns:
        The gifts of all messages, also of those that were pushed before.

    Raises:
        FileFormatError: Not such an answer, or one that reports a failure.
    """
    envelope = load_json(answer)
    if not isinstance(envelope, dict) or envelope.get("result") != 1:
        raise FileFormatError(field="result", reason="not-ok", value="")
    data = envelope.get("data")
    messages = objects(load_json(data) if isinstance(data, str) else data, "data")
    found = Callback()
    for message in messages:
        if not isinstance(message, dict):
            problem = row_problem(1, "data", "not-an-object", "", row_bytes(message))
            found.add(Callback(problems=[problem]))
            continue
        message_id = str(message.get("uniqueMessageId") or "")[:128]
        if message_id.startswith(_LOAD_TEST):
            found.add(Callback(ignored=[Ignored("test", message_id)]))
        elif message.get("pushType", _GIFT) != _GIFT:
            found.add(Callback(ignored=[Ignored("not-a-gift", message_id)]))
        else:
            read = _Message(
                message, message_id, "roomCode", "liveTimestamp", "lookback", answer, signed=False
            )
            found.add(read.read())
    return found


class _Message:
    """One message with its rows, whichever way its fields are spelt."""

    def __init__(  # noqa: PLR0913, PLR0917 - private, and called twice
        self,
        data: dict[str, Any],
        message_id: str,
        room_name: str,
        time_name: str,
        via: Via,
        evidence: bytes,
        signed: bool,
    ) -> None:
        self._data = data
        self._message_id = message_id
        self._room_name = room_name
        self._time_name = time_name
        self._via = via
        self._evidence = hashlib.sha256(evidence).digest()
        self._signed = signed

    def read(self) -> Callback:
        """Sort the rows into gifts, ignored ones and problems.

        Raises:
            FileFormatError: There is no list of rows.
        """
        found = Callback(self._message_id, str(self._data.get(self._room_name) or ""))
        for line, row in enumerate(objects(self._data.get("payload"), "payload"), 1):
            result = self._row(row, line)
            if isinstance(result, GiftEvent):
                found.rows.append(result)
            elif isinstance(result, Ignored):
                found.ignored.append(result)
            else:
                found.problems.append(result)
        return found

    def _row(self, row: object, line: int) -> GiftEvent | Ignored | RowProblem:
        if not isinstance(row, dict):
            return row_problem(line, "payload", "not-an-object", "", row_bytes(row))
        try:
            event, unit_price = self._event(row, line), whole_of(row, "giftUnitPrice")
        except FieldError as error:
            return field_problem(error, line, row)
        if event.source_id.startswith(_LOAD_TEST):
            return Ignored("test", event.source_id)
        if event.units != event.count * unit_price:
            shown = shown_value("giftTotalPrice", event.units)
            return RowProblem(
                line, "giftTotalPrice", "total-mismatch", shown, row_bytes(row), event
            )
        if event.kind == "free":
            return Ignored("free", event.source_id, event)
        return event

    def _event(self, row: dict[str, Any], line: int) -> GiftEvent:
        user = row.get("userInfo") or {}
        if not isinstance(user, dict):
            raise FieldError(field="userInfo", reason="not-an-object", value="")
        total = whole_of(row, "giftTotalPrice")
        return GiftEvent(
            source_id=required_text(row, "uniqueNo"),
            session=text_of(self._data, self._room_name),
            occurred_at_ms=whole_of(self._data, self._time_name),
            giver=text_of(user, "userId"),
            nickname=clean_text(text_of(user, "userName"), "nickname"),
            message="",
            item=text_of(row, "giftId"),
            item_name=clean_text(text_of(row, "giftName"), "item_name"),
            count=whole_of(row, "giftCount"),
            units=total,
            unit=UNIT,
            gross_minor=None,
            commodity="",
            kind="paid" if total else "free",
            via=self._via,
            evidence=self._evidence,
            signed=self._signed,
            line=line,
            raw=row_bytes(row),
        )
