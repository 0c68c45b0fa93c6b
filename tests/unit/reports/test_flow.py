"""The stage flow: what does not tile cannot be drawn, and picture, sentence and table say the same."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvariantError
from ledger.money import format_amount
from ledger.projections.shapes import STAGES, Left, Stage
from reports import drawing
from reports import flow as flow_drawing
from reports.flow import (
    STAGE_KEYS,
    Flow,
    FlowStage,
    Layout,
    flow_note,
    flow_sentence,
    flow_sums,
    flow_svg,
    flow_table,
    flow_widths,
    from_stages,
)
from reports.flow_data import MILLI, THINNEST_MILLI
from reports.wording import JOINED, LEFT, Language
from tests.unit.reports import example

SVG = "{http://www.w3.org/2000/svg}"
LAYOUTS: tuple[Layout, ...] = ("upright", "lying", "print")
LANGUAGES: tuple[Language, ...] = ("zh", "en")
PART = st.one_of(st.just(0), st.integers(1, 50), st.integers(1, 10**12))


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """Make any flow that tiles, from its end backwards, some with money that joined on the way."""
    following = 0
    stages: list[FlowStage] = []
    for key in reversed(STAGE_KEYS):
        waiting = draw(PART)
        keys = (
            () if key == "work" else draw(st.sets(st.sampled_from(["tax", "refund", "bank_fee"])))
        )
        left = tuple((name, draw(PART)) for name in sorted(keys))
        reached = following + waiting + sum(amount for _, amount in left)
        joined = draw(st.integers(0, reached)) if key != "raised" and draw(st.booleans()) else 0
        parts = (("interest", joined),) if joined else ()
        late = draw(st.booleans())
        stages.append(FlowStage(key, reached, waiting, left, 9, late, "3.2", parts))
        following = reached - joined
    return Flow("CNY", tuple(reversed(stages)))


@given(flows(), st.sampled_from([150_000, 154_000, 186_000]))
def test_widths_tile_and_what_is_not_zero_is_seen(flow: Flow, widest: int) -> None:
    widths = flow_widths(flow, widest)
    for stage, width in zip(flow.stages, widths, strict=True):
        assert width.bar == width.onward + width.waiting + sum(width.left)
        drawn = [(stage.waiting_minor, width.waiting)]
        drawn += [(part[1], wide) for part, wide in zip(stage.left, width.left, strict=True)]
        for amount, wide in drawn:
            assert (wide >= THINNEST_MILLI) if amount else wide == 0
    for stage, width, after in zip(flow.stages[1:], widths, widths[1:], strict=False):
        if not stage.joined:
            assert width.onward == after.bar


@given(flows())
def test_all_the_money_fits_the_picture(flow: Flow) -> None:
    if not any(stage.joined for stage in flow.stages):
        assert flow_widths(flow, 154_000)[0].bar <= 154_000


@given(flows(), st.sampled_from(LAYOUTS), st.sampled_from(LANGUAGES))
def test_any_flow_is_well_formed_and_says_every_figure(
    flow: Flow, layout: Layout, language: Language
) -> None:
    svg = ET.fromstring(flow_svg(flow, layout, language, "x"))
    words = "\n".join(text.text or "" for text in svg.iter(f"{SVG}text"))
    for row in flow_table(flow):
        assert format_amount(row.reached_minor, "CNY") in words
        assert all(format_amount(-amount, "CNY") in words for _, amount in row.left)
        if row.key != "work":
            assert format_amount(row.waiting_minor, "CNY") in words
    assert all(
        float(part) >= 0 for part in re.findall(r'width="([^"]+)"', ET.tostring(svg, "unicode"))
    )


@given(flows())
def test_the_sum_below_the_picture_holds(flow: Flow) -> None:
    sums = flow_sums(flow)
    assert sums.waiting_minor + sums.left_minor == sums.raised_minor + sums.joined_minor


def test_the_table_carries_the_stages_in_order() -> None:
    rows = flow_table(example.full_flow())
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[0].left_minor == 58294374
    assert sum(row.waiting_minor + row.left_minor for row in rows) == rows[0].reached_minor


@pytest.mark.parametrize("index", range(6))
@pytest.mark.parametrize("field", ["reached_minor", "waiting_minor"])
def test_a_fen_too_much_anywhere_is_refused(index: int, field: str) -> None:
    stages = list(example.full_flow().stages)
    stages[index] = replace(stages[index], **{field: getattr(stages[index], field) + 1})
    with pytest.raises(InvariantError, match="flow-conservation"):
        Flow("CNY", tuple(stages))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"key": "bank"}, "flow-stages"),
        ({"waiting_minor": -1}, "flow-negative"),
        ({"left": (("elsewhere", 0),)}, "flow-part"),
    ],
)
def test_a_malformed_stage_is_refused(change: dict[str, object], what: str) -> None:
    first, *others = example.full_flow().stages
    with pytest.raises(InvariantError, match=what):
        Flow("CNY", (replace(first, **change), *others))


def test_two_pictures_on_one_page_share_no_id_and_no_colour_is_fixed() -> None:
    pictures = [flow_svg(example.full_flow(), "upright", "zh", name) for name in ("a", "b")]
    ids = [set(re.findall(r'id="([^"]+)"', picture)) for picture in pictures]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert 'style="' not in pictures[0]
    assert not re.findall(r'(?:fill|stroke)="#', pictures[0])
    assert 'role="img"' in pictures[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_title_is_the_sentence_with_the_figures(language: Language) -> None:
    svg = ET.fromstring(flow_svg(example.full_flow(), "lying", language))
    title = svg.find(f"{SVG}title")
    assert title is not None
    assert unescape(title.text or "") == flow_sentence(example.full_flow(), language)
    assert all(figure in (title.text or "") for figure in ("1,171,171.70", "588,147.96"))


def test_a_late_wait_is_said_in_words() -> None:
    stages = list(example.full_flow().stages)
    stages[3] = replace(stages[3], late=True, longest_wait_days=9)
    flow = Flow("CNY", tuple(stages))
    for layout in LAYOUTS:
        assert "在路上，已 9 天" in flow_svg(flow, layout)
        assert "On its way for 9 days" in flow_svg(flow, layout, "en")


def test_an_empty_fund_draws_nothing_but_its_labels() -> None:
    svg = ET.fromstring(flow_svg(example.empty_flow(), "upright"))
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert texts.count("0.00") == 11
    assert len(svg.findall(f"{SVG}rect")) == 5  # the squares of the labels


def test_the_fund_pages_stages_are_taken_as_they_are() -> None:
    figures = ((90, 10), (50, 5), (45, 5), (40, 10), (30, 10), (20, 20))
    stages = [
        Stage(
            key, reached, waiting, (Left("tax", 30),) if key == "raised" else (), average_tenths=72
        )
        for key, (reached, waiting) in zip(STAGES, figures, strict=True)
    ]
    flow = from_stages("CNY", stages)
    assert [stage.key for stage in flow.stages] == list(STAGE_KEYS)
    assert flow.stages[0].average_days == "7.2"


def test_only_the_upright_picture_needs_its_shapes_named() -> None:
    assert "短块停在这里" in flow_note("upright")
    assert "短块停在这里" not in flow_note("lying")


def test_the_tick_stands_below_a_sum_that_reaches_the_edge() -> None:
    longest = Flow(
        "CNY",
        (
            FlowStage("raised", 9 * 10**14, 0),
            FlowStage("settled", 9 * 10**14, 0),
            FlowStage("bank", 9 * 10**14, 0),
            FlowStage("transit", 9 * 10**14, 0),
            FlowStage("fund", 9 * 10**14, 0),
            FlowStage("work", 9 * 10**14, 9 * 10**14),
        ),
    )
    for flow, is_beside in ((example.full_flow(), True), (longest, False)):
        svg = flow_svg(flow, "print", "zh")
        [(x, y)] = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>一分不差<', svg)
        sums = re.findall(rf'y="{re.escape(y)}"[^>]*>([\d,.]+)<', svg)
        assert bool(sums) is is_beside
        assert float(x) < 600


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_left_or_joined_stands_beside_its_amount_on_a_telephone(language: Language) -> None:
    room = flow_drawing._UPRIGHT_WIDE - flow_drawing._UPRIGHT_LABELS
    amount = drawing.text_width("−999,999.99", flow_drawing._SMALL)
    for word in (*LEFT[language].values(), *JOINED[language].values()):
        wide = drawing.text_width(word, flow_drawing._SMALL)
        assert wide + 8 * MILLI + amount <= room, word
