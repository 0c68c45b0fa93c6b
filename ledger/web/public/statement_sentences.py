"""Words of a published statement's page: Chinese, then English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "report.title": ("{month}报告", "Statement of {month}"),
    "report.title.number": ("报告 {number}", "Statement {number}"),
    "report.number": ("编号 {number}。", "Number {number}."),
    "report.title.notice": ("更正说明 {number}", "Correction notice {number}"),
    "report.corrected": ("{day}更正过", "Corrected on {day}"),
    "report.corrected.lead": (
        "下面这些数不对。这份报告不换：它是当时的记录。请以更正后的数为准，见更正说明",
        (
            "These figures were wrong. The statement is not replaced: it is the record of its time. "
            "Read the corrected ones; see notice"
        ),
    ),
    "report.corrects": ("更正了什么", "What it corrects"),
    "report.corrects.lead": (
        "已公布的报告不换。这里写明哪份报告、哪一行、原来的数和更正后的数；更正的分录见 PDF。",
        (
            "A published statement is never replaced. This names the statement, the line, the old and "
            "the corrected figure; the entries are in the PDF."
        ),
    ),
    "report.old": ("更正前", "Old"),
    "report.change": ("变动", "Change"),
    "report.new": ("更正后", "New"),
    "report.file": ("PDF（{language}，{size}）", "PDF ({language}, {size})"),
    "report.lead.none": (
        "机构签过名，没有审计师的意见。",
        "Signed by the organisation; without an auditor’s opinion.",
    ),
    "report.lead.opinion": ("审计师签过名：{opinion}。", "Signed by an auditor: {opinion}."),
    "report.lead.unsigned": ("没有电子签名。", "Without electronic signatures."),
    "report.development": (
        "签名用的是仅供试用的密钥，不证明是谁签的。",
        "The signatures were made with keys only for trying: they prove nothing about who signed.",
    ),
    "report.figures": ("报告里的数", "Figures of the statement"),
    "report.figures.caption": ("金额单位{unit}", "Amounts in {unit}"),
    "report.code": ("代码", "Code"),
    "report.line": ("项目", "Line"),
    "report.figure": ("数", "Figure"),
    "report.section.G": ("打赏", "Gifts"),
    "report.section.P": ("平台应收和结算", "Due from platforms"),
    "report.section.B": ("归集账户", "Collection account"),
    "report.section.T": ("在途", "In transit"),
    "report.section.F": ("基金", "The fund"),
    "report.section.S": ("项目支出", "Programme spending"),
    "report.no_figures": (
        "这份报告的数在 PDF 里；网页上没有另存一份。",
        "The figures of this statement are in the PDF; none are kept for the page.",
    ),
    "report.history": ("从编制到公布", "From preparing to publishing"),
    "report.none": (
        "这份报告公布的时候，账本还不记编制和签名。",
        "When this statement was published, the ledger did not record preparing and signing yet.",
    ),
    "report.certificate": ("证书 SHA-256", "Certificate SHA-256"),
    "report.check": ("怎么核对", "How to check"),
    "report.check.hash": (
        "下载 PDF，算出它的 SHA-256，和上面账本里记的比：一样，就是公布的那一份。",
        (
            "Download the PDF, compute its SHA-256 and compare it with the one in the ledger above: "
            "if equal, it is the published file."
        ),
    ),
    "report.check.signatures": (
        "离线核对签名和数字：{command}。签名人的证书指纹应和上面的一样。",
        (
            "Check signatures and figures offline: {command}. The signers’ certificates should have "
            "the fingerprints above."
        ),
    ),
    "report.check.attached": (
        "PDF 里附有核对程序：{command} 取出来，在空文件夹里就能核对。",
        "The PDF carries its own verifier: take it out with {command} and run it in an empty folder.",
    ),
    "report.check.browser": ("在浏览器里核对", "Check it in the browser"),
    "report.step.built": ("编制并核对", "Prepared and checked"),
    "report.step.signed": ("机构签名", "Signed by the organisation"),
    "report.step.sent": ("交给审计师", "Handed to the auditor"),
    "report.step.countersigned": ("审计师签名", "Signed by the auditor"),
    "report.step.returned": ("审计师退回，写明问题", "Returned by the auditor with findings"),
    "report.step.published": ("公布", "Published"),
    "report.level": ("PAdES {level}，{what}", "PAdES {level}, {what}"),
    "report.level.B-B": ("没有时间戳", "without a time stamp"),
    "report.level.B-LTA": ("有时间戳，可长期核对", "with time stamps, checkable in the long term"),
    "report.language.zh": ("中文", "Chinese"),
    "report.language.en": ("英文", "English"),
    "report.language.both": ("中英文", "Chinese and English"),
}
