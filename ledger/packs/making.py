"""Make a pack of an opened ledger, into a file."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ledger.journal.history import Fund
from ledger.packs.writing import Audience, Beside, Progress, Written, write_pack
from ledger.verify import attached, pack_alone
from ledger.wiring import Ledger, build_services


def make_pack(
    ledger: Ledger,
    fund: Fund,
    wanted: tuple[str, Audience],
    out: BinaryIO,
    progress: Progress = lambda _done, _total: None,
) -> Written:
    """Make a pack.

    Args:
        ledger: An opened one.
        fund: The fund.
        wanted: The period (empty for the whole log), and who it is for.
        out: Where to.
        progress: Is told how far it is.

    Returns:
        What it holds.

    Raises:
        LedgerError: As `write_pack`.
    """
    verifier = {
        "verify.py": Path(pack_alone.__file__).read_bytes(),
        "verify_statement.py": Path(attached.__file__).read_bytes(),
    }
    # Before the snapshot: a key that is named later signs a later checkpoint only.
    vkeys = build_services(ledger.settings, ledger).log_key(fund.slug).split()
    beside = Beside(vkeys, ledger.settings.outputs / fund.slug, verifier)
    with ledger.database.reading(once=True) as connection:
        return write_pack(connection, fund, wanted, beside, out, progress)
