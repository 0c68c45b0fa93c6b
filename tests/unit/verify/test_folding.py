"""Folding: gifts read in columns come to the same as gifts decoded one by one."""

from __future__ import annotations

from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.verify.folding import Folding, Rate

IDS = {
    "Assets:Platform:Kuaishou": 1,
    "Income:Gifts:Kuaishou": 2,
    "Assets:Platform:Douyin": 3,
    "Income:Gifts:Douyin": 4,
}
RATES = {2: Rate("KSCOIN", 10, 100, "CNY")}
FIRST = 10


def commitment(number: int) -> str:
    """Make base64 of 32 bytes, different for each number."""
    return f"{number:043d}="


def entry(seq: int, body: dict[str, Any], channel: str, recorded: str) -> dict[str, Any]:
    """Make a gift's entry."""
    amount = body["amount"]
    fixed = {
        "channel": channel, "commodity": "CNY", "count": 1, "delivery": commitment(4 * seq),
        "donor": commitment(4 * seq + 1), "name": commitment(4 * seq + 2), "signed": False, "via": "file",
    }  # fmt: skip
    return {
        "v": 1, "fund": "qinghe", "seq": seq, "kind": "gift", "recorded_at": recorded,
        "occurred_at": "2026-10-09T11:59:00Z", "actor": {"role": "intake", "id": channel}, "body": fixed | body,
        "postings": [
            {"account": f"Assets:Platform:{channel}", "amount": amount, "commodity": "CNY"},
            {"account": f"Income:Gifts:{channel}", "amount": -amount, "commodity": "CNY"},
        ],
    }  # fmt: skip


@st.composite
def runs(draw: st.DrawFn) -> list[bytes]:
    """Make neighbouring gifts, most in order: of some channels, broadcasts and minutes, with and without coins."""
    entries: list[bytes] = []
    minute = 0
    lines: dict[str, int] = {}
    counts: dict[int, int] = {}
    for seq in range(FIRST, FIRST + draw(st.integers(1, 12))):
        channel = draw(st.sampled_from(["Kuaishou", "Kuaishou", "Douyin"]))
        session = draw(st.sampled_from([3, 3, 4])) + (10 if channel == "Douyin" else 0)
        body: dict[str, Any] = {
            "amount": draw(st.integers(1, 10**6)),
            "item": draw(st.sampled_from(["9", "啤酒", 'a"b', ""])),
        }
        if draw(st.booleans()):
            body["message"] = commitment(4 * seq + 3)
        if draw(st.integers(0, 3)) == 0:
            units = draw(st.integers(1, 1000))
            body |= {"rate": 2, "unit": "KSCOIN", "units": units, "amount": units * 10}
        minute = min(59, minute + draw(st.sampled_from([0, 0, 0, 1])))
        counts[session] = counts.get(session, 0) + 1
        slip = draw(st.sampled_from([0] * 20 + [1]))
        body |= {"line": lines.get(channel, 500) + slip, "n": counts[session] + slip, "session": session}  # fmt: skip
        lines[channel] = lines.get(channel, 500) + body["amount"]
        entries.append(rfc8785.dumps(entry(seq, body, channel, f"2026-10-09T12:{minute:02d}:00Z")))
    return entries


def folded(entries: list[bytes], ends: list[int], *, quick: bool) -> Folding:
    """Fold entries, with the pattern or without."""
    folding = Folding("qinghe", FIRST, IDS, RATES)
    if not quick:
        folding._match = lambda _data: None  # type: ignore[assignment]
    folding.fold(entries, ends)
    return folding


def same(one: Folding, other: Folding) -> bool:
    """Tell whether two have come to the same; the order of dictionaries is nobody's business."""
    return one.folded == other.folded and one.columns == other.columns


ends = st.lists(st.integers(1, 11), max_size=3, unique=True).map(sorted)


@given(runs(), ends)
def test_gifts_in_columns_come_to_the_same_as_one_by_one(
    entries: list[bytes], ends: list[int]
) -> None:
    sizes = [FIRST + end for end in ends if end <= len(entries)]
    quick, slow = folded(entries, sizes, quick=True), folded(entries, sizes, quick=False)
    assert same(quick, slow)
    assert quick.folded.gifts == len(entries)


@given(runs(), st.integers(0), st.integers(1, 255))
def test_a_changed_byte_gets_the_same_verdict(entries: list[bytes], at: int, flip: int) -> None:
    which = at % len(entries)
    changed = bytearray(entries[which])
    changed[at // len(entries) % len(changed)] ^= flip
    entries[which] = bytes(changed)
    quick, slow = folded(entries, [], quick=True), folded(entries, [], quick=False)
    broken = {name: one.seq for name, one in quick.folded.findings.broken.items()}
    expected = {name: one.seq for name, one in slow.folded.findings.broken.items()}
    assert expected.items() <= broken.items()
    assert bool(broken) == bool(expected)
    if not broken:
        assert same(quick, slow)
