"""Verify a receipt: one entry, the proof that it is in the log, and perhaps what opens its commitments.

In: files that a giver holds. Out: a report. Guaranteed: needs nothing else, neither network nor database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.errors import CommitmentError, FieldError, LedgerError
from ledger.log.checkpoints import parse_checkpoint
from ledger.log.notes import Verifier, split_note
from ledger.log.tlogproof import TlogProof, decode_tlog_proof, verify_tlog_proof
from ledger.privacy.commitments import open_commitment
from ledger.verify.entries import BrokenEntryError, read_entry, read_gift
from ledger.verify.report import Findings, Report, failure

CHECKS = ("checkpoint", "inclusion", "receipt-entry")

Opening = Mapping[str, tuple[bytes, bytes]]
"""By label (`donor`, `name`, `delivery`, `message`): salt and private part."""


def verify_receipt(
    proof: bytes, entry: bytes, vkeys: Sequence[str], opening: Opening | None = None
) -> Report:
    """Check that a receipt proves an entry.

    Args:
        proof: A `c2sp.org/tlog-proof@v1` file.
        entry: The entry's exact bytes.
        vkeys: The log's keys, known from elsewhere.
        opening: What opens the entry's commitments, as far as the holder knows it.

    Returns:
        The report.
    """
    findings = Findings()
    checks = CHECKS if opening is None else (*CHECKS, "commitments")
    for name in checks:
        findings.count(name, 0)
    origin = ""
    try:
        receipt = decode_tlog_proof(proof)
        origin = parse_checkpoint(split_note(receipt.checkpoint_note)[0]).origin
        verifiers = [Verifier.from_text(vkey) for vkey in vkeys]
        opened = verify_tlog_proof(
            receipt, entry, origin, [one for one in verifiers if one.name == origin]
        )
    except LedgerError as error:
        check = (
            "inclusion" if error.code in ("inclusion-proof", "malformed-proof") else "checkpoint"
        )
        reason = str(error.fields.get("reason", error.code))
        findings.fail(check, failure(origin, None, ("receipt", ""), reason, "", error))
        return findings.report(origin or "receipt", 0, checks)
    findings.count("checkpoint", len(opened.log_signatures))
    findings.count("inclusion")
    _check_entry(findings, receipt, origin, entry, opening)
    return findings.report(origin, 1, checks)


def _check_entry(
    findings: Findings, receipt: TlogProof, origin: str, entry: bytes, opening: Opening | None
) -> None:
    """Hold the entry to be one of that log at that place, and open its commitments."""
    place = ("receipt", f"seq={receipt.index}")
    slug = origin.rsplit("/", 1)[-1]
    try:
        value = read_entry(entry, slug, receipt.index)
        if value["kind"] == "gift":
            read_gift(value)
    except BrokenEntryError as error:
        findings.fail(
            "receipt-entry",
            failure(slug, receipt.index, place, error.reason, error.expected, error.found),
        )
        return
    findings.count("receipt-entry")
    for label, (salt, private) in (opening or {}).items():
        findings.count("commitments")
        try:
            open_commitment(str(value["body"].get(label)), salt, label, private)
        except (CommitmentError, FieldError) as error:
            place = ("receipt", f"seq={receipt.index} {label}")
            findings.fail(
                "commitments",
                failure(
                    slug, receipt.index, place, "does-not-open", "", error.fields.get("reason")
                ),
            )
