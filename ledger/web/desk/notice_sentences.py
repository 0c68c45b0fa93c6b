"""Words of the desk about correction notices: Chinese, then English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "notices.title": ("要发的更正说明", "Correction notices to give"),
    "notices.lead": (
        (
            "下面的分录改了已经公布的数。公布了的报告不换，要发一份更正说明：写明哪份报告、哪一行、"
            "原来多少、应为多少、为什么。一人编制，另一人签名，批准后公布。"
        ),
        (
            "The entries below change published figures. A published statement is never replaced: a "
            "notice names the statement, the line, the old and the new figure and why. One prepares "
            "it, another signs it, and it is published once approved."
        ),
    ),
    "notices.touches": (
        "{month} 有 {n} 条分录更正了 {statements}",
        "In {month}, {n} entries correct {statements}",
    ),
    "notices.prepare": ("编制 {number}", "Prepare {number}"),
    "notices.language": ("{number} 的语言", "Language of {number}"),
    "notices.prepared": ("已编制：", "Prepared: "),
    "notices.day": (
        "已公布的报告有更正，还没有发更正说明：",
        "Published statements were corrected, and no notice tells of it yet: ",
    ),
    "notices.see": ("去编制", "prepare it"),
    "issue.corrected_by": ("更正说明", "Correction notices"),
    "issue.corrected_by.out": ("已公布", "Published"),
    "issue.corrects": ("更正的报告", "What it corrects"),
    "issue.corrects.row": (
        "{line}：原来 {old}，应为 {new}",
        "{line}: it said {old} and should say {new}",
    ),
    "issue.publish.lead.notice": (
        (
            "批准以后，{number} 已签的文件全部公布。更正说明不封账，被更正的报告原样保留，网页上互相注明。"
        ),
        (
            "Once approved, all signed files of {number} are published. A notice seals nothing; the "
            "statements that it corrects stay as they are, and their pages name each other."
        ),
    ),
    "issue.publish.lead.report": (
        "批准以后，{number} 已签的文件全部公布。对账报告不封账；所在月份要先封账。",
        (
            "Once approved, all signed files of {number} are published. It seals nothing: its month "
            "has to be sealed first."
        ),
    ),
    "corrections.notice": ("更正说明", "Notice"),
    "corrections.notice.none": ("不改已公布的数", "changes no published figure"),
    "corrections.notice.waits": ("还没发", "not given yet"),
}
