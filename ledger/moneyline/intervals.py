"""Lines, segments and the rules by which money takes its place on them.

In: movements of a fund, one at a time, oldest first. Out: segments.
Guaranteed: what comes in lies gapless from 0 to the total of the debits; nothing is taken twice;
a refused movement changes nothing.

A *line* is an account in one commodity, and its account's name says how it is left:

* `Assets:Platform:...` by settlements, from the front, over *voids* (gifts reversed before they
  were settled). Positions are raw: a void keeps its interval, which has no value.
* `Assets:InTransit:...` and `Expenses:...` by interval: whoever confirms, returns or reverses
  takes the very interval that was put there. They have no front.
* Every other line as a queue, from the front. Its front is the total of its credits.

`LineState` is the specification of the store, which does the same on rows with the free functions
of this module. Spans (voids, for example) are pairs of start and length.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, TypedDict

from ledger.errors import InsufficientError, InvariantError
from ledger.money import AMOUNT_MAX
from ledger.moneyline.shares import share_interval

PLATFORM = "Assets:Platform:"
BY_INTERVAL = ("Assets:InTransit:", "Expenses:")


class Line(NamedTuple):
    """An account in one commodity, seen as a queue of units."""

    account: str
    commodity: str


def is_platform(line: Line) -> bool:
    """Tell whether a line is left by settlements and may have voids and holes.

    Args:
        line: Any line.

    Returns:
        Whether its positions are raw.
    """
    return line.account.startswith(PLATFORM)


def is_by_interval(line: Line) -> bool:
    """Tell whether a line is left by naming the interval that leaves, in any order.

    Args:
        line: Any line.

    Returns:
        Whether `move_interval` is its way out (and `move` is not).
    """
    return line.account.startswith(BY_INTERVAL)


@dataclass(frozen=True, slots=True)
class Segment:
    """An interval of one line that became an interval of another.

    Attributes:
        source: Line that was left; None for money from outside (opening balance, interest).
        start: First position taken on the source, raw; 0 without a source.
        end: Position after the last one taken, raw; 0 without a source.
        length: Units taken: `end - start` less the voids inside; 0 without a source.
        target: Line that was reached.
        to_start: First position on the target.
        to_length: Units that arrived, in the target's commodity; may be 0.
        seq: Number of the entry that moved it.
    """

    source: Line | None
    start: int
    end: int
    length: int
    target: Line
    to_start: int
    to_length: int
    seq: int

    def __post_init__(self) -> None:
        reason = _fault(self)
        if reason:
            raise InvariantError(
                reason=reason,
                seq=self.seq,
                source=self.source and self.source.account,
                start=self.start,
                end=self.end,
                length=self.length,
                target=self.target.account,
                to_start=self.to_start,
                to_length=self.to_length,
            )


def _fault(segment: Segment) -> str | None:
    """Name what is wrong with a segment on its own, if anything is.

    Args:
        segment: One segment.

    Returns:
        A reason, or None.
    """
    source, target = segment.source, segment.target
    raw = segment.end - segment.start
    gapless = source is None or not is_platform(source)
    grown = segment.to_length > segment.length
    faults = {
        "negative": min(segment.start, segment.length, segment.to_start, segment.to_length) < 0,
        "too-large": max(segment.end, segment.to_start + segment.to_length) > AMOUNT_MAX,
        "length": raw < segment.length or (gapless and raw > segment.length),
        "not-positive": (segment.to_length if source is None else segment.length) == 0,
        "outside": source is None and segment.end > 0,
        "same-line": source == target,
        "more-arrives-than-left": (
            source is not None and source.commodity == target.commodity and grown
        ),
    }
    return next((reason for reason, true in faults.items() if true), None)


SegmentJson = TypedDict(
    "SegmentJson",
    {
        "from": str | None,
        "commodity": str | None,
        "start": int,
        "end": int,
        "length": int,
        "to": str,
        "to_commodity": str,
        "to_start": int,
        "to_length": int,
    },
)
"""A segment in an entry's `body.segments`; the entry itself has the number."""


def segment_to_json(segment: Segment) -> SegmentJson:
    """Give a segment the form that it has in an entry.

    Args:
        segment: Any segment.

    Returns:
        The nine fields; `from` and `commodity` are null when the money came from outside.
    """
    source = segment.source
    return {
        "from": None if source is None else source.account,
        "commodity": None if source is None else source.commodity,
        "start": segment.start,
        "end": segment.end,
        "length": segment.length,
        "to": segment.target.account,
        "to_commodity": segment.target.commodity,
        "to_start": segment.to_start,
        "to_length": segment.to_length,
    }


def segment_from_json(data: Mapping[str, object], seq: int) -> Segment:
    """Read a segment of an entry, trusting nothing in it.

    Args:
        data: One object of `body.segments`.
        seq: Number of the entry.

    Returns:
        The segment.

    Raises:
        InvariantError: A field is missing, unknown or of the wrong type (reason `segment-form`),
            or the fields contradict each other.
    """
    if data.keys() != SegmentJson.__annotations__.keys():
        raise InvariantError(reason="segment-form", seq=seq, field=sorted(data))
    text = {name: data[name] for name in ("from", "commodity", "to", "to_commodity")}
    nulls = [name for name, value in text.items() if value is None]
    if nulls not in ([], ["from", "commodity"]):
        raise InvariantError(reason="segment-form", seq=seq, field=nulls[0])
    for name, value in text.items():
        if value is not None and not isinstance(value, str):
            raise InvariantError(reason="segment-form", seq=seq, field=name)
    numbers = {}
    for name in ("start", "end", "length", "to_start", "to_length"):
        value = data[name]
        # `bool` is an `int` in Python, and `true` is no position.
        if type(value) is not int:
            raise InvariantError(reason="segment-form", seq=seq, field=name)
        numbers[name] = value
    return Segment(
        source=None if nulls else Line(str(text["from"]), str(text["commodity"])),
        target=Line(str(text["to"]), str(text["to_commodity"])),
        seq=seq,
        **numbers,
    )


def settled_end(
    front: int, gross: int, voids: Sequence[tuple[int, int]], line_end: int
) -> tuple[int, int]:
    """Find how far a settlement reaches on a platform's line.

    It ends after the last unit it takes, so a void that follows is left to the next settlement.

    Args:
        front: Raw end of the last settlement.
        gross: Units to take; above 0.
        voids: At least those that end after `front`, oldest first, not overlapping.
        line_end: Raw end of the line: its total debits.

    Returns:
        The raw end, and how many units lie beyond `line_end`: the hole to append, 0 if none.

    Raises:
        InvariantError: `gross` is not above 0 (reason `not-positive`), or front and voids do not
            lie on the line in order (reason `voids`).
    """
    if gross <= 0:
        raise InvariantError(reason="not-positive", gross=gross)
    position, missing = front, gross
    for start, length in voids:
        if start + length <= front:
            continue
        room = start - position
        if room < 0 or length <= 0:
            raise InvariantError(reason="voids", position=position, start=start, length=length)
        if missing <= room:
            break
        missing -= room
        position = start + length
    if position > line_end:
        raise InvariantError(reason="voids", position=position, line_end=line_end)
    end = position + missing
    return end, max(0, end - line_end)


def effective_offset(segment_start: int, position: int, voids: Sequence[tuple[int, int]]) -> int:
    """Count the units with value between a segment's start and a position in it.

    Args:
        segment_start: Raw position where the count begins.
        position: Raw position where it ends; not before `segment_start`.
        voids: At least those that touch the interval, in any order, not overlapping.

    Returns:
        Raw distance less the voids inside.
    """
    void = 0
    for start, length in voids:
        void += max(0, min(position, start + length) - max(segment_start, start))
    return position - segment_start - void


def map_interval(
    segment: Segment, lo: int, hi: int, voids: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Follow a part of what a segment took to where it arrived.

    Args:
        segment: A segment with a source.
        lo: Raw position on the source, from `segment.start` to `hi`.
        hi: Raw position after the last, up to `segment.end`.
        voids: At least those of the source between `segment.start` and `hi`.

    Returns:
        First position on the target, and the position after the last; equal if nothing arrived.

    Raises:
        InvariantError: The part does not lie in the segment (reason `outside`), or the voids are
            not those that the segment was made with (reason `share-range`).
    """
    if segment.source is None or not segment.start <= lo <= hi <= segment.end:
        raise InvariantError(
            reason="outside", seq=segment.seq, lo=lo, hi=hi, start=segment.start, end=segment.end
        )
    first, last = share_interval(
        segment.to_length,
        effective_offset(segment.start, lo, voids),
        effective_offset(segment.start, hi, voids),
        segment.length,
    )
    return segment.to_start + first, segment.to_start + last


@dataclass(slots=True)
class Hole:
    """What a settlement stated beyond the gifts on the line.

    Attributes:
        start: Raw position of its first unit.
        length: Units.
        filled: Units, from the start, that gifts found later have taken.
    """

    start: int
    length: int
    filled: int = 0


@dataclass(slots=True)
class _Book:
    """What is known of one line; see `LineState` for the meaning."""

    debits: int = 0
    credits: int = 0
    front: int = 0
    voids: list[tuple[int, int]] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    taken: list[Segment] = field(default_factory=list)


def _void_end(void: tuple[int, int]) -> int:
    return void[0] + void[1]


def _segment_start(segment: Segment) -> int:
    return segment.start


def _segment_end(segment: Segment) -> int:
    return segment.end


class LineState:
    """All lines of one fund after the movements so far, in memory.

    Attributes:
        seq: Number of the entry being applied; segments made carry it. The caller sets it.
    """

    def __init__(self) -> None:
        self.seq = 0
        self._books: dict[Line, _Book] = {}

    # --- what is known ------------------------------------------------------------------------

    def lines(self) -> list[Line]:
        """List the lines that something was put on.

        Returns:
            In the order of their first unit.
        """
        return list(self._books)

    def debits(self, line: Line) -> int:
        """Return the total of what came in: the position of the next incoming unit.

        Args:
            line: Any line.

        Returns:
            Units; 0 for a line never used.
        """
        return self._book(line).debits

    def credits(self, line: Line) -> int:
        """Return the total of what went out, voids included.

        Args:
            line: Any line.

        Returns:
            Units; 0 for a line never used.
        """
        return self._book(line).credits

    def held(self, line: Line) -> int:
        """Return the balance.

        Args:
            line: Any line.

        Returns:
            Units that wait on the line.
        """
        book = self._book(line)
        return book.debits - book.credits

    def front(self, line: Line) -> int:
        """Return the raw position of the next outgoing unit (or of the voids just before it).

        Args:
            line: A platform's line or a queue; a line left by interval has no front and gives 0.

        Returns:
            Raw position.
        """
        return self._book(line).front

    def holes(self, line: Line) -> list[Hole]:
        """List a line's holes.

        Args:
            line: A platform's line.

        Returns:
            Copies, oldest first, full ones included.
        """
        return [Hole(hole.start, hole.length, hole.filled) for hole in self._book(line).holes]

    def find(self, line: Line, lo: int, hi: int) -> Sequence[Segment]:
        """List the segments by which an interval left its line.

        Args:
            line: The line.
            lo: First raw position.
            hi: Raw position after the last.

        Returns:
            Those that overlap, by position; O(log n) to find the first.
        """
        taken = self._book(line).taken
        first = bisect_right(taken, lo, key=_segment_end)
        last = first
        while last < len(taken) and taken[last].start < hi:
            last += 1
        return taken[first:last]

    def voids(self, line: Line, lo: int, hi: int) -> Sequence[tuple[int, int]]:
        """List the voids that overlap an interval.

        Args:
            line: The line.
            lo: First raw position.
            hi: Raw position after the last.

        Returns:
            Start and length, by position; not cut at the interval's ends.
        """
        voids = self._book(line).voids
        first = bisect_right(voids, lo, key=_void_end)
        last = first
        while last < len(voids) and voids[last][0] < hi:
            last += 1
        return voids[first:last]

    # --- movements ----------------------------------------------------------------------------

    def gift(self, line: Line, amount: int) -> int:
        """Put a gift at the end of its platform's line.

        Args:
            line: A platform's line.
            amount: Units; above 0.

        Returns:
            Raw position of its first unit.

        Raises:
            InvariantError: Not a platform's line, or no amount that fits.
        """
        _need_platform(line)
        _need_positive(amount)
        self._need_room(line, amount)
        return self._put(line, amount)

    def fill(self, line: Line, amount: int) -> int | None:
        """Give a gift found later its place in the oldest hole that has room for it whole.

        No balance changes: the settlement that made the hole has taken it already.

        Args:
            line: A platform's line.
            amount: Units; above 0.

        Returns:
            Raw position of its first unit, or None: no hole has room.

        Raises:
            InvariantError: Not a platform's line, or no positive amount.
        """
        _need_platform(line)
        _need_positive(amount)
        for hole in self._book(line).holes:
            if hole.length - hole.filled >= amount:
                start = hole.start + hole.filled
                hole.filled += amount
                return start
        return None

    def void(self, line: Line, start: int, amount: int) -> None:
        """Take the value from a gift that is reversed before any of it was settled.

        Args:
            line: A platform's line.
            start: Raw position of the gift.
            amount: Its units; above 0.

        Raises:
            InvariantError: Not a platform's line (reason `not-a-platform-line`), a part of it is
                settled (`settled`), was never on the line (`beyond-the-line`) or is void already
                (`void-already`).
        """
        _need_platform(line)
        _need_positive(amount)
        book = self._book(line)
        reason = None
        if start < book.front:
            reason = "settled"
        elif start + amount > book.debits:
            reason = "beyond-the-line"
        elif self.voids(line, start, start + amount):
            reason = "void-already"
        if reason:
            _refuse(reason, line, start=start, amount=amount)
        insort(book.voids, (start, amount))
        book.credits += amount

    def settle(self, line: Line, gross: int, target: Line, net: int) -> tuple[Segment, int]:
        """Take a gross sum from the front of a platform's line, over voids, and pay a net sum.

        What the line does not hold is appended to it as a hole and taken with the rest.

        Args:
            line: A platform's line.
            gross: Units to take; above 0.
            target: Line that the net arrives at.
            net: Units that arrive, in the target's commodity; 0 or more, and no more than `gross`
                if the commodity is the same.

        Returns:
            The segment, and the units that no gift accounts for (0 if none).

        Raises:
            InvariantError: Not a platform's line, or amounts out of range.
        """
        _need_platform(line)
        book = self._book(line)
        open_voids = self.voids(line, book.front, book.debits)
        end, unattributed = settled_end(book.front, gross, open_voids, book.debits)
        segment = self._segment(line, (book.front, end, gross), target, net)
        if unattributed:
            self._open(line).holes.append(Hole(self._put(line, unattributed), unattributed))
        self._take(segment)
        self._open(line).front = end
        return segment, unattributed

    def move(self, source: Line, length: int, target: Line, to_length: int) -> Segment:
        """Take units from the front of a queue and put them at the end of another line.

        Args:
            source: A line that is neither a platform's nor left by interval.
            length: Units to take; above 0.
            target: Line that they arrive at.
            to_length: Units that arrive, in the target's commodity; 0 or more, and no more than
                `length` if the commodity is the same. What does not arrive is spread over all.

        Returns:
            The segment.

        Raises:
            InvariantError: The wrong kind of line, or amounts out of range.
            InsufficientError: The source holds less.
        """
        if is_platform(source) or is_by_interval(source):
            _refuse("not-a-queue", source)
        _need_positive(length)
        book = self._book(source)
        if book.debits - book.front < length:
            _refuse_more(source, book.debits - book.front, length)
        end = book.front + length
        segment = self._segment(source, (book.front, end, length), target, to_length)
        self._take(segment)
        book.front = end
        return segment

    def move_interval(
        self, source: Line, start: int, length: int, target: Line, to_length: int
    ) -> Segment:
        """Take exactly one interval, wherever it lies: a confirmation, a return, a reversal.

        Args:
            source: A line that is left by interval.
            start: First position to take.
            length: Units to take; above 0. A part of what was put there may be taken.
            target: Line that they arrive at.
            to_length: Units that arrive; as for `move`.

        Returns:
            The segment.

        Raises:
            InvariantError: The wrong kind of line (reason `not-by-interval`), amounts out of
                range, or a part of the interval has left already (reason `taken-already`).
            InsufficientError: The interval reaches beyond what came to the line.
        """
        if not is_by_interval(source):
            _refuse("not-by-interval", source)
        _need_positive(length)
        book = self._book(source)
        if start + length > book.debits:
            _refuse_more(source, max(0, book.debits - start), length)
        if self.find(source, start, start + length):
            _refuse("taken-already", source, start=start, length=length)
        segment = self._segment(source, (start, start + length, length), target, to_length)
        self._take(segment)
        return segment

    def receive(self, target: Line, amount: int) -> Segment:
        """Put money from outside at the end of a line: opening balance, interest, a donation.

        Args:
            target: Any line.
            amount: Units; above 0.

        Returns:
            A segment without source.

        Raises:
            InvariantError: No positive amount, or one that does not fit.
        """
        segment = self._segment(None, (0, 0, 0), target, amount)
        self._put(target, amount)
        return segment

    def replay(self, stated: Segment) -> int:
        """Make the movement that a segment states, and hold it to what the lines say.

        Args:
            stated: A segment as an entry states it.

        Returns:
            Units that no gift accounts for (settlements only; else 0).

        Raises:
            InvariantError: The movement is refused, or it gives another segment (reason
                `other-segment`, with the first field that differs). Then the state is of no use
                any more.
            InsufficientError: The source holds less.
        """
        self.seq = stated.seq
        source, unattributed = stated.source, 0
        if source is None:
            made = self.receive(stated.target, stated.to_length)
        elif is_platform(source):
            made, unattributed = self.settle(
                source, stated.length, stated.target, stated.to_length
            )
        elif is_by_interval(source):
            made = self.move_interval(
                source, stated.start, stated.length, stated.target, stated.to_length
            )
        else:
            made = self.move(source, stated.length, stated.target, stated.to_length)
        for name in ("start", "end", "to_start"):
            if getattr(made, name) != getattr(stated, name):
                raise InvariantError(
                    reason="other-segment",
                    seq=stated.seq,
                    field=name,
                    stated=getattr(stated, name),
                    expected=getattr(made, name),
                )
        return unattributed

    # --- steps of a movement: `_segment` and `_need_room` may refuse, the others only write -----

    def _segment(
        self, source: Line | None, taken: tuple[int, int, int], target: Line, to_length: int
    ) -> Segment:
        start, end, length = taken
        to_start = self._book(target).debits
        return Segment(source, start, end, length, target, to_start, to_length, self.seq)

    def _need_room(self, line: Line, amount: int) -> None:
        if self._book(line).debits + amount > AMOUNT_MAX:
            _refuse("too-large", line, amount=amount)

    def _take(self, segment: Segment) -> None:
        if segment.source is not None:
            book = self._open(segment.source)
            insort(book.taken, segment, key=_segment_start)
            book.credits += segment.length
        self._put(segment.target, segment.to_length)

    def _put(self, line: Line, amount: int) -> int:
        book = self._open(line)
        start = book.debits
        book.debits += amount
        return start

    def _book(self, line: Line) -> _Book:
        """Read a line without creating it.

        Args:
            line: Any line.

        Returns:
            Its book, or an empty one that belongs to nobody.
        """
        return self._books.get(line) or _Book()

    def _open(self, line: Line) -> _Book:
        return self._books.setdefault(line, _Book())


def _refuse(reason: str, line: Line, **fields: object) -> NoReturn:
    raise InvariantError(reason=reason, account=line.account, commodity=line.commodity, **fields)


def _refuse_more(line: Line, available: int, asked: int) -> NoReturn:
    raise InsufficientError(
        account=line.account, commodity=line.commodity, available=available, asked=asked
    )


def _need_platform(line: Line) -> None:
    if not is_platform(line):
        _refuse("not-a-platform-line", line)


def _need_positive(amount: int) -> None:
    if amount <= 0:
        raise InvariantError(reason="not-positive", amount=amount)
