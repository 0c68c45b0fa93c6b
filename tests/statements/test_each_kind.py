"""Every kind of document is sound before and after each signature; `test_signed_files.py` has the monthly statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.statements.fields import prepare_fields
from ledger.statements.pki import make_development_pki
from ledger.verify.pdf_signatures import examine
from ledger.verify.pdf_trust import read_trust
from reports.receipt import render_receipt
from reports.render import render_statement
from tests.statements.papers import NOW
from tests.statements.sound import check_by_others, check_claims, check_fields, signed_twice
from tests.unit.reports import kinds


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_development_pki(tmp_path_factory.mktemp("keys"))


@pytest.mark.parametrize(
    ("kind", "language"), [("Q", "zh"), ("A", "both"), ("R", "en"), ("C", "zh")]
)
def test_a_document_is_sound_before_and_after_each_signature(
    kind: str, language: str, development: Path, tmp_path: Path
) -> None:
    rendered = render_statement(kinds.of_kind(kind, crowded=False), {}, language)  # type: ignore[arg-type]
    stages = signed_twice(prepare_fields(rendered), development)
    for stage in stages:
        check_by_others(stage.data, stage.signatures, tmp_path)
        check_claims(stage.data, "en" if language == "en" else "zh-CN")
        check_fields(stage.data)
    found = examine(stages[-1].data, read_trust(development), NOW)
    assert found.long_term is True
    assert all(one.is_intact and one.is_allowed and one.is_trusted for one in found.found)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_giver_s_receipt_is_sound_and_one_page(language: str, tmp_path: Path) -> None:
    data = render_receipt(kinds.receipt(crowded=True), b"c2sp.org/tlog-proof@v1\n", language)  # type: ignore[arg-type]
    check_by_others(data, 0, tmp_path)
    check_claims(data, "zh-CN" if language == "zh" else "en")
