"""Sentences of opening balances, of the page of a bank line, of promises, and of what is erased of a thread."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # opening balances
    "kind.opening.balances": ("开账余额", "Opening balances"),
    "decision.kind.opening": ("开账余额", "Opening balances"),
    "openings.title": ("登记开账余额", "Opening balances"),
    "openings.lead": (
        "账本启用以前账户里已有的钱。要别人批准；不属于任何一笔打赏，先到先用。",
        "Held before the ledger began. Another person approves it; it belongs to no gift and is spent first.",
    ),
    "openings.none": (
        "每个账户都已经有钱进出，不能再登记开账余额。差错请用“其他收支”登记或提出冲正。",
        "Money has moved on every account: no opening balance can be booked. Use “Other money”, or a reversal.",
    ),
    "openings.on": ("哪一天的余额", "Balances of which day"),
    "openings.balances": (
        "各账户当天终了的余额",
        "What each account held in the evening of that day",
    ),
    "openings.balances.note": (
        "没有余额的留空。已经有钱进出的账户不列在这里。",
        "Leave an account empty that held nothing. Accounts on which money has moved are not listed.",
    ),
    "openings.reason": (
        "依据（公开，不写人名）",
        "Where the figures come from (public, no names of people)",
    ),
    "openings.error.moved": (
        "这个账户已经有钱进出，不能再登记开账余额。",
        "Money has moved on this account: it takes no opening balance any more.",
    ),
    "field.balances": ("各账户余额", "Balances"),
}
