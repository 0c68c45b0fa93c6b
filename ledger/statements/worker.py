"""The process in which statements are made, signed and checked: limited in memory and time, and gone afterwards.

In: a job that was written down. Out: its result, or why it failed, in the same place. Guaranteed: nothing of it runs
in a web request; whatever ends it in the middle leaves the statement in the state before.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ledger.clock import Clock, FixedClock, from_text, to_text
from ledger.errors import LedgerError
from ledger.journal.history import Fund, fund_by_slug
from ledger.settings import SETTINGS, Settings, environment_of, from_environment
from ledger.statements.files import write_new
from ledger.statements.jobs import DONE, FAILED, RUNNING, Job, Jobs
from ledger.wiring import Ledger, open_ledger

SECONDS_MAX = 1_800
"""Of processor time."""

_HANDED_ON = (
    "PUBLIC_HOST", "LEDGER_TIME_ZONE", "LEDGER_CONTACT", "LEDGER_OPERATOR", "LEDGER_TSA_URL", "LEDGER_SIGN_P12",
    "LEDGER_SIGN_PASSPHRASE", "LEDGER_SIGN_PKCS11_MODULE", "LEDGER_SIGN_PKCS11_TOKEN", "LEDGER_SIGN_PKCS11_PIN",
    "LEDGER_SIGN_PKCS11_KEY", "LEDGER_TRUST", "LEDGER_STATEMENT_MEMORY",
)  # fmt: skip
"""Settings that the worker needs as its parent has them, wherever those came from."""

_LOOK_S = 0.1

Task = Callable[[Ledger, Fund, Job, Callable[[str], object]], Mapping[str, Any]]


# --- asking ---------------------------------------------------------------------------------------


def start(
    ledger: Ledger,
    fund: Fund,
    task: str,
    member_id: str,
    asked: Mapping[str, Any],
    *,
    job: Job | None = None,
) -> Job:
    """Let a process of its own do something, and go on at once.

    Args:
        ledger: The ledger.
        fund: The fund.
        task: A name of `TASKS`.
        member_id: Who asks.
        asked: What the task needs.
        job: Written down already.

    Returns:
        The job; its page tells how far it is.
    """
    jobs = Jobs(ledger.settings.home, fund.slug)
    job = job or jobs.new(task, member_id, asked, ledger.clock.now())
    if isinstance(ledger.clock, FixedClock):
        job = replace(job, now=to_text(ledger.clock.now()))
        jobs.write(job)
    log = jobs.path(job.id).with_suffix(".log")
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603 -- this very program, with an id of ours
            [sys.executable, "-m", "ledger.statements.worker", fund.slug, job.id],
            env=_environment(ledger.settings),
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    write_new(log.with_suffix(".pid"), str(process.pid).encode())
    # Whoever started a process has to ask how it ended, or it stays in the table of processes.
    threading.Thread(target=process.wait, daemon=True).start()
    return job


def _environment(settings: Settings) -> dict[str, str]:
    environ = environment_of(settings)
    rows = {one.name: one.attribute for one in SETTINGS}
    for name in _HANDED_ON:
        environ.pop(f"{name}_FILE", None)
        environ[name] = str(getattr(settings, rows[name]))
    return environ


def follow(
    ledger: Ledger, fund: Fund, job: Job, say: Callable[[str], object] = lambda _: None
) -> Job:
    """Wait for a job, and tell each of its steps.

    Args:
        ledger: The ledger.
        fund: The fund.
        job: Started.
        say: Is told each step.

    Returns:
        The job as it ended.
    """
    jobs, step = Jobs(ledger.settings.home, fund.slug), ""
    while True:
        found = jobs.read(job.id) or job
        if found.step != step:
            step = found.step
            say(step)
        if found.has_ended:
            return found
        time.sleep(_LOOK_S)


# --- working --------------------------------------------------------------------------------------


def _prepare(
    ledger: Ledger, fund: Fund, job: Job, say: Callable[[str], object]
) -> Mapping[str, Any]:
    from ledger.statements import life

    asked = job.asked
    wish = life.Wish(asked["kind"], asked["period"], asked["language"])
    return life.prepare(ledger, fund, job.member_id, wish, say)._asdict()


def _sign(ledger: Ledger, fund: Fund, job: Job, say: Callable[[str], object]) -> Mapping[str, Any]:
    from ledger.statements import life

    which = life.Which(job.asked["number"], job.asked["language"])
    step = life.sign(ledger, fund, job.member_id, which, say)
    return {**which._asdict(), "sha256": step.sha256.hex()}


def _take_back(
    ledger: Ledger, fund: Fund, job: Job, say: Callable[[str], object]
) -> Mapping[str, Any]:
    from ledger.statements import life

    which = life.Which(job.asked["number"], job.asked["language"])
    path = Path(job.asked["path"])
    try:
        back = life.Back(path, job.asked["opinion"])
        found = life.take_back(ledger, fund, job.member_id, which, back, say)
    finally:
        if job.asked.get("is_ours"):
            path.unlink(missing_ok=True)
    return {**which._asdict(), "name": found.name, "certificate": found.fingerprint}


TASKS: dict[str, Task] = {"prepare": _prepare, "sign": _sign, "take-back": _take_back}


def limit(megabytes: int) -> None:
    """Bound what this process may take: address space, processor time, and no file of its memory when it ends badly.

    Args:
        megabytes: Of address space.
    """
    bytes_max = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (bytes_max, bytes_max))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX + 10))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def work(settings: Settings, slug: str, job_id: str) -> Job | None:
    """Do a job that was written down.

    Args:
        settings: Of the ledger.
        slug: Of the fund.
        job_id: Of the job.

    Returns:
        The job as it ended; None where there is none.
    """
    jobs = Jobs(settings.home, slug)
    job = jobs.read(job_id)
    if job is None:
        return None
    with jobs.held(job_id):
        with jobs.turn():
            job = replace(job, state=RUNNING)
            jobs.write(job)
            job = _done(settings, job, jobs)
        # Written before the lock is let go: nobody sees a running job that nobody holds.
        jobs.write(job)
    return job


def _done(settings: Settings, job: Job, jobs: Jobs) -> Job:
    running = job

    def say(step: str) -> None:
        nonlocal running
        running = replace(running, step=step)
        jobs.write(running)

    try:
        clock: Clock | None = FixedClock(from_text(job.now)) if job.now else None
        ledger = open_ledger(settings, clock)
        try:
            with ledger.database.reading() as connection:
                fund = fund_by_slug(connection, job.fund)
            said = TASKS[job.task](ledger, fund, job, say)
        finally:
            ledger.database.close()
    except LedgerError as error:
        fields = {name: _plain(value) for name, value in error.fields.items()}
        return replace(running, state=FAILED, problem={"code": error.code, "fields": fields})
    except MemoryError:
        problem = {"code": "memory", "fields": {"limit": settings.statement_memory}}
        return replace(running, state=FAILED, problem=problem)
    return replace(running, state=DONE, said=said)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | None) else str(value)


def main() -> None:
    """Work on the job that the command line names."""
    slug, job_id = sys.argv[1:3]
    settings = from_environment()
    limit(settings.statement_memory)
    job = work(settings, slug, job_id)
    sys.exit(0 if job is not None and job.state == DONE else 1)


if __name__ == "__main__":
    main()
