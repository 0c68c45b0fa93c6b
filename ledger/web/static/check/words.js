/** What the checks say, Chinese and English side by side. `{…}` is filled in; a test holds both to the same names. */

export const WORDS = {
  "in_log": ["这一笔在账本里，之后没有改过。", "This gift is in the ledger, and was not changed since."],
  "in_log.yes": ["第 {entry} 条，凭证算出的根值与账本签过字的一致（{size} 条）", "Entry {entry}: the receipt leads to the root that the ledger signed, over {size} entries"],
  "grows": ["账本只增不改，前面的没有动过。", "The ledger only grew; nothing before was changed."],
  "grows.yes": ["现在有 {size} 条；{since}", "It has {size} entries now; {since}"],
  "grows.since": ["接得上你上次看到的 {since} 条", "they continue the {since} that you saw last time"],
  "grows.first": ["你第一次来，下次会拿这次的对", "this is your first visit, and the next will be held to it"],
  "grows.new_keys": ["账本换过公钥，旧账都接得上", "the ledger has changed its key, and the old entries are all there"],
  "none_missing": ["这场直播没有漏记。", "No gift of this broadcast is missing."],
  "none_missing.yes": ["共 {total} 笔，编号 1 到 {total} 连着，这是第 {number} 笔", "{total} gifts, numbered 1 to {total} without a gap; this is number {number}"],
  "sums": ["金额一分不差。", "The amounts are exact to the fen."],
  "sums.yes": ["由 {entries} 条账重算，每一步都和页面上的一样", "Recomputed from {entries} entries; each step is as shown"],
  "same_book": ["给你看的和给别人看的是同一本账。", "You are shown the same book as everybody else."],
  "same_book.yes": ["{names} {when} 见证了 {size} 条，这一条在里面，后面的都接得上", "{names} witnessed {size} entries {when}, this one among them, and the later ones continue them"],
  "private_parts": ["昵称和留言与当时封存的一致。", "Name and message are those that were sealed at the time."],
  "private_parts.yes": ["打开了 {count} 处封存的内容；别人看不到，只有拿着凭证的你能核对", "{count} sealed parts opened; only the holder of the receipt can do this"],

  "statement": ["文件和公布的那份完全相同。", "The file is exactly the one that was published."],
  "statement.yes": ["摘要 {digest}，写在账本第 {entry} 条", "Digest {digest}, recorded in entry {entry}"],
  "attachments": ["附件和文件自己的清单一致。", "The attachments are those that the file lists."],
  "attachments.yes": ["{count} 份附件，摘要都对", "{count} attachments, all digests agree"],
  "figures": ["报告里的数和公布的一样。", "The figures are those that were published."],
  "figures.yes": ["{count} 个数，全部相同", "{count} figures, all the same"],

  "because": ["没通过：", "Not valid, because "],
  "unknown": ["没法核对：", "Could not be checked: "],

  "reason.not-text": ["文件不是文字，可能传坏了。", "the file is no text; it may be damaged."],
  "reason.note": ["账本的签字页不合格式。", "the ledger’s signed page is malformed."],
  "reason.checkpoint": ["账本的签字页不合格式。", "the ledger’s signed page is malformed."],
  "reason.key": ["公钥不合格式。", "the public key is malformed."],
  "reason.other-log": ["凭证是另一本账（{found}）的。", "the receipt is of another ledger ({found})."],
  "reason.signature": ["签字不对，内容被改过或不是这本账签的。", "a signature is wrong: the content was changed, or another signed it."],
  "reason.not-signed": ["没有这本账的签字。", "this ledger did not sign it."],
  "reason.inclusion": ["凭证算出的根值和账本的不同。", "the receipt leads to another root than the ledger’s."],
  "reason.consistency": ["账本前后接不上。", "the ledger does not continue what it was."],
  "reason.fork": ["账本前后不一致：{earlier} 条时的账，和现在 {later} 条的账，不可能是同一本。", "the ledger tells two stories: its {earlier} entries of then and {later} of now cannot be one book."],
  "reason.too-large": ["文件太大，不是我们的凭证。", "the file is too large to be one of our receipts."],
  "reason.not-a-receipt": ["这不是我们的凭证。", "this is no receipt of ours."],
  "reason.receipt-malformed": ["凭证不合格式，可能不完整。", "the receipt is malformed, perhaps incomplete."],
  "reason.other-entry": ["凭证里的账和另给的那条不同。", "the entry in the receipt is another than the one beside it."],
  "reason.other-number": ["凭证号对不上，应为 {number}。", "the receipt number is another: {number}."],
  "reason.entry": ["这条账不合格式，或不是这里的。", "the entry is malformed, or does not belong here."],
  "reason.unbalanced": ["第 {entry} 条借贷不平。", "entry {entry} does not balance."],
  "reason.commitment": ["封存的内容打不开：{label}。", "a sealed part does not open: {label}."],
  "reason.other-broadcast": ["页面说的结束记录不是这场直播的。", "the closing entry is of another broadcast."],
  "reason.counter": ["编号 {number} 不在 1 到 {total} 之间。", "number {number} is not between 1 and {total}."],
  "reason.amount": ["第 {entry} 条，页面写 {shown}，账本算出 {found}。", "entry {entry}: the page says {shown}, the ledger {found}."],
  "reason.bundle": ["账本给的一段账残缺。", "a part of the ledger arrived incomplete."],
  "reason.tile": ["账本给的一段证明残缺。", "a part of the proof arrived incomplete."],
  "reason.not-published": ["账本里没有公布过这份文件。", "no such file is published in the ledger."],
  "reason.digest": ["公布的摘要 {published}，这份的摘要 {found}。", "the published digest is {published}, this one’s {found}."],
  "reason.attachment": ["附件 {name} 被改过，或缺了。", "the attachment {name} was changed, or is missing."],
  "reason.extra": ["文件里多了一份没有登记的附件：{name}。", "the file holds an attachment that it does not list: {name}."],
  "reason.figure": ["{line}，这份写 {found}，公布的是 {published}。", "{line}: this file says {found}, the published one {published}."],
  "reason.not-a-pdf": ["这不是 PDF 文件。", "this is no PDF file."],

  "reason.no-crypto": ["这个浏览器或这个网址不能做密码运算，请用 https 打开，或换一个浏览器。", "this browser has no cryptography at this address; open it by https, or use another browser."],
  "reason.no-ed25519": ["这个浏览器还不会验 Ed25519 签字，请换一个新一点的。", "this browser cannot verify Ed25519 signatures yet; use a newer one."],
  "reason.offline": ["现在连不上账本，请稍后再试。", "the ledger cannot be reached now; try again later."],
  "reason.no-witness": ["还没有第三方给这本账作见证；你看到的前后一致，别人看到的是不是这一本，只能等有了见证再说。", "no third party witnesses this ledger yet: what you see is consistent, but whether others see the same only a witness can tell."],
  "reason.not-witnessed-yet": ["见证到第 {size} 条为止，这一条还没轮到；过几分钟再看。", "the witnesses have come as far as entry {size}; this one is next, look again in a few minutes."],
  "reason.older-answer": ["账本现在只给出 {size} 条，比凭证旧，请过一会儿再试。", "the ledger answers with {size} entries only, older than the receipt; try again in a moment."],
  "reason.no-keys": ["没有账本的公钥。", "the ledger’s public key is missing."],
  "reason.no-checkpoint": ["账本还没有签过字。", "the ledger has signed nothing yet."],
  "reason.no-tile": ["账本没有给出这一段证明。", "the ledger did not give this part of the proof."],
  "reason.no-entry": ["凭证里没有那条账，请连同那条账一起拖进来。", "the receipt lacks the entry; drop the entry beside it."],
  "reason.no-opening": ["昵称是封存的，只有拿着自己凭证的人能打开。", "the name is sealed; only who holds their own receipt can open it."],
  "reason.not-reached": ["前一项没通过，这一项就没有核对。", "an earlier check did not pass, so this one was not made."],
  "reason.running": ["直播还没结束，结束时才写总数；这是第 {number} 笔。", "the broadcast is not closed yet; this is gift number {number} so far."],
  "reason.voids": ["这一段里有退款，要用完整的账核对。", "gifts were taken back in this stretch; it takes the whole ledger to check."],
  "reason.way": ["钱绕过路，第 {entry} 条要用完整的账核对。", "the money took a detour; entry {entry} takes the whole ledger to check."],
  "reason.not-published-yet": ["第 {entry} 条还没有公布。", "entry {entry} is not published yet."],
  "reason.no-attachments": ["文件里读不出附件。", "no attachments can be read from the file."],
  "reason.no-original": ["公布的那份没有可比的数。", "the published one has no figures to compare with."],
  "reason.encrypted": ["文件加了密。", "the file is encrypted."],
  "reason.failed": ["浏览器没算成（{error}）。", "the browser failed ({error})."],

  "by.phone": ["你的手机", "your phone"],
  "by.computer": ["你的电脑", "your computer"],
  "summary.all": ["下面 {count} 项由{device}刚刚算过，不用相信我们。", "The {count} checks below were just computed by {device}: you need not believe us."],
  "summary.some": ["{count} 项由{device}刚刚算过，不用相信我们；另外 {unknown} 项没法核对，写着为什么。", "{count} checks were just computed by {device}; {unknown} could not be made, and say why."],
  "summary.no": ["{device}算过，有 {failed} 项没通过。", "Computed by {device}: {failed} did not pass."],
  "summary.none": ["{device}没能核对。下面是服务器核对的。", "Nothing could be checked by {device}. What follows was checked by our server."],
  "working": ["{device}正在核对……", "Being checked by {device} …"],
  "fork.title": ["这本账给过两个说法", "This ledger has told two stories"],
  "fork.text": ["它签过两份不可能同时为真的账。请把下面两份签字下载下来，交给见证人、审计师或监管部门。", "It signed two trees that cannot both be true. Download both signed notes and give them to a witness, the auditor or the regulator."],
  "fork.earlier": ["下载以前的签字", "Download the earlier note"],
  "fork.later": ["下载现在的签字", "Download the present note"],
  "forget": ["忘掉这台设备记住的账", "Forget what this device remembers of the ledger"],
  "forgotten": ["忘掉了。下次从头记起。", "Forgotten. The next check begins anew."],

  "verdict.yes": ["有效", "Valid"],
  "verdict.yes.receipt": ["这一笔在账本里，没有改过。", "This gift is in the ledger, unchanged."],
  "verdict.yes.statement": ["是原件，和公布的一字不差。", "This is the original, exactly as published."],
  "verdict.no": ["无效", "Not valid"],
  "verdict.no.text": ["{reason}", "It is not: {reason}"],
  "verdict.unknown": ["没法核对", "Could not be checked"],
  "verdict.unknown.text": ["文件不一定有问题。{reason}", "The file may still be genuine. {reason}"],
  "file": ["文件", "File"],
  "fund": ["基金", "Fund"],
  "number": ["凭证号", "Receipt"],
  "amount": ["金额", "Amount"],
  "given": ["送出时间", "Given"],
  "statement_number": ["编号", "Number"],
  "checked": ["核对了什么", "What was checked"],
  "again": ["再核对一份", "Check another"],
  "open_gift": ["看这一笔走到哪了", "See where this gift is"],
  "open_statement": ["打开网页版报告", "Open the statement’s page"],
  "original": ["下载原件", "Download the original"],
  "do_not_use": ["请不要转发或使用这份文件。不知道是谁改的；原件在本站。", "Please do not pass this file on. Who changed it is not known; the original is on this site."],
  "not_uploaded": ["核对结果。文件没有上传，是在{device}上算的。", "The result. Your file was not uploaded; it was computed by {device}."],
  "several": ["一次核对一份。", "One file at a time."],
  "label.donor": ["用户号", "user id"],
  "label.name": ["昵称", "name"],
  "label.delivery": ["平台单号", "platform’s record"],
  "label.message": ["留言", "message"],
};

/** Speak one language. */
export function voice(language) {
  const at = language === "en" ? 1 : 0;
  return (key, values = {}) =>
    WORDS[key][at].replace(/\{([a-z_]+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Whose device computed it: true to what is in the reader's hand. */
export function device(say) {
  return say(globalThis.matchMedia?.("(pointer: coarse)").matches ? "by.phone" : "by.computer");
}

/** A whole number with its thousands separated. */
export function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Minor units of a currency, or whole units of a platform, as people write them. */
export function money(minor, commodity, language) {
  const digits = fractionDigits(commodity);
  const sign = minor < 0 ? "\u2212" : "";
  const all = String(Math.abs(minor)).padStart(digits + 1, "0");
  const whole = grouped(digits ? all.slice(0, -digits) : all);
  const text = sign + (digits ? `${whole}.${all.slice(-digits)}` : whole);
  if (commodity !== "CNY") return `${text} ${commodity}`;
  return language === "en" ? `¥${text}` : `${text} 元`;
}

/** How many digits stand behind the point (ISO 4217); none for units of platforms. */
function fractionDigits(commodity) {
  if (!/^[A-Z]{3}$/.test(commodity)) return 0;
  return new Intl.NumberFormat("en", { style: "currency", currency: commodity }).resolvedOptions().maximumFractionDigits;
}
