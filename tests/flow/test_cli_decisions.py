"""Decisions on the command line: proposed by one, approved by another, edited, rejected, taken back."""

from __future__ import annotations

import pytest

from tests.flow.cli import Cli

PROPOSAL = ("--from", "CCB", "--to", "Main", "--reference", "HZ20261203")
PROPOSE = ("transfer", "propose", "500.00", *PROPOSAL, "--by", "王会计")


def by(name: str) -> tuple[str, str]:
    return "--by", name


def test_a_decision_tells_who_can_still_act(raised: Cli) -> None:
    assert raised.json("decision", "list") == {"decisions": []}
    proposed = raised.json(*PROPOSE)
    assert proposed == {"decision": 1, "number": 1}
    shown = raised.json("decision", "show", "1")
    assert (shown["kind"], shown["open"], shown["may_act"]) == ("transfer", ["approver"], ["m2"])
    assert "can still act: m2" in raised.run("decision", "show", "1").stdout
    raised.run("member", "remove", "李建国", *by("赵管"))
    told = raised.run("decision", "show", "1").stdout
    assert "nobody can complete it (no-such-role): approver" in told


def test_an_edit_takes_the_approvals_away_and_its_editor_with_them(raised: Cli) -> None:
    tiers = ("500000.00:approver,controller", "approver,approver,controller")
    rule = ("rule", "set", "transfer", *tiers, *by("赵管"))
    number = str(raised.json(*rule)["number"])
    raised.run("decision", "approve", number, *by("李建国"))
    raised.run(*PROPOSE)
    raised.run("decision", "approve", "2", *by("李建国"))
    assert raised.json("decision", "show", "2")["open"] == ["controller"]
    edit = ("decision", "edit", "2", "amount=400.00", *by("王会计"))
    assert raised.json(*edit)["version"] == 2
    assert raised.json("decision", "show", "2")["open"] == ["approver", "controller"]
    assert raised.json("transfer", "list")["transfers"][0]["amount_minor"] == 40000
    # What was seen before the edit is not what would be approved now.
    told = raised.refused("decision", "approve", "2", *by("周敏"))
    assert told.startswith("field: field version: edited")
    assert raised.refused("transfer", "approve", "1", *by("周敏")) == told
    assert "latest-version" in raised.refused(
        "decision", "approve", "2", "--version", "1", *by("周敏")
    )
    raised.run("decision", "approve", "2", "--version", "2", *by("周敏"))
    done = raised.json("decision", "approve", "2", "--version", "2", *by("李建国"))
    assert done["state"] == "approved"
    assert raised.json("verify")["ok"] is True


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("amount", "not-field=value"),
        ("colour=red", "field colour: unknown"),
        ("number=2", "field number: unknown"),
        ("amount=1.001", "too-many-decimals"),
        ("amount=999999.00", "insufficient"),
        ("reference=x", "field reference: length"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(raised: Cli, change: str, says: str) -> None:
    raised.run(*PROPOSE)
    assert says in raised.refused("decision", "edit", "1", change, *by("王会计"))
    assert raised.json("decision", "show", "1")["version"] == 1


def test_reject_and_withdraw_end_a_decision(raised: Cli) -> None:
    raised.run(*PROPOSE)
    reject = ("decision", "reject", "1", "--reason")
    assert "field reason: missing" in raised.refused(*reject, " ", *by("李建国"))
    assert raised.json(*reject, "wrong account", *by("李建国"))["state"] == "rejected"
    assert "rejected by m2: wrong account" in raised.run("decision", "show", "1").stdout
    raised.run(*PROPOSE)
    assert raised.refused("decision", "withdraw", "2", *by("赵管")).startswith("not-allowed")
    assert raised.json("decision", "withdraw", "2", *by("王会计"))["state"] == "withdrawn"
    assert "state=withdrawn" in raised.refused("decision", "approve", "2", *by("李建国"))
    listed = raised.json("decision", "list", "--all")["decisions"]
    assert [(one["number"], one["state"]) for one in listed] == [(2, "withdrawn"), (1, "rejected")]


def test_an_approved_transfer_is_stopped_by_one_person(raised: Cli) -> None:
    raised.run(*PROPOSE)
    call = ("transfer", "call-off", "1", "--reason", "the account is being closed")
    assert "state=proposed" in raised.refused(*call, *by("周敏"))
    raised.run("transfer", "approve", "1", *by("李建国"))
    raised.run(*call, *by("周敏"))
    assert raised.json("transfer", "list")["transfers"][0]["state"] == "rejected"
    assert raised.json("verify")["ok"] is True


def test_later_people_roles_rates_and_rules_take_two(raised: Cli) -> None:
    enrol = ("member", "add", "孙审", "auditor", "--email", "sun@qinghe.example.com")
    proposed = raised.json(*enrol, *by("赵管"))
    assert "/invitation/" in proposed["invitation"]
    assert len(raised.json("member", "list")["members"]) == 4
    raised.run("decision", "approve", str(proposed["decision"]), *by("李建国"))
    assert raised.json("member", "list")["members"][4] == {
        "id": "m5",
        "removed": False,
        "roles": ["auditor"],
    }
    change = raised.json("member", "change", "周敏", "controller,operator", *by("赵管"))
    raised.run("decision", "approve", str(change["decision"]), *by("李建国"))
    assert raised.json("member", "list")["members"][2]["roles"] == ["controller", "operator"]
    rate = raised.json("rate", "set", "DYCOIN", "10", "1.00", *by("王会计"))
    raised.run("decision", "approve", str(rate["decision"]), *by("周敏"))
    told = raised.refused("rule", "set", "transfer", "controller", *by("赵管"))
    assert "field reason: missing" in told
    why = ("--exception", "三个人的县")
    rule = raised.json("rule", "set", "transfer", "controller", *why, *by("赵管"))
    raised.run("decision", "approve", str(rule["number"]), *by("李建国"))
    shown = raised.run("rule", "show").stdout
    assert "transfer\tall: controller\texception: 三个人的县" in shown
    assert raised.json("rule", "show")["rules"]["transfer"]["exception"] == "三个人的县"
    assert raised.json("verify")["ok"] is True
    names = ("孙审", "周敏", "sun@qinghe")
    assert not any(name.encode() in raised.entries() for name in names)


def test_rules_of_a_small_county_are_set_while_it_is_set_up(cli: Cli) -> None:
    rule = ("rule", "set", "transfer", "10000.00:approver", "approver,controller")
    assert "field reason: missing" in cli.refused(*rule)
    assert cli.json(*rule, "--exception", "one approver only")["seq"] == 9
    assert "field slots: unknown" in cli.refused("rule", "set", "close", "finance")
    tiers = cli.json("rule", "show")["rules"]["transfer"]["tiers"]
    assert tiers == [
        {"slots": ["approver"], "up_to": 1_000_000},
        {"slots": ["approver", "controller"], "up_to": None},
    ]
