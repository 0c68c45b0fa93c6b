"""Structured logs that hold no secret, no nickname and no account number.

In: what any module says through `structlog.get_logger()` or the standard library's `logging`. Out: one line each on
standard error. Guaranteed: the fields below are left out whoever logs them, long runs of digits are masked wherever
they stand, and values of unknown classes are shown by their class only.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

import structlog

from ledger.activity import origins
from ledger.clock import SystemClock
from ledger.errors import LedgerError

LEFT_OUT = "[left out]"
"""Stands where a value was."""

DEPTH_MAX = 6
"""Deeper values are left out: nothing that we log on purpose is nested so far."""

_PRIVATE_WORDS = frozenset(
    """
    auth authorization bearer body comment cookie credential credentials donor email iban message mobile name
    nick nickname password passwd payee payer payload phone pseudonym remark salt salts secret secrets
    signature token tokens username
    """.split()  # noqa: SIM905 -- as a list it would be thirty lines
)
"""A key is left out when one of its words is here: `donor_name`, `X-Auth-Token`, `rawBody`."""

_PRIVATE_PAIRS = frozenset({"account", "api", "card", "id", "idempotency", "private", "signing"})
"""Words that are private before `no`, `number` or `key`: `account_number`, `private_key`."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SCRUBS: tuple[tuple[re.Pattern[str], str], ...] = (
    # What SQLAlchemy adds to its errors: the values of the statement that failed.
    (re.compile(r"\[parameters: .*", re.DOTALL), "[parameters: left out]"),
    # What PostgreSQL adds to its errors: the key or the row that broke a constraint.
    (re.compile(r"(DETAIL|CONTEXT):.*"), r"\1: left out"),
    (re.compile(r"://[^/\s@]+@"), "://[left out]@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 [left out]"),
    (
        re.compile(
            r"(?i)\b(password|passwd|secret|token|nickname|api_key)(['\"]?\s*[=:]\s*)('[^']*'|\"[^\"]*\"|\S+)"
        ),
        r"\1\2[left out]",
    ),
    # Account, card, identity and telephone numbers: ten digits or more, or groups of four.
    (re.compile(r"\d{4}(?:[ -]\d{4}){2,}(?:[ -]?\d{1,4})?|\d{10,}"), "[digits left out]"),
)


TALKATIVE = ("alembic", "fontTools", "weasyprint", "weasyprint.progress")
"""Libraries that tell every step at "info"."""


def configure_logs(level: str, form: str) -> None:
    """Send every log line, ours and the libraries', through the processors that leave things out.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        form: `json`, one object a line, or `console`.
    """
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                leave_out,
                _renderer(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _add_request_id(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Name the request or command that a line is about."""
    request_id = origins.current_id()
    if request_id:
        event.setdefault("request_id", request_id)
    return event


class _StandardError(logging.Handler):
    """Writes to standard error; a line that cannot be written is told of without what is in it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 -- whatever it is, logging must not stop the work
            line = f"a log line of {record.name} could not be written: {type(error).__name__}"
        # A closed pipe is nobody's to tell.
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()


def leave_out(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Remove from one log line what must not be in it; the last processor before it is written.

    Args:
        event: Fields of the line.

    Returns:
        The same fields, private ones replaced by `LEFT_OUT`, texts scrubbed.
    """
    return {key: LEFT_OUT if _is_private(key) else _clean(value) for key, value in event.items()}


def _is_private(key: str) -> bool:
    words = [word.lower() for word in _WORD.findall(key)]
    if not _PRIVATE_WORDS.isdisjoint(words):
        return True
    return any(
        first in _PRIVATE_PAIRS and second in {"no", "number", "key"}
        for first, second in itertools.pairwise(words)
    )


def _clean(value: object, depth: int = 0) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | LedgerError | PurePath):
        return scrubbed(str(value))
    if isinstance(value, date | datetime):
        return value.isoformat()
    if depth >= DEPTH_MAX:
        return LEFT_OUT
    if isinstance(value, Mapping):
        return {
            str(key): LEFT_OUT if _is_private(str(key)) else _clean(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner, depth + 1) for inner in value]
    # A gift or a request would show its fields: the class is enough to find the place.
    return f"<{type(value).__name__}>"


def scrubbed(text: str) -> str:
    """Mask in a text what looks like a secret or an account number.

    Args:
        text: A message or a traceback.

    Returns:
        The text without them.
    """
    for pattern, instead in _SCRUBS:
        text = pattern.sub(instead, text)
    return text


def _stamp(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event["at"] = SystemClock().now().isoformat(timespec="milliseconds")
    return event


def _renderer(form: str) -> Callable[..., str | bytes]:
    if form == "console":
        # A traceback with the values of its variables would print the nickname that a page was about.
        return structlog.dev.ConsoleRenderer(
            colors=False,
            timestamp_key="at",
            exception_formatter=structlog.dev.plain_traceback,
        )
    return structlog.processors.JSONRenderer(ensure_ascii=False)
