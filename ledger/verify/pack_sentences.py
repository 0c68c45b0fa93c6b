"""What the checks of an audit pack hold: English, then Chinese, as the program in the pack says it."""

from __future__ import annotations

from ledger.verify.pack_alone import SAID


def named(check: str) -> str:
    """Return the name that a check of a pack has in a report."""
    return f"pack-{check}"


STAMPS = named("stamps")

SENTENCES: dict[str, tuple[str, str]] = {
    **{named(name): (f"{en[0].upper()}{en[1:]}.", f"{zh}。") for name, (zh, en) in SAID.items()},
    STAMPS: (
        "Each time stamp is signed by a certificate that may stamp, over the checkpoint beside it.",
        "每个时间戳都由可盖时间戳的证书签名，盖在旁边的检查点上。",
    ),
}
