"""A statement carries the lines of witnesses, also where the log had gone on when they were asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.cli.witnessing import witness_app
from ledger.db import Database
from ledger.log.notes import Verifier
from ledger.publication.witnesses import ask
from ledger.sequencer.groups import log_keys
from ledger.statements.build import Issue, Made, make
from ledger.verify import attached
from reports.render import pack, statement_html
from reports.statement import check
from tests.db.ledgers import Ledger, gift, give, new_ledger
from tests.db.test_witnesses import SIGNER, WITNESS
from tests.flow.test_statement import CLOSED, close, opened


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def asker(ledger: Ledger, state: Path) -> Callable[[], int]:
    """Return what asks a witness, by the ledger's clock, about the newest checkpoint."""
    with ledger.database.reading() as connection:
        keys = [Verifier.from_text(one) for one in log_keys(connection, ledger.fund)]
    app = witness_app(SIGNER, {ledger.fund.origin: keys}, state, ledger.clock)

    def post(_url: str, body: bytes) -> tuple[int, str, bytes]:
        answer = app.test_client().post("/add-checkpoint", data=body)
        return answer.status_code, answer.headers["Content-Type"], answer.data

    def ask_now() -> int:
        note = ledger.sequencer.released_note(ledger.fund)
        assert note is not None
        told = ask(ledger.database, ledger.fund, note, WITNESS, post)
        assert told.problem == ""
        return told.size

    return ask_now


def states(files: dict[str, bytes]) -> dict[str, str]:
    return {one.name: one.state for one in attached.check(attached.Bundle(files))}


def made(ledger: Ledger) -> tuple[Made, dict[str, bytes]]:
    found = make(opened(ledger), ledger.fund, "2026-10", Issue(ledger.clock.now()))
    return found, dict(pack(found.statement, found.files).contents)


def test_a_later_checkpoint_that_was_witnessed_vouches_for_the_closing_one(
    ledger: Ledger, tmp_path: Path
) -> None:
    ask_now = asker(ledger, tmp_path / "witness")
    give(ledger, gift("a", 600), gift("b", 100))
    close(ledger, "2026-10", CLOSED)
    alone, files = made(ledger)
    assert alone.statement.ledger.witnesses == ()
    assert states(files)["witnesses"] == attached.NOT_CHECKED
    ledger.clock.advance(timedelta(minutes=5))
    give(ledger, gift("c", 7), gift("d", 8), gift("e", 9))
    size = ask_now()
    found, files = made(ledger)
    told = found.statement.ledger
    assert (told.witnesses, told.witnessed_size) == (("witness.example/w1",), size)
    assert size > told.checkpoint.size
    assert "witness" not in told.checkpoint.note
    checked = states(files)
    assert checked["witnesses"] == attached.HELD
    assert attached.BROKEN not in checked.values()
    html = statement_html(
        found.statement, pack(found.statement, found.files), check(found.statement), ("zh", "en")
    )
    assert f"签的是 {size:,} 条时的账本" in html
    # What it signs later changes nothing: the same file comes out with the same time of issue.
    at = found.statement.issued_at
    ledger.clock.advance(timedelta(minutes=5))
    give(ledger, gift("f", 1))
    ask_now()
    again = make(opened(ledger), ledger.fund, "2026-10", Issue(at))
    assert again.files == found.files
    # A checkpoint that does not continue the closing one vouches for nothing.
    proof = json.loads(files[attached.CHECKPOINTS])
    proof["witnessed"]["consistency"] = proof["witnessed"]["consistency"][:-1]
    files[attached.CHECKPOINTS] = json.dumps(proof).encode()
    assert states(files)["witnesses"] == attached.BROKEN


def test_the_closing_checkpoint_carries_the_lines_itself_where_it_was_witnessed(
    ledger: Ledger, tmp_path: Path
) -> None:
    ask_now = asker(ledger, tmp_path / "witness")
    give(ledger, gift("a", 600))
    close(ledger, "2026-10", CLOSED)
    size = ask_now()
    ledger.clock.advance(timedelta(minutes=5))
    give(ledger, gift("b", 7))
    ask_now()
    found, files = made(ledger)
    assert found.statement.ledger.witnessed_size == size == found.statement.ledger.checkpoint.size
    assert "— witness.example/w1 " in found.statement.ledger.checkpoint.note
    assert json.loads(files[attached.CHECKPOINTS])["witnessed"] is None
    assert states(files)["witnesses"] == attached.HELD
