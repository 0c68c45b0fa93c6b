"""How a figure is told."""

from __future__ import annotations

from ledger.bench.figures import Figure


def test_a_figure_stands_beside_its_limit() -> None:
    figure = Figure("import", "sqlite", 200_000, 20_000.4, "gifts/s", 80_000.0)
    assert figure.as_json() == {
        "name": "import",
        "database": "sqlite",
        "n": 200_000,
        "value": 20_000.4,
        "unit": "gifts/s",
        "limit": 80_000.0,
        "ratio": 0.25,
    }
    line = figure.as_line()
    assert "20,000 gifts/s" in line
    assert "ratio 0.25" in line


def test_milliseconds_keep_their_digits() -> None:
    assert "1.25 ms" in Figure("page", "postgresql", 10_000, 1.25, "ms", 1.0).as_line()
