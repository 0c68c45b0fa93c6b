"""An app over a real ledger, for the tests of the API and the webhooks. All names are invented."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.app import create_app, doors_of
from ledger.clock import FixedClock
from ledger.db import Database
from ledger.funds import booking as funds
from ledger.funds import members
from ledger.funds.booking import NewFund
from ledger.funds.history import Channel, Rate
from ledger.funds.members import SETUP, enrol_member
from ledger.funds.tokens import NewToken, make_token
from ledger.intake import history as intake
from ledger.intake.store import Held
from ledger.journal import history as journal
from ledger.journal.history import Fund, StoredEntry
from ledger.sequencer.groups import Sequencer
from ledger.settings import load_settings
from ledger.wiring import Ledger
from tests.web.samples import FakeServices

NOW = datetime(2026, 10, 9, 12, 0, 24, tzinfo=UTC)
GIFT: dict[str, Any] = {
    "id": "20261009-1",
    "at": "2026-10-09T19:59:24+08:00",
    "amount": "12.50",
    "currency": "CNY",
    "giver": "u-1",
    "nickname": "草原来客",
    "message": "加油",
    "gift": "啤酒",
    "count": 2,
    "session": "r-1",
}


@dataclass
class Machines:
    """One fund with a channel of each kind, a token, and the app in front of it."""

    ledger: Ledger
    fund: Fund
    token: str
    app: Flask
    others: list[Machines] = field(default_factory=list)

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.ledger.clock, FixedClock)
        return self.ledger.clock

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def post(
        self,
        body: object,
        *,
        key: str | None = None,
        token: str | None = None,
        channel: str = "Own",
        fund: str = "qinghe",
    ) -> TestResponse:
        """Post gifts; `bytes` go as they are."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        address = f"/api/v1/funds/{fund}/gifts?channel={channel}"
        return self.client.post(
            address, data=data, headers=headers, content_type="application/json"
        )

    def entries(self, kind: str) -> list[StoredEntry]:
        with self.ledger.database.reading() as connection:
            return journal.of_kind(connection, self.fund.fund_id, kind, newest=1000)[::-1]

    def held(self) -> list[Held]:
        with self.ledger.database.reading() as connection:
            return intake.held_list(connection, self.fund.fund_id)

    def restarted(self) -> Machines:
        """Open the same ledger as another process would: nothing is remembered. It is closed with this one."""
        settings, clock = self.ledger.settings, self.ledger.clock
        database = Database(self.ledger.database.url)
        ledger = Ledger(settings, database, Sequencer(database, settings.keys, clock), clock)
        other = Machines(ledger, self.fund, self.token, make_app(ledger))
        self.others.append(other)
        return other

    def close(self) -> None:
        for other in self.others:
            other.close()
        self.ledger.database.close()


def make_app(ledger: Ledger) -> Flask:
    return create_app(ledger.settings, FakeServices(), doors_of(ledger))


def machines(database: Database, home: Path, *, body_max: int = 65_536) -> Machines:
    """Open a fund with its channels, a rate for Kuaishou's coins and a token."""
    settings = load_settings({"LEDGER_HOME": str(home), "LEDGER_BODY_MAX": str(body_max)})
    clock = FixedClock(NOW)
    sequencer = Sequencer(database, settings.keys, clock)
    fund = open_fund(sequencer, clock, "qinghe")
    funds.set_rate(sequencer, fund, Rate("KSCOIN", 10, 100, "CNY", 0, 0))
    ledger = Ledger(settings, database, sequencer, clock)
    token = new_token(ledger, fund, "Li")
    return Machines(ledger, fund, token, make_app(ledger))


def new_token(ledger: Ledger, fund: Fund, member: str, *scopes: str, days: int = 90) -> str:
    """Make a token of a member; for gifts, unless other scopes are named."""
    new = NewToken("test", frozenset(scopes or ("gifts",)), days)
    return make_token(ledger.database, ledger.clock, fund, member, new)


def set_rate_later(ledger: Ledger, fund: Fund, rate: Rate) -> None:
    """Set a rate after money has moved, as the decision's effect does."""
    ledger.sequencer.decide(fund, lambda books: funds.put_rate(books, SETUP, rate))


def remove_later(ledger: Ledger, fund: Fund, name: str) -> None:
    """Remove a member after money has moved, as an administrator's wish does."""
    ledger.sequencer.decide(fund, lambda books: members.remove(books, SETUP, name))


def open_fund(sequencer: Sequencer, clock: FixedClock, slug: str) -> Fund:
    fund = funds.open_fund(sequencer, clock, "localhost:8000", NewFund(slug, "青禾", "Qinghe"))
    for name, platform in (("Own", "own"), ("Kuaishou", "kuaishou"), ("Douyin", "douyin")):
        funds.open_channel(sequencer, clock, fund, Channel(name, platform, name, name, "CNY"))
    enrol_member(sequencer, fund, "Li", "operator")
    return fund
