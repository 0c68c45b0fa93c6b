"""The picture of the six stages: one definition for pages and for print.

In: a `Flow`, which cannot exist unless its parts tile. Out: SVG, a sentence, a table with the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

from ledger.money import format_amount
from reports import drawing, wording
from reports.flow_data import (
    JOINED_KEYS,
    LEFT_KEYS,
    MILLI,
    STAGE_KEYS,
    Flow,
    FlowRow,
    FlowStage,
    FlowSums,
    StageWidths,
    check_flow,
    flow_sums,
    flow_table,
    flow_widths,
    from_stages,
)

if TYPE_CHECKING:
    from reports.wording import Language

__all__ = [
    "JOINED_KEYS",
    "LEFT_KEYS",
    "STAGE_KEYS",
    "Flow",
    "FlowRow",
    "FlowStage",
    "FlowSums",
    "Layout",
    "check_flow",
    "flow_note",
    "flow_sentence",
    "flow_sums",
    "flow_svg",
    "flow_table",
    "flow_widths",
    "from_stages",
]

Layout = Literal["upright", "lying", "print"]
"""`upright` for phones, `lying` from 700 px on, `print` is lying at the width of a page."""

_LAST = len(STAGE_KEYS) - 1
_THIN = 4 * MILLI
"""Money that left is hatched from four units on; thinner, a hatch would be a smear, so it is solid."""

_GAP = 3 * MILLI
"""Between a bar's end and the centre its leaving money turns around, so that the innermost has a radius."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every part of the picture needs to know."""

    flow: Flow
    language: Language
    widths: tuple[StageWidths, ...]
    hatch_id: str

    def amount(self, minor: int) -> str:
        return format_amount(minor, self.flow.commodity)

    def waiting_name(self, index: int) -> str:
        stage = self.flow.stages[index]
        name = wording.WAITING[self.language][stage.key]
        if stage.late and stage.longest_wait_days is not None:
            return wording.LATE[self.language].format(name=name, days=stage.longest_wait_days)
        return name

    def left_lines(self, index: int) -> list[tuple[str, str]]:
        stage = self.flow.stages[index]
        lines = [
            (wording.LEFT[self.language][key], self.amount(-amount)) for key, amount in stage.left
        ]
        lines += [
            (wording.JOINED[self.language][key], "+" + self.amount(amount))
            for key, amount in stage.joined
            if amount and index
        ]
        return lines

    def splits(self) -> bool:
        """Tell whether a name and its figure are too long for one line of the upright picture."""
        room = _UPRIGHT_WIDE - _UPRIGHT_LABELS - 20 * MILLI
        return any(
            drawing.text_width(
                wording.STAGE[self.language][stage.key] + self.amount(stage.reached_minor), _NAME
            )
            > room
            for stage in self.flow.stages
        )

    def days(self, index: int) -> str:
        average = self.flow.stages[index].average_days
        return "" if average is None else wording.AVERAGE_DAYS[self.language].format(days=average)


def flow_svg(
    flow: Flow, layout: Layout, language: Language = "zh", id_prefix: str = "flow"
) -> str:
    """Draw the six stages to scale.

    Every shape is a rectangle or a quarter of a ring, so that widths compare by eye. Colours are the page's custom
    properties with the light tokens behind them; no style attribute is used, so a strict content policy holds.

    Args:
        flow: What to draw.
        layout: `upright` is 358 units wide, `lying` 1120, `print` 624.
        language: Of the labels.
        id_prefix: Makes the ids unique on the page: two pictures on one page need two prefixes.

    Returns:
        One `<svg role="img">` with its title, safe to place in HTML unescaped.
    """
    sizes = _LYING.get(layout)
    widest = sizes.widest if sizes else _UPRIGHT_WIDEST
    scene = _Scene(flow, language, flow_widths(flow, widest), f"{id_prefix}-hatch")
    if sizes:
        width = sizes.wide
        parts, height = _draw_lying(scene, sizes)
    else:
        width = _UPRIGHT_WIDE
        parts, height = _draw_upright(scene)
    return _frame(scene, (width, height), "".join(parts), (id_prefix, layout))


def _frame(scene: _Scene, size: tuple[int, int], body: str, names: tuple[str, str]) -> str:
    width, height = drawing.length(size[0]), drawing.length(size[1])
    prefix = escape(names[0])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flow flow-{names[1]}" role="img"'
        f' aria-labelledby="{prefix}-title" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{wording.FONTS[scene.language]}">'
        f'<title id="{prefix}-title">{escape(flow_sentence(scene.flow, scene.language))}</title>'
        f"<defs>{drawing.hatch(scene.hatch_id)}</defs>{body}</svg>"
    )


def flow_sentence(flow: Flow, language: Language = "zh") -> str:
    """Say what the picture shows: what waits plus what left is what was raised."""
    sums = flow_sums(flow)
    words = wording.FLOW_SENTENCE if not sums.joined_minor else wording.FLOW_SENTENCE_JOINED
    return words[language].format(
        raised=wording.money_in_sentence(sums.raised_minor, flow.commodity, language),
        joined=wording.money_in_sentence(sums.joined_minor, flow.commodity, language),
        waiting=wording.money_in_sentence(sums.waiting_minor, flow.commodity, language),
        left=wording.money_in_sentence(sums.left_minor, flow.commodity, language),
        work=wording.money_in_sentence(flow.stages[_LAST].reached_minor, flow.commodity, language),
    )


def flow_note(layout: Layout, language: Language = "zh", *, days: bool = False) -> str:
    """Say how to read the picture: what the shapes are (upright, which has no legend), the scale, the days."""
    shapes = wording.FLOW_SHAPES[language] if layout == "upright" else ""
    return shapes + wording.FLOW_NOTE[language] + (wording.FLOW_DAYS[language] if days else "")


def _left_paint(scene: _Scene, width: int) -> str:
    if width < _THIN:
        return f'fill="{drawing.colour("out")}"'
    return (
        f'fill="url(#{escape(scene.hatch_id)})" stroke="{drawing.colour("out")}" stroke-width="1"'
    )


def _left_radii(widths: StageWidths) -> list[tuple[int, int]]:
    """Give inner and outer radii of what leaves, in the order of the parts: the first turns outermost."""
    radii: list[tuple[int, int]] = []
    inner = _GAP
    for width in reversed(widths.left):
        radii.append((inner, inner + width))
        inner += width
    return radii[::-1]


def _onward(box: tuple[int, int, int, int]) -> str:
    """Draw what moves on, unless nothing does."""
    if not box[2] or not box[3]:
        return ""
    outline = f' stroke="{drawing.colour("pine")}" stroke-width="1"'
    return drawing.rectangle(box, drawing.colour("pine-tint"), outline)


# ---- upright -------------------------------------------------------------------------------------

_UPRIGHT_WIDE = 358 * MILLI
_UPRIGHT_WIDEST = 154 * MILLI
_UPRIGHT_LABELS = 172 * MILLI
_UPRIGHT_BAR = 8 * MILLI
_UPRIGHT_BLOCK = 30 * MILLI
_UPRIGHT_LEAST = 78 * MILLI
_UPRIGHT_LINE = 21 * MILLI
_UPRIGHT_LAST = 52 * MILLI
_NAME, _SMALL = 15 * MILLI, 13 * MILLI


def _upright_height(scene: _Scene, index: int) -> int:
    """Make a row as high as its labels, and as what turns out of it, need."""
    lines = len(scene.left_lines(index)) + scene.splits()
    if index == _LAST:
        return _UPRIGHT_LAST + _UPRIGHT_LINE * lines
    labels = 54 * MILLI + _UPRIGHT_LINE * lines
    turned = _UPRIGHT_BAR + _GAP + sum(scene.widths[index].left)
    return max(_UPRIGHT_LEAST, labels, turned + (30 * MILLI if scene.days(index) else 0))


def _draw_upright(scene: _Scene) -> tuple[list[str], int]:
    parts: list[str] = []
    top = 0
    for index in range(len(scene.flow.stages)):
        height = _upright_height(scene, index)
        parts += [
            drawing.line(((0, top), (_UPRIGHT_WIDE, top)), drawing.colour("rule")),
            *_upright_river(scene, index, top, height),
            *_upright_labels(scene, index, top),
            *_upright_left(scene, index, top),
        ]
        top += height
    return parts, top


def _upright_river(scene: _Scene, index: int, top: int, height: int) -> list[str]:
    widths, pine = scene.widths[index], drawing.colour("pine")
    if index == _LAST:
        block = (0, top, widths.bar, 48 * MILLI)
        return [drawing.rectangle(block, pine)] if widths.bar else []
    parts = [
        _onward((0, top + _UPRIGHT_BAR, widths.onward, height - _UPRIGHT_BAR)),
    ]
    if widths.bar:
        parts.append(drawing.rectangle((0, top, widths.bar, _UPRIGHT_BAR), pine))
    if widths.waiting:
        block = (widths.onward, top + _UPRIGHT_BAR, widths.waiting, _UPRIGHT_BLOCK)
        parts.append(drawing.rectangle(block, drawing.colour("stay")))
    days = scene.days(index)
    if days and widths.onward:
        inside = drawing.text_width(days, _SMALL) + 4 * MILLI <= widths.onward
        x = widths.onward // 2 if inside else widths.onward + 6 * MILLI
        anchor = "middle" if inside else "start"
        parts.append(drawing.text((x, top + height - 9 * MILLI), days, _SMALL, "ink", anchor))
    return parts


def _upright_labels(scene: _Scene, index: int, top: int) -> list[str]:
    stage, x, right = scene.flow.stages[index], _UPRIGHT_LABELS, _UPRIGHT_WIDE
    name = wording.STAGE[scene.language][stage.key]
    first = top + 20 * MILLI
    reached = first + (_UPRIGHT_LINE if scene.splits() else 0)
    second = reached + _UPRIGHT_LINE
    parts = [
        drawing.text((x, first), str(index + 1), _NAME, "ink2"),
        drawing.text((x + 12 * MILLI, first), name, _NAME, "ink 600"),
        drawing.text((right, reached), scene.amount(stage.reached_minor), _NAME, "ink 600", "end"),
    ]
    if index < _LAST:
        look = "ochre 600" if stage.late else "ink"
        square = (x, second - 9 * MILLI, 9 * MILLI, 9 * MILLI)
        parts += [
            drawing.rectangle(square, drawing.colour("stay")),
            drawing.text((x + 14 * MILLI, second), scene.waiting_name(index), _SMALL, look),
            drawing.text((right, second), scene.amount(stage.waiting_minor), _SMALL, "ink", "end"),
        ]
    return parts


def _upright_left(scene: _Scene, index: int, top: int) -> list[str]:
    """Draw what leaves to the right, with a leader to its label; the innermost is the first label."""
    widths = scene.widths[index]
    lines = scene.left_lines(index)
    radii = _left_radii(widths)
    centre = (widths.bar + _GAP, top + _UPRIGHT_BAR)
    inner_first = list(range(len(radii)))[::-1]
    order = inner_first + list(range(len(radii), len(lines)))
    parts: list[str] = []
    above = 2 + scene.splits() - (index == _LAST)
    start = top + 20 * MILLI + above * _UPRIGHT_LINE
    for row, item in enumerate(order):
        baseline = start + row * _UPRIGHT_LINE
        name, figure = lines[item]
        parts += [
            drawing.text((_UPRIGHT_LABELS, baseline), name, _SMALL),
            drawing.text((_UPRIGHT_WIDE, baseline), figure, _SMALL, "ink", "end"),
        ]
        if item < len(radii) and widths.left[item]:
            paint = _left_paint(scene, widths.left[item])
            parts.append(drawing.ring(centre, radii[item], "right", paint))
            parts.append(_leader(centre, sum(radii[item]) // 2, baseline - 4500))
    return parts


def _leader(centre: tuple[int, int], radius: int, level: int) -> str:
    """Lead from where a ring ends to the left edge of its label."""
    end = _UPRIGHT_LABELS - 3 * MILLI
    y = centre[1] + radius
    bend = max(centre[0] + MILLI, end - 9 * MILLI)
    points = ((centre[0], y), (bend, y), (end - 2 * MILLI, level), (end, level))
    return drawing.line(points, drawing.colour("out"))


# ---- lying ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lying:
    """Measures of a lying picture, in thousandths of a unit.

    Attributes:
        wide: The whole.
        widest: The widest stage.
        bar: A stage's bar.
        name: Font size of stage and amount.
        small: Font size of the rest.
        sum_size: Font size of the sum.
        indent: From a bar's left edge to its labels.
        lead: From line to line.
        block: Length of what waits.
    """

    wide: int
    widest: int
    bar: int
    name: int
    small: int
    sum_size: int
    indent: int
    lead: int
    block: int


# 9.34 units of a picture 624 wide, set 165 mm wide, are 7 pt: the smallest that print allows.
_LYING = {
    "lying": _Lying(1120_000, 186_000, 9_000, 16_000, 13_000, 20_000, 9_000, 19_000, 67_000),
    "print": _Lying(624_000, 150_000, 8_500, 10_600, 9_340, 14_000, 8_500, 13_500, 37_000),
}


def _draw_lying(scene: _Scene, sizes: _Lying) -> tuple[list[str], int]:
    column = sizes.wide // len(scene.flow.stages)
    split = _split_labels(scene, sizes, column)
    top = sizes.name * 2 + sizes.small + 24 * MILLI + (sizes.lead if split else 0)
    parts: list[str] = []
    bottoms: list[int] = []
    for index in range(_LAST, -1, -1):
        left = index * column
        parts.append(drawing.line(((left, 0), (left, top)), drawing.colour("rule")))
        parts += _lying_labels(scene, sizes, index, (left, split))
        parts += _lying_river(scene, sizes, index, (left, top, column))
        floor = bottoms[-1] if bottoms else 0
        below, bottom = _lying_below(scene, sizes, index, (left, top, column, floor))
        parts += below
        bottoms.append(bottom)
    sum_top = max(bottoms[:-1]) + sizes.lead
    sum_parts, sum_bottom = _lying_sum(scene, sizes, (2 * column, sum_top))
    return parts + sum_parts, max(*bottoms, sum_bottom) + 6 * MILLI


def _split_labels(scene: _Scene, sizes: _Lying, column: int) -> bool:
    """Tell whether a waiting name and its figure are too long for one line of a column."""
    room = column - sizes.indent - sizes.small - 6 * MILLI
    return any(
        drawing.text_width(
            f"{wording.WAITING[scene.language][stage.key]} {scene.amount(stage.waiting_minor)}",
            sizes.small,
        )
        > room
        for stage in scene.flow.stages[:_LAST]
    )


def _lying_labels(scene: _Scene, sizes: _Lying, index: int, place: tuple[int, bool]) -> list[str]:
    left, split = place
    stage, x = scene.flow.stages[index], left + sizes.indent
    name = wording.STAGE[scene.language][stage.key]
    first = sizes.name
    second = first + sizes.name + 5 * MILLI
    third = second + sizes.small + 7 * MILLI
    parts = [
        drawing.text((x, first), str(index + 1), sizes.name, "ink2"),
        drawing.text((x + sizes.name * 8 // 10, first), name, sizes.name, "ink 600"),
        drawing.text((x, second), scene.amount(stage.reached_minor), sizes.name, "ink 600"),
    ]
    if index == _LAST:
        return parts
    side = sizes.small * 7 // 10
    waiting, figure = (
        wording.WAITING[scene.language][stage.key],
        scene.amount(stage.waiting_minor),
    )
    parts.append(drawing.rectangle((x, third - side, side, side), drawing.colour("stay")))
    beside = (x + side + 4 * MILLI, third)
    if not split:
        return [*parts, drawing.text(beside, f"{waiting} {figure}", sizes.small)]
    under = (x + side + 4 * MILLI, third + sizes.lead)
    return [
        *parts,
        drawing.text(beside, waiting, sizes.small),
        drawing.text(under, figure, sizes.small),
    ]


def _lying_river(
    scene: _Scene, sizes: _Lying, index: int, place: tuple[int, int, int]
) -> list[str]:
    left, top, column = place
    widths, pine = scene.widths[index], drawing.colour("pine")
    if not widths.bar:
        return []
    if index == _LAST:
        return [drawing.rectangle((left, top, sizes.wide - left, widths.bar), pine)]
    x = left + sizes.bar
    parts = [
        _onward((x, top, column - sizes.bar, widths.onward)),
        drawing.rectangle((left, top, sizes.bar, widths.bar), pine),
    ]
    if widths.waiting:
        block = (x, top + widths.onward, sizes.block, widths.waiting)
        parts.append(drawing.rectangle(block, drawing.colour("stay")))
    days = scene.days(index)
    if days and widths.onward >= sizes.small + 4 * MILLI:
        middle = (
            x + (column - sizes.bar) // 2,
            top + widths.onward // 2 + sizes.small * 36 // 100,
        )
        parts.append(drawing.text(middle, f"{days} →", sizes.small, "ink", "middle"))
    elif days and widths.onward:
        under = (left + column - 4 * MILLI, top + widths.onward + sizes.small + 2 * MILLI)
        parts.append(drawing.text(under, f"{days} →", sizes.small, "ink", "end"))
    return parts


def _lying_below(
    scene: _Scene, sizes: _Lying, index: int, place: tuple[int, int, int, int]
) -> tuple[list[str], int]:
    """Draw what leaves downwards and write what it is, and that a wait is late.

    `place` is left, top, width of the column and where the next column's labels end: lines too long for their own
    column start below those.
    """
    left, top, column, floor = place
    widths = scene.widths[index]
    stage = scene.flow.stages[index]
    x, bottom = left + sizes.bar, top + widths.bar
    parts: list[str] = []
    if any(widths.left):
        centre = (x, bottom + _GAP)
        for radii, width in zip(_left_radii(widths), widths.left, strict=True):
            if width:
                parts.append(drawing.ring(centre, radii, "down", _left_paint(scene, width)))
        bottom += _GAP
    if stage.late and index < _LAST:
        bottom += sizes.lead
        parts.append(
            drawing.text((x, bottom), scene.waiting_name(index), sizes.small, "ochre 600")
        )
    lines = scene.left_lines(index)
    need = max(
        (drawing.text_width(f"{name}{figure}", sizes.small) for name, figure in lines), default=0
    )
    end = max(left + column - 10 * MILLI, x + need + sizes.small)
    if lines and end > left + column:
        bottom = max(bottom, floor)
    for name, figure in lines:
        bottom += sizes.lead
        parts += [
            drawing.text((x, bottom), name, sizes.small),
            drawing.text((end, bottom), figure, sizes.small, "ink", "end"),
        ]
    return parts, bottom + 4 * MILLI


def _lying_sum(scene: _Scene, sizes: _Lying, place: tuple[int, int]) -> tuple[list[str], int]:
    """Write the sum with its double rule, and the legend below it."""
    x, y = place
    sums = flow_sums(scene.flow)
    labels = wording.FLOW_SUM[scene.language]
    whole = labels["raised_joined"] if sums.joined_minor else labels["raised"]
    terms = (
        (labels["waiting"], sums.waiting_minor, "+"),
        (labels["left"], sums.left_minor, "="),
        (whole, sums.raised_minor + sums.joined_minor, ""),
    )
    baseline = y + sizes.small + sizes.sum_size + 6 * MILLI
    parts: list[str] = []
    for label, minor, sign in terms:
        figure = scene.amount(minor)
        wide = drawing.text_width(figure, sizes.sum_size) * 104 // 100
        parts.append(drawing.text((x, y + sizes.small), label, sizes.small, "ink2"))
        parts.append(drawing.text((x, baseline), figure, sizes.sum_size, "ink 600"))
        if not sign:
            parts += _double_rule((x, baseline + 6 * MILLI), wide)
            parts += _tick(
                _tick_place(sizes, (x, baseline), wide, labels["exact"]), sizes, labels["exact"]
            )
        x += max(wide, drawing.text_width(label, sizes.small))
        if sign:
            middle = (x + sizes.sum_size, baseline)
            parts.append(drawing.text(middle, sign, sizes.sum_size, "ink2", "middle"))
            x += 2 * sizes.sum_size
    legend = baseline + 3 * sizes.lead
    return parts + _legend(scene, sizes, (place[0], legend)), legend + 4 * MILLI


def _double_rule(at: tuple[int, int], wide: int) -> list[str]:
    x, y = at
    return [
        drawing.line(((x, y + step), (x + wide, y + step)), drawing.colour("ink"))
        for step in (0, 3 * MILLI)
    ]


def _tick_place(sizes: _Lying, at: tuple[int, int], wide: int, words: str) -> tuple[int, int]:
    """Put the tick beside a sum, or below it where the picture ends."""
    x, baseline = at
    beside = x + wide + 10 * MILLI
    if beside + 17 * (sizes.small // 13) + drawing.text_width(words, sizes.small) <= sizes.wide:
        return beside, baseline
    return x, baseline + 9 * MILLI + sizes.lead


def _tick(at: tuple[int, int], sizes: _Lying, words: str) -> list[str]:
    x, y = at
    unit = sizes.small // 13
    points = ((x, y - 5 * unit), (x + 4 * unit, y - unit), (x + 12 * unit, y - 10 * unit))
    return [
        drawing.line(points, drawing.colour("pine"), "2"),
        drawing.text((x + 17 * unit, y), words, sizes.small, "pine 600"),
    ]


def _legend(scene: _Scene, sizes: _Lying, place: tuple[int, int]) -> list[str]:
    """Name the three kinds of thing beside a sample of each."""
    x, y = place
    wide, high = sizes.small * 16 // 10, sizes.small * 8 // 10
    outline = f' stroke="{drawing.colour("pine")}" stroke-width="1"'
    gone = f' stroke="{drawing.colour("out")}" stroke-width="1"'
    samples = (
        ("onward", drawing.colour("pine-tint"), outline),
        ("waiting", drawing.colour("stay"), ""),
        ("left", f"url(#{escape(scene.hatch_id)})", gone),
    )
    parts: list[str] = []
    for key, fill, extra in samples:
        words = wording.FLOW_LEGEND[scene.language][key]
        parts.append(drawing.rectangle((x, y - high, wide, high), fill, extra))
        parts.append(drawing.text((x + wide + 5 * MILLI, y), words, sizes.small))
        x += wide + drawing.text_width(words, sizes.small) + 24 * MILLI
    return parts
