"""Verify a statement's PDF in a process of its own: whatever it holds takes no more memory and time than is given.

In: where the file lies. Out: the report. Guaranteed: it ends; a file that takes too much is told to do so, and what
reads PDFs is loaded and dies in that process.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from ledger.errors import FileFormatError, LedgerError
from ledger.verify import pdf_figure_sentences, pdf_sentences
from ledger.verify.attached import FILE_MAX
from ledger.verify.report import Findings, Report, failure

SECONDS_MAX = 300
"""Of waiting; a statement of a million gifts takes a tenth of that."""

_CHECKS = (*pdf_sentences.SENTENCES, *pdf_figure_sentences.SENTENCES)


class Asked(NamedTuple):
    """What is to be verified.

    Attributes:
        path: The file.
        previous: The statement before, where it is known.
        keys: The log's public keys (vkeys), from elsewhere.
        trust: Folder of the certificates that are trusted.
        at: Now.
    """

    path: Path
    previous: Path | None
    keys: tuple[str, ...]
    trust: Path
    at: datetime


def verify_pdf_apart(asked: Asked, megabytes: int, seconds: float = SECONDS_MAX) -> Report:
    """Verify a file, and wait for what comes of it.

    Args:
        asked: What.
        megabytes: Of address space.
        seconds: Of waiting.

    Returns:
        The report; one that says so where the file takes more than that.

    Raises:
        FileFormatError: The statement before is too large, or a certificate that is trusted cannot be read.
    """
    if asked.previous is not None and asked.previous.stat().st_size > FILE_MAX:
        raise FileFormatError(file=asked.previous.name, reason="too-large", limit=FILE_MAX)
    if asked.path.stat().st_size > FILE_MAX:
        return _refused(asked.path.name, "too-large")
    context = multiprocessing.get_context("spawn")  # a forked one would share open connections
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, asked, megabytes), daemon=True)
    process.start()
    theirs.close()
    found: Report | LedgerError | None = None
    with ours, contextlib.suppress(EOFError):
        found = ours.recv() if ours.poll(seconds) else None
    process.kill()
    process.join()
    if isinstance(found, LedgerError):
        raise found
    return found or _refused(asked.path.name, "too-much")


def _answer(out: Connection, asked: Asked, megabytes: int) -> None:
    """Verify, in the process that was started for it; one that ends without a word has taken too much."""
    most = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(
        MemoryError, ImportError
    ):  # a library that finds no room is not imported
        out.send(_verified(asked))


def _verified(asked: Asked) -> Report | LedgerError:
    from ledger.verify.pdf import verify_pdf
    from ledger.verify.pdf_figures import Beside
    from ledger.verify.pdf_trust import read_trust

    before = None if asked.previous is None else asked.previous.read_bytes()
    try:
        trust = read_trust(asked.trust)
    except LedgerError as error:
        return error
    beside = Beside(asked.keys, before, asked.path.parent)
    return verify_pdf(asked.path.name, asked.path.read_bytes(), beside, trust, asked.at)


def _refused(name: str, reason: str) -> Report:
    findings = Findings()
    first, *rest = _CHECKS
    findings.fail(first, failure("", None, ("PDF", "file"), reason))
    for one in rest:
        figures = one in pdf_figure_sentences.SENTENCES
        findings.unsure(one, "statement-unreadable" if figures else "unreadable")
    return findings.report(name, 0, _CHECKS)
