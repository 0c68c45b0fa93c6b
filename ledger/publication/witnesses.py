"""Ask witnesses to cosign a log's checkpoint.

In: a policy, and the checkpoint that was released last. Out: their lines, verified and kept. Guaranteed: a witness that
is slow, wrong or away keeps nothing from being recorded; a line is kept only when its key verified it.

Source:
    c2sp.org/tlog-witness, "add-checkpoint"; reference for the log's side.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import sqlalchemy as sa

from ledger.db import Database
from ledger.errors import ExternalError, LedgerError, NoteSignatureError, VerificationError
from ledger.journal import history as journal_history
from ledger.journal.history import Fund
from ledger.log import history as log_history
from ledger.log import proofs
from ledger.log.checkpoints import parse_checkpoint, parse_number
from ledger.log.notes import split_note
from ledger.publication import history, store
from ledger.publication.policy import Witness
from ledger.publication.witness import SIZE_TYPE, request_body

Post = Callable[[str, bytes], tuple[int, str, bytes]]
"""Sends a body to the `add-checkpoint` below an address; gives status, content type and body."""


class Asked(NamedTuple):
    """What came of asking one witness.

    Attributes:
        witness: Who.
        size: Of the checkpoint that they cosigned; 0 where they did not.
        problem: Why not; empty where they did.
    """

    witness: Witness
    size: int
    problem: str = ""


def ask(database: Database, fund: Fund, note: bytes, witness: Witness, post: Post) -> Asked:
    """Ask one witness to cosign a checkpoint, and keep what it signs.

    Args:
        database: Where checkpoints and cosignatures are.
        fund: Whose log.
        note: A checkpoint that was released.
        witness: Whom.
        post: Sends.

    Returns:
        What came of it; it never raises for what a witness does.
    """
    text, _ = split_note(note)
    size = parse_checkpoint(text).size
    vkey = witness.verifier.text()
    try:
        with database.reading() as connection:
            old = history.last_size(connection, fund.fund_id, vkey)
            if old == size:
                return Asked(witness, size)
            body = _body(connection, fund, min(old, size), size, note)
        status, content_type, answer = post(witness.url, body)
        if status == HTTPStatus.CONFLICT and content_type.startswith(SIZE_TYPE):
            # It knows of another size than we kept: once more from there.
            known = parse_number(answer.decode("ascii", "replace").strip())
            if known is None or known > size:
                return Asked(witness, 0, f"knows a larger tree ({known})")
            with database.reading() as connection:
                body = _body(connection, fund, known, size, note)
            status, _, answer = post(witness.url, body)
        if status != HTTPStatus.OK:
            return Asked(witness, 0, f"answered {status}")
        line, signed_at = _verified(answer, text, witness)
    except (ExternalError, VerificationError, LedgerError) as error:
        return Asked(witness, 0, str(error.fields.get("reason", error.code))[:80])
    with database.writing() as connection:
        store.add_cosignature(connection, fund.fund_id, size, vkey, line, signed_at)
    return Asked(witness, size)


def _body(connection: sa.Connection, fund: Fund, old: int, size: int, note: bytes) -> bytes:
    proof: list[bytes] = []
    if 0 < old < size:
        read = log_history.reader(
            connection,
            fund.fund_id,
            lambda first, stop: journal_history.leaf_hashes(connection, fund.fund_id, first, stop),
            size,
        )
        proof = proofs.consistency_proof(old, size, read)
    return request_body(old, proof, note)


def _verified(answer: bytes, text: str, witness: Witness) -> tuple[bytes, int]:
    """Return the witness's own line of an answer, and its time.

    Raises:
        MalformedProofError: Not signature lines.
        NoteSignatureError: None of the witness's, or one that is wrong.
    """
    _, lines = split_note(text.encode() + b"\n" + answer)
    verifier = witness.verifier
    for one in lines:
        if (one.name, one.key_id) == (verifier.name, verifier.key_id):
            signed_at = verifier.check(text.encode(), one.signature)
            assert signed_at is not None
            return one.line(), signed_at
    raise NoteSignatureError(reason="not-signed", name=verifier.name, key_id=verifier.key_id.hex())
