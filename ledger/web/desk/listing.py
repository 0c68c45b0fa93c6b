"""Lists of the desk: one definition of a list's columns serves its page and its exports.

A list is a `ListPage`: its columns, its filters, and what reads it (a `keyset.Listing` of the door). Its page, its
CSV and its XLSX have the same rows, because all three read the same listing with the same filter.

How a new list page is made:

1. The door's `history` gives a `keyset.Listing`: the filtered query, its orders, and what makes rows of it.
2. A module of `web/desk` makes a `ListPage`, with a `Column` for each: its name, the key of its title, its value, and
   its kind. A column can be sorted by if the listing has an order of its name.
3. Its `add` calls `add_list(blueprint, at, LIST, show)`: the page, `NAME.csv` and `NAME.xlsx`.
4. Its `show` calls `desk.page("NAME.html", list=read_list(desk, LIST))`, and the template draws it with the macros of
   `desk/listing.html`: `filters` around the fields, then `table`. A cell is drawn by its kind unless the template
   says something else for that column.

All state (filters, order, page, the open row) is in the address. htmx replaces `#list` by the same addresses.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, BinaryIO, Generic, NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from ledger.clock import local_date, to_ms
from ledger.errors import InputError
from ledger.export import sheets
from ledger.export.sheets import Kind, Value
from ledger.keyset import Listing, Page, Sort, place_text
from ledger.money import parse_amount
from ledger.web import formats
from ledger.web.desk.frame import Desk, View
from ledger.web.desk.typed import Typed

Row = TypeVar("Row")

PAGE_ROWS = 50
FILTER_CHARS_MAX = 200

CHUNK_BYTES = 65_536
CSV, XLSX = "csv", "xlsx"
_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column of a list.

    Attributes:
        name: In the address, and of the listing's order where it can be sorted by.
        title: Key of its head.
        value: What stands in it.
        kind: What its values are.
        places: Where it stands: `page`, `export` or `both`.
        narrow: Whether it stands on a telephone too.
    """

    name: str
    title: str
    value: Callable[[Desk, Row], Value]
    kind: Kind = "text"
    places: str = "both"
    narrow: bool = True


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Row]):
    """A list of the desk.

    Attributes:
        name: Of its page, and of the files that it is exported to.
        address: Below the fund's desk.
        action: A name of `roles.ACTIONS`: who may see it may export it.
        columns: In order.
        filters: Names in the address, each a filter.
        source: What reads it, by what the address asks for.
        key: Tells a row from the others, for the address; None where rows are not opened or chosen.
        saw: Called before rows are shown or written, where they hold personal data.
        shows: Which columns somebody sees; all of them unless given.
    """

    name: str
    address: str
    action: str
    columns: Sequence[Column[Row]]
    filters: tuple[str, ...]
    source: Callable[[Desk, Typed], Listing[Row]]
    key: Callable[[Row], str] | None = None
    saw: Callable[[Desk], None] | None = None
    shows: Callable[[Desk, Column[Row]], bool] | None = None


class Head(NamedTuple):
    """The head of a column on a page.

    Attributes:
        column: Which.
        address: That sorts by it; empty where that cannot be.
        sorted: `ascending`, `descending`, or empty.
    """

    column: Column[Any]
    address: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Shown(Generic[Row]):
    """A page of a list, for its template.

    Attributes:
        desk: Whose.
        of: Which list.
        asked: What the address asks for.
        page: Rows, and where they stand.
        heads: Of the columns that a page has.
        sort: As it is written in the address; empty for the usual order.
    """

    desk: Desk
    of: ListPage[Row]
    asked: Typed
    page: Page[Row]
    heads: tuple[Head, ...]
    sort: str

    @property
    def rows(self) -> tuple[Row, ...]:
        """Return the rows of this page."""
        return self.page.rows

    @property
    def kept(self) -> dict[str, str]:
        """Return the filters that are set."""
        return _kept(self.of, self.asked)

    def url(self, **values: str) -> str:
        """Return an address of this list with its filters and its order, and with something else."""
        sort = {"sort": self.sort} if self.sort else {}
        return self.desk.url(self.of.name, **{**self.kept, **sort, **values})

    @property
    def here(self) -> str:
        """Return the address of this very page."""
        cut = {name: self.asked[name] for name in ("after", "before") if self.asked[name]}
        return self.url(**cut)

    def here_with(self, **values: str) -> str:
        """Return the address of this very page, with a row opened or all rows chosen."""
        cut = {name: self.asked[name] for name in ("after", "before") if self.asked[name]}
        return self.url(**cut, **values)

    @property
    def next(self) -> str:
        """Return the address of the next page; empty at the end."""
        return self.url(after=place_text(self.page.end)) if self.page.end else ""

    @property
    def previous(self) -> str:
        """Return the address of the page before; empty at the beginning."""
        return self.url(before=place_text(self.page.start)) if self.page.start else ""

    def export(self, kind: str) -> str:
        """Return the address of a file with exactly these rows."""
        sort = {"sort": self.sort} if self.sort else {}
        return self.desk.url(f"{self.of.name}_{kind}", **self.kept, **sort)

    def action(self, page: str) -> str:
        """Return where a form about rows of this page is sent; it leads back to this page."""
        cut = {name: self.asked[name] for name in ("after", "before") if self.asked[name]}
        sort = {"sort": self.sort} if self.sort else {}
        return self.desk.url(page, **self.kept, **sort, **cut)

    def value(self, column: Column[Row], row: Row) -> Value:
        """Return what stands in a cell."""
        return column.value(self.desk, row)

    def key(self, row: Row) -> str:
        """Return what tells a row from the others."""
        return self.of.key(row) if self.of.key is not None else ""

    def is_open(self, row: Row) -> bool:
        """Tell whether a row is opened."""
        return bool(self.asked["open"]) and self.key(row) == self.asked["open"]

    @property
    def all_chosen(self) -> bool:
        """Tell whether all rows of the page are to be chosen."""
        return self.asked["all"] == "1"


def add_list(
    blueprint: Blueprint, at: Callable[..., View], listed: ListPage[Any], show: View
) -> None:
    """Add a list's page and its exports.

    Args:
        blueprint: Of the desk.
        at: `partial(frame.view, ledger)`.
        listed: Which list.
        show: Its page, a view of `Desk`.
    """
    blueprint.add_url_rule(listed.address, listed.name, at(listed.action, show))
    for kind in (CSV, XLSX):
        rule, name = f"{listed.address}.{kind}", f"{listed.name}_{kind}"
        blueprint.add_url_rule(rule, name, at(listed.action, _exporting(listed, kind)))


def read_list(
    desk: Desk, listed: ListPage[Row], asked: Typed | None = None, most: int = PAGE_ROWS
) -> Shown[Row]:
    """Read the page of a list that the address asks for.

    Args:
        desk: Who asks.
        listed: Which list.
        asked: What they ask for; the address unless given.
        most: Rows of a page.

    Returns:
        The page.
    """
    asked = asked if asked is not None else Typed(request.args)
    if listed.saw is not None:
        listed.saw(desk)
    source = listed.source(desk, asked)
    sort, is_usual = _sort(source, asked["sort"])
    after, before = asked["after"], asked["before"]
    cut = source.cut(sort, before or after, before=bool(before))
    with desk.reading() as connection:
        page = source.page(connection, sort, cut, most)
    text = "" if is_usual else _sort_text(sort)
    shown = Shown(desk, listed, asked, page, (), text)
    return Shown(desk, listed, asked, page, tuple(_heads(shown, source, sort)), text)


def day_in(text: str) -> str | None:
    """Return a day of an address, ISO 8601; None where it is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def span_ms(desk: Desk, asked: Typed) -> tuple[int | None, int | None]:
    """Return the days from `from` to `to` of an address as a span in the fund's zone.

    Args:
        desk: Whose zone.
        asked: The address.

    Returns:
        Its first instant and the one after its last, POSIX milliseconds; None where it has no end.
    """
    first, last = day_in(asked["from"]), day_in(asked["to"])
    zone = ZoneInfo(desk.details.zone)

    def begin(day: date) -> int:
        return to_ms(datetime.combine(day, time(), zone).astimezone(UTC))

    return (
        begin(date.fromisoformat(first)) if first else None,
        begin(date.fromisoformat(last) + timedelta(days=1)) if last else None,
    )


def amount_in(desk: Desk, text: str) -> int | None:
    """Return an amount of an address in minor units of the fund's currency; None where it is none."""
    try:
        return parse_amount(text.replace(",", ""), desk.details.commodity) if text else None
    except InputError:
        return None


def chosen_in(asked: Typed, name: str, known: Collection[str]) -> str:
    """Return a choice of an address; empty where it is none of those that are known."""
    return asked[name] if asked[name] in known else ""


def _kept(listed: ListPage[Any], asked: Typed) -> dict[str, str]:
    return {name: asked[name][:FILTER_CHARS_MAX] for name in listed.filters if asked[name]}


def _sort(source: Listing[Any], text: str) -> tuple[Sort, bool]:
    """Read an order from an address; what is none asks for the usual one."""
    descending, name = text.startswith("-"), text.removeprefix("-")
    sort = Sort(name, descending) if name in source.orders else source.usual
    return sort, sort == source.usual


def _sort_text(sort: Sort) -> str:
    return f"-{sort.name}" if sort.descending else sort.name


def _columns(desk: Desk, listed: ListPage[Row], place: str) -> list[Column[Row]]:
    shows = listed.shows or (lambda _desk, _column: True)
    return [one for one in listed.columns if one.places in ("both", place) and shows(desk, one)]


def _heads(shown: Shown[Row], source: Listing[Row], sort: Sort) -> Iterator[Head]:
    for column in _columns(shown.desk, shown.of, "page"):
        if column.name not in source.orders:
            yield Head(column, "", "")
            continue
        is_now = sort.name == column.name
        # The largest and newest first, where somebody sorts by a figure; from A on where by a word.
        falls = not sort.descending if is_now else column.kind != "text"
        wanted = Sort(column.name, falls)
        to = shown.desk.url(shown.of.name, **shown.kept, sort=_sort_text(wanted))
        yield Head(
            column, to, ("descending" if sort.descending else "ascending") if is_now else ""
        )


# --- exports --------------------------------------------------------------------------------------


def _exporting(listed: ListPage[Any], kind: str) -> View:
    def export(desk: Desk) -> BaseResponse:
        """Give the list as a file: exactly what the filter leaves."""
        asked = Typed(request.args)
        if listed.saw is not None:
            listed.saw(desk)
        source = listed.source(desk, asked)
        sort, _ = _sort(source, asked["sort"])
        columns = _columns(desk, listed, "export")
        write = sheets.write_csv if kind == CSV else sheets.write_xlsx
        # Written whole before the first byte goes out: a reader that is slow, or an error in the middle, must leave
        # neither a snapshot open nor half a file.
        with ExitStack() as opened:
            out = cast("BinaryIO", opened.enter_context(tempfile.TemporaryFile()))
            with desk.reading() as connection:
                found = source.commodities(connection)
                rows = (
                    [column.value(desk, row) for column in columns]
                    for row in source.each(connection, sort)
                )
                table = sheets.Table(
                    [sheets.Column(str(desk.say(one.title)), one.kind) for one in columns],
                    rows,
                    _units(desk, found),
                    desk.say.zone,
                )
                write(out, table)
            opened.pop_all()
        return _sent(desk, listed.name, kind, out)

    export.__name__ = f"{listed.name}_{kind}"
    return export


def _units(desk: Desk, found: Sequence[str]) -> Mapping[str, str]:
    wanted = found or (desk.details.commodity,)
    language = desk.say.language
    left, right = ("（", "）") if language == "zh" else (" (", ")")
    return {one: f"{left}{formats.unit(one, language)}{right}" for one in wanted}


def _sent(desk: Desk, name: str, kind: str, out: BinaryIO) -> Response:
    size = out.tell()
    out.seek(0)
    day = local_date(desk.ledger.clock.now(), desk.say.zone).isoformat()
    response = Response(_chunks(out), content_type=_TYPES[kind])
    response.call_on_close(out.close)
    response.content_length = size
    file = f"{desk.fund.slug}-{name}-{day}.{kind}"
    response.headers.set("Content-Disposition", "attachment", filename=file)
    return response


def _chunks(out: BinaryIO) -> Iterator[bytes]:
    with out:
        yield from iter(lambda: out.read(CHUNK_BYTES), b"")
