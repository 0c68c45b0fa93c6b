"""`docs/security.md` names every item of ASVS 5.0.0, levels 1 and 2, once; and every file it names is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

ITEMS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4,
    "17.3": 2,
}  # fmt: skip
"""How many items of levels 1 and 2 each section has; in each they come first, numbered from 1."""

LEVEL_3 = ["1.2.10", "2.3.5", "6.3.7", "6.3.8", "7.5.3", "8.3.2"]


def named_in(text: str) -> list[str]:
    rows = re.findall(r"^\| ([\d., ]+) \| (.+) \|$", text, re.MULTILINE)
    assert all(where.strip() for _, where in rows)
    return [item for items, _ in rows for item in items.split(", ")]


def test_every_item_is_named_once():
    level_2, level_3 = PAGE.split("### Six items of level 3")
    wanted = [f"{section}.{at}" for section, most in ITEMS.items() for at in range(1, most + 1)]
    assert len(wanted) == 253
    assert Counter(named_in(level_2)) == Counter(wanted)
    assert named_in(level_3) == LEVEL_3


def test_every_file_and_command_it_names_is_there():
    for name in re.findall(
        r"`((?:ledger|tests|web|signin|matching|intake|export)/[\w./]+)`", PAGE
    ):
        assert (ROOT / name).exists() or (ROOT / "ledger" / name).exists(), name
    for name in re.findall(r"\]\(([\w-]+\.md)\)", PAGE):
        assert (ROOT / "docs" / name).exists(), name


def test_the_limits_it_tells_are_those_that_hold():
    from ledger.limits import rules

    told = PAGE.partition("## Limits")[2].partition("**No limit")[0].replace(",", "")
    for rule in vars(rules).values():
        if isinstance(rule, rules.Rule):
            for item in rule.items:
                assert str(item.amount) in told, rule.name
