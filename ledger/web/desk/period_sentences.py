"""Sentences of the pages about months, corrections, and figures as they were known."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "desk.tab.periods": ("月份", "Months"),
    "more.periods": (
        "结账前查什么，每个月走到哪一步",
        "What to check before closing, and where each month stands",
    ),
    "periods.title": ("月份", "Months"),
    "periods.lead": (
        "一个月从开到结账、封账。封账以后谁也不能改，更正记在下一个没结账的月份。",
        "From open to closed to sealed. Nobody changes a sealed month: corrections go to the next open one.",
    ),
    "periods.month": ("月份", "Month"),
    "periods.state": ("状态", "State"),
    "periods.steps": ("走过的步骤", "Steps so far"),
    "period.state.running": ("还没过完", "Not over yet"),
    "period.state.open": ("未结账", "Open"),
    "period.state.closing": ("正在结账", "Closing"),
    "period.state.closed": ("已结账", "Closed"),
    "period.state.reopened": ("已重开", "Reopened"),
    "period.state.sealed": ("已封账", "Sealed"),
    "period.step.closing": ("开始结账", "Closing begun"),
    "period.step.closed": ("结账", "Closed"),
    "period.step.reopened": ("重开", "Reopened"),
    "period.step.sealed": ("封账", "Sealed"),
    "period.title": ("{month}", "{month}"),
    "period.none_yet": ("还没有步骤。", "No step yet."),
    "period.told.running": (
        "这个月还没过完，月底以后才能结账。",
        "This month is not over; it can be closed after its end.",
    ),
    "period.told.open": (
        "可以记账。查完下面几项就可以结账。",
        "Entries are taken. When the checks below are done, it can be closed.",
    ),
    "period.told.closing": (
        "再记这个月的账，要写明原因。平台和银行报来的照收，并注明。",
        "Whoever books into this month now gives a reason. What platforms and banks report is taken and marked.",
    ),
    "period.told.closed": (
        "不再记账。晚到的自动算进下一个没结账的月份，并注明“晚到”。",
        "Nothing is booked into it. What comes late counts in the next open month by itself, and says so.",
    ),
    "period.told.reopened": (
        "重开到 {until}，到时自动结账。记账要写明原因。",
        "Reopened until {until}; then it closes by itself. Entries need a reason.",
    ),
    "period.told.sealed": (
        "永不再改。要更正，在下一个没结账的月份里记一条，并指明更正哪一条。",
        "Never changed again. A correction is an entry of the next open month that names what it corrects.",
    ),
    "period.moved_on": (
        "这个月已经走到别的步骤了，请看下面。",
        "This month has moved on; see below.",
    ),
    "period.done.closing": ("已经开始结账。", "Closing has begun."),
    "period.begin": ("开始结账", "Begin closing"),
    "period.propose_close": ("提出结账", "Propose to close"),
    "period.propose_seal": ("提出封账", "Propose to seal"),
    "period.propose_reopen": ("提出重开", "Propose to reopen"),
    "period.last_only": (
        "后面的月份已经结账，只有最后结账的月份能重开。",
        "A later month is closed: only the last closed month can be reopened.",
    ),
    "period.checks": ("结账前要查的", "Checks before closing"),
    "period.all_well": ("都查过了，可以结账。", "All checks pass; the month can be closed."),
    "period.blocked": (
        "还有 {n} 项没过。要么先办完，要么写明原因，由复核人批准后结账，报告里会印出来。",
        "{n} checks fail. Mend them, or give a reason that the controller approves; statements print it.",
    ),
    "period.accepted": ("有未过的检查，说明：{reason}", "Closed although checks failed: {reason}"),
    "period.check": ("检查", "Check"),
    "period.found": ("结果", "Found"),
    "check.state.passed": ("通过", "Passed"),
    "check.state.failed": ("没过", "Fails"),
    "check.state.not-needed": ("不适用", "Not needed"),
    "check.warns": ("提醒", "To look at"),
    "check.name.files": ("各账户的银行文件", "Bank files of all accounts"),
    "check.name.bank": ("账面与银行相等", "Ledger equals bank"),
    "check.name.exceptions": ("拦住结账的差异", "Exceptions that block"),
    "check.name.proposals": ("没办完的提案和建议", "Proposals and suggestions"),
    "check.name.totals": ("借贷相等", "Debits equal credits"),
    "check.name.numbers": ("编号连续", "Numbers without gaps"),
    "check.name.cut-off": ("月末前后", "Around the month’s end"),
    "check.why.nothing-held": (
        "各账户到月底都没有余额和流水。",
        "No account held or moved anything by the end of the month.",
    ),
    "check.why.files-passed": (
        "{accounts} 个账户的文件到月底都齐，前后相接。",
        "The files of {accounts} accounts reach the end of the month and join.",
    ),
    "check.why.files-failed": ("{points} 处缺：", "Missing in {points} places:"),
    "check.why.no-balance": (
        "银行在这个月没有报出余额。",
        "No bank stated a balance in this month.",
    ),
    "check.why.bank-passed": (
        "{accounts} 个账户：账面与银行差额都有明细可查。",
        "{accounts} accounts: listed items explain every difference.",
    ),
    "check.why.bank-failed": (
        "{points} 个账户有说不清的差额：",
        "A difference that nothing explains, on {points} accounts:",
    ),
    "check.why.exceptions-passed": (
        "没有拦住结账的差异，另有 {others} 条不拦。",
        "No exception blocks; {others} others are open.",
    ),
    "check.why.exceptions-failed": ("{points} 条差异拦住结账：", "{points} exceptions block:"),
    "check.why.proposals-passed": (
        "没有等人办的提案和匹配建议。",
        "No proposal and no suggestion waits.",
    ),
    "check.why.proposals-failed": (
        "{points} 处在等人办（匹配建议 {suggested} 条）：",
        "Waiting in {points} places ({suggested} suggested matches):",
    ),
    "check.why.totals-passed": (
        "{currencies} 种币，借方都等于贷方。",
        "Debits equal credits in {currencies} currencies.",
    ),
    "check.why.totals-failed": ("{points} 种币借贷不等：", "They differ in {points} currencies:"),
    "check.why.numbers-passed": (
        "分录 {entries} 条，打赏 {gifts} 笔，没有缺号。",
        "{entries} entries and {gifts} gifts, without a gap.",
    ),
    "check.why.numbers-failed": (
        "缺 {missing} 个编号。请管理员马上核对账本。",
        "{missing} numbers are missing: have the ledger verified now.",
    ),
    "check.why.cut-off-passed": (
        "下月头 {days} 天的退款和结算 {after} 条，事后三天以上才记的 {late} 条，请看一遍：",
        "{after} refunds and settlements of the next month’s first {days} days, {late} recorded over three days late:",
    ),
    "check.why.cut-off-failed": (
        "下月头 {days} 天还没过完，可能还有退款和结算。目前 {after} 条，晚记的 {late} 条。",
        "The next month’s first {days} days are not over: more may come. {after} so far, {late} recorded late.",
    ),
    "point.files.held": ("{account}：有文件搁着没放行", "{account}: a file is held"),
    "point.files.gap": ("{account}：文件之间对不上", "{account}: files do not join"),
    "point.files.end": (
        "{account}：文件没到月底",
        "{account}: no file reaches the end of the month",
    ),
    "point.bank": ("{account}，{day}：差 {money}", "{account}, {day}: {money}"),
    "point.matches": ("匹配建议", "Suggested matches"),
    "point.totals": ("{currency}：差 {money}", "{currency}: {money}"),
    "point.after": ("下月初", "Early next month"),
    "point.late": ("晚记", "Recorded late"),
    "seal.new.title": ("提出封账", "Propose to seal a month"),
    "seal.new.lead": (
        "封账以后，这个月永远不能再改，也不能重开。封账时给账本盖上时间戳。",
        "A sealed month is never changed nor reopened again. Sealing writes a checkpoint and asks for a time stamp.",
    ),
    "reopen.new.title": ("提出重开", "Propose to reopen a month"),
    "reopen.new.lead": (
        "只能重开最后结账、还没封账的月份，写明原因和到期时间，到时自动结账。",
        "Only the last closed month that is not sealed: give a reason and an end, at which it closes by itself.",
    ),
    "reopen.new.reason": ("为什么要重开", "Why it is reopened"),
    "reopen.new.until": ("重开到（最多 31 天）", "Open until (31 days at most)"),
    "close.new.reason": (
        "有检查没过时：为什么可以结账（报告里会印出来）",
        "Where checks fail: why it may close all the same (statements print it)",
    ),
    "decision.new.seal": ("封账", "Sealing a month"),
    "decision.new.reopen": ("重开月份", "Reopening a month"),
    "error.checks-fail": (
        "还有检查没过（见“月份”页），请写明为什么可以结账。",
        "Checks fail (see the page of the month): say why it may close all the same.",
    ),
    "error.not-soon": (
        "请写以后 31 天以内的时间。",
        "Please give a time within the next 31 days.",
    ),
    "error.month.sealed": (
        "这个月已经封账，不能再动。",
        "This month is sealed and cannot be touched.",
    ),
    "error.month.closed": (
        "这个月已经结账，或前面、后面的月份要先办。请看“月份”页。",
        "This month is closed, or another one comes first: see the page of months.",
    ),
    "error.month.closing": ("先把正在结账的月份结完。", "Close the month that is closing first."),
    "error.month.reopened": ("先把重开的月份再结账。", "Close the reopened month again first."),
    "error.month.running": ("这个月还没过完。", "This month is not over yet."),
    "error.month.open": ("这个月还没结账。", "This month is not closed yet."),
    "error.month.followed": (
        "后面的月份已经结账，这个月不能重开。",
        "A later month is closed: this one cannot be reopened.",
    ),
    "error.month.not-a-month": (
        "请写年和月，如 2026-11。",
        "Please write year and month, such as 2026-11.",
    ),
    "field.until": ("到期", "Until"),
    "field.failed": ("没过的检查", "Checks that fail"),
}
