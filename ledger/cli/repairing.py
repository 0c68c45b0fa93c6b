"""The log's signer: bring back what it has to remember."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.session import Session, fund_option, guarded, machine, naming, pass_session

NOTE_BYTES_MAX = 65_536


@click.group("log")
def log_group() -> None:
    """The transparency log."""


@log_group.command("repair-released")
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@fund_option
@pass_session
@guarded
@machine
def repair_released(session: Session, checkpoint: Path, fund_slug: str | None) -> None:
    """Write keys/FUND.released anew from CHECKPOINT, the newest signed checkpoint that anybody else keeps.

    Where it was lost, nobody here knows what the public has seen. The database has to continue the tree of
    CHECKPOINT (of a witness, an anchor, a mirror, a receipt's proof), or nothing is written: docs/operating.md.
    """
    fund = session.fund(fund_slug)
    with checkpoint.open("rb") as opened:
        note = opened.read(NOTE_BYTES_MAX)
    with naming(checkpoint):
        kept, now = session.ledger().sequencer.repair_released(fund, note)
    session.say(
        f"the signer remembers {now} entries; the tree of {kept} that was kept is part of it",
        kept=kept,
        released=now,
    )
