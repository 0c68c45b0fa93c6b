"""What a verification says."""

from __future__ import annotations

import json

from ledger.verify.report import SENTENCES, Findings, failure


def test_of_each_check_the_first_entry_is_kept() -> None:
    findings = Findings()
    for seq in (9, 3, 5):
        findings.fail(
            "entries", failure("qinghe", seq, ("entries", f"seq={seq}"), "differs", seq, b"\x01")
        )
    report = findings.report("db", 10, ["sequence"])
    assert not report.ok
    assert [check.name for check in report.checks] == ["sequence", "entries"]
    assert [found.seq for found in report.failures] == [3]
    assert (
        report.failures[0].detail_en == "entries seq=3 of qinghe: it differs, expected 3, found 01"
    )
    assert report.failures[0].detail_zh == "entries seq=3（qinghe）：不一致，应为 3，实为 01"
    assert "NOT verified" in report.summary


def test_what_parts_found_is_added_up() -> None:
    whole, part = Findings(), Findings()
    part.count("entries", 5)
    whole.count("entries", 2)
    whole.take(part)
    report = whole.report("db", 7, ["entries"])
    assert report.ok
    assert report.checks[0].counted == 7
    assert json.loads(json.dumps(report.as_json()))["checks"][0]["failure"] is None


def test_values_of_a_hostile_log_cannot_flood_or_steer_a_terminal() -> None:
    found = failure("qinghe", 1, ("entries", ""), "differs", "\x1b[2J" + "x" * 10_000, "")
    assert len(found.detail_en) < 300
    assert "\x1b" not in found.detail_en


def test_every_check_has_a_sentence_in_both_languages() -> None:
    for english, chinese in SENTENCES.values():
        assert english.endswith(".")
        assert chinese.endswith("。")
