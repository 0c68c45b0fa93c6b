"""Sentences of questions, on public pages and at the desk, as in `ledger.web.sentences`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "questions.title": ("问和答", "Questions and answers"),
    "questions.lead": (
        "对这个基金或某一笔打赏有疑问，写在这里。登记后有编号，工作人员看过就公布，并在这里答复。",
        (
            "Ask about this fund or about one gift. Your question gets a number; it is published when an "
            "officer has read it, and answered here."
        ),
    ),
    "questions.ask": ("问一个问题", "Ask a question"),
    "questions.body": ("问题", "Your question"),
    "questions.receipt": (
        "关于哪一笔打赏（凭证号，可以不填）",
        "About which gift (receipt number, optional)",
    ),
    "questions.privacy": (
        "问题会公开，请不要写自己或别人的姓名、电话、证件号。",
        "Questions are public: please name nobody, and write no telephone or identity number.",
    ),
    "questions.send": ("提交问题", "Send"),
    "questions.answers": ("最近的问和答", "Latest questions"),
    "questions.none": ("还没有公布的问题。", "No question has been published yet."),
    "questions.link": ("问和答", "Questions and answers"),
    "question.number": ("第 {number} 号问题", "Question {number}"),
    "question.about_gift": ("关于这一笔打赏", "about this gift"),
    "question.answered": ("{day}答复", "Answered on {day}"),
    "question.open": ("还没答复。", "Not answered yet."),
    "question.hidden": (
        "这个问题没有公布：内容涉及个人信息，或和基金无关。",
        "This question is not published: it holds personal data, or is not about the fund.",
    ),
    "question.registered": (
        "登记好了，编号 {number}。工作人员看过就公布在这里，记住这个地址就能回来看。",
        (
            "Registered as number {number}. It will stand here when an officer has read it: keep this "
            "address to come back."
        ),
    ),
    "question.error.length": ("问题要 5 到 1000 个字。", "A question has 5 to 1,000 characters."),
    "question.error.full": (
        "等着答复的问题太多了，请明天再来，或打页脚的电话。",
        "Too many questions are waiting. Please come back tomorrow, or use the telephone number below.",
    ),
    "question.error.receipt": (
        "凭证号是 12 位，请再看一下。",
        "A receipt number has 12 characters; please look again.",
    ),
    "question.error.gift": ("没有找到这个凭证号。", "No gift has this number."),
    # desk
    "more.desk_questions": ("观众的问题：公布、答复", "Questions of viewers: publish and answer"),
    "desk.tab.desk_questions": ("问和答", "Questions"),
    "desk_questions.lead": (
        "观众在公开页面上问的。您看过、点了公布，别人才看得见；答复和问题一起公开。",
        "What viewers ask on the public pages. Others see it when you publish it; answers are public too.",
    ),
    "desk_questions.none": ("还没有人提问。", "Nobody has asked yet."),
    "desk_questions.when": ("什么时候", "When"),
    "desk_questions.what": ("问题", "Question"),
    "desk_questions.state": ("状态", "State"),
    "desk_questions.owner": ("谁在办", "With"),
    "desk_questions.state.waiting": ("没看过", "unread"),
    "desk_questions.state.shown": ("公布了，没答", "published, not answered"),
    "desk_questions.state.answered": ("答了", "answered"),
    "desk_questions.state.hidden": ("不公布", "not published"),
    "desk_question.suspicion.words": (
        "像广告：有垃圾信息常用的词。",
        "Looks like an advertisement.",
    ),
    "desk_question.suspicion.address": ("里面有网址。", "It holds an address."),
    "desk_question.suspicion.mail": ("里面有邮箱。", "It holds an e-mail address."),
    "desk_question.suspicion.number": (
        "里面有电话或证件号。",
        "It holds a telephone or identity number.",
    ),
    "desk_question.suspicion.repeated": (
        "同一个字重复很多次。",
        "It repeats one character many times.",
    ),
    "desk_question.show": ("公布", "Publish"),
    "desk_question.hide": ("不公布", "Do not publish"),
    "desk_question.take": ("我来办", "I take it"),
    "desk_question.erase": ("删掉原文", "Erase the text"),
    "desk_question.erase_hint": (
        "里面有个人信息时用。删掉的找不回来；编号和经过还在。",
        "For personal data. It cannot be brought back; the number and what was done remain.",
    ),
    "desk_question.answer": ("答复（公开）", "Answer (public)"),
    "desk_question.send": ("公布答复", "Publish the answer"),
    "desk_question.steps": ("经过", "What was done"),
    "desk_question.step.shown": ("公布", "published"),
    "desk_question.step.hidden": ("不公布", "not published"),
    "desk_question.step.assigned": ("接手", "taken"),
    "desk_question.step.answered": ("答复", "answered"),
    "desk_question.step.erased": ("删掉原文", "text erased"),
    "desk_question.erased": ("原文删掉了。", "The text was erased."),
    "desk_question.done.done": ("办好了。", "Done."),
}
