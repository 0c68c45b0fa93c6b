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
    # what a thread says
    "erase.erased": ("（内容已删除）", "(erased)"),
    "erase.erased_name": ("（文件名已删除）", "(name erased)"),
    "erase.title": ("删除个人信息", "Erase personal data"),
    "erase.lead": (
        "要别人批准。删掉文字和文件名；谁、什么时候写过，文件本身和指纹，都留着。删了不能恢复。",
        "Another person approves. The words, or a file’s name, go for good; who wrote when, and the file, stay.",
    ),
    "erase.which": ("删除哪几条", "What to erase"),
    "erase.propose": ("提出删除", "Propose to erase"),
    "erase.error.none": ("请选要删除的内容。", "Choose what to erase."),
    "erase.of.threads": ("差异的处理记录", "Threads of exceptions"),
    "field.of": ("关于", "About"),
    "field.count": ("条数", "How many"),
    "field.balances": ("各账户余额", "Balances"),
}
