"""Letters on their way: to a mail host, into files, and nowhere."""

from __future__ import annotations

import socketserver
import threading
from datetime import UTC, datetime

import pytest

from ledger.errors import ExternalError
from ledger.signin.mail import Letter, Mailer, MailHost, Outbox
from ledger.signin.sentences import LETTERS, letter

LETTER = Letter(
    "li@qinghe.example.com", "明账 / Mingzhang", "链接 link\n", datetime(2026, 1, 1, tzinfo=UTC)
)


class Host(socketserver.StreamRequestHandler):
    """As much of a mail host as one letter needs."""

    taken: list[bytes]
    refuses = False

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += self.rfile.readline()
                self.server.taken.append(body)
            if word == b"RCPT" and self.server.refuses:
                self.wfile.write(b"550 no\r\n")
                continue
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")


@pytest.fixture
def host():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Host) as server:
        server.taken, server.refuses = [], False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def to(host, tls="none"):
    return MailHost("127.0.0.1", host.server_address[1], tls, "", "", "ledger@qinghe.example.com")


def test_a_mail_host_takes_it(host):
    to(host).send(LETTER)
    (taken,) = host.taken
    assert b"To: li@qinghe.example.com" in taken
    assert b"Auto-Submitted: auto-generated" in taken


def test_a_mail_host_that_refuses_or_knows_no_tls_is_told(host):
    with pytest.raises(ExternalError):
        to(host, "starttls").send(LETTER)
    host.refuses = True
    with pytest.raises(ExternalError):
        to(host).send(LETTER)
    assert host.taken == []


def test_a_letter_that_cannot_be_sent_keeps_nobody_waiting(host, tmp_path):
    mailer = Mailer(to(host))
    host.refuses = True
    mailer.send_later(LETTER)
    mailer.wait()
    host.refuses = False
    mailer.write_later(lambda: None)
    mailer.write_later(lambda: 1 / 0)
    mailer.send_later(LETTER)
    mailer.wait()
    assert len(host.taken) == 1


def test_files_are_for_this_login_only(tmp_path):
    Outbox(tmp_path / "outbox", "mingzhang@localhost").send(LETTER)
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "outbox").stat().st_mode & 0o777 == 0o700


def test_a_letter_is_not_shown_in_logs():
    assert "link" not in repr(LETTER)
    assert "li@" not in repr(LETTER)


@pytest.mark.parametrize("kind", LETTERS)
def test_every_letter_says_the_same_in_both_languages(kind):
    import string

    subject, text = LETTERS[kind]
    assert len(subject) == len(text) == 2
    names = [{name for _, name, _, _ in string.Formatter().parse(one) if name} for one in text]
    assert "name" in names[0]
    assert names[0] - {"link", "what_zh"} == names[1] - {"link", "what_en"}
    values = dict.fromkeys(("name", "host", "link", "left", "what_zh", "what_en"), "x")
    assert letter(kind, **values)[0].count(" / ") == 1
