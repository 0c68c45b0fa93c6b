"""A small witness over HTTP: `add-checkpoint`, and what it has cosigned last. It knows no fund and no database.

Guaranteed: the checkpoint is on the disk before its cosignature leaves, and one at a time is looked at, also between
processes: what was cosigned is never taken back.

Source:
    c2sp.org/tlog-witness.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, abort, request

from ledger.clock import Clock, SystemClock
from ledger.log.checkpoints import Checkpoint, parse_checkpoint
from ledger.log.notes import Signer, Verifier
from ledger.publication.witness import BODY_BYTES_MAX, consider


def witness_app(
    signer: Signer,
    logs: Mapping[str, Sequence[Verifier]],
    state: Path,
    clock: Clock | None = None,
) -> Flask:
    """Make the app of a witness.

    Args:
        signer: Its `COSIGNATURE_V1` key.
        logs: Known logs: their keys by origin.
        state: Folder of what it has cosigned.
        clock: Tells the time; the machine's unless given.

    Returns:
        A WSGI app.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    app = Flask("ledger.cli.witnessing")
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    told = clock or SystemClock()

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        body = request.get_data()
        with _alone(state):
            seen = {one.origin: one for origin in logs if (one := _read(state, origin))}
            answer = consider(body, logs, seen, signer, int(told.now().timestamp()))
            if answer.remember is not None:
                _write(state, answer.remember, body.partition(b"\n\n")[2], answer.body)
        return Response(answer.body, answer.status, content_type=answer.content_type)

    @app.get("/<name>/checkpoint")
    def checkpoint(name: str) -> Response:
        """Show the newest checkpoint that was cosigned; `name` is the SHA-256 of the origin in hex."""
        path = state / f"{name}.note"
        if name not in map(_label, logs) or not path.exists():
            abort(HTTPStatus.NOT_FOUND)
        return Response(path.read_bytes(), content_type="text/plain; charset=utf-8")

    return app


def _label(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the folder's lock: compare and save are one step.

    Yields:
        Nothing.
    """
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(state: Path, origin: str) -> Checkpoint | None:
    path = state / f"{_label(origin)}.note"
    if not path.exists():
        return None
    text, divider, _ = path.read_text(encoding="utf-8").partition("\n\n")
    return parse_checkpoint(text + "\n") if divider else None


def _write(state: Path, checkpoint: Checkpoint, note: bytes, line: bytes) -> None:
    path = state / f"{_label(checkpoint.origin)}.note"
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(note + line)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(state, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
