"""Sentences of the pages that tell how to read the books and what is known of people."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "how.nav": ("怎样看懂", "How to read"),
    "how.title": ("怎样看懂这本账", "How to read these books"),
    "how.lead": (
        "一笔打赏从送出到变成药，要走六步。每一步有多少、停在哪、少在哪，都能点开看。",
        (
            "A gift takes six steps until it is medicine. How much reached each step, where it stands and what "
            "was taken off on the way: everything opens what is behind it."
        ),
    ),
    "how.steps": ("六步", "Six steps"),
    "how.step.raised": (
        "观众一送出就记一笔，记的是打赏的全价，平台分成还没有扣。",
        "Recorded as soon as it is given, at its full price: nothing is taken off yet.",
    ),
    "how.step.settled": (
        "平台出结算单：扣掉分成和代扣的税费，剩下的归基金。",
        "The platform settles: it keeps its share and withholds tax; the rest is due to the fund.",
    ),
    "how.step.bank": (
        "结算款到了银行。和银行流水对上了才算到。",
        "The money is in the bank. It counts once it agrees with the bank’s own lines.",
    ),
    "how.step.sent": (
        "两个人批准以后，从银行转往基金账户。",
        "Two people approve, and it leaves the bank for the fund’s account.",
    ),
    "how.step.fund": (
        "基金账户的银行流水里看得到这笔钱了。",
        "The bank’s lines of the fund’s own account show it.",
    ),
    "how.step.work": (
        "付了药费，每一笔都有凭证。",
        "It paid for medicine; every payment has its evidence.",
    ),
    "how.reading": ("页面上的字和数", "Words and figures on the pages"),
    "how.waiting": ("累计到过、停在这里、离开了", "Reached so far, waiting, has left"),
    "how.waiting.what": (
        (
            "“累计到过”是走到过这一步的钱，“停在这里”是还没往下走的，“离开了”是在这里扣掉或退掉的，"
            "比如平台分成。点开就是一笔一笔。"
        ),
        (
            "“Reached so far” is all that ever came to a step, “waiting” what has not moved on, “has left” what was "
            "taken off there, such as the platform’s share. Each opens line by line."
        ),
    ),
    "how.sum": ("一分不差", "To the fen"),
    "how.sum.what": (
        "停在六处的加上离开的，必须等于收到的。每次打开都重新加一遍；加不上，页面会直说。",
        (
            "What waits and what has left must make what came in. It is added up anew each time; where it does not "
            "hold, the page says so."
        ),
    ),
    "how.late": ("晚了", "Late"),
    "how.late.what": (
        "基金答应过几天转账、几号出报告。超过的排在最前面，写明晚了几天、由谁负责。",
        (
            "The fund has promised when money moves and when statements come out. What is later stands first, with "
            "the days and the role that sees to it."
        ),
    ),
    "how.open": ("说不清的差异", "Not explained"),
    "how.open.what": (
        "平台、银行、账本三边对不上的，一件不少列出来，直到查清为止。",
        "Where platform, bank and ledger do not agree, each difference is listed until it is explained.",
    ),
    "how.corrected": ("更正", "Corrections"),
    "how.corrected.what": (
        "账只能往后加，不能改、不能删。写错了，另记一条说明改了什么；已经公布的报告用更正公告改。",
        (
            "Entries are only added, never changed or removed. A mistake is corrected by a further entry that says "
            "what; a published statement by a notice."
        ),
    ),
    "how.hidden": ("“<5” 和 “*”", "“<5” and “*”"),
    "how.hidden.what": (
        "某种病只有 1 到 4 个人时写 “<5”，再遮住别的几格，免得有人算出来是谁。钱数不遮。",
        (
            "Where 1 to 4 people have a disease it says “<5”, and further cells are hidden so that nobody can be made "
            "out. Amounts are never hidden."
        ),
    ),
    "how.entry": ("截至，账本第几条", "As of, entry number"),
    "how.entry.what": (
        "每一页都写明算到账本的哪一条。同一条算出来的数，谁算都一样，以后也一样。",
        (
            "Every page says up to which entry it was summed. Whoever sums up to the same entry gets the same "
            "figures, now and later."
        ),
    ),
    "how.check": ("不用相信我们", "No need to trust us"),
    "how.check.what": (
        (
            "拿着凭证号，你能找到自己那一笔，由你的手机核对它在不在账里、改没改过。报告也一样：拖进核对页，"
            "或者断开网络，用报告里自带的程序核对。"
        ),
        (
            "With your receipt number you find your own gift, and your phone checks that it is in the ledger and was "
            "not changed. So with a statement: drop it on the checking page, or unplug the network and run the "
            "program inside it."
        ),
    ),
    "privacy.nav": ("隐私", "Privacy"),
    "privacy.title": ("隐私", "Privacy"),
    "privacy.lead": (
        "钱要公开，人不公开。",
        "The money is public; people are not.",
    ),
    "privacy.everybody": ("谁都看得到的", "What everybody sees"),
    "privacy.everybody.what": (
        (
            "每笔打赏的金额、平台、到分钟的时间，和只留头一个字的昵称。昵称可以在自己那笔打赏的页面上用查询码隐藏；"
            "金额和时间在公开的账本里，藏不了。"
        ),
        (
            "Of each gift its amount, platform, time to the minute, and a nickname of which only the first character "
            "is shown. With your code you can hide that too, on the gift’s page; amount and time are part of the "
            "public ledger and cannot be hidden."
        ),
    ),
    "privacy.officers": ("只有经办人看得到的", "What only officers see"),
    "privacy.officers.what": (
        "昵称全文、留言、平台上的编号和确切时间，单独存放，不在公开的账本里。谁看过、为什么看，都有记录。",
        (
            "The whole nickname, the message, the platform’s id and the exact time are kept apart from the public "
            "ledger. Who looked at them, and why, is on record."
        ),
    ),
    "privacy.never": ("账本里永远没有的", "What is never in the ledger"),
    "privacy.never.what": (
        "打赏的人和领药的人，姓名、电话、身份证号都不在账里；银行账号也不写全。留下的只有算不回去的校验值。",
        (
            "No name, telephone or identity number of those who give or get medicine, and no whole account number: "
            "only values from which they cannot be worked out."
        ),
    ),
    "privacy.patients": ("领药的人", "People who get medicine"),
    "privacy.patients.what": (
        "只记人数、病种和钱数，不记是谁。人少的格子遮住。",
        "Only how many, which disease and how much is recorded, never who. Small counts are hidden.",
    ),
    "privacy.erase": ("抹掉", "Erasing"),
    "privacy.erase.what": (
        "可以要求抹掉自己的昵称、留言和编号。抹掉以后再也找不回来，账照样核对得上，一分不变。",
        (
            "You can ask for your nickname, message and id to be erased. They are gone for good, and the books still "
            "prove themselves to the fen."
        ),
    ),
    "privacy.browser": ("你的浏览器", "Your browser"),
    "privacy.browser.what": (
        (
            "看这些页面不用登录，不放 cookie，不向别的网站要任何东西。核对页会在你的设备上记住上次核对到哪里，"
            "为的是下次发现账本有没有被换过；清除浏览数据就没了。"
        ),
        (
            "Reading needs no account, sets no cookie and asks no other site for anything. A page that checks "
            "remembers on your device how far it has checked, to notice next time if the ledger was replaced; "
            "clearing the browser’s data removes that."
        ),
    ),
    "privacy.addresses": ("网络地址", "Network addresses"),
    "privacy.addresses.what": (
        "网络地址只用来挡住过快的请求，不进账本。网站前面的代理服务器可能留有访问记录，由运营方保管。",
        (
            "Your network address is used to slow down too many requests and never enters the ledger. A proxy in "
            "front of the site may keep a log of visits, in the operator’s hands."
        ),
    ),
    "privacy.asked": ("提问", "Questions"),
    "privacy.asked.what": (
        "你提的问题和答复是公开的，请不要写电话和身份证号。问题不用留名字。",
        (
            "What you ask is public with its answer: please leave out phone and identity numbers. No name is asked for."
        ),
    ),
    "privacy.contact": ("找谁", "Whom to ask"),
    "api.nav": ("接口", "API"),
}
