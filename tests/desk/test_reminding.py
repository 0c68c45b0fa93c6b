"""Reminders by mail: what is late, to whom it waits for, once a day, over a mail host on this machine."""

from __future__ import annotations

import email
from dataclasses import replace
from email import policy

from ledger.signin.mail import Mailer
from ledger.signin.reminding import Reminded, remind
from tests.desk.counties import email_of, text_of
from tests.signin.gates import later
from tests.signin.test_mail import host, to

__all__ = ["host"]


def test_whoever_a_late_transfer_waits_for_has_one_letter_a_day(county, host):
    gate = replace(county.site.gate, mailer=Mailer(to(host)))
    county.propose_transfer(amount="34,000.00")
    assert remind(gate, county.fund) == Reminded(0, 0, 0, 0)  # nothing is late yet
    later(gate, days=5)
    host.refuses = True
    assert remind(gate, county.fund) == Reminded(0, 0, 1, 0)
    host.refuses = False
    assert remind(gate, county.fund) == Reminded(1, 0, 0, 0)
    assert remind(gate, county.fund) == Reminded(0, 1, 0, 0)
    letter = email.message_from_bytes(host.taken[-1], policy=policy.default)
    text = letter.get_content()
    assert letter["To"] == email_of("li")
    assert "第 1 次划转等您批准，已 5 天" in text
    assert "Transfer 1 has waited for your approval for 5 days" in text
    assert "/en/desk/qinghe/day" in text
    assert "34,000" not in text
    assert "1500" not in text
    county.browsers.clear()  # sessions have ended meanwhile
    assert "等批准，已 5 天" in text_of(county.get("wang", "day"))
    later(gate, days=1)
    assert remind(gate, county.fund).sent == 1
    county.browsers.clear()
    county.post("li", "decisions/1/approve", version="1")
    later(gate, days=5)
    assert remind(gate, county.fund) == Reminded(
        1, 0, 0, 0
    )  # Chen is to enter it: Wang proposed, Li approved
    letter = email.message_from_bytes(host.taken[-1], policy=policy.default)
    assert letter["To"] == email_of("chen")
