"""Verify a statement's PDF: its signatures and its figures, joined in one report. Works without a network."""

from __future__ import annotations

from datetime import datetime

from ledger.verify import pdf_figures, pdf_signatures
from ledger.verify.pdf_figures import Beside, check_figures
from ledger.verify.pdf_signatures import check_signatures
from ledger.verify.pdf_trust import Trust
from ledger.verify.report import Report

CHECKS = (*pdf_signatures.CHECKS, *pdf_figures.CHECKS)


def verify_pdf(subject: str, data: bytes, beside: Beside, trust: Trust, at: datetime) -> Report:
    """Check a statement.

    Args:
        subject: What the report is called.
        data: The file.
        beside: What is known from elsewhere.
        trust: Whose certificates are trusted.
        at: Now.

    Returns:
        The report; its entries are those that were attached and recomputed.
    """
    findings, _ = check_signatures(data, trust, at)
    findings.take(check_figures(data, beside))
    entries = findings.counts.get("statement-journal", 0)
    return findings.report(subject, entries, CHECKS)
