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
    # one line
    "line.title": ("{account} {day} 的流水", "Line of {account}, {day}"),
    "line.of_file": ("这个文件的全部流水", "all lines of its file"),
    "line.matched": ("对上了什么", "What it is matched with"),
    "line.explained": ("已经说明，见第", "Explained by entry"),
    "line.unmatched": ("还没有对上。", "Nothing explains it yet."),
    "line.no_exception": ("没有。", "None."),
    "transfers.text": ("用途或编号", "Purpose or reference"),
    # promises
    "desk.tab.promises": ("承诺", "Promises"),
    "more.promises": ("几天之内必须做完", "Within how many days things are done"),
    "promises.title": ("基金的承诺", "What the fund promises"),
    "promises.lead": (
        "过了这些天还没做完，就算迟了：提醒会发出，差异会记下。别人批准以后才改。",
        "Past these days a thing is late: it is reminded of, and becomes an exception. Another approves a change.",
    ),
    "promises.transfer_days": ("划转到账", "A transfer arrives"),
    "promises.settlement_days": ("平台结算款到账", "A platform pays a settlement"),
    "promises.statement_days": ("月报公布", "A month’s statement is out"),
    "promises.days.transfer_days": ("{n} 个工作日内", "within {n} working days"),
    "promises.days.settlement_days": ("当月结束后 {n} 天内", "within {n} days of the month’s end"),
    "promises.days.statement_days": (
        "月末后 {n} 个工作日内",
        "within {n} working days of the month’s end",
    ),
    "promises.unit.transfer_days": ("（工作日）", " (working days)"),
    "promises.unit.settlement_days": ("（天）", " (days)"),
    "promises.unit.statement_days": ("（工作日）", " (working days)"),
    "promises.usual": ("系统默认", "as usual"),
    "promises.new": ("提出改动", "Propose other days"),
    "promises.range": ("1 到 {n} 之间的整数。", "Whole numbers from 1 to {n}."),
    "promises.before": ("批准过的", "Approved"),
    "promises.none": ("还没有改过，用的是系统默认。", "None: what is usual holds."),
    "field.promises": ("承诺的天数", "Promised days"),
    "field.balances": ("各账户余额", "Balances"),
}
