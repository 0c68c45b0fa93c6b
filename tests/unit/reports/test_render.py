"""The PDF: what is printed is what is embedded, everything is inside, and it is the same every time."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from ledger.decisions.rules import KINDS as DECISIONS
from ledger.errors import SettingsError, StatementTieError
from ledger.matching.exceptions.kinds import KINDS as EXCEPTIONS
from ledger.matching.exceptions.kinds import STILL_OPEN
from ledger.statements.roles import ROLES
from reports import wording
from reports.annual import is_above_limit
from reports.capitals import capitals
from reports.finisher import refuse_missing_glyphs
from reports.render import Voice, pack, render_statement, statement_html
from reports.sections import line_rows
from reports.statement import CostLimit, Name, Statement, check, figures_json
from reports.wording import SECTION, Language
from tests.unit.reports import example, kinds


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("full") / "full.pdf"
    path.write_bytes(render_statement(example.full_month(), example.full_files(), "both"))
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "empty.pdf"
    path.write_bytes(render_statement(example.empty_month(), {}, "both"))
    return path


def _run(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, check=True, text=True)
    return done.stdout


def _text(path: Path) -> str:
    return _run("pdftotext", "-layout", path, "-")


def test_the_file_is_sound(full: Path, empty: Path) -> None:
    for path in (full, empty):
        assert "No syntax or stream encoding errors found" in _run("qpdf", "--check", path)


def test_all_fonts_are_embedded_with_their_unicode(full: Path) -> None:
    rows = _run("pdffonts", full).splitlines()[2:]
    assert {re.search(r"\+(\S+)", row)[1] for row in rows} == {  # type: ignore[index]
        "Noto-Sans-CJK-SC",
        "Noto-Sans-CJK-SC-Bold",
        "Noto-Serif-CJK-SC",
        "Noto-Serif-CJK-SC-Bold",
    }
    assert all(re.search(r"\byes yes yes\b", row) for row in rows)


def test_every_section_stands_in_both_languages(full: Path, empty: Path) -> None:
    for path in (full, empty):
        words = re.sub(r"\s+", "", _text(path))
        for zh, en in SECTION:
            assert zh in words
            assert en.replace(" ", "") in words


def test_the_figures_printed_are_those_embedded(full: Path) -> None:
    words = _text(full)
    flowing = re.sub(r"\s+", "", _run("pdftotext", "-raw", full, "-"))
    with pikepdf.open(full) as pdf:
        read = json.loads(pdf.attachments["figures.json"].get_file().read_bytes())
    assert read == json.loads(figures_json(example.full_month()))
    for code, value in read["lines"].items():
        if value is None or code[0] == "L" or (code == "T2r" and not value):
            continue
        counted = code in {"G1", "X1", "X3", "X4"}
        shown = f"{value:,}" if counted else f"{value // 100:,}.{value % 100:02d}"
        if code in {"G3a", "G3b", "G5a", "G5b"}:
            assert f"{shown}（{code}）" in flowing
            assert f"{shown}({code})" in flowing
        else:
            line = rf"^\s*{code}\s.*?[ −]{re.escape(shown)}(\s|$)"
            assert len(re.findall(line, words, re.MULTILINE)) >= 2, code


def test_columns_can_be_added_by_hand(full: Path) -> None:
    statement = example.full_month()
    for letter in "GPBTF":
        total = 0
        for row in line_rows(statement, letter, "zh"):
            value = int(row.amount.replace("−", "-").replace(",", "").replace(".", ""))
            if row.code == "G1":
                continue
            if row.total:
                assert value == total
                break
            total += value


def test_chinese_sentences_and_capitals_are_readable(full: Path) -> None:
    words = re.sub(r"\s+", "", _text(full))
    assert "金额全部用整数分记账" in words
    assert "没有见证人：除运营者以外，还没有独立的一方在这个检查点上签过名。" in words
    assert capitals(9500000) in words
    assert example.full_month().ledger.checkpoint.root in words


def test_an_empty_month_says_so_and_admits_what_it_cannot_know(empty: Path) -> None:
    words = re.sub(r"\s+", "", _text(empty))
    assert words.count("无") >= 8
    assert "没有导入到期末的对账单，未核对" in words
    assert "没有外部机构的时间戳" in words
    assert "Thereisnowitness" in words
    assert "None" in _text(empty)


def test_the_same_statement_gives_the_same_bytes(full: Path) -> None:
    again = render_statement(example.full_month(), example.full_files(), "both")
    assert again == full.read_bytes()


def test_attachments_are_inside_listed_once_in_order(full: Path) -> None:
    listed = re.findall(r"^\d+: (\S+)$", _run("pdfdetach", "-list", full), re.MULTILINE)
    assert listed == ["figures.json", "gifts.csv", "manifest.json", "transfers.csv", "verify.py"]
    with pikepdf.open(full) as pdf:
        for name, content in example.full_files().items():
            assert pdf.attachments[name].get_file().read_bytes() == content
        specs = list(pdf.Root.AF)
        assert len(specs) == 5
        kinds = {str(spec.UF): str(spec.AFRelationship) for spec in specs}
        assert kinds.pop("verify.py") == "/Supplement"
        assert set(kinds.values()) == {"/Data"}
        assert all("/Desc" in spec and "/UF" in spec for spec in specs)


def test_the_digests_printed_are_those_of_the_files(full: Path) -> None:
    words = re.sub(r"\s+", "", _text(full))
    with pikepdf.open(full) as pdf:
        for name in pdf.attachments:
            content = pdf.attachments[name].get_file().read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            assert digest[:16] in words, name


def test_it_claims_and_carries_what_archives_and_readers_need(full: Path) -> None:
    with pikepdf.open(full) as pdf:
        packet = pdf.Root.Metadata.read_bytes().decode()
        assert packet.count("<rdf:RDF") == 1
        assert re.search(r'pdfaid:part="3"', packet)
        assert re.search(r'pdfaid:conformance="A"', packet)
        assert "<pdfuaid:part>1</pdfuaid:part>" in packet
        assert "<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>" in packet
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "zh-CN"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert len(pdf.Root.OutputIntents) == 1
        assert bytes(pdf.trailer.ID[0]) == b"QH-2019-09-M-v1"
        assert not pdf.is_encrypted
        assert "/JavaScript" not in pdf.Root.get("/Names", {})
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20191014")


def test_every_header_cell_says_what_it_heads(full: Path) -> None:
    with pikepdf.open(full) as pdf:
        headers = [
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/TH"
        ]
        assert len(headers) > 200
        assert {str(cell.A.Scope) for cell in headers} == {"/Column", "/Row"}
        figures = [
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"
        ]
        assert len(figures) == 4
        assert all(str(item.Alt) for item in figures)


def _named(zh: str) -> bytes:
    statement = example.empty_month()
    issuer = replace(statement.issuer, name=Name(zh, "Fund"))
    return render_statement(replace(statement, issuer=issuer), {}, "zh")


def test_a_character_without_a_glyph_is_a_box_in_print_and_itself_in_the_attachment(
    tmp_path: Path,
) -> None:
    path = tmp_path / "named.pdf"
    path.write_bytes(_named("青禾\U0010fffd基金"))
    assert "青禾□基金" in re.sub(r"\s+", "", _text(path))
    with pikepdf.open(path) as pdf:
        figures = json.loads(pdf.attachments["figures.json"].get_file().read_bytes())
    assert figures["issuer"]["name"]["zh"] == "青禾\U0010fffd基金"


def test_a_crowded_month_keeps_its_sums_apart_its_heads_with_their_tables_and_one_cover(
    tmp_path: Path,
) -> None:
    path = tmp_path / "crowded.pdf"
    path.write_bytes(render_statement(kinds.of_kind("M", crowded=True), kinds.files(), "zh"))
    pages = _text(path).split("\f")[:-1]
    assert "审计师签章" in pages[0]
    run_together = re.compile(r"\d,\d{3}\d|\.\d{2}[\d−+]")  # a sum that runs into the next
    for at, page in enumerate(pages, start=1):
        assert not run_together.search(page), at
        written = [line for line in page.splitlines() if line.strip()]
        assert len(written) > 5, at  # no head without its table, no page for a total alone
        assert f"{at} / {len(pages)}" in written[-1]


def test_entries_that_follow_each_other_are_a_range() -> None:
    statement = example.full_month()
    voice = Voice(statement, "zh", 1, pack(statement, {}))
    assert voice.entries((7, 1_200, 1_201, 1_202, 9_000)) == "7, 1,200–1,202, 9,000"
    assert voice.entries(tuple(range(0, 20, 2))).endswith("10 …")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_decision_exception_and_role_has_a_word(language: Language) -> None:
    assert set(DECISIONS) <= set(wording.DECISION[language])
    assert set(EXCEPTIONS) <= set(wording.KIND[language])
    assert set(ROLES.values()) <= set(wording.ROLE[language])
    assert set(STILL_OPEN) <= set(wording.STATE[language])


def test_missing_fonts_are_said_to_be_missing() -> None:
    with pytest.raises(SettingsError, match="Noto Sans CJK SC"):
        refuse_missing_glyphs([])


def test_names_cannot_bring_markup_or_files_in() -> None:
    data = _named('<link rel="attachment" href="file:///etc/hostname"><b>青禾</b>')
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert set(pdf.attachments) == {"figures.json", "manifest.json", "verify.py"}


def test_a_statement_that_does_not_tie_is_not_drawn() -> None:
    statement = example.empty_month()
    wrong = replace(statement, bank=replace(statement.bank, b7=1))
    with pytest.raises(StatementTieError):
        render_statement(wrong, {})


@pytest.mark.parametrize(
    "files",
    [
        {},
        {**example.full_files(), "gifts.csv": b"other"},
        {**example.full_files(), "more.csv": b""},
    ],
)
def test_only_the_files_listed_can_be_attached(files: dict[str, bytes]) -> None:
    with pytest.raises(StatementTieError) as caught:
        render_statement(example.full_month(), files)
    assert caught.value.fields["left"] == "V"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_small_counts_are_not_in_the_page(language: str) -> None:
    statement = example.full_month()
    html = statement_html(statement, pack(statement, {}), check(statement), [language])  # type: ignore[list-item]
    row = re.search(r"(?:孤儿|Orphans)</th>(.*?)</tr>", html)
    assert row is not None
    assert re.findall(r">([^<>]+)</td>", row[1]) == ["*", "&lt;5", "2,210.00"]


def test_columns_by_restriction_and_providers_are_printed() -> None:
    statement = example.full_month()
    column = statement.fund.total
    nothing = replace(column, f1=0, f2=0, f5=0, f8=0)
    fund = replace(statement.fund, restricted=column, unrestricted=nothing)
    providers = ((Name("县医院", "County hospital"), 6148050),)
    spending = replace(statement.spending, s3=6148050, by_provider=providers)
    told = replace(statement, fund=fund, spending=spending)
    html = statement_html(told, pack(told, {}), check(told), ["zh"])
    assert "非限定性" in html
    assert re.search(r"县医院</th><td class=\"amount\">61,480.50", html)


def test_exceptions_to_the_rule_of_two_are_printed_and_embedded() -> None:
    statement = example.full_month()
    figures = figures_json(statement)
    chinese, english = (
        statement_html(statement, pack(statement, {}), check(statement), (language,))
        for language in ("zh", "en")
    )
    assert "高于 500,000.00 元" in chinese
    assert "批准人、批准人" in chinese
    assert "above ¥500,000.00" in english
    assert "above ¥10,000.00, up to ¥20,000.00" in english
    assert "<td>nobody</td>" in english
    assert "<td>up to ¥1.00</td>" in english
    assert "&lt;人少&gt;" in chinese  # it is somebody's words, not ours
    embedded = json.loads(figures)["exceptions"]
    assert [one["kind"] for one in embedded] == ["transfer", "match", "close", "adjustment"]
    assert (embedded[0]["above_minor"], embedded[0]["up_to_minor"]) == (50_000_000, None)
    none = example.empty_month()
    page = statement_html(none, pack(none, {}), check(none), ("en",))
    title = page.index("Exceptions to the rule of two")
    assert '<p class="none">None</p>' in page[title : title + 600]


def test_the_limit_on_management_cost_is_printed_with_its_source() -> None:
    statement = example.full_month()

    def told(one: Statement, language: Language) -> str:
        return Voice(one, language, 1, pack(one, {})).cost_limit()

    assert "上限 10.00 %（有公开募捐资格的基金会" in told(statement, "zh")
    limit = CostLimit(100, "charter, article 12", 77)
    own = replace(statement, fund=replace(statement.fund, limit=limit))
    assert told(own, "en").endswith("is 1.00 % (charter, article 12), entry 77.")
    for f6, above in ((100, False), (101, True)):  # of 10,000 and of 10,001, exactly
        total = replace(own.fund.total, f5=9_900, f6=f6)
        year = replace(own, kind="A", fund=replace(own.fund, total=total))
        assert is_above_limit(year) is above
        assert told(year, "en").endswith(
            "This year is above it." if above else "This year is not above it."
        )
