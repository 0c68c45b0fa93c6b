from __future__ import annotations

import pytest

from ledger.errors import FieldError
from ledger.journal import accounts

MAKERS = [
    accounts.platform,
    accounts.payout,
    accounts.bank,
    accounts.in_transit,
    accounts.fund,
    accounts.programme,
    accounts.gifts,
    accounts.unattributed,
    accounts.platform_share,
    accounts.tax,
    accounts.chargebacks,
]


def test_every_account_that_we_make_is_legal_and_its_own() -> None:
    made = [make("Kuaishou2") for make in MAKERS] + [
        accounts.CONVERSION,
        accounts.OPENING,
        accounts.BANK_FEES,
        accounts.DONATIONS,
        accounts.INTEREST,
    ]
    assert [accounts.check_name(name) for name in made] == made
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    "name",
    [
        "Assets:A",
        "Assets:1",
        "Liabilities:A:B:C:D",
        "Equity:Opening-Balances",
        "Income:" + "A" * 40,
    ],
)
def test_legal_names(name: str) -> None:
    assert accounts.check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Assets",
        "Assets:",
        "assets:Bank",
        "Asset:Bank",
        "Assets:bank",
        "Assets:-A",
        "Assets:A:",
        "Assets::A",
        "Assets:A B",
        "Assets:A\n",
        "Assets:银行",
        "Assets:Ａ",
        "Assets:A_B",
        "Assets:A:B:C:D:E",
        "Assets:" + "A" * 41,
        "Root:Assets:A",
    ],
)
def test_names_that_no_other_tool_would_read(name: str) -> None:
    with pytest.raises(FieldError, match="not-an-account-name"):
        accounts.check_name(name)


@pytest.mark.parametrize("text", ["K", "9", "Kuai-shou", "A" * 40])
def test_components(text: str) -> None:
    assert accounts.check_component(text) == text


@pytest.mark.parametrize("text", ["", "k", "-K", "K:L", "快手", "K ", "K\n", "A" * 41])
def test_what_is_no_component(text: str) -> None:
    with pytest.raises(FieldError, match="not-a-component"):
        accounts.check_component(text)
