"""Mail to users: over SMTP, or into files while developing. Sending never keeps a page waiting, nor tells by its time
whether there was anything to send.
"""

from __future__ import annotations

import queue
import secrets
import smtplib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol

import structlog

from ledger.errors import ExternalError

logger = structlog.get_logger(__name__)

SMTP_SECONDS = 20
IDLE_SECONDS = 0.2
"""How long the sender waits for a further letter before it ends."""

WAITING_MAX = 1_000
"""Messages that wait for the mail host in this process; further ones are dropped, and logged as such."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail.

    Attributes:
        to: Address.
        subject: In both languages.
        text: In both languages; may hold a link that opens something, so it is never logged.
        at: When it was written.
    """

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    at: datetime


class Post(Protocol):
    """Takes letters away."""

    def send(self, letter: Letter) -> None:
        """Send one.

        Raises:
            ExternalError: It could not be sent.
        """
        ...


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


class Outbox:
    """Writes each letter into a file that only this user can read.

    Args:
        folder: Where.
        sender: Its address.
    """

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender = folder, sender

    def send(self, letter: Letter) -> None:
        """Write it.

        Raises:
            ExternalError: It could not be written.
        """
        name = f"{letter.at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / name
            path.touch(mode=0o600, exist_ok=False)
            path.write_bytes(_message(letter, self._sender).as_bytes())
        except OSError as error:
            raise ExternalError(what="outbox", reason=error.strerror) from error


@dataclass(frozen=True, slots=True)
class MailHost:
    """Hands letters to a mail host.

    Attributes:
        host: Its name.
        port: TCP port.
        tls: `starttls`, `tls` or `none`.
        user: Or empty.
        password: Or empty.
        sender: Our address.
    """

    host: str
    port: int
    tls: str
    user: str
    password: str = field(repr=False)
    sender: str

    def send(self, letter: Letter) -> None:
        """Send it.

        Raises:
            ExternalError: The host did not take it.
        """
        context = ssl.create_default_context()
        try:
            with (
                smtplib.SMTP_SSL(self.host, self.port, timeout=SMTP_SECONDS, context=context)
                if self.tls == "tls"
                else smtplib.SMTP(self.host, self.port, timeout=SMTP_SECONDS)
            ) as connection:
                if self.tls == "starttls":
                    connection.starttls(context=context)
                if self.user:
                    connection.login(self.user, self.password)
                connection.send_message(_message(letter, self.sender))
        except (OSError, smtplib.SMTPException) as error:
            raise ExternalError(what="mail host", reason=type(error).__name__) from error


class Mailer:
    """Sends letters one after another, beside the requests that write them.

    Args:
        post: Takes them away.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._waiting: queue.Queue[Callable[[], Letter | None]] = queue.Queue(WAITING_MAX)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def send_now(self, letter: Letter) -> None:
        """Send a letter and wait for it: for commands, that say what came of it.

        Raises:
            ExternalError: It could not be sent.
        """
        self._post.send(letter)

    def send_later(self, letter: Letter) -> None:
        """Take a letter; what fails is logged, and its user asks again."""
        self.write_later(lambda: letter)

    def write_later(self, write: Callable[[], Letter | None]) -> None:
        """Have a letter written and sent later, or not: whoever waits for the answer cannot tell by its time.

        Args:
            write: Returns the letter, or None; called by another thread.
        """
        try:
            self._waiting.put_nowait(write)
        except queue.Full:
            logger.error("mail was dropped")  # noqa: TRY400 -- nothing to trace: the mail host is slow
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                # Not a daemon: a command that has written a letter ends when it is sent.
                self._thread = threading.Thread(target=self._work, name="mail")
                self._thread.start()

    def wait(self) -> None:
        """Wait until all letters were sent, or failed."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            try:
                write = self._waiting.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._waiting.empty():
                        self._thread = None
                        return
                continue
            try:
                letter = write()
                if letter is not None:
                    self._post.send(letter)
            except ExternalError as error:
                reason = error.fields.get("reason")
                logger.error("mail was not sent", code=error.code, reason=reason)  # noqa: TRY400 -- said
            except Exception:
                logger.exception("mail was not sent")
            finally:
                self._waiting.task_done()
