"""Witnesses: ask others to cosign our logs, and be a small one for the logs of others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.errors import FieldError
from ledger.journal.history import all_funds
from ledger.log.notes import COSIGNATURE_V1, Signer, Verifier, generate_key
from ledger.outgoing import Bounds, Site
from ledger.publication.policy import Policy
from ledger.publication.witnesses import Asked, Post, ask

ANSWER_MAX = 65_536
PATIENCE_S = 20.0


@click.group()
def witness() -> None:
    """Witnesses of the logs."""


@witness.command("ask")
@click.option("--allow-private", is_flag=True, help="Witnesses may lie in a private network.")
@pass_session
@guarded
@machine
def witness_ask(session: Session, *, allow_private: bool) -> None:
    """Send every log's newest checkpoint to the witnesses of LEDGER_WITNESSES, and keep what they sign.

    For a timer, every minute or so. Exit code 1 when some log has not got enough of them.
    """
    from ledger.wiring import witness_policy

    policy = witness_policy(session.settings)
    if not policy.witnesses:
        raise FieldError(field="LEDGER_WITNESSES", value="", reason="missing")
    lacking = ask_all(session, policy, poster(allow_private=allow_private))
    if lacking:
        raise click.exceptions.Exit(1)


def ask_all(session: Session, policy: Policy, post: Post) -> list[str]:
    """Ask every witness about every log.

    Args:
        session: Prints, and has the ledger.
        policy: Whom to ask.
        post: Sends.

    Returns:
        Slugs of funds whose log has not got enough cosignatures.
    """
    ledger = session.ledger()
    with ledger.database.reading() as connection:
        funds = list(all_funds(connection))
    lacking = []
    for fund in funds:
        note = ledger.sequencer.released_note(fund)
        if note is None:
            continue
        told = [ask(ledger.database, fund, note, one, post) for one in policy.witnesses if one.url]
        _tell(session, fund.slug, told)
        if not policy.is_met(one.witness.verifier for one in told if one.size):
            lacking.append(fund.slug)
    return lacking


def _tell(session: Session, slug: str, told: Sequence[Asked]) -> None:
    signed = [one.witness.name for one in told if one.size]
    refused = {one.witness.name: one.problem for one in told if not one.size}
    size = max((one.size for one in told), default=0)
    session.say(
        f"{slug}: {len(signed)} of {len(told)} witnesses cosigned {size:,} entries",
        fund=slug,
        size=size,
        signed=signed,
        refused=refused,
    )
    for name, problem in refused.items():
        session.note(f"  {name}: {problem}")


def poster(*, allow_private: bool) -> Post:
    """Return what sends a checkpoint to a witness over the net."""

    def post(url: str, body: bytes) -> tuple[int, str, bytes]:
        bounds = Bounds(ANSWER_MAX, PATIENCE_S, PATIENCE_S)
        site = Site(url, bounds, allow_private=allow_private)
        return site.post("add-checkpoint", body, "text/plain; charset=utf-8")

    return post


@witness.command("new-key")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
@guarded
@machine
def witness_new_key(session: Session, name: str, file: Path) -> None:
    """Make the key of a witness called NAME (such as witness.example.org/w1) in FILE, and print its public part."""
    private, vkey = generate_key(name, COSIGNATURE_V1)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(private + "\n", encoding="utf-8")
    session.say(vkey, vkey=vkey)


@witness.command("serve")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option(
    "--logs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Public keys (vkeys) of the logs to witness, one a line.",
)
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--bind", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8100, show_default=True)
@pass_session
@guarded
@machine
def witness_serve(  # one option for each thing that a witness has
    session: Session, *, key: Path, logs: Path, state: Path, bind: str, port: int
) -> None:
    """Be a witness for the logs in --logs: cosign a checkpoint only when it extends the last one cosigned."""
    from werkzeug.serving import make_server

    from ledger.cli.witnessing import witness_app

    signer = Signer.from_text(key.read_text(encoding="utf-8").strip())
    known: dict[str, list[Verifier]] = {}
    for line in logs.read_text(encoding="utf-8").split():
        verifier = Verifier.from_text(line)
        known.setdefault(verifier.name, []).append(verifier)
    app = witness_app(signer, known, state)
    session.note(f"{signer.name} witnesses {len(known)} logs on http://{bind}:{port}/")
    make_server(bind, port, app, threaded=True).serve_forever()
