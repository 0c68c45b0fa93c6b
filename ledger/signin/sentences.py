"""Every sentence of the sign-in's pages and letters, Chinese and English side by side, as in `ledger.web.sentences`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # sign in
    "signin.title": ("登录", "Sign in"),
    "signin.lead": (
        "给在基金里做事的人。看账不用登录。",
        "For people who work on a fund. Nobody needs to sign in to read the books.",
    ),
    "signin.email": ("邮箱", "E-mail address"),
    "signin.password": ("密码", "Password"),
    "signin.go": ("下一步", "Continue"),
    "signin.forgot": ("忘了密码", "Forgotten password"),
    "signin.by_passkey": ("用通行密钥登录", "Sign in with a passkey"),
    "signin.by_passkey_hint": (
        "用这台设备的指纹、面容或锁屏密码，不用输别的。",
        "With this device’s fingerprint, face or screen lock; nothing else to type.",
    ),
    "signin.by_provider": ("用{name}登录", "Sign in with {name}"),
    "signin.done.signed-out": (
        "<strong>已退出登录。</strong>",
        "<strong>You are signed out.</strong>",
    ),
    "signin.done.reset": (
        "<strong>密码已经换好。</strong>请用新密码登录。",
        "<strong>Your password is changed.</strong> Sign in with the new one.",
    ),
    # second step
    "second.title": ("输入验证码", "Enter your code"),
    "second.lead": (
        "打开手机上的验证器，输入“明账”下面的 6 位数字。",
        "Open the authenticator app on your phone and type the 6 digits under “Mingzhang”.",
    ),
    "second.code": ("验证码", "Code"),
    "second.code_hint": (
        "手机不在身边？也可以输一个恢复码。",
        "No phone at hand? A recovery code works here too.",
    ),
    "second.go": ("登录", "Sign in"),
    "second.by_passkey": ("用通行密钥", "Use a passkey instead"),
    "second.restart": ("换一个人登录", "Sign in as somebody else"),
    # again
    "stepup.title": ("请再验证一次", "Show your second factor again"),
    "stepup.lead": (
        "这一步很要紧，要确认是您本人。验证后 10 分钟内不用再来。",
        "What comes next matters, so please show that it is you. This holds for 10 minutes.",
    ),
    "stepup.go": ("继续", "Continue"),
    # sign out
    "signout.title": ("退出登录？", "Sign out?"),
    "signout.lead": (
        "这台设备上要重新登录才能继续。别处的登录不受影响。",
        "You will have to sign in again on this device. Others are not affected.",
    ),
    "signout.go": ("退出", "Sign out"),
    # single sign-on
    "single.refused": ("{name} 那边没有通过", "{name} did not let you in"),
    "single.refused_hint": (
        "这里没有和那边对得上的人，或者那边没有确认您的邮箱。请找管理员，或者用密码登录。",
        (
            "Nobody here belongs to that sign-in, or your address is not confirmed there. Ask your administrator, or "
            "use your password."
        ),
    ),
    # invitation
    "invitation.title": ("开通您的登录", "Set up your sign-in"),
    "invitation.lead": (
        "{name}，您好。做完下面两件事，就能用 {email} 登录。",
        "Welcome, {name}. Two things to do, then you can sign in as {email}.",
    ),
    "invitation.password": ("1 · 选一个密码", "1 · Choose a password"),
    "invitation.password_hint": (
        "至少 12 个字符，最多 128 个。几个不相干的词连在一起，好记也难猜。不要用名字、生日和常见密码。",
        (
            "12 to 128 characters. A few words that do not belong together are easy to remember and hard to guess. No "
            "names, birthdays or well-known passwords."
        ),
    ),
    "invitation.app": ("2 · 绑定验证器", "2 · Set up an authenticator app"),
    "invitation.app_hint": (
        "在手机上装一个验证器（腾讯身份验证器、微软或谷歌的都行），扫这个码。",
        "Install an authenticator app on your phone (Microsoft, Google, any will do) and scan this code.",
    ),
    "invitation.qr": ("给验证器扫的二维码", "QR code for the authenticator app"),
    "invitation.same_device": (
        '就在这台手机上？<a href="{uri}">在验证器里打开</a>，或者手工输入：',
        'On this phone? <a href="{uri}">Open it in the app</a>, or type this in by hand:',
    ),
    "invitation.code": ("验证器现在显示的 6 位数字", "The 6 digits that the app shows now"),
    "invitation.go": ("完成开通", "Finish"),
    "password.new": ("新密码", "New password"),
    "password.again": ("再输一遍", "The same again"),
    # recovery codes
    "codes.title": ("收好这 10 个恢复码", "Keep these 10 recovery codes"),
    "codes.lead": (
        "<strong>只显示这一次。</strong>手机丢了或换了，就用它们代替验证码，每个只能用一次。抄下来或打印出来，和手机分开放。",
        (
            "<strong>They are shown only now.</strong> If you lose your phone, use one in place of a code; each works "
            "once. Write them down or print them, and keep them away from the phone."
        ),
    ),
    "codes.kept": ("已经收好，继续", "I have kept them: continue"),
    "codes.new_title": ("换一批恢复码？", "Make new recovery codes?"),
    "codes.new_lead": (
        "旧的马上失效。新的只显示一次，先准备好纸笔。",
        "The old ones stop working at once. New ones are shown only once, so have pen and paper ready.",
    ),
    "codes.new_go": ("换新的", "Make new ones"),
    # new password by mail
    "reset.title": ("设新密码", "Set a new password"),
    "reset.ask_lead": (
        "填您登录用的邮箱，我们发一个链接过去。",
        "Type the address that you sign in with, and we will mail you a link.",
    ),
    "reset.ask_go": ("发链接", "Send the link"),
    "reset.sent": (
        "<strong>如果这个邮箱在这里有登录，链接已经在路上了。</strong>一小时内有效。没收到就看看垃圾邮件，或者找管理员。",
        (
            "<strong>If somebody signs in here with this address, the link is on its way.</strong> It works for an "
            "hour. Nothing there? Look into the spam folder, or ask your administrator."
        ),
    ),
    "reset.lead": (
        "给 {email} 设一个新密码。还要输一个验证码，光有邮件不够。完成后，各处的登录都会退出。",
        (
            "Set a new password for {email}. A code is needed too: the mail alone is not enough. You will be signed "
            "out everywhere."
        ),
    ),
    "reset.go": ("换密码", "Change the password"),
    "reset.back": ("回到登录", "Back to sign-in"),
    # one's own sign-in
    "account.title": ("我的登录", "My sign-in"),
    "account.who": ("{name}，{email}", "{name}, {email}"),
    "account.desk": ("去工作台", "Go to the desk"),
    "account.password": ("密码", "Password"),
    "account.app": ("验证器", "Authenticator app"),
    "account.codes": ("恢复码", "Recovery codes"),
    "account.codes_left": ("还剩 {left} 个", "{left} left"),
    "account.set": ("已设好", "Set"),
    "account.change": ("更换", "Change"),
    "account.passkeys": ("通行密钥", "Passkeys"),
    "account.passkeys_hint": (
        "通行密钥用设备的指纹、面容或锁屏密码登录，钓鱼网站骗不走。批准和审计的人最好都有一个。",
        (
            "A passkey signs you in with the device’s fingerprint, face or screen lock, and cannot be phished. Whoever "
            "approves or audits should have one."
        ),
    ),
    "account.passkeys_none": ("还没有", "None yet"),
    "account.passkey_added": ("{day}添加", "added {day}"),
    "account.passkey_used": ("上次使用 {moment}", "last used {moment}"),
    "account.passkey_add": ("添加通行密钥", "Add a passkey"),
    "account.passkey_remove": ("移除", "Remove"),
    "account.sessions": ("正在登录的地方", "Where you are signed in"),
    "account.session_here": ("就是这里", "this one"),
    "account.session_terminal": ("命令行", "Command line"),
    "account.session_since": ("{moment} 登录", "since {moment}"),
    "account.session_seen": ("最近 {moment}", "last seen {moment}"),
    "account.session_unknown": ("不认识的浏览器", "An unknown browser"),
    "account.session_end": ("退出", "Sign out"),
    "account.sessions_end": ("退出其他所有地方", "Sign out everywhere else"),
    "account.sign_out": ("退出登录", "Sign out"),
    "account.done.password": (
        "<strong>密码换好了。</strong>别处的登录都已退出。",
        "<strong>Your password is changed.</strong> You are signed out everywhere else.",
    ),
    "account.done.app": (
        "<strong>验证器换好了。</strong>旧的不能用了，别处的登录都已退出。",
        (
            "<strong>Your authenticator app is changed.</strong> The old one no longer works, and you are signed out "
            "everywhere else."
        ),
    ),
    "account.done.passkey": (
        "<strong>通行密钥加好了。</strong>",
        "<strong>The passkey is added.</strong>",
    ),
    "account.done.passkey-removed": (
        "<strong>通行密钥移除了。</strong>",
        "<strong>The passkey is removed.</strong>",
    ),
    "account.done.session": (
        "<strong>那边已退出。</strong>",
        "<strong>That one is signed out.</strong>",
    ),
    "account.done.sessions": (
        "<strong>其他地方都已退出。</strong>",
        "<strong>You are signed out everywhere else.</strong>",
    ),
    "own.back": ("回到我的登录", "Back to my sign-in"),
    "own.password_title": ("换密码", "Change the password"),
    "own.old_password": ("现在的密码", "Present password"),
    "own.app_title": ("换验证器", "Change the authenticator app"),
    "own.app_lead": (
        "用新的验证器扫这个码。输对一次，旧的就失效，别处的登录都会退出。",
        (
            "Scan this code with the new app. Once its code is right, the old app stops working, and you are signed "
            "out everywhere else."
        ),
    ),
    "own.app_go": ("换成这个", "Use this one"),
    "own.passkey_title": ("添加通行密钥", "Add a passkey"),
    "own.passkey_name": ("给它起个名字", "What you call it"),
    "own.passkey_hint": ("例如：办公室电脑、自己的手机", "Such as: office computer, my phone"),
    "own.passkey_go": ("添加", "Add it"),
    "own.passkey_no_script": (
        "这个浏览器不支持通行密钥，或者关掉了脚本。验证器照样能用。",
        "This browser has no passkeys, or scripts are turned off. Your authenticator app works all the same.",
    ),
    "own.remove_title": ("移除“{name}”？", "Remove “{name}”?"),
    "own.remove_lead": (
        "以后不能再用它登录。设备里的那一份要在设备上另外删。",
        "You will no longer be able to sign in with it. The device keeps its copy until you delete it there.",
    ),
    "own.remove_go": ("移除", "Remove"),
    # what was wrong
    "passkey.refused": (
        "没有成功：可能取消了、等太久，或者这台设备上没有这里的通行密钥。再试一次，或者用别的方式。",
        (
            "That did not work: it was cancelled, took too long, or this device has no passkey for this site. Try "
            "again, or use another way."
        ),
    ),
    "signin.wait": (
        "试的次数太多。过 {minutes}再来，急用请找管理员。",
        "Too many tries. Come back in {minutes}, or ask your administrator.",
    ),
    "signin.error.password": (
        "邮箱和密码对不上。看看大小写和输入法，再试一次。",
        "Address and password do not belong together. Check capitals and the keyboard, and try again.",
    ),
    "signin.error.code": (
        "验证码不对，或者已经用过。等验证器换下一个再输。",
        "The code is wrong, or was used already. Wait for the next one and type that.",
    ),
    "signin.error.code.wrong": (
        "验证码不对，或者已经用过。等验证器换下一个再输。",
        "The code is wrong, or was used already. Wait for the next one and type that.",
    ),
    "signin.error.passkey": (
        "这个通行密钥在这里打不开。换一个，或者用别的方式。",
        "This passkey opens nothing here. Use another one, or another way.",
    ),
    "signin.error.again": (
        "这一步已经做过了，请从头登录。",
        "This step was taken already; please start the sign-in again.",
    ),
    "signin.error.ended": (
        "现在不能登录，请找管理员。",
        "You cannot sign in now; ask your administrator.",
    ),
    "signin.error.single-sign-on": (
        "没有对上人，请再试一次。",
        "No one here was matched; please try again.",
    ),
    "signin.error.password.too-short": (
        "密码太短，至少要 12 个字符。",
        "This password is too short: it needs at least 12 characters.",
    ),
    "signin.error.password.too-long": (
        "密码太长，最多 128 个字符。",
        "This password is too long: at most 128 characters.",
    ),
    "signin.error.password.repeats": (
        "来回就那几个字符，太容易猜。",
        "It repeats a few characters, which is easily guessed.",
    ),
    "signin.error.password.common": (
        "这是常见密码，别人会先试它。换几个不相干的词。",
        "This is a well-known password that others try first. Take a few words that do not belong together.",
    ),
    "signin.error.password.personal": (
        "密码里不要有您的名字、邮箱或“明账”。",
        "Leave your name, your address and “Mingzhang” out of it.",
    ),
    "signin.error.again.differs": ("两遍输得不一样。", "The two are not the same."),
    "signin.error.old_password.wrong": ("现在的密码不对。", "This is not your present password."),
    "signin.error.email.not-an-address": ("这不是一个邮箱。", "This is no e-mail address."),
    "signin.error.name.missing": ("请起个名字。", "Give it a name."),
    "signin.error.name.too-long": ("名字太长，最多 40 个字符。", "At most 40 characters, please."),
    "signin.error.name.taken": (
        "您已经有一个叫这个名字的。",
        "You have one of this name already.",
    ),
    "signin.error.name.too-many": (
        "最多 10 个，先移除不用的。",
        "Ten is the limit: remove one that you do not use.",
    ),
    "signin.error.too-long": ("太长了。", "This is too long."),
    "signin.error.other": ("没有成功，请再试一次。", "That did not work; please try again."),
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
