"""The quick way to a gift's bytes gives what the canonical encoder gives."""

from __future__ import annotations

from types import SimpleNamespace

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.actors import Actor
from ledger.intake.booking import _template
from ledger.intake.events import GiftEvent, UnitRate
from ledger.intake.prepared import PreparedGift, TimedRate, prepare
from ledger.journal.codec import encode, signed_lines
from ledger.journal.entries import Posting
from ledger.money import AMOUNT_MAX
from ledger.sequencer.books import Run

NOW_MS = 1_791_547_224_000
NAME = st.from_regex(r"[A-Z0-9][A-Za-z0-9-]{0,20}", fullmatch=True)
TEXT = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.sampled_from('%"\\ "'), max_size=24
).filter(str.isprintable)
NUMBER = st.integers(0, AMOUNT_MAX)


def gift_of(
    item: str, message: str, signed: bool, coins: bool, amount: int, pieces: int
) -> PreparedGift:
    event = GiftEvent(
        "id-1", "room", NOW_MS - 1, "ku_1", "观众", message, item, "", pieces, amount, "KSCOIN" if coins else "CNY",
        None if coins else amount, "" if coins else "CNY", "paid", "push", b"e" * 32, signed,
    )  # fmt: skip
    rates = {"KSCOIN": [TimedRate(UnitRate(100, 10, "CNY"), 0, 7)]} if coins else {}
    [gift], problems = prepare([event], NOW_MS, rates)
    assert problems == []
    return gift


@given(
    st.builds(
        gift_of,
        TEXT, TEXT, st.booleans(), st.booleans(), st.integers(1, 10_000_00), st.integers(1, 9999),
    ),
    NAME, TEXT, st.tuples(NUMBER, NUMBER, NUMBER, NUMBER),
)  # fmt: skip
def test_pieces_join_to_the_canonical_entry(
    gift: PreparedGift, channel: str, slug: str, places: tuple[int, int, int, int]
) -> None:
    line, n, session, seq = places
    run = Run("gift", f"Assets:Platform:{channel}", f"Income:Gifts:{channel}", "CNY", "scope")
    books = SimpleNamespace(fund=SimpleNamespace(slug=slug), recorded_text="2026-10-09T12:00:00Z")
    template = _template(books, Actor("intake", channel), channel, run)
    before_line, before_n, before_session, end = gift.written
    joined = template % (
        gift.gross, before_line, line, before_n, n, before_session, session, end,
        gift.occurred_at.encode(), gift.gross, gift.gross, seq,
    )  # fmt: skip
    whole = {
        "actor": {"id": channel, "role": "intake"},
        "body": {
            **gift.fields, "amount": gift.gross, "channel": channel, "commodity": "CNY", "line": line, "n": n,
            "session": session,
        },
        "fund": slug,
        "kind": "gift",
        "occurred_at": gift.occurred_at,
        "postings": signed_lines((Posting(run.debit, run.credit, "CNY", gift.gross),)),
        "recorded_at": "2026-10-09T12:00:00Z",
        "seq": seq,
        "v": 1,
    }  # fmt: skip
    assert joined == encode(whole) == rfc8785.dumps(whole)
