"""Douyin 抖音: live data push `live_gift`, and the answer of its query for failed pushes.

In: raw bytes and headers. Out: a `Callback`. Guaranteed: `gift_value` is taken as the row's total in fen and never
multiplied; gifts to a guest and tests do not count.

Source:
    Douyin open platform, live data push and its signature (published vector in the tests).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from ledger.errors import FieldError, FileFormatError, SignatureError
from ledger.intake.events import GiftEvent, Via, clean_text, row_problem
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

COMMODITY = "CNY"
ANSWER_OK: dict[str, int | str] = {"err_no": 0, "err_msg": "ok"}
"""Any 2xx within three seconds will do; the body is for people who read logs."""

SIGNATURE_HEADER = "x-signature"
SIGNED_HEADERS = ("x-msg-type", "x-nonce-str", "x-roomid", "x-timestamp")
"""In the order in which they are signed: sorted by name."""

TOLERANCE_MS = 10 * 60 * 1000
"""How far `x-timestamp` may lie from when the delivery was received, either way."""

_GIFT = "live_gift"


def answer_error(message: str) -> dict[str, int | str]:
    """Return the answer to a delivery that was not taken; `message` must not hold what was sent."""
    return {"err_no": 1, "err_msg": message}


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    received_at_ms: int | None = None,
    tolerance_ms: int = TOLERANCE_MS,
) -> None:
    """Check that the platform sent these bytes, and lately.

    1. The four headers and the signature are there, and `x-timestamp` is digits only: the body follows it without a
       separator, so that otherwise characters could be moved from one to the other.
    2. `x-signature` is the base64 MD5 of the headers `k=v` joined by `&`, the body and the secret.
    3. `x-timestamp` is within the tolerance of when it was received.

    The caller still has to check that `x-roomid` is one of its rooms where it knows them.

    Args:
        body: As it arrived, never parsed and written again.
        headers: Names in any case.
        secret: The secret of this message type; an empty one is never right.
        received_at_ms: Milliseconds since 1970; the recorded time for a recorded delivery; None leaves out step 3.
        tolerance_ms: For step 3.

    Raises:
        SignatureError: `no-secret`, `missing`, `mismatch` or `stale`.
    """
    if not secret:
        raise SignatureError(source="douyin", reason="no-secret")
    lower = {name.lower(): value for name, value in headers.items()}
    # Step 1: all is there.
    for name in (*SIGNED_HEADERS, SIGNATURE_HEADER):
        if not lower.get(name):
            raise SignatureError(source="douyin", reason="missing", field=name)
    timestamp = lower["x-timestamp"]
    if not (
        timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= len("1762000000000")
    ):
        raise SignatureError(source="douyin", reason="mismatch", field="x-timestamp")
    # Step 2: the platform made the signature.
    signed = "&".join(f"{name}={lower[name]}" for name in SIGNED_HEADERS).encode(
        "utf-8", "replace"
    )
    digest = hashlib.md5(signed + body + secret.encode(), usedforsecurity=False).digest()
    if not hmac.compare_digest(
        base64.b64encode(digest), lower[SIGNATURE_HEADER].encode("utf-8", "replace")
    ):
        raise SignatureError(source="douyin", reason="mismatch", field=SIGNATURE_HEADER)
    # Step 3: it is not an old one sent again.
    if received_at_ms is not None and abs(received_at_ms - int(timestamp)) > tolerance_ms:
        raise SignatureError(source="douyin", reason="stale", field="x-timestamp")


def parse_callback(body: bytes, headers: Mapping[str, str], *, signed: bool = True) -> Callback:
    """Read a delivery whose signature was checked.

    Args:
        body: As it arrived.
        headers: Names in any case; `x-roomid` is the session.
        signed: Whether `verify` passed on it.

    Returns:
        Its gifts; tests, gifts to a guest, and other messages as ignored; wrong rows as problems.

    Raises:
        FileFormatError: Not a JSON array.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if lower.get("x-msg-type", _GIFT) != _GIFT:
        return Callback(ignored=[Ignored("not-a-gift", "")])
    return _read(body, lower.get("x-roomid", ""), "push", signed=signed)


def parse_fail_data(answer: bytes) -> Callback:
    """Read a page of `fail_data/get`: each payload is the body that could not be delivered, as a text.

    Args:
        answer: The whole answer as it arrived.

    Returns:
        The gifts of all payloads; the evidence of each is the SHA-256 of its payload, as a push of it would have.

    Raises:
        FileFormatError: Not such an answer, or one that reports a failure.
    """
    envelope = load_json(answer)
    data = (
        envelope.get("data")
        if isinstance(envelope, dict) and envelope.get("err_no") == 0
        else None
    )
    if not isinstance(data, dict):
        raise FileFormatError(field="err_no", reason="not-ok", value="")
    found = Callback()
    for item in objects(data.get("data_list"), "data_list"):
        found.add(_failed(item))
    return found


def _failed(item: object) -> Callback:
    payload = item.get("payload") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(payload, str):
        return Callback(problems=[row_problem(1, "payload", "missing", "", row_bytes(item))])
    if item.get("msg_type", _GIFT) != _GIFT:
        return Callback(ignored=[Ignored("not-a-gift", "")])
    try:
        return _read(payload.encode(), text_of(item, "roomid"), "lookback", signed=False)
    except (FileFormatError, FieldError) as error:
        # One payload that cannot be read must not cost the others on the page.
        reason = str(error.fields["reason"])
        return Callback(problems=[row_problem(1, "payload", reason, "", row_bytes(item))])


def _read(body: bytes, room: str, via: Via, *, signed: bool) -> Callback:
    found = Callback("", room)
    evidence = hashlib.sha256(body).digest()
    for line, row in enumerate(objects(load_json(body), ""), 1):
        if not isinstance(row, dict):
            found.problems.append(row_problem(line, "", "not-an-object", "", row_bytes(row)))
            continue
        try:
            _sort(row, _event(row, line, room, via, evidence, signed=signed), found)
        except FieldError as error:
            found.problems.append(field_problem(error, line, row))
    return found


def _sort(row: dict[str, Any], event: GiftEvent, found: Callback) -> None:
    """Put a row where it belongs: test, then guest, then free, then gift.

    Raises:
        FieldError: A mark is not of its type.
    """
    test = row.get("test", False)
    if not isinstance(test, bool):
        raise FieldError(field="test", reason="not-a-truth-value", value=test)
    box = text_of(row, "sec_magic_gift_id")
    if test:
        found.ignored.append(Ignored("test", event.source_id))
    elif text_of(row, "audience_sec_open_id"):
        found.ignored.append(Ignored("guest", event.source_id, event))
    elif event.kind == "free":
        found.ignored.append(Ignored("free", event.source_id, event))
    else:
        found.rows.append(event)
        if box:
            found.boxes[event.source_id] = box


def _event(
    row: dict[str, Any], line: int, room: str, via: Via, evidence: bytes, *, signed: bool
) -> GiftEvent:
    fen = whole_of(row, "gift_value")
    return GiftEvent(
        source_id=required_text(row, "msg_id"),
        session=room,
        occurred_at_ms=whole_of(row, "timestamp"),
        giver=text_of(row, "sec_openid"),
        nickname=clean_text(text_of(row, "nickname"), "nickname"),
        message="",
        item=text_of(row, "sec_gift_id"),
        item_name="",
        count=whole_of(row, "gift_num"),
        units=fen,
        unit=COMMODITY,
        gross_minor=fen,
        commodity=COMMODITY,
        kind="paid" if fen else "free",
        via=via,
        evidence=evidence,
        signed=signed,
        line=line,
        raw=row_bytes(row),
    )
