"""The figures of a walked month, with the keys of `expected.json` as far as the ledger can know them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ledger.funds import history as funds
from ledger.intake.history import held_list
from ledger.intake.receiving import Tally
from ledger.journal import accounts, balances
from ledger.journal.codec import decode
from ledger.journal.history import Fund, account_id, entry
from ledger.matching import history as matching_history
from ledger.matching.exceptions.kinds import gifts_subject
from ledger.money import plain_amount
from ledger.projections import spending
from ledger.wiring import Ledger

DIRECT_KINDS = {"direct_gift": accounts.DONATIONS, "interest": accounts.INTEREST}


class Figures:
    """Collects the figures of a walk.

    Args:
        period: `2026-10`.
        zone: Time zone of the month.
    """

    def __init__(self, period: str, zone: str) -> None:
        self._found: dict[str, Any] = {"period": period, "timezone": zone}

    def gifts(
        self, platform: str, pushed: Tally, found: Tally, counts: tuple[int, int, int]
    ) -> None:
        """Take what became of a platform's deliveries.

        Args:
            platform: `kuaishou` or `douyin`.
            pushed: Of the callbacks.
            found: Of the look-back.
            counts: Deliveries, forged ones, repeated ones.
        """
        deliveries, forged, repeated = counts
        figures: dict[str, Any] = {
            "deliveries": deliveries,
            "bad_signature": forged,
            "repeated_deliveries": repeated,
        }
        recorded = pushed.recorded + found.recorded
        gross = _yuan(pushed.recorded_minor.get("CNY", 0) + found.recorded_minor.get("CNY", 0))
        if platform == "kuaishou":
            figures |= {
                "test_deliveries": pushed.ignored.get("test", 0),
                "gift_rows_counted": recorded,
                "gross_cny_counted": gross,
            }
        else:
            figures |= {
                "test_items": pushed.ignored.get("test", 0),
                "items_recovered_by_fail_data": found.recorded,
                "items_counted": recorded,
                "gross_cny_counted": gross,
            }
        self._found[platform] = figures

    def arrived(self, connection: Any, fund: Fund, account: str) -> int:
        """Return what platforms paid into a collection account, minor units: what it holds less what it opened with."""
        number = account_id(connection, fund.fund_id, account)
        if number is None:
            return 0
        opened = _opening(connection, fund, account)
        return balances.totals(connection, fund.fund_id, number, "CNY").balance - opened

    def read_ledger(self, ledger: Ledger, fund: Fund) -> None:
        """Read the rest from the ledger.

        Args:
            ledger: The walked one.
            fund: Its fund.
        """
        with ledger.database.reading() as connection:
            held = {
                one.account: one.totals
                for one in balances.all_totals(connection, fund.fund_id)
                if one.commodity == "CNY"
            }
            booked = matching_history.settlements(connection, fund.fund_id)
            items = matching_history.items(connection, fund.fund_id)
            opening = {
                one.name: _opening(connection, fund, one.name)
                for one in funds.money_account_list(connection, fund.fund_id)
            }
            lines = matching_history.line_count(connection, fund.fund_id, accounts.fund("CCB"))
            held_rows = held_list(connection, fund.fund_id)
            sums = spending.sums(connection, fund.fund_id, "CNY", "disease")
            groups = spending.sums(connection, fund.fund_id, "CNY", "people")
        guests = [one for one in held_rows if one.reason == "guest"]
        self._found["douyin"] |= {
            "items_to_guest": len(guests),
            "gross_cny_to_guest": _yuan(sum(one.amount for one in guests)),
        }
        self._found["settlement"] = {
            "rows": [_settlement_row(one) for one in booked],
        }
        for item in items:
            platform = next(
                one.channel.lower()
                for one in booked
                if gifts_subject(one.channel, one.statement_no) == item.subject
            )
            key = (
                f"{platform}_gross_minus_counted"
                if item.kind == "missing_gift"
                else f"{platform}_refund_not_seen_as_event"
            )
            self._found["settlement"][key] = _yuan(item.amount)
            if item.kind == "missing_gift":
                self._found[platform]["gross_cny_never_pushed"] = _yuan(item.amount)
        self._wallets(held, opening)
        fund_account = accounts.fund("CCB")
        transit = held.get(accounts.in_transit("CCB"))
        self._found["bank"] = {
            "opening": _yuan(opening.get(fund_account, 0)),
            "closing": _yuan(held[fund_account].balance),
            "rows": lines,
            "from_platform_chain": _yuan(transit.credits if transit else 0),
            "paid_to_hospital": _yuan(sum(one.amount for one in sums)),
            **{
                key: _yuan(-held[name].balance if name in held else 0)
                for key, name in DIRECT_KINDS.items()
            },
        }
        self._found["spending"] = {
            "total": _yuan(sum(one.amount for one in sums)),
            "persons": sum(one.persons for one in sums),
            "person_times": sum(one.person_times for one in sums),
            "by_disease": {one.code: _yuan(one.amount) for one in sums},
            "by_group": {one.code: _yuan(one.amount) for one in groups},
        }
        self._found["open_items"] = [_told(item, booked) for item in items]

    def _wallets(self, held: dict[str, balances.Totals], opening: dict[str, int]) -> None:
        self._found["wallet"] = {}
        for name, key in (("Alipay", "alipay"), ("WeChatPay", "wechat")):
            account = accounts.bank(name)
            found = held.get(account, balances.NOTHING)
            opened = opening.get(account, 0)
            fee = held.get(accounts.BANK_FEES, balances.NOTHING).debits if key == "wechat" else 0
            wallet = {
                "in": _yuan(found.debits - opened),
                "out_to_fund": _yuan(found.credits - fee),
                "opening": _yuan(opened),
                "closing": _yuan(found.balance),
            }
            if key == "wechat":
                wallet["fee"] = _yuan(fee)
            self._found["wallet"][key] = wallet

    @property
    def found(self) -> dict[str, Any]:
        """Return what was found so far."""
        return self._found

    def sentences(self) -> list[str]:
        """Return the end figures for a person, a line each."""
        bank = self._found["bank"]
        return [
            (
                f"fund: opening {bank['opening']} + platforms {bank['from_platform_chain']} + direct "
                f"{bank['direct_gift']} + interest {bank['interest']} − medicine "
                f"{bank['paid_to_hospital']} = {bank['closing']}"
            ),
            *(f"open: {item}" for item in self._found["open_items"]),
        ]

    def write(self, path: Path) -> None:
        """Write the figures as JSON."""
        path.write_text(
            json.dumps(self._found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )


def _opening(connection: Any, fund: Fund, account: str) -> int:
    """Return what an account held when it was opened, minor units: what came from outside in its opening entry."""
    seq = funds.opening_entry(connection, fund.fund_id, account)
    if seq is None:
        return 0
    opened = decode(entry(connection, fund.fund_id, seq).entry)
    return sum(line["amount"] for line in opened["postings"] if line["account"] == account)


def _settlement_row(one: matching_history.StoredSettlement) -> dict[str, str]:
    return {
        "platform": one.channel.lower(),
        "period": one.period,
        "gross_cny": _yuan(one.gross),
        "refund_cny": _yuan(-one.refund),
        "platform_share_cny": _yuan(-one.share),
        "income_cny": _yuan(one.gross - one.refund - one.share),
        "tax_withheld_cny": _yuan(-one.tax),
        "net_cny": _yuan(one.net),
        "statement_no": one.statement_no,
    }


def _told(item: matching_history.OpenItem, booked: list[matching_history.StoredSettlement]) -> str:
    platform = next(
        one.channel.lower()
        for one in booked
        if gifts_subject(one.channel, one.statement_no) == item.subject
    )
    amount = f"{_yuan(item.amount)} {item.commodity}"
    if item.kind == "missing_gift":
        return (
            f"{platform} settlement gross is {amount} above the counted gifts (rows never pushed)"
        )
    return f"{platform} refund {amount} has no event"


def _yuan(minor: int) -> str:
    return plain_amount(minor, "CNY")
