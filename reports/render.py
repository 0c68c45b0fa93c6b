"""A statement to PDF: checked first, and the same bytes for the same input.

In: a `Statement` and the bytes of its attachments. Out: a PDF/A-3a, tagged, with `figures.json` and the attachments
inside. Nothing is read from the network or from files but the templates beside this module and installed fonts.
Memory is not given back after a large render, so call it in a process that ends.

Source:
    ISO 19005-3; ISO 14289-1.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from weasyprint import HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from ledger.errors import FieldError, StatementTieError
from ledger.issuing.numbers import address_of_number
from ledger.money import format_amount
from ledger.verify import attached
from reports import annual, columns, documents, drawing, flow, sections, wording
from reports.capitals import capitals
from reports.finisher import SANS, finish
from reports.manifest import MANIFEST, manifest_json, manifest_record
from reports.pictures import qr_side, qr_svg
from reports.statement import (
    AttachmentRecord,
    Name,
    check,
    figures_json,
    lines,
    record_attachment,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.sections import LineRow
    from reports.statement import FundColumn, MonthColumn, RuleException, Statement
    from reports.ties import Tie
    from reports.wording import Language

Languages = Literal["zh", "en", "both"]

FIGURES_NAME = "figures.json"
VERIFIER_NAME = "verify.py"
_HERE = Path(__file__).parent
_LANGUAGES: dict[Languages, tuple[Language, ...]] = {
    "zh": ("zh",),
    "en": ("en",),
    "both": ("zh", "en"),
}
_HTML_LANGUAGE: dict[Language, str] = {"zh": "zh-CN", "en": "en"}

_FONT_ATTRIBUTE = re.compile(r' font-family="[^"]*"')
_SEMIBOLD = re.compile(r' font-weight="600"')
_GROUP = 8
_ENTRIES_SHOWN = 6
_LONG_MINOR = 1_000_000_000
"""From 10,000,000.00 on seven sums do not stand side by side at the size of other tables."""


def render_statement(
    statement: Statement, files: Mapping[str, bytes], language: Languages = "both"
) -> bytes:
    """Render a monthly statement.

    Args:
        statement: What to print; every equation is checked before anything is drawn.
        files: Content of each file that `statement.attachments` lists, by name. `figures.json` is made here.
        language: `zh`, `en`, or `both`: Chinese first and then the same in English.

    Returns:
        The PDF. Equal arguments give equal bytes with equal fonts and library versions.

    Raises:
        StatementTieError: Two figures differ, or an attachment is not the file that the statement lists.
        InvariantError: The flow's stages do not tile.
        FourEyesError: One person prepared and approved it.
        SettingsError: The fonts are not installed.
    """
    ties = check(statement)
    check_files(statement.attachments, files)
    inside = pack(statement, files)
    html = statement_html(statement, inside, ties, _LANGUAGES[language])
    return write_pdf(html, statement.number, statement.issued_at, inside)


@dataclass(frozen=True, slots=True)
class Packed:
    """Everything that goes into a file beside its pages.

    Attributes:
        records: What section 13 lists, by name; the manifest first.
        contents: Bytes of each embedded file, by name.
    """

    records: tuple[AttachmentRecord, ...]
    contents: Mapping[str, bytes]


def pack(statement: Statement, files: Mapping[str, bytes]) -> Packed:
    """Add figures, verifier and manifest to a statement's files.

    Args:
        statement: A checked statement.
        files: Content of each file that it lists and embeds.

    Returns:
        All of them.
    """
    figures, program = figures_json(statement), verifier()
    records = [
        *statement.attachments,
        _figures_record(figures),
        record_attachment(
            VERIFIER_NAME,
            Name("核对程序（Python）", "Verifier (Python)"),
            program,
            None,
            "Supplement",
        ),
    ]
    manifest = manifest_json(statement, records)
    contents = {**files, FIGURES_NAME: figures, VERIFIER_NAME: program, MANIFEST: manifest}
    listed = sorted(records, key=lambda one: one.name)
    return Packed((manifest_record(manifest), *listed), contents)


def verifier() -> bytes:
    """Return the program that checks the file it came in."""
    return Path(attached.__file__).read_bytes()


def write_pdf(html: str, number: str, at: datetime, inside: Packed) -> bytes:
    """Turn a document's HTML into its file.

    Args:
        html: Everything that came from outside is escaped in it.
        number: The document's number, its PDF identifier. ASCII.
        at: When it is issued.
        inside: What is embedded.

    Returns:
        The PDF. A character that no font has is printed as a box, and stands as it is in the attachments.

    Raises:
        FieldError: Something else cannot be printed.
        SettingsError: The fonts are not installed.
    """
    try:
        return _write(html, number, at, inside)
    except FieldError as error:
        missing = error.fields.get("code_points")
        if not isinstance(missing, tuple):
            raise
        return _write(_without(html, missing), number, at, inside)


_BOX = "\u25a1"


def _without(html: str, code_points: Sequence[str]) -> str:
    """Print a box for each character that no font has; joiners and selectors beside them go with them."""
    gone = {int(one.removeprefix("U+"), 16) for one in code_points}
    return html.translate(
        {code: None if chr(code) in _JOINERS else _BOX for code in gone}
        | dict.fromkeys(map(ord, _JOINERS))
    )


_JOINERS = "\u200c\u200d\ufe0e\ufe0f"


def _write(html: str, number: str, at: datetime, inside: Packed) -> bytes:
    target = io.BytesIO()
    source = HTML(
        string=html,
        base_url="https://statements.invalid/",
        url_fetcher=URLFetcher(allowed_protocols={"data"}, allow_redirects=False),
    )
    with warnings.catch_warnings():
        # The renderer leaves its colour profile's file to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        source.write_pdf(
            target,
            font_config=FontConfiguration(),
            pdf_variant="pdf/a-3a",
            pdf_identifier=number.encode("ascii"),
            attachments=_attachments(inside, at),
            finisher=finish,
        )
    return target.getvalue()


def check_files(records: Sequence[AttachmentRecord], files: Mapping[str, bytes]) -> None:
    """Make sure that the files to attach are those that the statement lists.

    Args:
        records: What the statement lists.
        files: What is about to be attached.

    Raises:
        StatementTieError: One is missing, unknown or has other bytes; `left` is `V`, `right` the file's name.
    """
    listed = {record.name: record.sha256 for record in records if not record.url}
    given = {name: sha256(content).hexdigest() for name, content in files.items()}
    for name in sorted(listed.keys() | given.keys()):
        if listed.get(name) != given.get(name):
            raise StatementTieError(
                left="V", right=name, left_value=listed.get(name), right_value=given.get(name)
            )


def _attachments(inside: Packed, at: datetime) -> list[Attachment]:
    return [
        Attachment(
            file_obj=io.BytesIO(inside.contents[record.name]),
            name=record.name,
            description=" / ".join(part for part in (record.title.zh, record.title.en) if part),
            relationship=record.relationship,
            created=at.astimezone(UTC),
            modified=at.astimezone(UTC),
        )
        for record in sorted(inside.records, key=lambda record: record.name)
        if not record.url
    ]


def _figures_record(figures: bytes) -> AttachmentRecord:
    title = Name("本报告的全部数字", "All figures of this statement")
    return record_attachment(FIGURES_NAME, title, figures, None)


def statement_html(
    statement: Statement, inside: Packed, ties: Sequence[Tie], languages: Sequence[Language]
) -> str:
    """Fill the templates; everything that came from outside is escaped.

    Args:
        statement: A checked statement.
        inside: The files, whose digests are printed.
        ties: The equations that hold.
        languages: In the order of printing.

    Returns:
        One HTML document.
    """
    voices = [Voice(statement, language, len(ties), inside) for language in languages]
    css = (_HERE / "styles" / "statement.css").read_text("utf-8")
    html = (
        _environment()
        .get_template("statement.html")
        .render(
            s=statement,
            voices=voices,
            css=Markup(css),  # noqa: S704 - our own file
            created=_w3c(statement),
        )
    )
    return drawing.settle_colours(html)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _w3c(statement: Statement) -> str:
    return statement.issued_at.astimezone(ZoneInfo(statement.period.zone)).isoformat(
        "T", "seconds"
    )


@dataclass(frozen=True)
class Voice:
    """A statement told in one language: what templates call.

    Attributes:
        statement: A checked statement.
        language: Of every word.
        tie_count: How many equations were compared.
        inside: The files that go with it.
    """

    statement: Statement
    language: Language
    tie_count: int
    inside: Packed

    @property
    def zh(self) -> bool:
        """Tell whether this is the Chinese part."""
        return self.language == "zh"

    @property
    def html_language(self) -> str:
        """Give the BCP 47 tag."""
        return _HTML_LANGUAGE[self.language]

    def say(self, zh: str, en: str) -> str:
        """Choose the words of this language."""
        return zh if self.zh else en

    def name(self, name: Name) -> str:
        """Choose a name; without an English one the Chinese stands."""
        return name.zh if self.zh or not name.en else name.en

    def answer(self, name: Name | None) -> str:
        """Give an answer of the basis note, or say that it is still open."""
        if name is None:
            return self.say(
                "尚未答复，由基金的法律顾问确认后写明。",
                "Not answered yet; to be stated once counsel has.",
            )
        return self.name(name)

    def word(self, table: str, key: str) -> str:
        """Look a kind, role, state or step up; a new one is printed as it is."""
        words = getattr(documents if table in {"TITLE", "THIS"} else wording, table)
        return wording.named(words, key, self.language)

    def rows(self, letter: str) -> tuple[LineRow, ...]:
        """Give the coded lines of a section."""
        return sections.line_rows(self.statement, letter, self.language)

    def cover(self) -> tuple[LineRow, ...]:
        """Give the five figures of the cover."""
        return sections.cover_rows(self.statement, self.language)

    def amount(self, minor: int | None) -> str:
        """Write an amount of a table, or a dash for what is not known."""
        if minor is None:
            return sections.NOT_APPLICABLE
        return format_amount(minor, self.statement.commodity)

    def of_commodity(self, minor: int | None, commodity: str) -> str:
        """Write an amount of any currency; its code stands with it where it is not the statement's."""
        if minor is None or commodity == self.statement.commodity:
            return self.amount(minor)
        return f"{format_amount(minor, commodity)} {commodity}"

    def amounts(self, row: RuleException) -> str:
        """Say for which amounts an exception holds."""

        def money(minor: int) -> str:
            return wording.money_in_sentence(minor, row.commodity, self.language)

        if row.up_to_minor is None:
            if not row.above_minor:
                return self.say("全部", "all")
            return self.say("高于 ", "above ") + money(row.above_minor)
        up_to = self.say("不超过 ", "up to ") + money(row.up_to_minor)
        if not row.above_minor:
            return up_to
        return self.say("高于 ", "above ") + money(row.above_minor) + self.say("，", ", ") + up_to

    def people(self, roles: Sequence[str]) -> str:
        """Name who approves: a role for each person."""
        named = [wording.named(wording.ROLE, role, self.language) for role in roles]
        return self.say("、", ", ").join(named) or self.say("无", "nobody")

    def minus(self, minor: int | None) -> str:
        """Write an amount that is taken off."""
        return self.amount(None if minor is None else -minor)

    def difference(self, minor: int) -> str:
        """Write an amount with its sign always, except for zero."""
        return ("+" if minor > 0 else "") + self.amount(minor)

    def money(self, minor: int) -> str:
        """Write an amount with its unit, as in a sentence."""
        return wording.money_in_sentence(minor, self.statement.commodity, self.language)

    def capitals(self, minor: int) -> str:
        """Write an amount in capitals; empty where they are not used."""
        return capitals(minor) if self.zh and self.statement.commodity == "CNY" else ""

    def count(self, number: int | str | None) -> str:
        """Write a count, `<5`, `*`, or a dash for what is not known."""
        if number is None:
            return sections.NOT_APPLICABLE
        return f"{number:,}" if isinstance(number, int) else number

    def unit(self) -> str:
        """Name the unit of the amounts."""
        return wording.unit(self.statement.commodity, self.language)

    def day(self, on: date) -> str:
        """Write a day as in a sentence."""
        return wording.day(on, self.language)

    def period(self) -> str:
        """Write the period of the statement."""
        return documents.period(self.statement.kind, self.statement.period.first, self.language)

    def english_title(self) -> str:
        """Give the English title in full."""
        return documents.FULL[self.statement.kind]

    def column_rows(self, letter: str) -> tuple[columns.ColumnRow, ...]:
        """Give the lines of each month."""
        return columns.column_rows(self.statement, letter, lines(self.statement))

    def line_name(self, code: str) -> str:
        """Name a line."""
        zh, en, _ = wording.LINE[code]
        return self.say(zh, en)

    def of(self, column: MonthColumn, code: str) -> int | None:
        """Return a line of a month."""
        return columns.of(column, code)

    def before(self, code: str) -> str:
        """Write a line of the year before, signed as this year's is; a dash without one."""
        value = dict(self.statement.before).get(code)
        return self.amount(-value if value is not None and code in {"F5", "F6"} else value)

    def side(self, column: FundColumn | None, code: str) -> str:
        """Write a line of one side of the fund, signed as the whole is; a dash where sides are not told apart."""
        if column is None:
            return sections.NOT_APPLICABLE
        value = getattr(column, code.lower())
        return self.amount(-value if code in {"F5", "F6"} else value)

    def corrected(self) -> list[str]:
        """List the statements that a notice corrects."""
        return list(dict.fromkeys(one.document for one in self.statement.restated))

    def page_of(self, number: str) -> str:
        """Give the address of another statement's page."""
        return f"{self.statement.web_url.rpartition('/')[0]}/{address_of_number(number)}"

    def entries(self, numbers: Sequence[int]) -> str:
        """List entries, neighbours as a range; only the first where they are many: all are in the register."""
        runs: list[list[int]] = []
        for one in numbers:
            if runs and runs[-1][-1] + 1 == one:
                runs[-1] = [runs[-1][0], one]
            else:
                runs.append([one])
        shown = ", ".join("–".join(f"{end:,}" for end in run) for run in runs[:_ENTRIES_SHOWN])
        return shown + (" …" if len(runs) > _ENTRIES_SHOWN else "")

    def foot(self) -> str:
        """Say what the pages rest on."""
        ledger = self.statement.ledger
        if ledger.l1_first is None or ledger.l1_last is None:
            return self.period()
        first, last = f"{ledger.l1_first:,}", f"{ledger.l1_last:,}"
        return f"{self.period()}{self.say(f'，账本第 {first} 到 {last} 条', f', entries {first} to {last}')}"

    def tight(self) -> bool:
        """Tell whether sums are so long that tables with many of them are set smaller."""
        figures = lines(self.statement)
        largest = max(abs(figures[code] or 0) for code in figures if code[0] in "GPBTFS")
        stages = self.statement.flow.stages if self.statement.flow else ()
        return max(largest, *(one.reached_minor for one in stages), 0) >= _LONG_MINOR

    def unit_cost(self) -> int | None:
        """Return the cost of a visit."""
        return annual.unit_cost(self.statement)

    def cost_ratio(self) -> str:
        """Return the part of management cost in all payments."""
        return annual.cost_ratio(self.statement)

    def cost_limit(self) -> str:
        """Return the limit on management cost, where it is written, and, of a year, whether it was kept."""
        limit = self.statement.fund.limit
        usual = self.say(
            "有公开募捐资格的基金会：当年总支出的百分之十",
            "the rule for foundations with public fundraising: ten percent of the year’s payments",
        )
        text = self.say(
            f"按自然年计，上限 {annual.limit_percent(self.statement)}（{limit.source or usual}）",
            f"The limit, by calendar year, is {annual.limit_percent(self.statement)} ({limit.source or usual})",
        )
        if limit.entry is not None:
            text += self.say(f"，第 {limit.entry} 条", f", entry {limit.entry}")
        if self.statement.kind != "A" or annual.cost_ratio(self.statement) == "—":
            return text + self.say("。", ".")
        if annual.is_above_limit(self.statement):
            return text + self.say("。本年超过了上限。", ". This year is above it.")
        return text + self.say("。本年没有超过。", ". This year is not above it.")

    def notes(self) -> list[tuple[str, str]]:
        """Give the notes of a year."""
        return list(annual.notes(self.statement, self.say, self.money))

    def short_day(self, on: date | None) -> str:
        """Write a day of a table; the year only if it is not the statement's."""
        if on is None:
            return sections.NOT_APPLICABLE
        if on.year == self.statement.period.first.year:
            return on.strftime("%m-%d")
        return on.isoformat()

    def instant(self, at: datetime) -> str:
        """Write an instant in the statement's zone."""
        return wording.instant(at.astimezone(ZoneInfo(self.statement.period.zone)), self.language)

    def issued_on(self) -> str:
        """Write the day of issue."""
        local = self.statement.issued_at.astimezone(ZoneInfo(self.statement.period.zone))
        return wording.day(local.date(), self.language)

    def section(self, number: int) -> str:
        """Give the title of a section."""
        _, zh, en = documents.heading(self.statement.kind, number)
        return self.say(zh, en)

    def anchor(self, number: int) -> str:
        """Name a heading, to point to its page."""
        return f"{self.language}-{number}"

    def contents(self) -> tuple[int, ...]:
        """List the sections of a year."""
        return documents.CONTENTS

    def audit_mark(self, number: int) -> str:
        """Say whether an auditor's opinion can refer to a section."""
        return documents.audit_mark(self.statement.kind, number, self.language)

    def number(self, number: int) -> str:
        """Give the number under which a section stands."""
        return documents.heading(self.statement.kind, number)[0]

    def subtitle(self, number: int) -> str:
        """Give the English title that stands beside the Chinese one."""
        return documents.heading(self.statement.kind, number)[2] if self.zh else ""

    def flow_picture(self) -> Markup:
        """Draw the stages at the width of the page, in the fonts of print."""
        assert self.statement.flow is not None
        prefix = f"flow-{self.language}"
        svg = flow.flow_svg(self.statement.flow, "print", self.language, prefix)
        svg = _FONT_ATTRIBUTE.sub(f' font-family="{SANS}"', svg)
        return Markup(_SEMIBOLD.sub(' font-weight="700"', svg))  # noqa: S704 - escaped where it was made

    def flow_words(self) -> tuple[str, str]:
        """Give the sentence above the picture and the note below it."""
        assert self.statement.flow is not None
        days = any(stage.average_days is not None for stage in self.statement.flow.stages)
        return (
            flow.flow_sentence(self.statement.flow, self.language),
            flow.flow_note("print", self.language, days=days),
        )

    def flow_rows(self) -> tuple[flow.FlowRow, ...]:
        """Give the table under the picture."""
        assert self.statement.flow is not None
        return flow.flow_table(self.statement.flow)

    def flow_parts(self, row: flow.FlowRow) -> list[tuple[str, str]]:
        """Name what left or joined at a stage, with its amount."""
        parts = [(wording.LEFT[self.language][key], self.amount(minor)) for key, minor in row.left]
        parts += [
            (wording.JOINED[self.language][key], self.difference(minor))
            for key, minor in row.joined
        ]
        return parts

    def flow_sums(self) -> flow.FlowSums:
        """Give its last row."""
        assert self.statement.flow is not None
        return flow.flow_sums(self.statement.flow)

    def next_month(self) -> date:
        """Give the first day behind the month."""
        return self.statement.period.last + timedelta(days=1)

    def all_attachments(self) -> tuple[AttachmentRecord, ...]:
        """List the files, the manifest first."""
        return self.inside.records

    def grouped(self, digest: str) -> str:
        """Cut a digest into groups that can be compared by eye."""
        return " ".join(digest[at : at + _GROUP] for at in range(0, len(digest), _GROUP))

    def manifest(self) -> AttachmentRecord:
        """Give the file whose digest stands on the cover: it names the digests of all others."""
        return self.inside.records[0]

    def qr_svg(self) -> Markup:
        """Draw the QR code of the web version."""
        title = self.say("二维码：", "QR code: ") + self.statement.web_url
        return qr_svg(self.statement.web_url, title)

    def qr_side(self) -> str:
        """Give its printed side with the quiet zone."""
        return qr_side(self.statement.web_url)
