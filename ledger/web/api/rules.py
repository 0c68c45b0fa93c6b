"""What a fund goes by, for machines: who approves what, policies, promises, columns, payees, opening balances."""

from __future__ import annotations

from typing import Any

import orjson

from ledger.decisions import history as decisions
from ledger.decisions.history import RuleInForce
from ledger.decisions.promises import promises_in_force
from ledger.funds import history as funds
from ledger.funds.payees import last_changed, payee_of
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.matching import file_history, officers_rules
from ledger.spending import openings
from ledger.spending.management import Share, management_share
from ledger.transfers import standing
from ledger.transfers.payment_files import STANDARD, mapping_json
from ledger.transfers.standing import DAY_NAMES, Policy
from ledger.web.api.guard import Views

OPENINGS_MAX = 100
"""Of one answer; a fund has one or two."""


class Rules(Views):
    """The views."""

    def rules(self, fund: str) -> dict[str, Any]:
        """Show what the fund goes by: the limits of each kind of decision, and whatever it decided once for all."""
        caller = self._guard.caller(fund, "rules.read")
        fund_id = caller.fund.fund_id
        with self._ledger.database.reading() as connection:
            in_force = decisions.rules_in_force(connection, fund_id)
            promised = promises_in_force(connection, fund_id)
            policies = standing.policies(connection, fund_id)
            columns = [STANDARD, *standing.saved_columns(connection, fund_id)]
            matching, version = officers_rules.rules_in_force(connection, fund_id)
            saved = file_history.saved_mappings(connection, fund_id)
            share = management_share(connection, caller.fund, self._ledger.clock.now())
        newest = {one.name: one for one in reversed(saved)}
        return {
            "four_eyes": {kind: _rule(one) for kind, one in in_force.items()},
            "promises": promised._asdict(),
            "transfer_policies": [_policy(one) for one in policies],
            "payment_columns": [{**mapping_json(one), "on": one.is_on} for one in columns],
            "matching": {**officers_rules.rules_to_json(matching)["matching"], "version": version},
            "management_limit": _limit(share),
            "mappings": [
                {
                    "version": one.version,
                    "decision": one.decision,
                    "content": orjson.loads(one.content),
                }
                for one in newest.values()
            ],
        }

    def payees(self, fund: str) -> dict[str, Any]:
        """Show who stands behind each account of money, with its whole number. That they were read is on record."""
        caller = self._guard.caller(fund, "accounts.read")
        fund_id = caller.fund.fund_id
        self._guard.saw(caller, "accounts.read", "payees")
        with self._ledger.database.reading() as connection:
            return {
                "payees": [
                    {
                        "account": one.name,
                        "commodity": one.commodity,
                        **payee_of(connection, fund_id, one.name)._asdict(),
                        "changed": last_changed(connection, fund_id, one.name),
                    }
                    for one in funds.money_account_list(connection, fund_id)
                ]
            }

    def openings(self, fund: str) -> dict[str, Any]:
        """Show what accounts held before the ledger began, and on which accounts nothing has moved yet."""
        caller = self._guard.caller(fund, "spending.read")
        with self._ledger.database.reading() as connection:
            stored = journal.of_kind(
                connection, caller.fund.fund_id, openings.KIND, newest=OPENINGS_MAX
            )
            untouched = openings.untouched(connection, caller.fund)
        return {
            "openings": [_opening(one.seq, decode(one.entry)["body"]) for one in stored],
            "untouched": [{"account": one.name, "commodity": one.commodity} for one in untouched],
        }


def _rule(one: RuleInForce) -> dict[str, Any]:
    return {
        "commodity": one.rule.commodity,
        "tiers": [
            {"up_to_minor": tier.up_to, "slots": list(tier.slots)} for tier in one.rule.tiers
        ],
        "exception": one.reason,
        "entry": one.seq,
    }


def _limit(share: Share) -> dict[str, Any]:
    return {
        "permyriad": share.limit.permyriad,
        "source": share.limit.source,
        "decision": share.limit.decision,
        "entry": share.limit.entry,
        "year": share.year,
        "management_minor": share.management_minor,
        "total_minor": share.total_minor,
        "above": share.is_above,
    }


def _policy(one: Policy) -> dict[str, Any]:
    return {
        "name": one.name,
        "member": one.member,
        "from": one.source,
        "to": one.target,
        "weekday": None if one.weekday is None else DAY_NAMES[one.weekday],
        "above_minor": one.above,
        "keep_minor": one.keep,
        "purpose": one.purpose,
        "on": one.is_on,
    }


def _opening(seq: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "entry": seq,
        "on": body["on"],
        "balances": [
            {
                "account": one["account"],
                "commodity": one["commodity"],
                "amount_minor": one["amount"],
            }
            for one in body["balances"]
        ],
        "reason": body["reason"],
        "evidence": body["evidence"],
        "decision": body["decision"],
    }
