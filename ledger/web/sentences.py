"""Every sentence of the public pages, Chinese and English side by side.

The two stand together so that whoever changes one sees the other; a test holds them to the same
placeholders. Sentences are our own text and may hold `<strong>`; what is put into a placeholder
is escaped. Figures come in with their counting words (`formats.counted`), so that no sentence has
to know a plural.
"""

from __future__ import annotations

from ledger.signin.sentences import SENTENCES as SIGN_IN
from ledger.web.desk.gap_sentences import SENTENCES as GAPS
from ledger.web.desk.gift_code_sentences import SENTENCES as GIFT_CODES
from ledger.web.desk.list_sentences import SENTENCES as LISTS
from ledger.web.desk.notice_sentences import SENTENCES as NOTICES
from ledger.web.desk.period_sentences import SENTENCES as PERIODS
from ledger.web.desk.rule_sentences import SENTENCES as RULES
from ledger.web.desk.sentences import SENTENCES as DESK
from ledger.web.desk.spending_sentences import SENTENCES as SPENDING
from ledger.web.desk.standing_sentences import SENTENCES as STANDING
from ledger.web.desk.statement_sentences import SENTENCES as STATEMENTS
from ledger.web.desk.transfer_sentences import SENTENCES as TRANSFERS
from ledger.web.public.books_sentences import SENTENCES as BOOKS
from ledger.web.public.finding_sentences import SENTENCES as FINDING
from ledger.web.public.outward_sentences import SENTENCES as OUTWARD
from ledger.web.public.question_sentences import SENTENCES as QUESTIONS
from ledger.web.public.reading_sentences import SENTENCES as READING
from ledger.web.public.sentences import SENTENCES as CHECKING
from ledger.web.public.statement_sentences import SENTENCES as REPORTS
from reports.wording import JOINED, LEFT, STAGE, WAITING

SENTENCES: dict[str, tuple[str, str]] = {
    # frame
    "site": ("明账", "Mingzhang"),
    "tagline": (
        "直播打赏的公开账本：收了多少，走到哪了，用在哪了，每一分都能查。",
        "The open books of livestream gifts: what came in, where it is, what it paid for.",
    ),
    "skip": ("跳到正文", "Skip to the content"),
    "nav.site": ("全站", "Site"),
    "nav.entries": ("前后两条", "Entries beside this one"),
    "other_language": ("English", "中文"),
    "all_funds": ("全部基金", "All funds"),
    "grows_only": (
        "账本只增不改，写错了另记一条更正。",
        "The ledger only grows: a mistake is corrected by a further entry, never by a change.",
    ),
    "run_by": ("运营：{operator}。", "Run by {operator}."),
    "witnessed_by": ("见证：{witnesses}。", "Witnesses: {witnesses}."),
    "complaints": ("投诉与查询 {phone}", "Questions and complaints {phone}"),
    "public_log": ("公开账本", "Public log"),
    "as_of": ("截至 {moment}", "As of {moment}"),
    "ledger_entry": ("账本第 {entry} 条", "Entry {entry}"),
    "entry": ("第 {entry} 条", "entry {entry}"),
    "and": ("、", ", "),
    "comma": ("，", ", "),
    "colon": ("：", ": "),
    "total": ("合计", "Total"),
    "all": ("全部", "All"),
    "all_n": ("全部 {n} 次", "All {n}"),
    "whole_list": ("{n} 条，全部在这一页。", "{n} in all, all on this page."),
    "minus": ("减", "minus"),
    # all funds
    "funds.title": ("每一笔打赏，走到哪了", "Where every gift has gone"),
    "funds.raised": ("收到打赏", "Gifts received"),
    "funds.spent": ("已用上", "At work"),
    "funds.gifts": ("笔数", "Number of gifts"),
    "funds.none": ("还没有基金", "No funds yet"),
    "funds.none_hint": (
        "管理员开好第一个基金以后，这里就有它的账。",
        "The first fund's books will appear here once it has been opened.",
    ),
    # fund page
    "fund.raised_since": ("{month}开播以来收到打赏", "Gifts since {month}"),
    "fund.raised": ("收到打赏", "Gifts received"),
    "fund.net": ("归基金的净额", "Net, due to the fund"),
    "fund.spent": ("已用于买药", "Spent on medicine"),
    "fund.times": ("领到药", "Medicine given"),
    "fund.times_unit": ("人次", "times"),
    "fund.empty": ("还没有收到打赏", "No gifts yet"),
    "fund.empty_hint": (
        "收到第一笔后，这里就有数：一般在送出后 2 分钟以内。",
        "Figures appear with the first gift, usually within 2 minutes.",
    ),
    "notice.late_transfer": (
        (
            "<strong>第 {number} 次划转在路上 {days}了，</strong>承诺是 {promised}。"
            "{amount}还没进基金账户"
        ),
        (
            "<strong>Transfer {number} has been on its way for {days},</strong> where we promise "
            "{promised}. {amount} has not reached the fund’s account"
        ),
    ),
    "notice.late_settlement": (
        "<strong>{channel}结算单 {number} 的钱晚了 {days}，</strong>{amount}应在 {due}前打到银行",
        (
            "<strong>The money of settlement {number} of {channel} is {days} late:</strong> "
            "{amount} was due in the bank by {due}"
        ),
    ),
    "notice.late_statement": (
        "<strong>{month}报告晚了 {days}，</strong>应在 {due}前公布",
        "<strong>The statement of {month} is {days} late:</strong> it was due by {due}",
    ),
    "notice.with": ("，由{role}负责，", ". It is with the {role}: "),
    "notice.see": ("看经过", "see what happened"),
    "notice.stop": ("。", "."),
    "notice.unexplained": (
        "<strong>还差 {amount}说不清，</strong>{items}，都有人在查，",
        "<strong>{amount} is not explained yet:</strong> {items}, each with an owner: ",
    ),
    "notice.unexplained_unowned": (
        "<strong>还差 {amount}说不清，</strong>{items}，还没有都派人去查，",
        "<strong>{amount} is not explained yet:</strong> {items}, not all with an owner: ",
    ),
    "notice.each": ("看每一件", "see each"),
    "notice.accounts": ("看账户", "see the accounts"),
    "notice.more": ("还有 {n} 件比承诺晚，", "{n} more are later than promised: "),
    "notice.correction": (
        "<strong>{month}报告有更正。</strong>{line} 原来写 {was}，应为 {is_now}，{day}更正，",
        (
            "<strong>The {month} statement was corrected.</strong> "
            "{line} said {was} and should have said {is_now}; corrected on {day}: "
        ),
    ),
    "notice.unattributed": (
        (
            "<strong>其中 {amount}还没有对上打赏。</strong>"
            "平台的结算单比我们收到的打赏多出这些，已按结算单入账，在查，"
        ),
        (
            "<strong>{amount} of this has no gift yet.</strong> "
            "Platforms settled that much more than the gifts we received; it is booked as they state "
            "it, and being looked into: "
        ),
    ),
    "find.title": ("我的打赏到哪了", "Where is my gift?"),
    "find.hint": (
        "送礼后私信里收到的凭证号，共 12 位。",
        "The 12-character receipt number sent to you after the gift.",
    ),
    "find.label": ("凭证号", "Receipt number"),
    "find.button": ("查这一笔", "Find it"),
    "find.error.empty": (
        "请填凭证号，再查一次。",
        "Type the receipt number and try again.",
    ),
    "find.error.length": (
        "凭证号是 12 位，这里有 {count} 位。对照私信改好再查一次。",
        "A receipt number has 12 characters; this has {count}. Compare it with your message.",
    ),
    "find.error.character": (
        "凭证号里没有“{value}”。对照私信改好再查一次。",
        "Receipt numbers do not contain “{value}”. Compare it with your message.",
    ),
    "find.error_title": ("有误：{title}", "Error: {title}"),
    # flow
    "flow.title": ("钱走到哪了", "Where the money is"),
    "flow.shares": (
        "每 {hundred}打赏，约 {net}归基金，{parts}。",
        "Of every {hundred} given, about {net} is due to the fund, {parts}.",
    ),
    "flow.share.platform_share": ("{amount}是平台分成", "{amount} is the platform’s share"),
    "flow.share.tax": ("{amount}是代扣税费", "{amount} is tax"),
    "flow.exact": (
        "<strong>一分不差。</strong>停在六处的加上离开的，正好是收到的 {amount}。",
        (
            "<strong>Explained to the fen.</strong> What waits at each stage plus what has left "
            "makes exactly {amount}."
        ),
    ),
    "flow.exact_joined": (
        (
            "<strong>一分不差。</strong>停在六处的加上离开的，正好是收到的 {amount}，"
            "加上没经过打赏进来的 {joined}。"
        ),
        (
            "<strong>Explained to the fen.</strong> What waits at each stage plus what has left "
            "makes exactly the {amount} raised and the {joined} that joined on the way."
        ),
    ),
    "flow.not_exact": (
        (
            "<strong>这里的数加不上。</strong>停在六处的加上离开的是 {sum}，收到的是 {raised}，"
            "差 {difference}。在查清以前，请不要引用这一页的数。"
        ),
        (
            "<strong>These figures do not add up.</strong> What waits plus what has left makes "
            "{sum}, received were {raised}: a difference of {difference}. Please do not quote this "
            "page until it is explained."
        ),
    ),
    "flow.as_table": ("同样的数，列成表", "The same figures as a table"),
    "flow.caption": (
        "六个阶段：累计到过、停在这里、离开了，单位{unit}",
        "The six stages: reached so far, waiting, has left; in {unit}",
    ),
    "flow.stage": ("阶段", "Stage"),
    "flow.reached": ("累计到过", "Reached so far"),
    "flow.waiting": ("停在这里", "Waiting or at work"),
    "flow.longest": ("最久", "Longest"),
    "flow.left": ("离开了", "Has left"),
    "flow.where": ("离开的去向", "Where it went"),
    "flow.days": (
        "天数是最近 90 天走完这一步的钱的平均用时；{link}。",
        " Days are the averages of the money that moved on in the last 90 days: see {link}.",
    ),
    "flow.days.link": ("一半的、最慢的和现在最老的", "half of it, the slowest and the oldest now"),
    "flow.together": ("两项相加", "together"),
    "flow.equation": ("守恒式", "Conservation"),
    "left.correction": ("冲正", "Taken back by a correction"),
    # spending
    "spending.title": ("买了什么药", "What it paid for"),
    "spending.disease": ("病种", "Disease"),
    "spending.times": ("人次", "Times"),
    "spending.amount": ("金额", "Amount"),
    "spending.other": ("其他 {n} 种病", "{n} other diseases"),
    "spending.protects": (
        "人数少于 5 的不显示（<5 或 *），免得认出病人。",
        "Counts of fewer than 5 people are not shown (<5 or *), so that no patient can be recognised.",
    ),
    "spending.counted": (
        "人次算到已关账的 {month}。",
        "Visits are those of closed months, up to {month}.",
    ),
    "spending.not_counted": (
        "人次在关账后公布。",
        "Visits are published when a month is closed.",
    ),
    "spending.none": (
        "还没有用过。基金付出第一笔药费后，这里按病种列出。",
        "Nothing has been spent yet. The first medicine paid for will be listed here by disease.",
    ),
    "spending.differs": (
        "<strong>这张表加不上。</strong>各病种合计 {sum}，上面写已用 {spent}。正在查。",
        (
            "<strong>This table does not add up.</strong> The diseases make {sum}, the page says "
            "{spent} was spent. It is being looked into."
        ),
    ),
    # transfers
    "transfers.title": ("划转到基金", "Transfers to the fund"),
    "transfers.number": ("第 {n} 次", "Transfer {n}"),
    "transfers.none": (
        "还没有划转。第一次提出后，这里有它的金额和日期。",
        "No transfers yet. The first one will stand here with its amount and dates.",
    ),
    "transfer.chip.proposed": ("待批准", "To be approved"),
    "transfer.chip.approved": ("已批准", "Approved"),
    "transfer.chip.sent": ("在路上 {days}", "{days} on its way"),
    "transfer.chip.confirmed": ("已到", "Arrived"),
    "transfer.chip.returned": ("退回", "Returned"),
    "transfer.chip.rejected": ("没有批准", "Not approved"),
    "transfer.proposed_on": ("{day}提出", "Proposed {day}"),
    "transfer.sent_on": ("{day}转出", "Sent {day}"),
    "transfer.confirmed_on": ("{day}到", "arrived {day}"),
    "transfer.returned_on": ("{day}退回", "returned {day}"),
    # statements
    "statements.title": ("报告", "Statements"),
    "statements.of": ("{fund}的报告", "Statements of {fund}"),
    "statements.none": (
        "还没有报告。第一个月结束以后，这里写明哪天公布。",
        "No statements yet. After the first month, its due date will stand here.",
    ),
    "statement.on_time": ("按时", "On time"),
    "statement.late": ("晚 {days}", "{days} late"),
    "statement.overdue": ("已晚 {days}", "{days} overdue"),
    "statement.not_due": ("还没到期", "Not due yet"),
    "statement.published": ("{day}公布", "Published {day}"),
    "statement.signed": ("审计师已签", "signed by the auditor"),
    "statement.unsigned": ("审计师还没签", "not signed by the auditor yet"),
    "statement.corrected": ("有更正说明 {notice}", "corrected by notice {notice}"),
    "statement.kind.Q": ("{period} 季度公示", "{period}, quarterly disclosure"),
    "statement.kind.A": ("{period} 年度报告", "{period}, annual statement"),
    "statement.kind.R": ("{period} 对账报告", "{period}, reconciliation"),
    "statement.kind.C": ("{period} 更正说明", "{period}, correction notice"),
    "statement.due": ("{day}前公布", "Due by {day}"),
    "statement.was_due": ("应在 {day}前公布，还没有", "Was due by {day}, still missing"),
    "statement.issue": ("第 {n} 版", "issue {n}"),
    # gifts
    "gifts.title": ("最近的打赏", "Latest gifts"),
    "gifts.caption": ("最近的打赏，单位{unit}", "Latest gifts, in {unit}"),
    "gifts.when": ("时间", "Time"),
    "gifts.who": ("谁", "Who"),
    "gifts.where": ("直播间", "Channel"),
    "gifts.amount": ("金额", "Amount"),
    "gifts.anonymous": ("不具名", "not named"),
    "gifts.reversed": ("已退回", "taken back"),
    "gifts.masked": (
        "昵称只显示第一个字；全名只在送的人手里。",
        "Only the first character of a nickname is shown.",
    ),
    # gift page
    "gift.title": ("你的 {amount}，{parts}", "Of your {amount}, {parts}"),
    "gift.title.raised": (
        "你的 {amount}收到了，等平台结算",
        "Your {amount} is in, and waits for the platform to settle",
    ),
    "gift.title.reversed": ("这笔 {amount}退回了", "This gift of {amount} was taken back"),
    "gift.part.raised": ("{amount}等平台结算", "{amount} waits for the platform to settle"),
    "gift.part.settled": ("{amount}已结算，等打款", "{amount} is settled, to be paid out"),
    "gift.part.bank": ("{amount}到了银行", "{amount} is in the bank"),
    "gift.part.sent": ("{amount}在去基金的路上", "{amount} is on its way to the fund"),
    "gift.part.fund": ("{amount}在基金里", "{amount} is in the fund"),
    "gift.part.work": ("{amount}已经买了药", "{amount} has paid for medicine"),
    "gift.lead": (
        "{name} 于 {day} {time} 在{channel}送出 {paid}。凭证号 {receipt}",
        "Given by {name} on {day} at {time} in {channel}: {paid}. Receipt number {receipt}",
    ),
    "gift.worth": ("{units}（{amount}）", "{units} ({amount})"),
    "gift.someone": ("一位观众", "a viewer"),
    "gift.checks_hold": ("我们核对了 {checks}，都通过。", "All {checks} passed on our side."),
    "gift.checks_some": (
        "我们核对了，{checks}通过，{unknown}现在还没法核对。",
        "{checks} passed on our side; {unknown} cannot be made yet.",
    ),
    "gift.checks_fail": (
        "{failed}核对没通过。在查清以前，请把这一页和凭证都存下来。",
        "{failed} failed. Please keep this page and the receipt until it is explained.",
    ),
    "gift.how.settled": ("{day}平台结算", "settled by the platform on {day}"),
    "gift.how.bank": ("{day}到了银行", "reached the bank on {day}"),
    "gift.how.sent": ("{day}随第 {n} 次划转转出", "was sent in transfer {n} on {day}"),
    "gift.how.fund": ("{day}进了基金", "reached the fund on {day}"),
    "gift.how.work": ("{day}用于{disease}用药", "paid for {disease} on {day}"),
    "gift.how": ("{steps}。", "It {steps}."),
    "gift.standing": ("现在{place}，已 {days}。", "Now “{place}”, for {days} so far."),
    "gift.standing_late": (
        "<strong>现在{place}，已 {days}，比承诺的久。</strong>",
        "<strong>Now “{place}”, for {days} so far: longer than promised.</strong>",
    ),
    "gift.reversed_before": (
        "<strong>平台 {day}把这笔退给了送的人。</strong>退的时候还没结算，所以没有进过基金。",
        (
            "<strong>The platform gave this back to the giver on {day}.</strong> It had not been "
            "settled, so it never reached the fund."
        ),
    ),
    "gift.reversed_after": (
        (
            "<strong>平台 {day}把这笔退给了送的人。</strong>"
            "那时已经结算，所以钱照旧往前走；平台从下一次结算里扣回，记在“结算后退款”。"
        ),
        (
            "<strong>The platform gave this back to the giver on {day}.</strong> It had been settled, "
            "so the money stays on its way; the platform takes it out of its next settlement, booked "
            "as “refunds after settlement”."
        ),
    ),
    "gift.reversal_entry": ("退回记在 ", "The reversal is "),
    "way.title": ("一路怎么走的", "The whole way"),
    "way.part": ("其中 {amount}", "{amount} of it"),
    "way.several": (
        "这笔被切开，分成 {n} 路走，每一路都列出。",
        "Boundaries cut this gift: it has {n} ways, all of them shown.",
    ),
    "way.left_rate": ("{what}（{rate}）", "{what} ({rate})"),
    "way.settlement": ("{channel}结算", "{channel} settlement"),
    "way.settlement_reference": (
        "{channel}结算单 {reference}",
        "{channel} settlement {reference}",
    ),
    "way.bank": ("归集户（收款的银行账户）尾号 {tail}", "collecting account ending {tail}"),
    "way.sent": (
        "第 {n} 次划转，经办、批准是两个人",
        "transfer {n}, proposed and approved by two",
    ),
    "way.fund": ("基金户 尾号 {tail}", "fund account ending {tail}"),
    "way.work": ("{disease}", "{disease}"),
    "way.batch": ("，这一批 {amount}", ", batch of {amount}"),
    "way.batch_times": ("、{times}", " for {times}"),
    "way.expected": ("预计 {day}前", "Expected by {day}"),
    "way.not_yet": ("还没到这一步", "Not there yet"),
    "way.waits": ("停在这里，已 {days}", "Waits here, {days} so far"),
    "way.waits_late": ("停在这里，已 {days}，晚了", "Waits here, {days} so far: late"),
    "way.sum_differs": (
        "<strong>加不上。</strong>走到的加上离开的是 {sum}，收到的是 {amount}。",
        (
            "<strong>This does not add up.</strong> What is on its way plus what left makes {sum}, "
            "received were {amount}."
        ),
    ),
    "checks.title": ("怎么知道是真的", "How you can tell it is true"),
    "checks.by_server": (
        "由服务器核对；不想只听我们的，下载凭证自己核对。",
        (
            "Checked by our server. If you would rather not take our word, download the receipt and "
            "check it yourself."
        ),
    ),
    "check.holds": ("通过", "Passed"),
    "check.fails": ("没通过", "Failed"),
    "check.unknown": ("没法核对", "Not checked"),
    "check.in_log": (
        "这一笔在账本里，之后没有改过。",
        "This gift is in the ledger and has not been changed since.",
    ),
    "check.in_log.evidence": (
        "第 {entry} 条，从它算到共 {size} 条的根值，与签过名的一致",
        "Entry {entry}: the root computed from it over {size} entries is the signed one",
    ),
    "check.none_missing": ("这场直播没有漏记。", "No gift of this broadcast is missing."),
    "check.none_missing.evidence": (
        "共 {total} 笔，编号 1 到 {total} 连着，这是第 {number} 笔",
        "{total} gifts, numbered 1 to {total} without a gap; this is number {number}",
    ),
    "check.none_missing.running": (
        "直播还没结束，这是第 {number} 笔；结束后再核对总数",
        "The broadcast still runs; this is number {number}. The total is checked when it ends",
    ),
    "check.none_missing.without": (
        "这个平台的打赏没有按场次编号",
        "Gifts of this platform are not numbered by broadcast",
    ),
    "check.sums": ("金额一分不差。", "The amounts are exact to the fen."),
    "check.sums.evidence": (
        "六步走到的加上离开的，等于 {amount}",
        "What each step holds plus what left makes {amount}",
    ),
    "check.same_book": (
        "账本给别人看过，大家看到的是同一本。",
        "Others have seen the ledger: everyone sees the same book.",
    ),
    "check.same_book.evidence": ("{witnesses} {moment} 见证", "Seen by {witnesses} at {moment}"),
    "check.same_book.without": (
        "还没有外面的见证人；凭证里有我们的签名，可以拿两份比",
        "No outside witness yet; receipts carry our signature and can be compared",
    ),
    "check.private_parts": (
        "昵称和留言与当时封存的一致。",
        "Nickname and message are those sealed at the time.",
    ),
    "check.private_parts.evidence": (
        "别人看不到；封存值在账本里",
        "Others cannot see them; the seals are in the ledger",
    ),
    "check.private_parts.without": (
        "已经删除，或没有留下",
        "Erased, or never kept",
    ),
    "proves_not.title": ("这证明不了什么", "What this does not prove"),
    "proves_not.platform": (
        "证明不了平台告诉我们的数是对的；结算单和银行流水由审计师另外核对。",
        (
            "It does not prove that the platform told us the right figures; auditors check its "
            "settlements and the bank’s statements separately."
        ),
    ),
    "proves_not.medicine": (
        "证明不了药真的到了病人手里；那要看发放记录和审计意见。",
        (
            "It does not prove that the medicine reached a patient; see the records of delivery and "
            "the auditor’s opinion."
        ),
    ),
    "proves_not.fifo": (
        "钱不认人：哪一笔先到就先用哪一笔，是记账的规矩（先进先出），不是钞票的号码。",
        (
            "Money has no name on it: that what came first is used first is our rule of booking, not "
            "the number of a banknote."
        ),
    ),
    "gift.download": ("下载凭证（{size}）", "Download the receipt ({size})"),
    "gift.paper": ("打印用的凭证（PDF，一页）", "Receipt to print (PDF, one page)"),
    "gift.json": ("看这一条的原文（JSON）", "See the entry itself (JSON)"),
    "gift.missing": ("没有找到这个凭证号", "No gift with this number"),
    "gift.missing_hint": (
        (
            "刚送的礼物要等 2 分钟左右。过了 10 分钟还没有，请带上平台的消费记录联系我们，"
            "可能是漏记。"
        ),
        (
            "A new gift takes about 2 minutes to appear. If it is still missing after 10 minutes, "
            "contact us with the platform’s record of your payment: we may have missed it."
        ),
    ),
    "gift.missing_phone": ("电话：{phone}。", "Telephone: {phone}."),
    "gift.try_again": ("再查一次", "Try again"),
    # entries
    "entry.title": ("账本第 {entry} 条", "Entry {entry}"),
    "entry.kind": ("种类", "Kind"),
    "entry.occurred": ("发生", "Happened"),
    "entry.recorded": ("记账", "Recorded"),
    "entry.actor": ("谁记的", "By"),
    "entry.leaf_hash": ("叶哈希", "Leaf hash"),
    "entry.postings": ("记在哪些账户", "Postings"),
    "entry.account": ("账户", "Account"),
    "entry.amount": ("金额", "Amount"),
    "entry.commodity": ("单位", "Unit"),
    "entry.zero": ("每个单位的金额相加都是 0。", "The amounts of each unit add up to 0."),
    "entry.not_zero": (
        "<strong>金额相加不是 0。</strong>这一条不该存在，请告诉我们。",
        (
            "<strong>The amounts do not add up to 0.</strong> This entry should not exist; please "
            "tell us."
        ),
    ),
    "entry.no_money": (
        "这一条记的是一个决定，不动钱。",
        "This entry records a decision and moves no money.",
    ),
    "entry.raw": ("原文", "As it stands in the log"),
    "entry.raw_hint": (
        "为了好读分了行；下载的是一字不差的原文，叶哈希由它算出。",
        (
            "Broken into lines for reading; the download has the exact bytes that the leaf hash is "
            "computed from."
        ),
    ),
    "entry.download": ("下载原文", "Download the bytes"),
    "entry.earlier": ("上一条", "Earlier"),
    "entry.later": ("下一条", "Later"),
    "kind.fund.opened": ("开立基金", "Fund opened"),
    "kind.channel.opened": ("开立直播间", "Channel opened"),
    "kind.account.opened": ("开立账户", "Account opened"),
    "kind.account.changed": ("账户资料变更", "Details of an account changed"),
    "kind.rate.set": ("定折算价", "Rate set"),
    "kind.session.opened": ("开播", "Broadcast opened"),
    "kind.session.closed": ("下播", "Broadcast closed"),
    "kind.gift": ("打赏", "Gift"),
    "kind.gift.reversed": ("打赏退回", "Gift reversed"),
    "kind.settlement": ("平台结算", "Settlement"),
    "kind.payout": ("打款到银行", "Payout"),
    "kind.decision.proposed": ("提出一项决定", "Decision proposed"),
    "kind.decision.edited": ("修改提案", "Proposal edited"),
    "kind.decision.approved": ("批准", "Approved"),
    "kind.decision.rejected": ("驳回", "Rejected"),
    "kind.decision.withdrawn": ("撤回提案", "Proposal withdrawn"),
    "kind.rule.set": ("定双人规则", "Rule of two set"),
    "kind.transfer.proposed": ("提出划转", "Transfer proposed"),
    "kind.transfer.edited": ("修改划转", "Transfer edited"),
    "kind.transfer.withdrawn": ("撤回划转", "Transfer withdrawn"),
    "kind.transfer.approved": ("批准划转", "Transfer approved"),
    "kind.transfer.rejected": ("没有批准划转", "Transfer rejected"),
    "kind.transfer.filed": ("生成付款文件", "Payment file made"),
    "kind.transfer.entered": ("已在网银录入", "Entered at the bank"),
    "kind.transfer.sent": ("划转转出", "Transfer sent"),
    "kind.transfer.confirmed": ("划转到账", "Transfer confirmed"),
    "kind.transfer.returned": ("划转退回", "Transfer returned"),
    "kind.spend": ("支出", "Spending"),
    "kind.spend.reversed": ("支出冲回", "Spending reversed"),
    "kind.adjustment": ("调整", "Adjustment"),
    "kind.match.released": ("匹配撤回", "Match released"),
    "kind.exception.raised": ("提出疑点", "Exception raised"),
    "kind.exception.resolved": ("疑点查清", "Exception resolved"),
    "kind.period.closing": ("开始结账", "Closing begun"),
    "kind.period.closed": ("结账", "Period closed"),
    "kind.period.reopened": ("重开月份", "Period reopened"),
    "kind.period.sealed": ("封账", "Period sealed"),
    "kind.statement.built": ("编制报告", "Statement prepared"),
    "kind.statement.signed": ("签报告", "Statement signed"),
    "kind.statement.sent": ("报告交审计师", "Statement handed to the auditor"),
    "kind.statement.returned": ("审计师退回报告", "Statement returned by the auditor"),
    "kind.opinion.signed": ("签审计意见", "Opinion signed"),
    "kind.statement.published": ("公布报告", "Statement published"),
    "kind.certificate.enrolled": ("登记审计师证书", "Auditor’s certificate enrolled"),
    "kind.certificate.ended": ("停用审计师证书", "Auditor’s certificate ended"),
    "kind.member.enrolled": ("成员加入", "Member enrolled"),
    "kind.member.changed": ("成员换角色", "Member's roles changed"),
    "kind.member.removed": ("成员退出", "Member removed"),
    "kind.key.rotated": ("启用新的签名密钥", "New signing key"),
    "kind.privacy.erased": ("删除个人信息", "Personal data erased"),
    # problems
    "problem.back": ("回到全部基金", "Back to all funds"),
    "again.files": (
        "文件没有留下来，请回到原来的页面重新选。",
        "Files are not kept: please go back to the form and choose them again.",
    ),
    "again.secret": ("密码或验证码要重新填", "Type the password or code again"),
    "again.send": ("再送一次", "Send it again"),
    "again.fresh": ("回到原来的页面", "Back to the form"),
    "problem.reference": ("编号 {code}", "Code {code}"),
}

AS_DRAWN = (("stage", STAGE), ("waiting", WAITING), ("left", LEFT), ("joined", JOINED))
"""What pages call the parts of the money's way: as the picture and the statements do."""

SENTENCES |= {
    f"{name}.{'sent' if key == 'transit' else key}": (zh, words["en"][key])
    for name, words in AS_DRAWN
    for key, zh in words["zh"].items()
}
SENTENCES |= SIGN_IN | DESK | LISTS | PERIODS | RULES | TRANSFERS | STANDING | STATEMENTS | NOTICES
SENTENCES |= (
    SPENDING
    | GAPS
    | GIFT_CODES
    | REPORTS
    | CHECKING
    | OUTWARD
    | QUESTIONS
    | BOOKS
    | FINDING
    | READING
)
