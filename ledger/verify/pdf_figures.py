"""The figures of a statement's PDF: attachments, equations, entries and pages, by the program that travels inside it.

In: a file's bytes. Out: findings. Guaranteed: no network; what could not be checked is said, with the reason.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ledger.errors import LedgerError
from ledger.log.stamps import stamped_at
from ledger.verify import attached
from ledger.verify.pdf_figure_sentences import SENTENCES
from ledger.verify.report import Findings, failure

CHECKS = tuple(SENTENCES)

_UNSURE = {
    "served": ("statement-files", "served"),
    "witnesses": ("statement-witnesses", "no-witness"),
    "journal": ("statement-journal", "no-journal"),
    "previous": ("statement-previous", "no-previous"),
    "pages": ("statement-pages", "no-pages"),
}


class Beside(NamedTuple):
    """What is known from elsewhere when a file is checked.

    Attributes:
        keys: The log's public keys (vkeys).
        previous: Bytes of the statement before.
        folder: Where registers that are not embedded may lie.
    """

    keys: Sequence[str] = ()
    previous: bytes | None = None
    folder: Path | None = None


def check_figures(data: bytes, beside: Beside) -> Findings:
    """Check the figures of a statement.

    Args:
        data: The file.
        beside: What is known from elsewhere.

    Returns:
        What was found, with the checks of `CHECKS`.
    """
    findings = Findings()
    try:
        previous = None if beside.previous is None else attached.bundle_of(beside.previous)
        bundle = attached.bundle_of(data, beside.folder)
        outcomes = attached.check(bundle, beside.keys, previous)
    except attached.Unreadable as error:
        findings.fail("statement-files", failure("", None, ("PDF", ""), "unreadable", "", error))
        findings.notes.append((attached.shown(error.en), attached.shown(error.zh)))
        for name in CHECKS[1:]:
            findings.unsure(name, "statement-unreadable")
        return findings
    for one in outcomes:
        _take(findings, one, named=bool(beside.keys))
    if "statement-stamps" in findings.counts:
        _judge_stamps(findings, bundle)
    else:
        findings.unsure("statement-stamps", "no-stamps")
    if "statement-lines" not in findings.counts:
        findings.unsure("statement-lines", "no-journal")
    return findings


def _judge_stamps(findings: Findings, bundle: attached.Bundle) -> None:
    """Hold each time stamp to be signed by a certificate that may stamp, over these very bytes."""
    for one in json.loads(bundle.files[attached.CHECKPOINTS])["timestamps"]:
        try:
            stamped_at(base64.b64decode(one["token"]), one["note"].encode())
        except LedgerError as error:
            place = ("PDF", f"time stamp of {one['at']}")
            findings.fail("statement-stamps", failure("", None, place, "not-equal", "", error))


def _take(findings: Findings, one: attached.Outcome, *, named: bool) -> None:
    if one.name == "signatures":
        return  # judged as what they are elsewhere
    if one.state == attached.NOT_CHECKED:
        check, reason = _UNSURE[one.name]
        findings.unsure(check, reason)
        findings.notes.append((attached.shown(one.en), attached.shown(one.zh)))
        return
    check = f"statement-{one.name}"
    findings.count(check, one.counted)
    if one.state == attached.BROKEN:
        what, left, right = one.differs or (one.name, "", "")
        findings.fail(check, failure("", None, ("PDF", what), "not-equal", right, left))
    elif one.name == "signature" and not named:
        findings.unsure(check, "no-key")
        findings.notes.append((attached.shown(one.en), attached.shown(one.zh)))
