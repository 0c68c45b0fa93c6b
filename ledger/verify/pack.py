"""Verify an audit pack, a zip or the folder of one: what it can tell of itself, and then everything recomputed.

In: a pack. Out: a report. Guaranteed: asks no network; nothing in a pack is believed, and none can make this run out of
memory or fail with anything but a named failure.

`pack_alone.py` is what travels in the pack. To it come the log recomputed as from outside (`outside.py`: the money
line, months, decisions), and whether time stamps are signed by whoever may stamp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from ledger.errors import LedgerError, NotFoundError
from ledger.log.stamps import REPLY_MAX, stamped_at
from ledger.verify import pack_alone
from ledger.verify.attached import BROKEN, Unreadable
from ledger.verify.fetching import BYTES_MAX, Fetch
from ledger.verify.outside import TAKEN_FROM_LOG, verify_log
from ledger.verify.pack_alone import Job, Pack, opened
from ledger.verify.pack_sentences import STAMPS, named
from ledger.verify.report import Findings, Report, failure

Progress = Callable[[int, int], None]
"""Told how many entries are verified, and of how many."""


def verify_pack(
    place: Path,
    vkeys: Sequence[str] = (),
    *,
    since: bytes | None = None,
    progress: Progress = lambda done, total: None,  # noqa: ARG005  # their names are the interface
) -> Report:
    """Verify a pack.

    Args:
        place: A zip, or the folder of one.
        vkeys: The log's keys, known from elsewhere; without them those of the pack are taken, and the report says so.
        since: A signed checkpoint that was kept earlier; the log must extend it.
        progress: Told how far it is.

    Returns:
        The report: the checks of the pack, then those of its log.
    """
    try:
        with closing(opened(place)) as pack:
            return _verified(place.name, pack, Job(pack, vkeys), since, progress)
    except Unreadable as error:
        findings = Findings()
        found = failure("", None, ("pack", place.name), "unreadable", "", error.en)
        findings.fail(named("readable"), found)
        return findings.report(place.name, 0, (named("readable"),))


def _verified(name: str, pack: Pack, job: Job, since: bytes | None, progress: Progress) -> Report:
    findings = Findings()
    for one in job.run():
        findings.count(named(one.name), one.counted)
        if one.state == BROKEN:
            what, left, right = one.differs or (one.name, "", "")
            place_ = ("pack", what)
            findings.fail(
                named(one.name), failure(job.fund, None, place_, "not-equal", right, left)
            )
    _stamps(findings, job)
    findings.notes += [(en, zh) for zh, en in job.notes()]
    own = findings.report(name, job.size, ())
    log = verify_log(
        _fetch(pack), "\n".join(job.keys) or None, since=since, subject=name, progress=progress
    )
    notes = (*own.notes, *(one for one in log.notes if one != TAKEN_FROM_LOG))
    return Report(name, job.size, (*own.checks, *log.checks), notes)


def _fetch(pack: Pack) -> Fetch:
    def fetch(path: str) -> bytes:
        try:
            return pack_alone.read(pack, f"log/{path}", BYTES_MAX)
        except Unreadable as error:
            raise NotFoundError(what="log-part", path=path) from error

    return fetch


def _stamps(findings: Findings, job: Job) -> None:
    """Hold each time stamp to be signed by a certificate that may stamp, over the checkpoint beside it."""
    for path in sorted(job.listed):
        if not path.startswith("proofs/timestamps/") or not path.endswith(".tsr"):
            continue
        findings.count(STAMPS)
        try:
            note = pack_alone.read(
                job.pack, path.removesuffix(".tsr") + ".checkpoint", pack_alone.SMALL_MAX
            )
            stamped_at(pack_alone.read(job.pack, path, REPLY_MAX), note)
        except (LedgerError, Unreadable) as error:
            findings.fail(STAMPS, failure(job.fund, None, ("pack", path), "not-equal", "", error))
