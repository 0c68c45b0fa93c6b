"""The whole way once, on a sample month: from platforms' callbacks to a published statement.

Every step goes through the same doors as in earnest, and prints the figures that the ledger then holds.
What the month's folder does not say (who the members are) is made up here.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ledger.actors import Member
from ledger.cli import database as schema
from ledger.cli import setup
from ledger.cli.figures import Figures
from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.clock import FixedClock, month_end
from ledger.decisions.shapes import Decision
from ledger.desk import actions, spending, wanted
from ledger.desk.reconcile import reconcile
from ledger.desk.spending import Spending
from ledger.desk.spending_sheets import read_whole
from ledger.desk.transferring import payment_file
from ledger.desk.wanted import Wanted
from ledger.errors import (
    FieldError,
    FileFormatError,
    FourEyesError,
    FreshFactorNeededError,
    StateError,
)
from ledger.factors import FreshFactor
from ledger.funds import booking as funding
from ledger.funds import history as funds
from ledger.funds.lists import Lists
from ledger.funds.members import enrol_member
from ledger.intake.receiving import Receiver, Tally
from ledger.journal import accounts
from ledger.journal.history import Fund
from ledger.log.history import latest_note
from ledger.matching import history as matching_history
from ledger.matching.formats.detect import read_bank_file
from ledger.matching.formats.settlement_csv import read_settlement_file
from ledger.matching.history import StoredLine
from ledger.matching.lines import BankFile
from ledger.money import format_amount
from ledger.settings import THIS_MACHINE, Settings
from ledger.signin.enrolling import enrol_for_script
from ledger.signin.gate import open_gate
from ledger.signin.terminal import open_for_script
from ledger.spending.movements import Movement
from ledger.spending.sheet import SpendRow
from ledger.transfers import payments
from ledger.transfers.booking import Proposal
from ledger.wiring import Ledger, open_ledger

if TYPE_CHECKING:
    from flask import Flask

PEOPLE = (
    ("王会计", "finance,operator", "finance@qinghe.example.com"),
    ("周敏", "approver,controller", "controller@qinghe.example.com"),
    ("赵管", "administrator", "administrator@qinghe.example.com"),
    ("孙审", "auditor", "auditor@qinghe.example.com"),
)
"""The people of a small county: name, roles, address."""

WITNESSES = "witnesses.policy"
DEMO_WITNESS = "样例见证人"
"""Named as what it is: nobody else looks at a demo."""

SAMPLE_MONTH = Path(__file__).parent / "sample_month"
STILL_OPEN = (
    "快手结算单里有三笔打赏至今没有推送，已请平台补送。 "
    "Three gifts of Kuaishou's sheet were never pushed; the platform has been asked for them."
)
"""Why the demo's month closes although a check fails: that difference stays open by design."""

MERCHANT = "1900000001"
"""WeChat Pay's bill names no account: the number of a made-up merchant stands for it."""

COINS = ("KSCOIN", 10, 100)
"""10 快币 are 1.00 CNY."""

PLATFORMS = {
    "kuaishou": ("Kuaishou", "县长直播间（快手）", "The magistrate's stream (Kuaishou)"),
    "douyin": ("Douyin", "县长直播间（抖音）", "The magistrate's stream (Douyin)"),
}
SECRETS = {"kuaishou": "kuaishou_app_secret", "douyin": "douyin_live_gift_secret"}
LOOKBACKS = {"kuaishou": "kuaishou_pushdata_query.json", "douyin": "douyin_fail_data_page1.json"}
ACCOUNTS = {
    "alipay_signcustomer": ("bank", "Alipay"),
    "wechat_fundflow": ("bank", "WeChatPay"),
    "ccb_corporate": ("fund", "CCB"),
}


@click.command()
@click.option("--no-serve", is_flag=True, help="Stop before serving.")
@click.option(
    "--month",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Walk another folder of the same shape.",
)
@pass_session
@guarded
@machine
def demo(session: Session, *, no_serve: bool, month: Path | None) -> None:
    """Walk a sample month from the callbacks to the statement, verify it, and serve it."""
    settings = demo_settings(session.settings)
    shutil.rmtree(settings.home, ignore_errors=True)
    walk = Walk(session, settings, month or SAMPLE_MONTH)
    walk.run()
    if not no_serve:
        from ledger.cli.operate import serve_with

        serve_with(session, settings)


def demo_settings(settings: Settings) -> Settings:
    """Return settings for a ledger of its own under the usual folder, always SQLite."""
    home = settings.home / "demo"
    return replace(
        settings,
        home=home,
        database_url=f"sqlite:///{(home / 'ledger.db').absolute()}",
        database_admin_url=None,
        witnesses=home / WITNESSES,
        # Signing in works without TLS on this machine only, and only there is a demo served.
        plain_http=settings.public_host.partition(":")[0] in THIS_MACHINE,
    )


class Walk:
    """One walk through a month.

    Args:
        session: Prints.
        settings: Of the demo's own ledger.
        month: The folder.
    """

    def __init__(self, session: Session, settings: Settings, month: Path) -> None:
        self._session = session
        self._month = month
        self.period = self._read_period()
        self._zone = ZoneInfo(settings.time_zone)
        first = datetime.strptime(self.period, "%Y-%m").replace(tzinfo=self._zone)
        # The clock stands where the month's events were, so that the walk gives the same ledger on any day.
        self._clock = FixedClock(first - timedelta(days=1))
        self._ledger: Ledger = open_ledger(settings, self._clock)
        self._settings = settings
        self.figures = Figures(self.period, settings.time_zone)
        self._fund: Fund
        self._people: dict[str, Member] = {}
        self._sign_ins: list[tuple[str, str, str, str, str]] = []
        self._witness: Flask
        self._gate = open_gate(settings, self._ledger.database, self._clock)

    def _read_period(self) -> str:
        sheets = sorted((self._month / "platform").glob("settlement_*.csv"))
        if not sheets:
            raise FieldError(field="month", value=self._month.name, reason="no-settlement-sheet")
        text = sheets[0].stem.rsplit("_", 1)[-1]
        return f"{text[:4]}-{text[4:6]}"

    def run(self) -> None:
        """Take all steps in order."""
        for number, (title, step) in enumerate(self._steps(), start=1):
            self._session.note(f"\n{number}. {title}")
            step()
        self.figures.write(self._settings.home / "figures.json")
        self._say(f"figures are in {self._settings.home / 'figures.json'}")
        self._session.note(
            "\nONLY FOR TRYING THE DESK OF THIS DEMO, never in earnest: its people, made on the spot."
        )
        for name, roles, email, password, secret in self._sign_ins:
            self._say(
                f"{name} ({roles}): {email}  password {password}  authenticator key {secret}"
            )

    def _steps(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("开账 Set up: fund, channels, accounts, rate, people", self.set_up),
            ("打赏 Gifts: callbacks as they came, then what was never pushed", self.gifts),
            ("结算 Settlement: as the platforms state it", self.settlements),
            ("银行 Bank and wallets: files in, lines matched", self.bank),
            ("划转 Transfer into the fund: two people decide", self.transfer),
            ("用款 Spending: medicine by disease and group of people", self.spend),
            ("关账 Close the month", self.close),
            # Before the statement, which carries what is there when it is prepared.
            ("见证 Witness: somebody else signs the tree", self.witness),
            ("报告 Statement: prepared, signed, countersigned, published", self.statement),
            ("核对 Verify: everything recomputed from the entries", self.verify),
        ]

    # --- steps --------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Open the fund with what the month's files speak of."""
        sequencer, clock = self._ledger.sequencer, self._clock
        schema.upgrade(self._ledger.database)
        new = funding.NewFund(
            "qinghe",
            "清河县中医药帮扶基金（样例）",
            "Qinghe County TCM Relief Fund (sample)",
            "县长和各部门直播收到的打赏，平台分成和税费以外的钱都进这个基金，给 14 类人群、25 种病免费用药。",
            "All gifts to the magistrate's and the departments' streams, less the platforms' share and tax, go to "
            "this fund: free medicine for 14 groups of people with 25 diseases.",
        )
        self._fund = funding.open_fund(sequencer, clock, self._settings.public_host, new)
        hidden = json.loads((self._month / "secrets.json").read_text(encoding="utf-8"))
        for platform, (name, title_zh, title_en) in PLATFORMS.items():
            channel = funds.Channel(name, platform, title_zh, title_en, "CNY")
            funding.open_channel(sequencer, clock, self._fund, channel)
            demo_session = Session(_settings=self._settings)
            setup.keep_secret(demo_session, self._fund.slug, name, hidden[SECRETS[platform]])
        unit, units, minor = COINS
        funding.set_rate(sequencer, self._fund, funds.Rate(unit, units, minor, "CNY", 0, 0))
        self._enrol()
        for file in self._bank_files():
            stage, name = ACCOUNTS[file.format]
            account = funding.NewAccount(
                stage,
                name,
                file.account or MERCHANT,
                file.commodity,
                file.opening_minor or 0,
            )
            funding.open_account(sequencer, clock, self._fund, account)
            self._say(f"{name}: opening {_yuan(file.opening_minor or 0)}")
        self._say(f"fund {self._fund.slug}, log {self._fund.origin}")

    def _enrol(self) -> None:
        """Enrol the people of a small county, each with a password and an authenticator app made on the spot."""
        for name, roles, email in PEOPLE:
            password = secrets.token_urlsafe(12)
            made = enrol_for_script(self._gate, email, name, password)
            enrol_member(self._ledger.sequencer, self._fund, name, roles, made.user_id)
            with self._gate.reading():
                secret = self._gate.engine.totp_key(
                    self._gate.user(made.user_id).tf_totp_secret or ""
                )
            self._sign_ins.append((name, roles, email, password, secret))
        with self._ledger.database.reading() as connection:
            self._people = {
                role: one
                for one in funds.all_members(connection, self._fund.fund_id)
                for role in one.roles
            }

    def _decided(self, role: str, wish: Wanted, *approvers: str) -> Decision:
        """Let somebody propose, try to approve it themselves, and others approve it."""
        sequencer, proposer = self._ledger.sequencer, self._people[role]
        done = actions.propose(sequencer, self._fund, proposer.member_id, wish)
        try:
            actions.approve(
                sequencer, self._fund, proposer.member_id, done.number, 1, self._factor(proposer)
            )
        except FourEyesError as error:
            self._say(f"decision {done.number}: its proposer may not approve it ({error.code})")
        for one in approvers:
            approver = self._people[one]
            done = actions.approve(
                sequencer, self._fund, approver.member_id, done.number, 1, self._factor(approver)
            )
            self._say(f"decision {done.number}: {done.kind} {done.state} by {one}")
        return done

    def _factor(self, member: Member) -> FreshFactor:
        """Sign somebody in at this terminal, with a second factor that is fresh on the month's own clock.

        Raises:
            FreshFactorNeededError: They showed none.
        """
        signed_in = open_for_script(self._gate, member.user_id or 0)
        if signed_in.fresh is None:
            raise FreshFactorNeededError(member=member.member_id)
        return signed_in.fresh

    def gifts(self) -> None:
        """Send every recorded callback through the live port, then the look-back answers."""
        self._clock.set(month_end(self.period, self._settings.time_zone) - timedelta(minutes=1))
        for platform, (name, _, _) in PLATFORMS.items():
            with self._ledger.database.reading() as connection:
                channel = funds.channel(connection, self._fund.fund_id, name)
            receiver = Receiver(self._ledger.sequencer, self._clock, self._fund, channel)
            secret = setup.secret_path(
                Session(_settings=self._settings), self._fund.slug, name
            ).read_text(encoding="utf-8")
            pushed, deliveries, forged, repeats = Tally(), 0, 0, 0
            with (self._month / "platform" / f"{platform}_callbacks.jsonl").open("rb") as stream:
                for _delivery, outcome in receiver.take_deliveries(stream, secret):
                    deliveries += 1
                    if not isinstance(outcome, Tally):
                        forged += 1
                        continue
                    repeats += bool(outcome.repeated) and not outcome.recorded
                    pushed.add(outcome)
            found = receiver.take_lookback(
                (self._month / "platform" / LOOKBACKS[platform]).read_bytes()
            )
            self.figures.gifts(platform, pushed, found, (deliveries, forged, repeats))
            total = pushed.recorded_minor.get("CNY", 0) + found.recorded_minor.get("CNY", 0)
            self._say(
                f"{name}: {deliveries} deliveries, {forged} forged, {pushed.repeated} rows repeated, "
                f"{found.recorded} rows found by looking back; {pushed.recorded + found.recorded} gifts, "
                f"{_yuan(total)}"
            )

    def settlements(self) -> None:
        """Book what the platforms say they owe."""
        self._clock.set(month_end(self.period, self._settings.time_zone) + timedelta(days=4))
        for path in sorted((self._month / "platform").glob("settlement_*.csv")):
            data = path.read_bytes()
            sheet = read_settlement_file(path.name, data)
            actions.take_settlements(self._ledger.sequencer, self._fund, (path.name, data), sheet)
        with self._ledger.database.reading() as connection:
            booked = matching_history.settlements(connection, self._fund.fund_id)
            items = matching_history.items(connection, self._fund.fund_id)
        for one in booked:
            self._say(
                f"{one.statement_no}: gross {_yuan(one.gross)} − refund {_yuan(one.refund)} − share "
                f"{_yuan(one.share)} − tax {_yuan(one.tax)} = net {_yuan(one.net)}"
            )
        for item in items:
            self._say(f"stays open: {item.kind} {item.subject} {_yuan(item.amount)}")

    def bank(self) -> None:
        """Take the files of all accounts, and match."""
        for path, file in self._bank_paths():
            last = max(line.booked_at for line in file.lines)
            if last > self._clock.now():
                self._clock.set(last + timedelta(days=1))
            with self._ledger.database.reading() as connection:
                account = funds.money_account(
                    connection, self._fund.fund_id, ACCOUNTS[file.format][1]
                )
            upload = (path.name, path.read_bytes())
            taken = actions.take_bank_file(
                self._ledger.sequencer, self._fund, account, upload, file
            )
            self._say(
                f"{account.name}: {taken.added} lines, closing {_yuan(file.closing_minor or 0)}"
            )
        done = reconcile(self._ledger.sequencer, self._fund)
        self._say(
            f"matched: {done.payouts} payouts, {done.interest} interest; open: {done.open_lines} lines"
        )

    def transfer(self) -> None:
        """Propose what arrived, let another approve it, match it at the bank."""
        reference = f"捐赠转基金 {self.period}"
        fund_account = accounts.fund("CCB")
        for name, arrived in self._arrived().items():
            if arrived:
                self._say(f"{name}: {_yuan(arrived)}")
                proposal = Proposal(name, fund_account, "CNY", arrived, reference)
                decided = self._decided("finance", wanted.transfer(proposal), "approver")
                self._pay(decided.latest.content["number"])
        done = reconcile(self._ledger.sequencer, self._fund)
        self._say(f"matched: {done.sent} sent, {done.confirmed} arrived in the fund")
        self._book_donations(fund_account)

    def _pay(self, number: int) -> None:
        """Leave the payment file that the bank would get, beside the demo's other outputs."""
        finance = self._people["finance"].member_id
        made = payment_file(self._ledger.sequencer, self._fund, finance, (number,))
        with self._ledger.database.reading() as connection:
            data = payments.bytes_of(connection, self._fund.fund_id, made.sha256)
        path = self._settings.home / "payment.xml"
        if path.exists():
            path = path.with_stem(f"payment-{number}")
        path.write_bytes(data)
        self._say(f"{path.name}: {made.format}, message {made.message_id}, transfer {number}")

    def _arrived(self) -> dict[str, int]:
        """Return what payouts brought to each collection account, minor units."""
        found: dict[str, int] = {}
        with self._ledger.database.reading() as connection:
            for account in funds.money_account_list(connection, self._fund.fund_id):
                if account.name.startswith("Assets:Bank:"):
                    found[account.name] = self.figures.arrived(
                        connection, self._fund, account.name
                    )
        return found

    def _book_donations(self, account: str) -> None:
        """An officer says what the lines are that came from no platform."""
        finance = self._people["finance"]
        with self._ledger.database.reading() as connection:
            lines = [
                line
                for line in matching_history.open_lines(connection, self._fund.fund_id, account)
                if line.line.amount_minor > 0 and line.line.kind == "ordinary"
            ]
        for line in lines:
            self._donation(finance, line)
            self._say(f"direct donation {_yuan(line.line.amount_minor)}")

    def _donation(self, finance: Member, line: StoredLine) -> None:
        """Book a donation: alone up to the limit, else a controller decides."""
        try:
            actions.book_income(self._ledger.sequencer, self._fund, finance, "donation", line)
        except StateError as error:
            if error.fields.get("state") != "above-limit":
                raise
            found = Movement(
                way="income",
                cls="donation",
                account=line.account,
                commodity=line.line.commodity,
                amount=line.line.amount_minor,
                on=line.line.booked_at.astimezone(self._zone).date(),
                said="直接捐赠 direct donation",
                line=line.identity,
            )
            self._decided("finance", spending.movement(found), "controller")

    def spend(self) -> None:
        """Book the spending sheet; a payment without one is booked as not classified."""
        finance = self._people["finance"]
        with self._ledger.database.reading() as connection:
            account = funds.money_account(connection, self._fund.fund_id, "CCB")
            lines = [
                line
                for line in matching_history.open_lines(
                    connection, self._fund.fund_id, account.name
                )
                if line.line.amount_minor < 0
            ]
        rows: list[SpendRow] = []
        for path in sorted((self._month / "spending").glob("*.csv")):
            rows += read_whole(path.name, path.read_bytes(), Lists()).rows
        if not rows:
            rows = [
                SpendRow(
                    line.line.line_no,
                    line.line.booked_at.astimezone(self._zone).date(),
                    accounts.UNCLASSIFIED,
                    accounts.UNCLASSIFIED,
                    line.line.counterparty,
                    self.period,
                    0,
                    0,
                    -line.line.amount_minor,
                    line.line.text[:80],
                )
                for line in lines
            ]
        wish = Spending(account, rows)
        if spending.preview(self._ledger.sequencer, self._fund, wish).needed:
            # Above what one person may book: the controller approves, and the approver what is larger still.
            self._decided("finance", spending.spend(wish), "controller")
            added = len(rows)
        else:
            sequencer = self._ledger.sequencer
            added = spending.book(sequencer, self._fund, finance.member_id, wish).added
        done = reconcile(self._ledger.sequencer, self._fund)
        self._say(
            f"{added} rows, {_yuan(sum(row.amount_minor for row in rows))}; "
            f"{done.spending} payments matched at the bank, {done.open_lines} lines open"
        )

    def close(self) -> None:
        """Close the month with all its broadcasts."""
        self._decided("finance", wanted.close(self.period, STILL_OPEN), "controller")

    def statement(self) -> None:
        """Prepare, sign, countersign and publish the month's statement, with keys only for trying."""
        from ledger.cli.demo_statement import Issuing

        issuing = Issuing(self._session, self._ledger, self._fund, self._people, self._decided)
        shutil.copyfile(issuing.issue(self.period), self._settings.home / "statement.pdf")
        self._ask_witness()  # again: its steps are entries

    def witness(self) -> None:
        """Let a witness of this demo, on this machine, cosign the log: in earnest it is somebody else's."""
        from ledger.cli.witnessing import witness_app
        from ledger.log.notes import COSIGNATURE_V1, Signer, Verifier, generate_key
        from ledger.wiring import build_services

        private, vkey = generate_key("witness.example/demo", COSIGNATURE_V1)
        policy = self._settings.home / WITNESSES
        policy.write_text(
            f"witness {DEMO_WITNESS} {vkey} http://localhost/\nquorum {DEMO_WITNESS}\n",
            encoding="utf-8",
        )
        told = build_services(self._settings, self._ledger).log_key(self._fund.slug)
        keys = [Verifier.from_text(one) for one in told.split()]
        self._witness = witness_app(
            Signer.from_text(private),
            {self._fund.origin: keys},
            self._settings.home / "witness",
            self._clock,
        )
        self._ask_witness()

    def _ask_witness(self) -> None:
        from ledger.cli.witness import ask_all
        from ledger.wiring import witness_policy

        def post(_url: str, body: bytes) -> tuple[int, str, bytes]:
            answer = self._witness.test_client().post("/add-checkpoint", data=body)
            return answer.status_code, answer.headers["Content-Type"], answer.data

        inner = Session(_settings=self._settings, _ledger=self._ledger)
        ask_all(inner, witness_policy(self._settings), post)

    def verify(self) -> None:
        """Recompute everything, as anybody could."""
        from ledger.cli.checking import verify_ledger

        verify_ledger(self._session, self._ledger.settings)
        with self._ledger.database.reading() as connection:
            _size, note = latest_note(connection, self._fund.fund_id)
        (self._settings.home / "checkpoint").write_bytes(note)
        self.figures.read_ledger(self._ledger, self._fund)
        for line in self.figures.sentences():
            self._say(line)

    # --- helpers ------------------------------------------------------------------------------

    def _say(self, sentence: str) -> None:
        self._session.note(f"   {sentence}")

    def _bank_paths(self) -> list[tuple[Path, BankFile]]:
        found = []
        for folder in ("wallet", "bank"):
            for path in sorted((self._month / folder).iterdir()):
                file = read_bank_file(path.name, path.read_bytes())
                if file.format not in ACCOUNTS:
                    raise FileFormatError(file=path.name, reason="not-of-this-month")
                found.append((path, file))
        return found

    def _bank_files(self) -> list[BankFile]:
        return [file for _, file in self._bank_paths()]


def _yuan(minor: int) -> str:
    return format_amount(minor, "CNY")
