"""Work on statements that is done in a process of its own: what was asked, how far it is, how it ended.

In: a task. Out: a small file for each, which any process of this machine reads. Guaranteed: a job that says that it is
running and whose process is gone is told as interrupted; jobs of one fund run one after another.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from ledger.clock import to_text
from ledger.statements.files import write_new

KEPT_MAX = 50
"""Jobs of a fund that are remembered."""

WAITING, RUNNING, DONE, FAILED, INTERRUPTED = "waiting", "running", "done", "failed", "interrupted"
_ID = re.compile(r"[0-9]{14}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Attributes:
        id: Of the job: the instant it was asked for, and some random digits.
        fund: Slug.
        task: `prepare`, `sign` or `take-back`.
        member_id: Who asked.
        asked: What the task needs, as JSON.
        state: `waiting`, `running`, `done`, `failed` or `interrupted`.
        step: What it is doing, a short code.
        said: What came of it, as JSON.
        problem: Code and fields of the error that ended it.
        at: When it was asked for, RFC 3339.
        now: Where the ledger's clock stands, for a ledger whose clock stands; else empty.
    """

    id: str
    fund: str
    task: str
    member_id: str
    asked: Mapping[str, Any]
    state: str = WAITING
    step: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    problem: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    now: str = ""

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more will come of it."""
        return self.state in (DONE, FAILED, INTERRUPTED)


class Jobs:
    """The jobs of a fund.

    Args:
        home: Of the service.
        slug: Of the fund.
    """

    def __init__(self, home: Path, slug: str) -> None:
        self._folder = home / "jobs" / slug

    def new(self, task: str, member_id: str, asked: Mapping[str, Any], at: datetime) -> Job:
        """Write down a new job; those long ended are forgotten."""
        self._forget()
        name = f"{at:%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        job = Job(name, self._folder.name, task, member_id, asked, at=to_text(at))
        self.write(job)
        return job

    def with_file(self, job: Job, path: Path) -> Job:
        """Write down the file that somebody brought for a job; whoever works on it deletes it."""
        made = replace(job, asked={**job.asked, "path": str(path.absolute()), "is_ours": True})
        self.write(made)
        return made

    def path(self, job_id: str) -> Path:
        """Return where a job is written down."""
        return self._folder / f"{job_id}.json"

    def write(self, job: Job) -> None:
        """Write down how far a job is."""
        write_new(self.path(job.id), orjson.dumps(asdict(job)))

    def read(self, job_id: str) -> Job | None:
        """Return a job as it is now; None where there is none of this id."""
        if not _ID.fullmatch(job_id):
            return None
        try:
            job = Job(**orjson.loads(self.path(job_id).read_bytes()))
        except FileNotFoundError:
            return None
        if job.state == RUNNING and not self._is_held(job.id):
            return replace(job, state=INTERRUPTED)
        return job

    def newest(self) -> list[Job]:
        """Return the jobs, newest first."""
        names = sorted((one.stem for one in self._folder.glob("*.json")), reverse=True)
        found = (self.read(name) for name in names[:KEPT_MAX])
        return [one for one in found if one is not None]

    @contextmanager
    def held(self, job_id: str) -> Iterator[None]:
        """Hold a job while it is worked on; the lock ends with the process.

        Yields:
            Nothing.
        """
        with _locked(self._folder / f"{job_id}.lock"):
            yield

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other job of the fund is worked on.

        Yields:
            Nothing.
        """
        with _locked(self._folder / "turn.lock"):
            yield

    def _is_held(self, job_id: str) -> bool:
        path = self._folder / f"{job_id}.lock"
        if not path.exists():
            return False
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def _forget(self) -> None:
        names = sorted((one.stem for one in self._folder.glob("*.json")), reverse=True)
        for name in names[KEPT_MAX:]:
            for suffix in (".json", ".lock", ".log", ".pid", ".pdf"):
                (self._folder / f"{name}{suffix}").unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
