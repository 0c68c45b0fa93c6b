"""Words of the desk's pages about statements: Chinese, then English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "desk.tab.issues": ("报告", "Statements"),
    "more.issues": (
        "编制、签名、交审计师、公布，每一步都看得到",
        "Prepared, signed, with the auditor, published: every step",
    ),
    "issues.title": ("报告", "Statements"),
    "issues.lead": (
        (
            "报告从编制、机构签名、交审计师到公布，每一步都记入账本，连同文件的 SHA-256。编制人不"
            "能签自己编的报告。"
        ),
        (
            "From preparing over signing and the auditor to publishing, each step is in the "
            "ledger with the file’s SHA-256. Whoever prepares a statement does not sign it."
        ),
    ),
    "issues.none": (
        "还没有报告。结账以后，可以在这里编制。",
        "No statement yet. Once a month is closed, one can be prepared here.",
    ),
    "issues.prepare": ("编制一份报告", "Prepare a statement"),
    "issues.period": (
        "哪个时段（2026-10、2026-Q4 或 2026）",
        "Period (2026-10, 2026-Q4 or 2026)",
    ),
    "issues.kind": ("哪一种", "Kind"),
    "issues.kind.M": ("月度", "Monthly"),
    "issues.kind.Q": ("季度", "Quarterly"),
    "issues.kind.A": ("年度", "Annual"),
    "issues.kind.C": ("更正说明", "Correction notice"),
    "issues.kind.R": ("核对报告", "Reconciliation"),
    "issues.language": ("语言", "Language"),
    "issues.language.zh": ("中文", "Chinese"),
    "issues.language.en": ("英文", "English"),
    "issues.language.both": ("中英文在一个文件里", "Both in one file"),
    "issues.prepare.button": ("开始编制", "Prepare"),
    "issues.jobs": ("正在做的和刚做完的", "Under way, and just done"),
    "issues.certificates": ("审计师的证书", "Auditors’ certificates"),
    "issue.title": ("{number}（{language}）", "{number} ({language})"),
    "issue.state.built": ("等机构签名", "Waits for the organisation’s signature"),
    "issue.state.signed": ("机构已签", "Signed by the organisation"),
    "issue.state.sent": ("在审计师处", "With the auditor"),
    "issue.state.countersigned": ("审计师已签", "Countersigned"),
    "issue.state.returned": ("审计师退回", "Returned with findings"),
    "issue.state.published": ("已公布", "Published"),
    "issue.step.built": ("编制并核对", "Prepared and checked"),
    "issue.step.signed": ("机构签名", "Signed by the organisation"),
    "issue.step.sent": ("交给审计师", "Handed to the auditor"),
    "issue.step.countersigned": ("审计师签名", "Signed by the auditor"),
    "issue.step.returned": ("审计师退回", "Returned by the auditor"),
    "issue.step.published": ("公布", "Published"),
    "issue.history": ("走过的每一步", "Every step"),
    "issue.file": ("下载现在的文件", "Download the file as it stands"),
    "issue.sha256": ("文件的 SHA-256", "SHA-256 of the file"),
    "issue.level": ("签名等级 PAdES {level}。", "Signature level PAdES {level}."),
    "issue.level.B-B": (
        "没有时间戳，签名时间只是签名的电脑说的。设置时间戳机构（LEDGER_TSA_URL）以后才有。",
        (
            "No time stamp: when it was signed is told by the signing machine only. Set a time "
            "stamp authority (LEDGER_TSA_URL) to have one."
        ),
    ),
    "issue.level.B-LTA": (
        "有时间戳，证书到期以后也能判断。",
        "With time stamps; it can be judged after the certificates have ended.",
    ),
    "issue.development": (
        "仅供试用的密钥：这个签名不证明是谁签的。",
        "Signed with a key only for trying: it proves nothing about who signed.",
    ),
    "issue.opinion": ("意见：{opinion}", "Opinion: {opinion}"),
    "issue.findings": ("审计师写的问题", "The auditor’s findings"),
    "opinion.none": ("没有鉴证，只签收", "none: signed without assurance"),
    "opinion.unmodified": ("无保留意见", "unmodified opinion"),
    "opinion.qualified": ("保留意见", "qualified opinion"),
    "opinion.adverse": ("否定意见", "adverse opinion"),
    "opinion.disclaimer": ("无法表示意见", "disclaimer of opinion"),
    "opinion.agreed-upon": (
        "执行商定程序，未发表鉴证结论",
        "agreed-upon procedures performed, no assurance",
    ),
    "issue.sign": ("用机构的密钥签名", "Let the organisation sign"),
    "issue.sign.lead": (
        "签名以后，文件只能再由审计师在预留的栏里签，别的都不能改。请先下载看过。",
        (
            "After this only the auditor can sign, in the field made for it; nothing else can be "
            "changed. Look at the file first."
        ),
    ),
    "issue.sign.own": (
        "这份报告是您编制的，要由别人签。",
        "You prepared this statement; somebody else signs it.",
    ),
    "issue.key.device": ("密钥在设备里。", "The key is in a device."),
    "issue.key.file": ("密钥在文件里。", "The key is in a file."),
    "issue.key.development": (
        (
            "现在用的是仅供试用的密钥，签出来的文件不证明任何事。正式使用前请设置 "
            "LEDGER_SIGN_P12 或 LEDGER_SIGN_PKCS11_MODULE。"
        ),
        (
            "The key is one only for trying: what it signs proves nothing. Before using it in "
            "earnest, set LEDGER_SIGN_P12 or LEDGER_SIGN_PKCS11_MODULE."
        ),
    ),
    "issue.key.none": (
        ("没有设置密钥，现在不能签。请运营者设置 LEDGER_SIGN_P12 或 LEDGER_SIGN_PKCS11_MODULE。"),
        (
            "No key is set, so nothing can be signed. Ask the operator to set LEDGER_SIGN_P12 or "
            "LEDGER_SIGN_PKCS11_MODULE."
        ),
    ),
    "issue.send": ("交给审计师", "Hand it to the auditor"),
    "issue.publish": ("提出公布", "Propose to publish"),
    "issue.publish.lead": (
        ("批准以后，{number} 已签的文件全部公布，所在月份封账，从此不能再改；有错另发更正说明。"),
        (
            "Once approved, all signed files of {number} are published and its month is sealed "
            "for ever; a mistake is corrected by a notice."
        ),
    ),
    "issue.back": ("交回签过的文件", "Bring the countersigned file"),
    "issue.back.lead": (
        (
            "在自己的电脑上用自己的密钥签：任何支持 PAdES 的软件，或者 python -m ledger "
            "statement countersign。签在「审计师签章」栏里，别的都不要改。"
        ),
        (
            "Sign on your own machine with your own key: any PAdES tool, or python -m ledger "
            "statement countersign. Sign in the field “Signature of the auditor” and change "
            "nothing else."
        ),
    ),
    "issue.back.file": ("签过的 PDF", "The signed PDF"),
    "issue.back.opinion": ("发表哪种意见", "Kind of opinion"),
    "issue.back.button": ("交回并核对", "Bring and check"),
    "issue.return": ("退回", "Return it"),
    "issue.return.findings": ("问题（会公开在账本里）", "Findings (public in the ledger)"),
    "issue.no_certificate": (
        "您还没有登记的证书，交回的文件不会被接受。请管理员先登记。",
        (
            "You have no enrolled certificate, so no file of yours would be taken. Ask the "
            "administrator to enrol it first."
        ),
    ),
    "issue.done.sent": ("已经交给审计师。", "It is with the auditor now."),
    "issue.done.returned": ("已经退回。", "It was returned."),
    "issue.done.moved_on": (
        "没有办：这份报告已经走到下一步了，请看现在的状态。",
        "Nothing was done: the statement has moved on; see where it stands.",
    ),
    "job.title": ("进度", "Progress"),
    "job.task.prepare": ("编制 {what}", "Preparing {what}"),
    "job.task.sign": ("签名 {what}", "Signing {what}"),
    "job.task.take-back": ("核对交回的 {what}", "Checking what came back of {what}"),
    "job.state.waiting": ("等前一件做完", "Waits for its turn"),
    "job.state.running": ("正在做", "Under way"),
    "job.state.done": ("做好了", "Done"),
    "job.state.failed": ("没有做成", "It failed"),
    "job.state.interrupted": ("中断了", "Interrupted"),
    "job.interrupted": (
        "做的时候被打断了。报告还在之前的状态，可以再做一次。再被打断，多半是内存不够（LEDGER_STATEMENT_MEMORY）。",
        (
            "It was interrupted. The statement is in the state before; it can be done again. If that happens "
            "again, memory is probably too small (LEDGER_STATEMENT_MEMORY)."
        ),
    ),
    "job.reload": (
        "这一页每 3 秒自己刷新；也可以手动刷新。",
        "This page reloads every 3 seconds; you can reload it yourself too.",
    ),
    "job.step.building": ("计算、核对等式、排版", "Figures, equations, layout"),
    "job.step.checking": ("检查文件", "Checking the file"),
    "job.step.signing": ("签名", "Signing"),
    "job.step.recording": ("记入账本", "Writing into the ledger"),
    "job.unchanged": ("报告还在之前的状态。", "The statement is in the state before."),
    "job.see": ("看这份报告", "See the statement"),
    "job.problem": ("原因：{code}", "Reason: {code}"),
    "job.why.not-found": (
        "这个期间还没有结账，或者没有这样的期间。先结账，再编制报告。",
        "This period is not closed, or there is no such period. Close it first, then prepare.",
    ),
    "job.why.statement-tie": (
        "{left} 和 {right} 两个数对不上，所以没有出报告。请先查明差在哪里。",
        "{left} and {right} differ, so there is no statement. Find out where they differ first.",
    ),
    "job.why.personal-data": (
        "{file} 的“{field}”一栏里有手机号或身份证号（第 {row} 行），公开出去会泄露个人信息，所以没有出报告。",
        (
            "A phone or identity number stands in {file}, “{field}” (row {row}). It must not be public, so there "
            "is no statement."
        ),
    ),
    "job.why.memory": (
        "内存不够：一次最多可用 {limit} MB。请运维人员调大 LEDGER_STATEMENT_MEMORY。",
        "Out of memory: {limit} MB at most. Whoever operates this can raise LEDGER_STATEMENT_MEMORY.",
    ),
    "job.why.state": (
        "这份报告已经走到别的一步了，请看它现在的状态。",
        "This statement has moved on; see where it stands now.",
    ),
    "job.why.four-eyes": (
        "编制的人不能签名，请由别人来签。",
        "Whoever prepared it cannot sign it; somebody else has to.",
    ),
    "job.why.external": (
        "时间戳机构没有回答。请过一会儿再签一次。",
        "The time stamp authority did not answer. Sign again in a while.",
    ),
    "job.why.settings": (
        "签名的密钥打不开。请运维人员核对设置 {name}。",
        "The signing key cannot be opened. Whoever operates this should check the setting {name}.",
    ),
    "job.why.storage-full": (
        "磁盘满了。请运维人员腾出空间，再做一次。",
        "The disk is full. Make room, and do it again.",
    ),
    "certificates.title": ("审计师的证书", "Auditors’ certificates"),
    "certificates.lead": (
        "审计师只能用这里登记的证书签。登记由管理员提出、批准人批准；证书本身会公开。",
        (
            "An auditor signs only with a certificate that is enrolled here. The administrator "
            "proposes it, an approver decides; the certificate itself is public."
        ),
    ),
    "certificates.none": ("还没有登记证书。", "No certificate is enrolled yet."),
    "certificates.counts": ("有效", "Counts"),
    "certificates.ended": ("已停用", "Ended"),
    "certificates.new": ("登记一张证书", "Enrol a certificate"),
    "certificates.whose": ("哪位审计师", "Whose"),
    "certificates.no_auditor": ("本基金还没有审计师。", "The fund has no auditor yet."),
    "certificates.file": (
        "证书文件（PEM，从本人证书到根证书）",
        "Certificate file (PEM, from one’s own up to the root)",
    ),
    "certificates.propose": ("提出登记", "Propose"),
    "certificates.end": ("停用", "End it"),
    "certificates.end.title": ("停用{name}的证书", "End the certificate of {name}"),
    "certificates.end.reason": ("为什么（会公开在账本里）", "Why (public in the ledger)"),
    "certificates.done.ended": ("已经停用。", "It has ended."),
    "field.certificate": ("证书的 SHA-256", "SHA-256 of the certificate"),
    "field.chain": ("证书（PEM）", "Certificate (PEM)"),
    "field.opinion": ("审计意见", "Opinion"),
    "field.statements": ("公布哪些文件", "Files to publish"),
    "field.seal": ("同时封账", "Sealed with it"),
    "refused.too-large": (
        "文件太大：比交出去的文件多出的，不像一个签名。",
        "It is too large: it holds more than the file that was sent and a signature.",
    ),
    "refused.above-limit": (
        "文件太大，没有收下：一次最多 {most} MB。签过名的报告，只比交给您的那个文件大一点。",
        (
            "It is too large and was not taken: at most {most} MB. A signed statement is only a little larger than the "
            "file that was sent."
        ),
    ),
    "refused.other-file": (
        (
            "这不是交给您的那个文件：前面的字节不一样。签名软件如果「另存」或重新生成文件，就会这"
            "样；请用「追加签名」。"
        ),
        (
            "This is not the file that was sent: its first bytes differ. A tool that saves the "
            "file anew does that; sign by adding to it."
        ),
    ),
    "refused.nothing-added": (
        "这就是交出去的文件，上面没有您的签名。",
        "This is the file that was sent, without your signature.",
    ),
    "refused.not-a-pdf": (
        "文件读不出来：被截断或损坏了。",
        "The file cannot be read: it is cut off or broken.",
    ),
    "refused.encrypted": (
        "文件加了密；报告从不加密。",
        "The file is encrypted; statements never are.",
    ),
    "refused.too-many": (
        "文件的部件太多，不像一份报告。",
        "The file has more parts than any statement.",
    ),
    "refused.script": (
        "文件里加了程序或会自己运行的动作。",
        "A program, or an action that runs by itself, was added.",
    ),
    "refused.changed-pages": ("加了页或删了页。", "Pages were added or removed."),
    "refused.changed-content": ("改了页面的内容。", "What a page shows was changed."),
    "refused.changed-annotation": ("加了批注或别的栏位。", "A note or another field was added."),
    "refused.changed-attachment": (
        "增减或改动了附件。",
        "An attached file was added, removed or changed.",
    ),
    "refused.bytes-differ": (
        "签名与文件的字节不相符：文件被改过。",
        "A signature does not fit the bytes: the file was changed.",
    ),
    "refused.not-allowed": (
        "除了您的签名，还改了机构的签名不允许的地方。",
        "Beside your signature, something was changed that the organisation’s forbids.",
    ),
    "refused.bytes-after": (
        "您的签名之后还有字节，没有被签名覆盖。",
        "Bytes stand after your signature that it does not cover.",
    ),
    "refused.second-countersignature": (
        "文件上有不止一个审计师签名。",
        "It carries more than one countersignature.",
    ),
    "refused.other-field": (
        "签名不在「审计师签章」栏里。",
        "The signature is not in the field made for the auditor.",
    ),
    "refused.not-enrolled": (
        "签名的证书没有登记，或已停用。",
        "The certificate is not enrolled, or has ended.",
    ),
    "refused.not-yours": ("这是别人的证书。", "The certificate is somebody else’s."),
    "refused.expired": (
        "证书已过期，或还没有生效。",
        "The certificate has expired, or is not valid yet.",
    ),
    "refused.key-usage": (
        "这张证书不是用来签文件的。",
        "The certificate is not for signing documents.",
    ),
    "refused.revoked": ("证书已被吊销。", "The certificate was revoked."),
    "refused.no-revocation-list": (
        (
            "没有发证机构的吊销列表，无法知道证书是否被吊销。请运营者把它放进信任文件夹（"
            "LEDGER_TRUST）。"
        ),
        (
            "There is no revocation list of the certificate’s issuer, so nobody can tell whether "
            "it was revoked. Ask the operator to put it into the folder of trust (LEDGER_TRUST)."
        ),
    ),
    "refused.no-root": (
        "证书追溯不到根证书。文件里要有从本人到根的整条链。",
        (
            "The certificate does not lead to a root. The file has to hold the whole chain, from "
            "one’s own to the root."
        ),
    ),
    "refused.self-issued": (
        "证书是自己发给自己的，无法吊销。",
        "The certificate vouches for itself and could not be revoked.",
    ),
    "refused.not-a-certificate": ("这不是证书。", "This is not a certificate."),
    "refused.other-kind": ("这不是 PDF。", "This is not a PDF."),
    "refused.missing": ("请选一个文件。", "Please choose a file."),
    "refused.empty": ("文件是空的。", "The file is empty."),
}
