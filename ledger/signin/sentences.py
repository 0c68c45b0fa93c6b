"""Every sentence of the sign-in's pages and letters, Chinese and English side by side, as in `ledger.web.sentences`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # frame
    "signin.link": ("登录", "Sign in"),
    "signin.account": ("我的登录", "My sign-in"),
}
"""Of pages; `Voice` says them."""

LETTERS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "invitation": (
        ("明账：请开通您的登录", "Mingzhang: set up your sign-in"),
        (
            """{name}，您好：

有人请您参与明账的工作。打开这个链接，设好密码和验证器，就能登录。链接 7 天内有效，只能用一次。

{link}

如果您不知道这是什么，请不要打开，告诉请您的人。""",
            """Dear {name},

You have been invited to work with Mingzhang. Open the link above, choose a password and set up an
authenticator app. The link works once, within 7 days.

If you do not know what this is, do not open it, and tell whoever invited you.""",
        ),
    ),
    "reset": (
        ("明账：设新密码", "Mingzhang: set a new password"),
        (
            """{name}，您好：

打开这个链接设新密码，还要用到您的验证器或一个恢复码。链接 1 小时内有效，只能用一次。

{link}

如果您没有申请过，不用做什么：没有验证器，谁也改不了您的密码。""",
            """Dear {name},

Open the link above to set a new password. You will also need your authenticator app or a recovery code.
The link works once, within an hour.

If you did not ask for it, there is nothing to do: without your app nobody can change your password.""",
        ),
    ),
    "changed": (
        ("明账：您的登录有变动", "Mingzhang: your sign-in was changed"),
        (
            """{name}，您好：

您在 {host} 的登录有变动：{what_zh}。如果不是您做的，请马上联系管理员。""",
            """Dear {name},

Your sign-in at {host} was changed: {what_en}. If this was not you, tell your administrator at once.""",
        ),
    ),
    "recovery-used": (
        ("明账：用掉了一个恢复码", "Mingzhang: a recovery code was used"),
        (
            """{name}，您好：

刚才有人在 {host} 用了您的一个恢复码，还剩 {left} 个。如果不是您，请马上联系管理员。""",
            """Dear {name},

One of your recovery codes was just used at {host}; {left} are left. If this was not you, tell your
administrator at once.""",
        ),
    ),
}
"""Of letters: subject, then text, each in Chinese and English. One letter holds both languages."""


def letter(kind: str, **values: str) -> tuple[str, str]:
    """Return subject and text of a letter.

    Args:
        kind: A key of `LETTERS`.
        values: Of its placeholders.

    Returns:
        Both, in both languages.
    """
    subject, text = LETTERS[kind]
    return " / ".join(subject), "\n\n----\n\n".join(one.format(**values) for one in text) + "\n"
