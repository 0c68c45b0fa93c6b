"""Every table of the ledger, registered: for whoever compares, creates or distributes all of them."""

from __future__ import annotations

import ledger.activity.tables
import ledger.decisions.tables
import ledger.funds.tables
import ledger.intake.tables
import ledger.issuing.tables
import ledger.journal.tables
import ledger.log.tables
import ledger.matching.exceptions.tables
import ledger.matching.match_tables
import ledger.matching.tables
import ledger.moneyline.tables
import ledger.papers.tables
import ledger.periods.tables
import ledger.privacy.tables
import ledger.publication.tables
import ledger.questions.tables
import ledger.sequencer.tables
import ledger.signin.tables
import ledger.spending.tables
import ledger.transfers.tables
from ledger.db import metadata

__all__ = ["metadata"]
