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
    """

    name: str
    database: str
    n: int
    value: float
    unit: str
    limit: float
    cpu: float | None = None

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
            plain["cpu"] = round(self.cpu or 0.0, 3)
        return {**plain, "ratio": round(self.ratio, 3)}

    def as_line(self) -> str:
        """Return the figure for a person."""
        digits = 2 if self.unit in ("ms", "s") else 0
        spent = "" if self.cpu is None else f"  (processor {self.cpu:.2f} s)"
        return (
            f"{self.name:<14}{self.database:<12}{self.n:>10,}  {self.value:>11,.{digits}f} {self.unit:<11}"
            f" limit {self.limit:>11,.{digits}f}  ratio {self.ratio:.2f}{spent}"
        )


NAMES = (
    *("import", "replay", "verify", "http", "signed-in", "append", "trace", "page"),
    *("match", "match-mem", "day", "lists", "balance", "close"),
    *("statement", "statement-mem", "figures"),
)
"""Everything that can be measured, in the order in which it is."""
