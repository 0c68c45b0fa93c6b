"""What is looked up is what a plain comparison of every pair finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.matching.carrying import References
from ledger.matching.items import carries
from tests.unit.matching.test_passes import expect, observe

REFERENCES = (
    *("KU-ST-202610", "ku-st-202610", "WD20261101", "0WD20261101", "00000012", "short", "ABCDEFGH-1"),
    *("捐赠转基金 2026-10", "捐赠转基金第二批", "2026-10 药款 25病种", "ABCDEFGH-1 X"),
    *("-AB 药款 CD-", "ＷＤ２０２６１１０１"),
)  # fmt: skip
_texts = st.lists(st.sampled_from((*REFERENCES, "x", "捐", "-")), max_size=4).flatmap(
    lambda parts: st.sampled_from((" ", "", "款")).map(lambda between: between.join(parts))
)
_numbers = st.none() | st.sampled_from(REFERENCES)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(REFERENCES), max_size=3), max_size=5),
    st.lists(st.tuples(_texts, _numbers), max_size=4),
)
def test_every_line_names_what_it_carries_and_nothing_else(
    things: list[list[str]], lines: list[tuple[str, str | None]]
) -> None:
    expectations = [expect(f"e{at}", references=one) for at, one in enumerate(things)]
    references = References(expectations)
    for at, (text, number) in enumerate(lines):
        other = observe(f"o{at}", text=text, number=number)
        plain = [one for one in expectations if carries(one, other)]
        assert references.carried_by(other) == plain
