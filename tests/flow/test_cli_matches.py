"""Matches on the command line: list, show, confirm, dismiss, propose, adjust, release, and rules tried."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.flow.cli import COLLECTION, GIFTS, Cli

FINANCE, CONTROLLER = "王会计", "周敏"


def second_settlement(cli: Cli, amount: str, text: str, **changes: str) -> str:
    """Settle 510.00 once more, and let a sum come; return the suggestion."""
    sheet = cli.settlement("second.csv", statement_no="KU-ST-SECOND", **changes)
    cli.run("settlement", "import", sheet)
    line = cli.bank_file(
        "second-bank.csv",
        COLLECTION,
        ("20261203 09:00:00", amount, f"{510 + Decimal(amount):.2f}", text),
    )
    cli.run("bank", "import", line)
    assert cli.json("reconcile")["payouts"] == 0
    [found] = cli.json("match", "list")["matches"]
    return str(found["suggestion"])


def test_what_was_matched_is_shown_with_its_reasons_and_released_by_two(raised: Cli) -> None:
    [found] = raised.json("match", "list", "--state", "confirmed")["matches"]
    shown = raised.json("match", "show", "1")
    assert shown == found
    assert (shown["pass"], shown["step"], shown["amount_minor"]) == ("reference", "R3", 51000)
    fields = {one["field"]: one["verdict"] for one in shown["compared"]}
    assert (fields["reference"], fields["amount_minor"]) == ("equal", "equal")
    release = ("match", "release", "1", "--reason", "another line", "--by", FINANCE)
    assert "needs" not in raised.run(*release).stdout
    number = raised.json("decision", "list")["decisions"][0]["number"]
    raised.run("decision", "approve", str(number), "--by", CONTROLLER)
    assert raised.json("match", "show", "1")["state"] == "released"
    assert raised.json("reconcile")["payouts"] == 1
    assert "match 2" in raised.run("match", "list", "--state", "confirmed").stdout
    raised.run("verify")


def test_a_suggestion_is_confirmed_or_dismissed(raised: Cli) -> None:
    suggestion = second_settlement(raised, "510.00", "no number")
    confirm = ("match", "confirm", suggestion, "--by", FINANCE)
    assert raised.json(*confirm) == {"number": 2}
    assert "not-found" in raised.refused(*confirm)
    raised.run("verify")


def test_what_is_dismissed_does_not_come_back(raised: Cli) -> None:
    suggestion = second_settlement(raised, "510.00", "no number")
    raised.run("match", "dismiss", suggestion, "--reason", "a donation", "--by", FINANCE)
    raised.run("match", "suggest")
    assert raised.json("match", "list")["matches"] == []


def test_a_small_difference_is_booked_by_two(raised: Cli) -> None:
    suggestion = second_settlement(raised, "509.50", "KU-ST-SECOND", payout_fee_cny="-0.50")
    assert "needed=adjustment" in raised.refused("match", "confirm", suggestion, "--by", FINANCE)
    adjust = ("match", "adjust", suggestion, "--reason", "rounded", "--by", FINANCE)
    number = raised.json(*adjust)["number"]
    raised.run("decision", "approve", str(number), "--by", CONTROLLER)
    assert raised.json("match", "show", "2")["adjustment_minor"] == -50
    raised.run("verify")


def test_rules_are_tried_only_over_a_closed_month(raised: Cli) -> None:
    rules = raised.file("rules.json", json.dumps({"matching": {"confirm_amount_and_date": True}}))
    assert "none-closed" in raised.refused("rule", "dry-run", rules)
    assert "not-json" in raised.refused("rule", "dry-run", raised.file("bad.json", "{"))
    assert "unknown" in raised.refused(
        "rule", "dry-run", raised.file("other.json", '{"matching": {"x": 1}}')
    )


def test_a_platforms_own_list_tells_what_is_missing_too_many_or_of_another_sum(
    raised: Cli,
) -> None:
    by_list = ("--channel", "Kuaishou", "--month", "2026-11")
    same = raised.gifts("same.jsonl", *GIFTS)
    told = raised.json("match", "gifts", same, *by_list)
    assert (told["rows"], told["same"], told["missing"]["gifts"]) == (3, 3, 0)
    other = raised.gifts(
        "other.jsonl",
        {**GIFTS[0], "nickname": "another name"},
        {**GIFTS[1], "amount": "401.00"},
        {**GIFTS[0], "id": "unknown-id", "amount": "7.00"},
        {**GIFTS[0], "id": "of-another-month", "at": "2026-10-09T20:00:24+08:00"},
    )
    told = raised.json("match", "gifts", other, *by_list, fails=1)
    assert (told["rows"], told["same"]) == (3, 1)
    assert told["missing"] == {"gifts": 1, "amount_minor": 700, "examples": ["unknown-id"]}
    assert (told["amount"]["gifts"], told["amount"]["amount_minor"]) == (1, 100)
    assert told["extra"]["gifts"] == 1
    kinds = [one["kind"] for one in raised.json("bank", "open")["exceptions"]]
    assert sorted(kinds) == ["extra_gift", "gift_amount", "missing_gift"]
    assert b"unknown-id" not in raised.entries()
    raised.json("match", "gifts", other, *by_list, fails=1)
    assert len(raised.json("bank", "open")["exceptions"]) == 3
    raised.run("verify")


def test_every_evening_the_ledger_is_the_bank_and_the_listed_items(raised: Cli) -> None:
    [day] = raised.json("match", "balances", "CCB")["days"]
    assert (day["bank"], day["ledger"], day["is_equal"]) == (51000, 51000, True)
    second_settlement(raised, "510.00", "no number")
    first, last = raised.json("match", "balances", "CCB")["days"]
    assert first == day
    assert (last["bank"], last["ledger"], last["is_equal"]) == (102000, 51000, True)
    assert (last["bank_only"], last["bank_items"], last["ledger_items"]) == (-51000, 1, 0)
    assert raised.json("match", "balances", "CCB", "--to", first["day"])["days"] == [day]
