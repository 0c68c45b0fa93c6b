"""Make a giver's receipt in a process of its own: limited in memory and time, one at a time, gone afterwards.

In: a gift's number. Out: the PDF. Guaranteed: nothing is rendered in a web request's own process; whoever asks for many
at once is told to come back.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import BusyError, NotFoundError
from ledger.journal.receipt_numbers import ReceiptNumber, parse_receipt_number
from ledger.settings import Settings, environment_of, from_environment
from ledger.statements.worker import limit

PATIENCE_S = 40.0
"""A page takes a second; on a busy machine some more."""

_HANDED_ON = {
    "PUBLIC_HOST": "public_host",
    "LEDGER_TIME_ZONE": "time_zone",
    "LEDGER_CONTACT": "contact",
    "LEDGER_OPERATOR": "operator",
}


def receipt_pdf(settings: Settings, slug: str, number: ReceiptNumber, language: str) -> bytes:
    """Return the receipt of a gift.

    Args:
        settings: Of the ledger.
        slug: The fund.
        number: Of the gift; it exists.
        language: `zh` or `en`.

    Returns:
        The PDF.

    Raises:
        BusyError: Another one is being made, or this one takes too long.
    """
    with (
        _alone(settings.home / "receipts"),
        tempfile.TemporaryDirectory(prefix="receipt-") as folder,
    ):
        path = Path(folder) / "receipt.pdf"
        environ = environment_of(settings)
        for name, attribute in _HANDED_ON.items():
            environ.pop(f"{name}_FILE", None)
            environ[name] = str(getattr(settings, attribute))
        program = [sys.executable, "-m", "ledger.statements.receipt_worker"]
        try:
            done = subprocess.run(  # noqa: S603 -- this very program, with values that were parsed
                [*program, slug, number.compact, language, str(path)],
                env=environ,
                cwd=Path(__file__).resolve().parents[2],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BusyError(what="receipt") from error
        if done.returncode or not path.is_file():
            raise BusyError(what="receipt")
        return path.read_bytes()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one receipt be made at a time.

    Yields:
        Nothing.

    Raises:
        BusyError: Another one is being made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BusyError(what="receipt") from error
    finally:
        os.close(handle)


def main(slug: str, compact: str, language: str, out: str) -> None:
    """Make one receipt: what the process does.

    Args:
        slug: The fund.
        compact: The receipt's number.
        language: `zh` or `en`.
        out: File to write.

    Raises:
        NotFoundError: No such language.
    """
    if language not in ("zh", "en"):
        raise NotFoundError(what="language")
    settings = from_environment()
    limit(settings.statement_memory)
    from ledger.statements.receipt import build_receipt
    from ledger.wiring import build_services

    services = build_services(settings)
    at = services.ledger.clock.now()
    number = parse_receipt_number(compact)
    pdf = build_receipt(services, slug, number, language, at)  # type: ignore[arg-type]
    Path(out).write_bytes(pdf)


if __name__ == "__main__":
    main(*sys.argv[1:])
