"""A figure, and how it is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        name: What was measured, one of `NAMES`.
        database: `sqlite` or `postgresql`.
        n: Gifts, requests or entries that it was measured at.
        value: In `unit`.
        unit: `gifts/s`, `requests/s`, `entries/s`, `ms`, `s` or `MB`.
        limit: In `unit` too: what the machine does without our part; for flatness, the figure at the smallest size;
            or what is allowed.
        cpu: Processor time of our own processes, seconds; None where it was not taken.
        of: Which page, where a figure is one of several of its name.
        queries: Statements that one look asks the database; None where they were not counted.
    """

    name: str
    database: str
    n: int
    value: float
    unit: str
    limit: float
    cpu: float | None = None
    of: str = ""
    queries: int | None = None

    @property
    def ratio(self) -> float:
        """Return value by limit: of rates, the larger the better; of times and sizes, the smaller the better."""
        return self.value / self.limit if self.limit else 0.0

    def as_json(self) -> dict[str, str | int | float]:
        """Return the figure for a machine."""
        plain: dict[str, str | int | float] = asdict(self)
        for name in ("value", "limit"):
            plain[name] = round(float(plain[name]), 3)
        if plain.pop("cpu") is not None:
            plain["cpu"] = round(self.cpu or 0.0, 4)
        for name in ("of", "queries"):
            if not plain[name]:
                del plain[name]
        return {**plain, "ratio": round(self.ratio, 3)}

    def as_line(self) -> str:
        """Return the figure for a person."""
        digits = 2 if self.unit in ("ms", "s") else 0
        spent = "" if self.cpu is None else f"  (processor {self._spent})"
        asked = "" if self.queries is None else f"  {self.queries} statements"
        name = f"{self.name} {self.of}".strip()
        return (
            f"{name:<18}{self.database:<12}{self.n:>10,}  {self.value:>11,.{digits}f} {self.unit:<11}"
            f" limit {self.limit:>11,.{digits}f}  ratio {self.ratio:.2f}{spent}{asked}"
        )

    @property
    def _spent(self) -> str:
        cpu = self.cpu or 0.0
        return f"{cpu * 1000:.1f} ms" if self.unit == "ms" else f"{cpu:.2f} s"


NAMES = (
    *("import", "replay", "verify", "http", "signed-in", "append", "trace", "page", "pages"),
    *("match", "match-mem", "day", "lists", "balance", "close"),
    *("statement", "statement-mem", "figures", "search"),
)
"""Everything that can be measured, in the order in which it is."""
