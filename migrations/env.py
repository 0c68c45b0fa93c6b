"""How alembic reaches the database: with the connection it is given, one transaction for all steps."""

from alembic import context

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
import ledger.sequencer.tables
import ledger.signin.tables
import ledger.spending.tables
import ledger.transfers.tables
from ledger.db import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
