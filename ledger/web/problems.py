"""Errors as the outside sees them: one row for each class, a problem document or a page.

API, webhook and log addresses always answer `application/problem+json`; pages answer with a
sentence in the reader's language that says what to do. The same row feeds both.

Source:
    RFC 9457, sections 3 and 3.1 (members, and `errors` as an extension for fields).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from ledger import errors
from ledger.activity import origins
from ledger.projections.shapes import Words
from ledger.web.language import Voice, language_of, other

logger = structlog.get_logger(__name__)

MACHINE_PATHS = ("/api/", "/webhooks/", "/log/", "/healthz", "/readyz")
"""Addresses whose readers are programs: they never get a page."""

PROBLEM_JSON = "application/problem+json"

RETRY_SECONDS = 5
"""What `Retry-After` says: longer than any commit, short enough for a person to wait."""

_FIELD_NAMES = (
    "file", "line", "field", "reason", "value", "expected", "key", "seq", "account", "available", "asked",
    "what", "state", "needed",
)  # fmt: skip
"""Fields of an error that help its sender; others stay inside."""


@dataclass(frozen=True, slots=True)
class Problem:
    """How one class of errors is shown.

    Attributes:
        slug: Last part of the problem's `type`; never changes once published.
        status: HTTP status.
        title: What it is.
        sentence: What to do.
    """

    slug: str
    status: HTTPStatus
    title: Words
    sentence: Words

    @property
    def type(self) -> str:
        """Return the `type` of the problem document: the address of its explanation here."""
        return f"/problems/{self.slug}"


def _row(slug: str, status: int, title: tuple[str, str], sentence: tuple[str, str]) -> Problem:
    return Problem(slug, HTTPStatus(status), Words(*title), Words(*sentence))


PROBLEMS: dict[type[errors.LedgerError], Problem] = {
    errors.LedgerError: _row(
        "failure",
        500,
        ("这一页现在打不开", "This page cannot be opened now"),
        (
            "是我们的服务器出了问题，账本没有丢。10 分钟后再试。",
            "Our server failed; the ledger is safe. Try again in 10 minutes.",
        ),
    ),
    errors.InputError: _row(
        "input",
        400,
        ("送来的内容有误", "Something in the request is wrong"),
        ("看一看标出的地方，改好再送。", "Correct what is named and send it again."),
    ),
    errors.AmountError: _row(
        "amount",
        422,
        ("金额不对", "The amount cannot be taken"),
        (
            "金额要写成大于零的数，小数位不能多于这个币种的，也不能大得离谱。改好再送。",
            (
                "Write a positive number with no more decimals than its currency has, and not absurdly "
                "large; then send it again."
            ),
        ),
    ),
    errors.TimeFieldError: _row(
        "time",
        422,
        ("时间不对", "The time cannot be taken"),
        (
            "时间要带时区，例如 2026-10-09T20:00:24+08:00，不能在将来，也不能太早。改好再送。",
            (
                "Write the time with its zone, such as 2026-10-09T20:00:24+08:00, neither in the "
                "future nor too old; then send it again."
            ),
        ),
    ),
    errors.FieldError: _row(
        "field",
        422,
        ("有一项不对", "A field is wrong"),
        (
            "标出的那一项缺了、太长，或不是允许的值。改好再送。",
            (
                "The field that is named is missing, too long or not an allowed value. Correct it and "
                "send it again."
            ),
        ),
    ),
    errors.PersonalDataError: _row(
        "personal-data",
        422,
        (
            "要公开的内容里有手机号或身份证号",
            "What is to be public holds a phone or identity number",
        ),
        (
            "没有出，什么也没有公开。标出的那一处去掉号码以后再来一次。",
            "Nothing was made and nothing is public. Take the number out where it is named, then try again.",
        ),
    ),
    errors.FileFormatError: _row(
        "file-format",
        422,
        ("文件读不懂", "The file cannot be read"),
        (
            "照标出的行和栏检查文件，或从平台重新导出一份再送。",
            "Look at the line and field that are named, or export the file again and resend it.",
        ),
    ),
    errors.BalanceTieError: _row(
        "balance-tie",
        422,
        ("文件前后对不上", "The file does not add up"),
        (
            "期初余额加上每一行，得不到期末余额，这份文件先不入账。重新导出一份再送。",
            (
                "Its opening balance and lines do not make its closing balance, so it is held. Export "
                "it again and resend it."
            ),
        ),
    ),
    errors.UnknownNameError: _row(
        "unknown-name",
        422,
        ("没有这个名称", "There is no such name"),
        (
            "这个基金没有这个直播间、账户、病种或成员。先添加，或改正名称再送。",
            (
                "The fund has no such channel, account, disease or member. Add it first, or correct "
                "the name and send it again."
            ),
        ),
    ),
    errors.SettingsError: _row(
        "settings",
        500,
        ("服务的设置有误", "The service is set up wrongly"),
        (
            "请管理员照标出的名称改正设置，然后重新启动。",
            "The administrator must correct the setting that is named, and start again.",
        ),
    ),
    errors.SignatureError: _row(
        "signature",
        403,
        ("签名不对", "The signature is missing or wrong"),
        (
            "没有记账。检查这个直播间的密钥和签名方法，再送一次。",
            (
                "Nothing was recorded. Check the channel's secret and how the delivery is signed, then "
                "send it again."
            ),
        ),
    ),
    errors.TooLargeError: _row(
        "too-large",
        413,
        ("太大了", "Too large"),
        ("分成几份再送。", "Split it into smaller parts and send those."),
    ),
    errors.WrongHostError: _row(
        "wrong-host",
        400,
        ("没有这个网站", "There is no such site here"),
        (
            "请从公布的网址打开。管理员可以在 LEDGER_TRUSTED_HOSTS 里加上别的名称。",
            (
                "Open it under its published address. The administrator may add further names to "
                "LEDGER_TRUSTED_HOSTS."
            ),
        ),
    ),
    errors.FormExpiredError: _row(
        "form-expired",
        400,
        ("这张表放得太久了", "This form has waited too long"),
        (
            "什么都没有做。打开的时间太长，或登录已经变了。填的内容都在下面，请看一遍再送一次。",
            (
                "Nothing was done: it was open for too long, or the sign-in has changed. What you typed is kept; "
                "look at it and send it again."
            ),
        ),
    ),
    errors.InsufficientError: _row(
        "insufficient",
        422,
        ("账户里没有这么多", "The account does not hold that much"),
        (
            "把金额改到余额以内，或等钱到账以后再提。",
            "Lower the amount to what the account holds, or wait until more has arrived.",
        ),
    ),
    errors.PeriodClosedError: _row(
        "period-closed",
        422,
        ("这个月不能再记了", "This month takes no more"),
        (
            "正在结账的月份，要写明原因才能记；已封账的月份谁也不能改，请在下一个没结账的月份里记一条更正，并指明更正哪一条。",
            (
                "A month that is closing takes what gives a reason. A sealed one is never changed: record a correction "
                "in the next open month, and name the entry that it corrects."
            ),
        ),
    ),
    errors.StateError: _row(
        "state",
        422,
        ("现在还做不了这一步", "This step is not possible now"),
        (
            "刷新看看它到了哪一步，再决定怎么做。",
            "Reload to see how far it has come, then decide what to do.",
        ),
    ),
    errors.MatchedFileError: _row(
        "file-matched",
        422,
        ("文件里有已经对上的流水", "Lines of this file are matched"),
        (
            "先撤销列出的核对（两个人），流水都放开以后再重新导入这份文件。",
            "Release the matches that are listed first (two people); then take the file again.",
        ),
    ),
    errors.AboveLimitError: _row(
        "above-limit",
        422,
        ("超过一个人能登记的金额", "It is above the limit of one person"),
        (
            "没有登记。把它提出来，由别人批准后再入账。",
            "Nothing was booked. Propose it, so that others approve it.",
        ),
    ),
    errors.NotAllowedError: _row(
        "not-allowed",
        403,
        ("您不能做这一步", "You may not do this"),
        (
            "这一步要由别的角色来做。需要的话，请管理员调整。",
            "Another role must do it. Ask the administrator if that should change.",
        ),
    ),
    errors.FourEyesError: _row(
        "four-eyes",
        403,
        ("要由别人批准", "Someone else must approve it"),
        (
            "这笔是您提出的，要由另一位成员批准。",
            "You proposed this, so another member must approve it.",
        ),
    ),
    errors.UnauthorizedError: _row(
        "unauthorized",
        401,
        ("令牌不对", "The token is missing or not valid"),
        (
            "在 Authorization 里带上这个基金还有效的令牌，再送一次。",
            "Send a valid token of this fund in the Authorization header.",
        ),
    ),
    errors.SignInNeededError: _row(
        "sign-in-needed",
        401,
        ("请先登录", "Sign in first"),
        ("登录以后再打开这一页。", "Sign in, then open this page again."),
    ),
    errors.SignInRefusedError: _row(
        "sign-in-refused",
        401,
        ("登录没有成功", "Sign-in did not succeed"),
        (
            "核对输入的内容再试；忘了密码就用登录页上的链接重设。",
            "Check what you typed and try again; the sign-in page leads to a new password.",
        ),
    ),
    errors.FreshFactorNeededError: _row(
        "fresh-factor-needed",
        403,
        ("请再验证一次", "Show your second factor again"),
        (
            "这一步要求 10 分钟内验证过第二重身份。验证以后再做一次。",
            "This step needs a second factor shown within 10 minutes. Show it, then do this again.",
        ),
    ),
    errors.TooManyTriesError: _row(
        "too-many-tries",
        429,
        ("试的次数太多", "Too many tries"),
        ("等一会儿再试；急用请找管理员。", "Wait a while and try again, or ask an administrator."),
    ),
    errors.LinkEndedError: _row(
        "link-ended",
        410,
        ("这个链接不能用了", "This link no longer works"),
        (
            "链接只能用一次，也会过期。重设密码请重新申请；邀请请找管理员再发一次。",
            (
                "A link works once and for a limited time. Ask for a new one, or your administrator "
                "for a new invitation."
            ),
        ),
    ),
    errors.CrossSiteError: _row(
        "cross-site",
        403,
        ("这是别的网站送来的", "This came from another site"),
        (
            "什么都没有做。如果是您自己要做，请在本站的页面上重新填写。",
            "Nothing was done. If it was you who wanted it, fill in the form on our own page.",
        ),
    ),
    errors.TooOftenError: _row(
        "too-often",
        429,
        ("来得太密", "Too many requests"),
        (
            "等一会儿再试，要等多少秒写在 Retry-After 里；没有超过的照常处理。",
            "Wait a little and try again; Retry-After says how many seconds.",
        ),
    ),
    errors.NotFoundError: _row(
        "not-found",
        404,
        ("没有这一页", "There is no such page"),
        (
            "地址可能抄漏了。从全部基金开始找。",
            "The address may be incomplete. Start from the list of all funds.",
        ),
    ),
    errors.ConflictError: _row(
        "conflict",
        409,
        ("同一个编号，内容不一样", "The same id with other content"),
        (
            "原来那一条照旧有效，新送的没有记账。比一比标出的那一项，确实不同就换一个编号。",
            (
                "The first one stands and this one was not recorded. Compare the field that is named; "
                "if it is a different thing, give it another id."
            ),
        ),
    ),
    errors.ExternalError: _row(
        "external",
        502,
        ("外面的服务没有回应", "A service outside did not answer"),
        (
            "平台、银行或邮件服务暂时不通，什么都没有丢。过几分钟再试。",
            "A platform, bank or mail service failed; nothing is lost. Try again in a few minutes.",
        ),
    ),
    errors.BusyError: _row(
        "busy",
        503,
        ("现在太忙", "Too busy right now"),
        (
            "这一次什么都没有记。等几秒再送一次，同一个编号不会记两遍。",
            (
                "Nothing was recorded this time. Send it again in a few seconds; the same id is never "
                "recorded twice."
            ),
        ),
    ),
    errors.UnreachableError: _row(
        "unreachable",
        503,
        ("数据库连不上", "The database cannot be reached"),
        (
            "是我们这边的问题，账本没有丢。过几分钟再试；重送一遍，也不会记成两遍。",
            (
                "The fault is ours, and the ledger is safe. Try again in a few minutes; what is sent again is never "
                "recorded twice."
            ),
        ),
    ),
    errors.ReadOnlyError: _row(
        "read-only",
        503,
        ("现在只能看，不能记", "Nothing can be recorded now"),
        (
            "账本正在维护，这一次什么都没有记，原有的账都在。过几分钟再试；重送一遍，也不会记成两遍。",
            (
                "The ledger is being maintained. Nothing was recorded this time, and what was there is safe. Try again "
                "in a few minutes; what is sent again is never recorded twice."
            ),
        ),
    ),
    errors.StorageFullError: _row(
        "storage-full",
        503,
        ("存不下了", "The disk is full"),
        (
            "这一次什么都没有记，原有的账都在。请管理员腾出空间，再送一次。",
            (
                "Nothing was recorded this time, and what was there is safe. The administrator must "
                "free some space; then send it again."
            ),
        ),
    ),
    errors.VerificationError: _row(
        "verification",
        422,
        ("核对没有通过", "The check failed"),
        (
            "签名或证明对不上。换一份原件再核对；还是不行，请把它发给我们。",
            (
                "A signature or proof does not fit. Try with another copy of the original; if it "
                "fails again, send it to us."
            ),
        ),
    ),
    errors.MalformedProofError: _row(
        "malformed-proof",
        422,
        ("这份凭证读不懂", "This receipt cannot be read"),
        (
            "文件可能被截断或改动过。重新下载一份再核对。",
            "The file may be cut off or changed. Download it again and check that copy.",
        ),
    ),
    errors.InclusionProofError: _row(
        "inclusion-proof",
        422,
        ("证明不了它在账本里", "It is not shown to be in the ledger"),
        (
            "这一条和这份凭证不是一对，或者有一样被改过。用下载时的原件再核对。",
            (
                "This entry and this receipt do not belong together, or one was changed. Check again "
                "with the files as you downloaded them."
            ),
        ),
    ),
    errors.ConsistencyProofError: _row(
        "consistency-proof",
        422,
        ("前后两本账接不上", "The two ledgers do not connect"),
        (
            "新的账本不是从旧的长出来的。请把两份检查点都留好，发给我们和见证人。",
            (
                "The newer ledger does not grow out of the older one. Keep both checkpoints and send "
                "them to us and to the witnesses."
            ),
        ),
    ),
    errors.NoteSignatureError: _row(
        "note-signature",
        422,
        ("检查点的签名不对", "The checkpoint's signature is not valid"),
        (
            "不是这本账的密钥签的，或者签过以后被改过。从公布的地址重新下载再核对。",
            (
                "It was not signed by this ledger's key, or changed since. Download it again from the "
                "published address and check that copy."
            ),
        ),
    ),
    errors.CommitmentError: _row(
        "commitment",
        422,
        ("与当时封存的不一致", "This is not what was sealed"),
        (
            "昵称、留言或盐值和封存时的不一样。用凭证里的原文再核对。",
            (
                "Nickname, message or salt differ from those that were sealed. Check again with the "
                "text in the receipt."
            ),
        ),
    ),
    errors.RolledBackError: _row(
        "rolled-back",
        500,
        ("账本比签过的旧", "The ledger is older than what was signed"),
        (
            "已经停止记账。请管理员找回最新的数据库，不要在旧的上面接着记。",
            (
                "Recording has stopped. The administrator must bring back the newest database, and "
                "must not go on with the old one."
            ),
        ),
    ),
    errors.KeyMismatchError: _row(
        "key-mismatch",
        500,
        ("签名密钥不对", "The signing key is another one"),
        (
            "已经停止记账。请管理员放回这本账原来的密钥文件。",
            "Recording has stopped. The administrator must put this log's own key file back.",
        ),
    ),
    errors.InvariantError: _row(
        "invariant",
        500,
        ("账自己对不上", "The ledger contradicts itself"),
        (
            "已经停止记账，值班的人会收到通知。在查清以前，请不要引用现在的数。",
            (
                "Recording has stopped and someone is being called. Please do not quote the present "
                "figures until it is explained."
            ),
        ),
    ),
    errors.StatementTieError: _row(
        "statement-tie",
        500,
        ("报告里两个数对不上", "Two figures of the statement disagree"),
        (
            "这份报告没有出。查清标出的两个数以后再出一次。",
            (
                "The statement was not made. Explain the two figures that are named, then build it "
                "again."
            ),
        ),
    ),
}
"""Every class of `ledger.errors`; a test walks the tree so that none is missing."""

HTTP_PROBLEMS: dict[int, Problem] = {
    400: PROBLEMS[errors.InputError],
    401: PROBLEMS[errors.UnauthorizedError],
    403: PROBLEMS[errors.NotAllowedError],
    404: PROBLEMS[errors.NotFoundError],
    405: _row(
        "method",
        405,
        ("这个地址不能这样用", "This address cannot be used like that"),
        (
            "回到上一页，从那里的链接或按钮再来一次。",
            "Go back and use the links or buttons there; programs find the methods in Allow.",
        ),
    ),
    413: PROBLEMS[errors.TooLargeError],
    415: _row(
        "media-type",
        415,
        ("这种格式收不了", "This format is not taken"),
        (
            "按接口说明里的格式再送一次。",
            "Send it in the format that the API describes.",
        ),
    ),
    422: PROBLEMS[errors.FieldError],
    429: PROBLEMS[errors.TooOftenError],
    500: PROBLEMS[errors.LedgerError],
    503: PROBLEMS[errors.BusyError],
}
"""What Werkzeug itself may raise. Statuses without a row show the row of 400 or 500."""


def problem_of(error: errors.LedgerError) -> Problem:
    """Return the row of an error: its class's own, else its nearest ancestor's."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def http_problem(status: int) -> Problem:
    """Return the row of a plain HTTP error, with its own status."""
    row = HTTP_PROBLEMS.get(status) or HTTP_PROBLEMS[400 if status < 500 else 500]  # noqa: PLR2004
    return Problem(row.slug, HTTPStatus(status), row.title, row.sentence)


def by_slug(slug: str) -> Problem | None:
    """Return the row with this slug; None if there is none."""
    rows = (*PROBLEMS.values(), *HTTP_PROBLEMS.values())
    return next((row for row in rows if row.slug == slug), None)


def problem_document(
    problem: Problem,
    voice: Voice,
    error: errors.LedgerError | None = None,
    fields: Sequence[Mapping[str, str]] = (),
) -> dict[str, object]:
    """Make the members of a problem document.

    Args:
        problem: Row of the error.
        voice: Language of `title` and `detail`.
        error: Where its fields come from; those of errors on our side are not shown.
        fields: Wrong fields that a schema found, each with `field` and `reason`.

    Returns:
        `type`, `title`, `status`, `detail`, `instance`, `request_id`, and `errors` with one object where the
        sender can correct something.
    """
    document: dict[str, object] = {
        "type": problem.type,
        "title": str(voice.words(problem.title)),
        "status": int(problem.status),
        "detail": str(voice.words(problem.sentence)),
        "instance": request.path,
        "request_id": origins.current_id(),
    }
    if fields:
        document["errors"] = list(fields)
    if error is not None and problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        shown = {name: error.fields[name] for name in _FIELD_NAMES if name in error.fields}
        document["errors"] = [{"code": error.code, **shown}]
    return document


def problem_response(
    problem: Problem,
    error: errors.LedgerError | None = None,
    *,
    fields: Sequence[Mapping[str, str]] = (),
    allow: str | None = None,
    as_document: bool = False,
) -> Response:
    """Answer with a problem document, or with a page where a person is reading.

    Args:
        problem: Row of the error.
        error: Its fields, where there is one.
        fields: Wrong fields that a schema found.
        allow: `Allow` header of a 405.
        as_document: Whether to answer with a document whoever is reading.

    Returns:
        The response, never cached.
    """
    voice = Voice(language_of(request.path))
    if not as_document and wants_page():
        elsewhere = Voice(other(voice.language)).url("all_funds")
        page = render_template(
            "problem.html",
            say=voice,
            problem=problem,
            other_address=elsewhere,
            request_id=origins.current_id(),
        )
        response = make_response(page)
    else:
        document = problem_document(problem, voice, error, fields)
        body = json.dumps(document, ensure_ascii=False, default=str)
        response = Response(body, content_type=PROBLEM_JSON)
    response.status_code = problem.status
    response.headers["Cache-Control"] = "no-store"
    if problem.status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY}:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    if error is not None and isinstance(error.fields.get("wait_seconds"), int):
        response.headers["Retry-After"] = str(error.fields["wait_seconds"])
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if allow:
        response.headers["Allow"] = allow
    return response


def wants_page() -> bool:
    """Tell whether a person is reading."""
    if request.path.startswith(MACHINE_PATHS):
        return False
    offered = ("text/html", PROBLEM_JSON, "application/json")
    return request.accept_mimetypes.best_match(offered, "text/html") == "text/html"


def _on_ledger_error(error: errors.LedgerError) -> Response:
    problem = problem_of(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        # The rule, not the address: an invitation's address opens something.
        rule = str(request.url_rule or "")
        logger.error("request failed", method=request.method, rule=rule, exc_info=error)
    return problem_response(problem, error)


def _on_http_error(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:  # noqa: PLR2004 - a redirect that the router raised, not an error
        return Response(error.get_body(), code, error.get_headers())
    allow = dict(error.get_headers()).get("Allow")
    return problem_response(http_problem(code), fields=_schema_fields(error), allow=allow)


def _schema_fields(error: HTTPException) -> list[dict[str, str]]:
    """Take the messages that a schema of the API attached (webargs: a tree of lists)."""
    data = getattr(error, "data", None)
    messages = data.get("messages") if isinstance(data, Mapping) else None
    return list(_flat(messages, "")) if messages else []


def _flat(messages: object, path: str) -> Iterator[dict[str, str]]:
    if isinstance(messages, Mapping):
        for name, below in messages.items():
            yield from _flat(below, f"{path}.{name}" if path else str(name))
    elif isinstance(messages, Sequence) and not isinstance(messages, str):
        for message in messages:
            yield from _flat(message, path)
    else:
        yield {"field": path, "reason": str(messages)}


def setup(app: Flask) -> None:
    """Let the app answer every error in this one shape."""
    app.register_error_handler(errors.LedgerError, _on_ledger_error)
    app.register_error_handler(HTTPException, _on_http_error)
