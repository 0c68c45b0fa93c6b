"""Sentences of standing policies, of the columns of bank portals, and of the limit on management cost."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "desk.tab.standing": ("自动划转和网银表格", "Standing policies and bank sheets"),
    "more.standing": (
        "哪些划转自动提出，网银的付款表格有哪些列",
        "Which transfers are proposed by themselves, and the columns of bank portals",
    ),
    "standing.title": ("自动划转和网银表格", "Standing policies and bank sheets"),
    "standing.lead": (
        "都由管理员提出、批准人批准，批准以后才生效；停用也一样。",
        "An administrator proposes and an approver decides, to end one as well; nothing holds before that.",
    ),
    "standing.waits.transfer_policy": (
        "自动划转 {name} 有一项改动等批准。",
        "A change of the standing policy {name} waits for approval.",
    ),
    "standing.waits.payment_columns": (
        "网银表格 {name} 有一项改动等批准。",
        "A change of the bank sheet {name} waits for approval.",
    ),
    "standing.change": ("提出改动", "Propose a change"),
    "standing.again": ("提出恢复", "Propose to take it up again"),
    "standing.end": ("提出停用", "Propose to end it"),
    "standing.ended": ("停用", "Ended"),
    "standing.decides": ("由批准人决定。", "An approver decides."),
    "standing.name.note": (
        "小写字母开头，只用小写字母、数字和连字符，如 friday、ccb。",
        "Begins with a small letter; small letters, digits and hyphens only, such as friday or ccb.",
    ),
    "standing.error.taken": (
        "已经有同名的了。要改它，请在列表里点“提出改动”。",
        "There is one of this name. To change it, choose “Propose a change” on the list.",
    ),
    "standing.error.not-a-name": (
        "名字要小写字母开头，只用小写字母、数字和连字符；standard 已被占用。",
        "Small letters, digits and hyphens only, beginning with a letter; standard is taken.",
    ),
    "standing.error.other-currency": (
        "两个账户币种不同，不能划转。",
        "The accounts are in two currencies.",
    ),
    "standing.error.may-not-propose": (
        "这个人不能提出划转，请另选一位财务。",
        "They may not propose transfers: choose somebody of finance.",
    ),
    "standing.error.too-long": ("太长了，最多 140 个字。", "Too long: at most 140 characters."),
    "standing.error.twice-or-too-many": (
        "至少要一列；同一项内容只能放进一列。",
        "There has to be a column, and nothing may stand in two.",
    ),
    "standing.error.missing": (
        "收款账号、金额、附言三列必须有，否则银行付不了、对不上。",
        "The payee’s account, the amount and the reference must be there: without them nothing is paid or matched.",
    ),
    "standing.error.not-a-heading": (
        "列名要 1 到 60 个字，不能有换行等看不见的字符。",
        "A heading has 1 to 60 characters, all of them visible.",
    ),
    # the limit on management cost
    "desk.tab.cost_limit": ("管理费用上限", "Limit on management cost"),
    "more.cost_limit": (
        "管理费用最多占全年支出多少，依据是什么",
        "How much of a year’s payments may be management cost, and where that is written",
    ),
    "cost_limit.title": ("管理费用上限", "Limit on management cost"),
    "cost_limit.lead": (
        "管理费用在全年支出（项目支出加管理费用）里最多占多少。改动由管理员提出、批准人批准。",
        "How much of a year’s payments may be management cost. An administrator proposes, and an approver decides.",
    ),
    "cost_limit.usual": ("这是系统默认的。", "This is the usual one."),
    "cost_limit.source.told": ("依据：{source}。", "Written in: {source}."),
    "cost_limit.source.usual": (
        "依据：有公开募捐资格的基金会，年度管理费用不超过当年总支出的百分之十；是否适用由法律顾问确认。",
        "Ten percent is the rule for foundations with public fundraising; counsel confirms whether it is this fund’s.",
    ),
    "cost_limit.waits": ("有一项改动等批准。", "A change waits for approval."),
    "cost_limit.new": ("提出改动", "Propose another"),
    "cost_limit.percent": ("百分之几（如 10 或 7.5）", "Percent, such as 10 or 7.5"),
    "cost_limit.source": (
        "依据（公开，不写人名）",
        "Where it is written (public, no names of people)",
    ),
    "cost_limit.source.note": (
        "写明文件和条款，如“基金章程第十二条”。它会印在报告里。",
        "Name document and article, such as “charter, article 12”. Statements print it.",
    ),
    "cost_limit.error.percent": (
        "请写 0 到 100 之间的百分数，最多两位小数。",
        "A percentage from 0 to 100 with at most two places.",
    ),
    "cost_limit.none": (
        "还没有改过，用的是系统默认。",
        "It was never changed: the usual one holds.",
    ),
    "field.management_limit": ("管理费用上限", "Limit on management cost"),
    "check.name.management": ("管理费用占比", "Part of management cost"),
    "check.why.nothing-paid": ("这一年还没有支出。", "Nothing was paid in this year."),
    "check.why.management-passed": (
        "这一年管理费用占支出的 {share}%，上限 {limit}%。",
        "Management cost is {share}% of the year’s payments; the limit is {limit}%.",
    ),
    "check.why.management-failed": (
        "这一年管理费用占支出的 {share}%，超过上限 {limit}%。年底以前请减少管理费用，或请批准人定新的上限。",
        "Management cost is {share}% of the year’s payments, above {limit}%. Spend less, or have the limit decided.",
    ),
    # what came late
    "point.late_gifts": ("晚记的打赏 {money}", "Gifts recorded late, {money}"),
    "late.gifts.title": ("{month} 晚记的打赏", "Gifts of {month} recorded late"),
    "late.gifts.lead": (
        "算进这个月、但发生以后过了 {days} 天才记下的打赏，和属于已结账月份、算进这个月的打赏。",
        "Gifts that count in this month and were recorded more than {days} days late, or are of a closed month.",
    ),
    "late.dated.title": (
        "日期在 {month}、结账以后才记的",
        "Dated in {month}, recorded after it was closed",
    ),
    "late.dated.lead": (
        "按自己的日期属于这个月，但结账以后才记下，所以算进后面的月份。",
        "By their own date they belong to this month; they were recorded after it was closed and count later.",
    ),
    "late.count": ("一共 {n} 条。", "{n} in all."),
    "late.none": ("没有。", "None."),
    "late.happened": ("发生", "Happened"),
    "late.recorded": ("记下", "Recorded"),
    "late.counts_in": ("算进", "Counts in"),
    "late.dated": ("（日期在 {month}）", "(dated in {month})"),
    "late.first": ("回到开头", "From the beginning"),
    "late.further": ("再往后", "Further"),
    "late.do": ("您要做的", "What to do"),
    "late.do.1": (
        "看看为什么晚：补录、补传，还是平台推送中断过。在平台后台查当天的打赏记录。",
        "See why: a file brought late, or a feed that had stopped. Look at the platform’s own record of those days.",
    ),
    "late.do.2": (
        "如果还有漏的，先补齐（导入补单），再结账。",
        "If more are missing, bring them first (look-back import), then close the month.",
    ),
    "late.do.3": (
        "都齐了就照常结账；这份清单审计师也看得到。",
        "If all are there, close as usual; the auditor sees this list as well.",
    ),
    "known.late": ("日期在 {month}、后来才记的", "Dated in {month}, recorded later"),
    "known.late.told": (
        "{n} 条按日期属于这个月，结账以后才记下；它们不更正任何一条，算进后面的月份，上面的数字里没有。",
        "{n} entries are dated in it and came after its closing. They correct nothing, count later, and are not above.",
    ),
    "known.late.none": ("没有。", "None."),
    "known.late.all": ("看全部 {n} 条", "See all {n}"),
    # policies
    "policy.new": ("新的自动划转", "A new standing policy"),
    "policy.change": ("改自动划转 {name}", "Change the standing policy {name}"),
    "policy.new.lead": (
        "到了日子、够了数，系统就以一位财务的名义提出一次划转，金额是可转的全部减去要留的。",
        "On its day, and from its sum on, it proposes all that can be transferred, less what is to stay.",
    ),
    "policy.when": (
        "每天只提一次；服务器那天没有运行，就等下一个日子。",
        "It proposes once a day; if the server did not run on its day, it waits for the next.",
    ),
    "policy.name": ("起个名字", "Name"),
    "policy.day": ("哪一天", "Which day"),
    "policy.field.above": ("满多少才提（可空）", "Only from this sum on (may be empty)"),
    "policy.field.keep": ("账上留多少（可空）", "What stays in the account (may be empty)"),
    "policy.sums.note": (
        "按可转的钱算：已经和银行流水对上、没有许给别的划转的部分。",
        "Of what can be transferred: matched with the bank’s lines, and promised to no other transfer.",
    ),
    "policy.member": ("以谁的名义提出", "In whose name it proposes"),
    "policy.member.note": (
        "这个人因此不能批准它提出的划转。",
        "They cannot approve what it proposes.",
    ),
    "policy.in_name": ("以{name}的名义", "in the name of {name}"),
    "policy.unable": (
        "{name}不再能提出划转，这条规则什么也不会提。请改成另一位财务。",
        "{name} may propose no transfers any more, so nothing is proposed. Change it to somebody else of finance.",
    ),
    "policy.today.proposes": ("今天会提出 {money}。", "Today it proposes {money}."),
    "policy.today.other-day": ("今天不是提出的日子。", "Today is not its day."),
    "policy.today.nothing-there": ("现在没有可转的钱。", "There is nothing to transfer now."),
    "policy.today.too-little": ("现在可转的还不够数。", "There is less than its sum now."),
    "policy.today.off": ("停用", "off"),
    "policy.see": ("自动划转和网银表格", "Standing policies and bank sheets"),
    "day.policy.proposed": (
        "自动划转 {name} 提出了 {money}，等人批准。",
        "The standing policy {name} has proposed {money}: it waits for a person.",
    ),
    "day.policy.see": ("去看第 {number} 号决定", "See decision {number}"),
    # the columns of a portal
    "columns.title": ("网银付款表格", "Sheets of bank portals"),
    "columns.lead": (
        "网银批量付款要的表格（CSV）。批准以后，生成付款文件时可以选它。",
        "CSV sheets that bank portals take. Once approved, a payment file can be written so.",
    ),
    "columns.standard": ("总是可用", "always there"),
    "columns.new": ("新的网银表格", "A new bank sheet"),
    "columns.change": ("改网银表格 {name}", "Change the bank sheet {name}"),
    "columns.new.lead": (
        "照着银行给的模板，从左到右填列名，再选每一列放什么。",
        "Following the bank’s template from left to right: the heading, and what stands below it.",
    ),
    "columns.name": ("起个名字", "Name"),
    "columns.in_order": ("从左到右的列", "Columns from left to right"),
    "columns.heading": ("第 {n} 列的列名", "Heading {n}"),
    "columns.holds": ("第 {n} 列放什么", "Column {n} holds"),
    "columns.note": (
        "用不到的列，两格都空着。已经发出的文件不受影响，照样能核对。",
        "Leave both empty where there is no such column. Files that were handed out can be checked as before.",
    ),
    "columns.encoding": ("文字编码", "Encoding"),
    "columns.encoding.utf-8-sig": ("UTF-8", "UTF-8"),
    "columns.encoding.gb18030": ("GB18030（国标）", "GB18030"),
    "columns.field.holder": ("收款户名", "payee’s name"),
    "columns.field.number": ("收款账号", "payee’s account"),
    "columns.field.bank": ("收款银行", "payee’s bank"),
    "columns.field.clearing": ("联行号", "clearing number"),
    "columns.field.amount": ("金额", "amount"),
    "columns.field.commodity": ("币种", "currency"),
    "columns.field.purpose": ("用途", "purpose"),
    "columns.field.reference": ("附言（编号）", "reference"),
    "columns.field.day": ("付款日", "day of payment"),
    "columns.field.own_holder": ("付款户名", "payer’s name"),
    "columns.field.own_number": ("付款账号", "payer’s account"),
}
