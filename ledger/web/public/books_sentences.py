"""Sentences of the pages below a fund's page, Chinese and English side by side, as in `ledger.web.sentences`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "books.more": ("更多账目", "More of the books"),
    "books.books": ("总账", "All accounts"),
    "books.books.lead": (
        "收到的每一分，要么停在六处之一，要么已经离开。下面是等式的每一项，和它们由哪些账户加起来。",
        (
            "Every cent received waits at one of six places or has left. These are all terms of that equation, and "
            "the accounts that they are summed from."
        ),
    ),
    "books.terms": ("等式", "The equation"),
    "books.terms.caption": (
        "等式的每一项，金额单位{unit}",
        "Each term of the equation, in {unit}",
    ),
    "books.term": ("项", "Term"),
    "books.came": ("进来", "Came in"),
    "books.went": ("停在 / 离开", "Waits or left"),
    "books.accounts": ("全部账户", "Accounts"),
    "books.accounts.lead": (
        "借方和贷方各是多少、余额多少。点账户名，看它的每一次变动。",
        "What each was debited and credited, and what it holds. A name leads to all its movements.",
    ),
    "books.accounts.caption": ("全部账户，金额单位{unit}", "All accounts, in {unit}"),
    "books.accounts.none": ("还没有记过钱。", "No money has been recorded yet."),
    "books.account": ("账户", "Account"),
    "books.debits": ("借方", "Debits"),
    "books.credits": ("贷方", "Credits"),
    "books.balance": ("余额", "Balance"),
    "books.movements": ("账户变动", "Movements of an account"),
    "books.movements.title": ("每一次变动", "Each movement"),
    "books.movements.caption": (
        "变动，新的在前，金额单位{unit}",
        "Movements, newest first, in {unit}",
    ),
    "books.entries": ("账本条目", "Entries"),
    "books.after": ("期末", "Afterwards"),
    "books.earlier": ("更早的", "Earlier"),
    "books.later": ("下一页", "Next page"),
    "books.entry": ("条", "Entry"),
    "books.kind": ("是什么", "What it is"),
    "books.recorded": ("记下的时间", "Recorded"),
    "books.entries.title": ("账本第 {first}–{last} 条", "Entries {first}–{last}"),
    "books.entries.lead": (
        "账本里挨着的条目，一条不少。",
        "Entries of the ledger in a row, none left out.",
    ),
    "books.entries.caption": ("条目，金额单位{unit}", "Entries, amounts in {unit}"),
    "books.entries.none": ("账本还没记到这里。", "The ledger has not come that far."),
    "books.span": ("账本第 {first}–{last} 条", "entries {first}–{last}"),
    # a period
    "books.period": ("任意一段时间", "Any period"),
    "books.period.lead": (
        "选起止两天，看这段时间每一步动了多少。按账本记下的日子算。",
        "Choose two days and see what moved at each step. Days are those on which the ledger recorded it.",
    ),
    "books.period.from": ("从", "From"),
    "books.period.to": ("到", "To"),
    "books.period.show": ("看这段", "Show"),
    "books.period.error.missing": ("请填一天。", "Please fill in a day."),
    "books.period.error.no-day": (
        "这不是一天，请写成 2026-10-31。",
        "This is no day: write it as 2026-10-31.",
    ),
    "books.period.error.backwards": (
        "结束的一天比开始的早，请对调。",
        "The last day is before the first: swap them.",
    ),
    "books.period.nothing": ("这段时间账本没有记过什么。", "Nothing was recorded in this time."),
    "books.stages": ("每一步", "Each step"),
    "books.stages.caption": (
        "每一步动了多少，金额单位{unit}",
        "What moved at each step, in {unit}",
    ),
    "books.before": ("期初", "Before"),
    "books.in": ("进来", "In"),
    "books.out": ("出去", "Out"),
    "books.stages.note": (
        "期初加进来减出去，等于期末；四个数都从账户里各自读出，不是互相推出来的。",
        (
            "Before plus in less out makes afterwards; all four are read from the accounts, none is worked out "
            "from another."
        ),
    ),
    "books.channels": ("按直播间", "By channel"),
    "books.channels.caption": ("按直播间的打赏，金额单位{unit}", "Gifts by channel, in {unit}"),
    "books.channels.none": ("这段时间没有打赏。", "No gifts in this time."),
    "books.given": ("打赏", "Gifts"),
    "books.taken_back": ("退款", "Refunds"),
    "books.net": ("净额", "Net"),
    "books.by_day": ("按天", "By day"),
    "books.by_month": ("按月", "By month"),
    "books.days.caption": ("每天动了多少，金额单位{unit}", "What moved each day, in {unit}"),
    "books.days.note": (
        "打赏已减去当天的退款。没记过账的日子不列。",
        "Gifts are less the day’s refunds. Days on which nothing was recorded are left out.",
    ),
    # broadcasts
    "books.broadcasts": ("每一场直播", "Broadcasts"),
    "books.broadcasts.lead": (
        "每场直播收到几笔、多少钱。下播时账本记下这两个数，少记一笔都看得出来。",
        (
            "How many gifts each broadcast brought, and how much. The entry that closes it states both, so that a "
            "missing gift would show."
        ),
    ),
    "books.broadcasts.caption": ("直播，新的在前", "Broadcasts, newest first"),
    "books.broadcasts.count": (
        "这页 {shown} 场，共 {total} 场。",
        "{shown} on this page, {total} in all.",
    ),
    "books.broadcasts.none": ("还没有直播。", "No broadcasts yet."),
    "books.began": ("开播", "Began"),
    "books.running": ("正在直播", "Running"),
    "books.closed": ("下播：", "Closed by "),
    # waits
    "books.waits": ("钱在每一步停多久", "Days at each step"),
    "books.waits.lead": (
        "{day}以来走出每一步的钱，按金额算各停了几天；还有现在停着的钱里最老的。",
        (
            "How many days the money that moved on since {day} had stayed at each step, weighed by amount; and how "
            "old the oldest money is that stands there now."
        ),
    ),
    "books.waits.caption": ("每一步停几天", "Days at each step"),
    "books.waits.average": ("平均", "Average"),
    "books.waits.tenths": ("{days} 天", "{days} days"),
    "books.waits.median": ("一半在几天内", "Half within"),
    "books.waits.slowest": ("最慢的", "Slowest"),
    "books.waits.oldest": ("现在最老的", "Oldest now"),
    "books.waits.promise": ("承诺", "Promise"),
    "books.waits.none": ("没有承诺天数", "None"),
    "books.waits.moved": ("走了 {amount}", "{amount} moved on"),
    "books.waits.chip.late": ("有超过的", "Some beyond it"),
    "books.waits.chip.kept": ("现在没有超过的", "None beyond it now"),
    "books.waits.late": (
        "<strong>{place}的钱超过了承诺的 {promised}，</strong>最老的已 {days}。",
        "<strong>{place}: beyond the promised {promised}.</strong> The oldest is {days} old. ",
    ),
    "books.waits.note": (
        (
            "一分一分地算：每一分在线上有自己的位置，来的那天和走的那天都由账本条目决定。"
            "天数按账本记下的日子；银行文件交得晚，天数就会长。结算的承诺从月底或收到结算单起算。"
        ),
        (
            "Counted cent by cent: each has a place in the queue, and entries tell the day it came and the day it "
            "left. Days are those of recording, so that a bank file brought late makes them longer. For settlements "
            "the promise counts from the month’s end or from the platform’s sheet."
        ),
    ),
    # late and open
    "books.open": ("晚了的、没说清的", "Late or unexplained"),
    "books.open.lead": (
        "比承诺晚的，和两边对不上的：从什么时候起，由谁负责，最晚哪天说清。",
        "What is later than promised and what does not match: since when, who does something about it, and by when.",
    ),
    "books.late": ("比承诺晚", "Later than promised"),
    "books.late.none": ("没有比承诺晚的。", "Nothing is later than promised."),
    "books.late.transfer": ("第 {name} 次划转", "Transfer {name}"),
    "books.late.settlement": ("{channel}结算单 {name}", "Settlement {name} of {channel}"),
    "books.late.statement": ("{name} 月报告", "Statement of {name}"),
    "books.late.days": ("晚 {days}", "{days} late"),
    "books.late.since": (
        "从 {since}起，应在 {due}前；由{role}负责。",
        "Since {since}, due by {due}; with {role}.",
    ),
    "books.differences": ("还没说清的差异", "Differences not explained yet"),
    "books.differences.none": ("没有：每一笔都对上了。", "None: everything matches."),
    "books.ages.caption": (
        "差异按放了多久，金额单位{unit}",
        "Differences by age, amounts in {unit}",
    ),
    "books.age": ("放了多久", "Age"),
    "books.how_many": ("件", "Items"),
    "books.age.0-7": ("7 天以内", "Up to 7 days"),
    "books.age.8-30": ("8 到 30 天", "8 to 30 days"),
    "books.age.31-90": ("31 到 90 天", "31 to 90 days"),
    "books.age.over-90": ("90 天以上", "Over 90 days"),
    "books.item": (
        "{since}发现，已 {age}；{role}要在 {due}前说清。",
        "Found on {since}, {age} ago; {role} is to explain it by {due}.",
    ),
    "books.item.overdue": ("过期了", "Overdue"),
    "books.item.proposed": ("等批准", "Waits for approval"),
    "books.item.paused": ("在等外面的答复。", "An answer from outside is waited for."),
    "books.item.untaken": ("还没有人认领。", "Nobody has taken it yet."),
    # spending
    "books.programme": ("用在哪了", "What it paid for"),
    "books.programme.lead": (
        "按病种和按人群，各用了多少、几个人、几人次。",
        "By disease and by group of people: how much, how many people, how many times.",
    ),
    "books.by_disease": ("按病种", "By disease"),
    "books.by_disease.head": ("病种", "Disease"),
    "books.by_group": ("按人群", "By group of people"),
    "books.by_group.head": ("人群", "Group"),
    "books.persons": ("人数", "People"),
    "books.programme.counted": (
        "人数和人次按已结账的 {first} 至 {last} 月，各月相加。",
        "People and times are those of the closed months {first} to {last}, added up by month.",
    ),
    "books.programme.hidden": (
        "少于 5 人的写“<5”，能倒推出来的写“*”：不让人认出是谁。金额一直到现在。",
        (
            "Fewer than five people are “<5”, and what would tell them “*”, so that nobody can be recognised. "
            "Amounts are as of now."
        ),
    ),
    "books.programme.entries": ("看每一笔", "See each entry"),
    # calendar, corrections
    "books.calendar": ("按时公布了吗", "Published in time?"),
    "books.calendar.lead": (
        "每月的报告承诺在月底后 {days}内公布。按时的、晚了的都在这里。",
        "Each month’s statement is promised within {days} of the month’s end. Kept and missed, all are here.",
    ),
    "books.calendar.caption": ("应公布的报告", "Statements due"),
    "books.kept": ("按时", "In time"),
    "books.missed": ("晚了", "Late"),
    "books.what": ("哪个月", "Month"),
    "books.due": ("应在", "Due"),
    "books.out_on": ("公布于", "Published"),
    "books.state": ("结果", "Outcome"),
    "books.corrections": ("更正登记", "Register of corrections"),
    "books.corrections.lead": (
        "账本不改旧账，写错了另记一条。每一条更正、冲回和退款都在这里。",
        "The ledger never changes an entry: a mistake is set right by a further one. All of them are here.",
    ),
    "books.corrections.none": ("还没有更正过。", "Nothing has been corrected yet."),
    "books.corrections.all": ("到此为止，更正都列出来了。", "These are all corrections."),
    "books.corrects": ("更正的是", "Corrects "),
    "books.reason": ("原因：", "Reason: "),
    "books.approved": ("{n} 人批准。", "Approved by {n}."),
    "books.told_by": ("更正说明：", "Notice: "),
    "books.touches": ("涉及已公布的报告 ", "Touches the published statements "),
    # opinions in lists of statements
    "statement.opinion.none": (
        "审计师签收，没有发表意见",
        "received by the auditor without an opinion",
    ),
    "statement.opinion.unmodified": ("审计师签过：无保留意见", "auditor’s opinion: unmodified"),
    "statement.opinion.qualified": ("审计师签过：保留意见", "auditor’s opinion: qualified"),
    "statement.opinion.adverse": ("审计师签过：否定意见", "auditor’s opinion: adverse"),
    "statement.opinion.disclaimer": ("审计师签过：无法表示意见", "auditor’s opinion: disclaimer"),
    "statement.opinion.agreed-upon": (
        "审计师签过：商定程序报告",
        "auditor’s report: agreed-upon procedures",
    ),
    # the list of funds
    "funds.search": ("找基金", "Find a fund"),
    "funds.search.hint": ("名称、简称或网址里的字", "A part of its name or address"),
    "funds.search.button": ("找", "Find"),
    "funds.search.found": ("找到 {n} 个", "{n} found"),
    "funds.search.none": ("没有找到名称里有“{text}”的基金。", "No fund has “{text}” in its name."),
    "funds.search.all": ("看全部基金", "Show all funds"),
    "funds.page": ("第 {first}–{last} 个，共 {total} 个", "{first}–{last} of {total}"),
    "funds.next": ("后面的", "Next"),
    "funds.before": ("前面的", "Previous"),
}
