"""The demo's walk gives the figures that its month was made with, and leaves open what should stay open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ledger.cli.demo import SAMPLE_MONTH, Walk, demo_settings
from ledger.cli.session import Session
from ledger.settings import load_settings
from ledger.verify import attached


def walked(home: Path, month: Path) -> dict[str, Any]:
    """Walk a month in a folder of its own and return its figures."""
    settings = demo_settings(load_settings({"LEDGER_HOME": str(home)}))
    Walk(Session(as_json=True), settings, month).run()
    figures: dict[str, Any] = json.loads((settings.home / "figures.json").read_text("utf-8"))
    return figures


def differences(found: Any, expected: Any, path: str = "") -> list[str]:
    """Compare what both know, key by key; lists of objects row by row."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return [
            line
            for key in found.keys() & expected.keys()
            for line in differences(found[key], expected[key], f"{path}/{key}")
        ]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return [
            line
            for at, (one, other) in enumerate(zip(found, expected, strict=True))
            for line in differences(one, other, f"{path}/{at}")
        ]
    return [] if found == expected else [f"{path}: {found!r} is not {expected!r}"]


def test_the_comparison_sees_a_difference() -> None:
    assert differences({"a": [{"b": "1"}]}, {"a": [{"b": "2"}]}) == ["/a/0/b: '1' is not '2'"]


def expect(found: dict[str, Any], folder: Path) -> None:
    """Hold a walked month's figures against those that it was made with."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    assert differences(found, expected) == []
    assert {"kuaishou", "douyin", "settlement", "wallet", "bank", "open_items"} <= found.keys()
    assert found["open_items"] == expected["open_items"]


def test_the_shipped_month_has_the_expected_figures(tmp_path: Path) -> None:
    expect(walked(tmp_path, SAMPLE_MONTH), SAMPLE_MONTH)
    statement = attached.bundle_of((tmp_path / "demo" / "statement.pdf").read_bytes())
    figures = json.loads(statement.files["figures.json"])
    assert figures["ledger"]["witnesses"] == ["witness.example/demo"]
    states = {one.name: one.state for one in attached.check(statement)}
    assert states["witnesses"] == attached.HELD
    assert attached.BROKEN not in states.values()


def test_the_synthetic_month_has_the_expected_figures(tmp_path: Path, samples: Path) -> None:
    expect(walked(tmp_path, samples / "month-synthetic"), samples / "month-synthetic")
