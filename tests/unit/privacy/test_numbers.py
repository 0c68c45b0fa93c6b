"""Numbers of people are found however they are written, and numbers of papers are none."""

from __future__ import annotations

import pytest

from ledger.privacy.numbers import personal_number, public_references


@pytest.mark.parametrize(
    "text",
    [
        "电话13800138000",
        "138 0013 8000",
        "tel. 138-0013-8000.",
        "+86 13800138000",
        "008613800138000",
        "１３８００１３８０００",
    ],
)
def test_phones_are_found(text: str) -> None:
    assert personal_number(text) == "phone"


@pytest.mark.parametrize("text", ["证件11010519491231002X", "11010519491231002x。"])
def test_identity_numbers_are_found(text: str) -> None:
    assert personal_number(text) == "identity"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "110105194912310021",  # the check character is another
        "11010519491331002X",  # no such month
        "KU-ST-202610",
        "12800138000",
        "2026101380013800099",  # longer
        "qinghe-2026-10-M-v1",
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert personal_number(text) == ""


def test_references_from_remarks_hold_neither_names_nor_numbers_of_people() -> None:
    found = ["13800138000", "ZHANGSANFENG", "11010519491231002X", "WD20261101"]
    assert public_references(found) == ["WD20261101"]
