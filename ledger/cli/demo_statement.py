"""The demo's statement: prepared by one, signed by another, countersigned by the auditor, published by two.

Its keys are of the development PKI: page and file say that they are only for trying.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.actors import Member
from ledger.cli.issuing import result_of
from ledger.cli.session import Session
from ledger.decisions.shapes import Decision
from ledger.desk import wanted
from ledger.journal.history import Fund
from ledger.wiring import Ledger

LANGUAGE = "zh"


@dataclass
class Issuing:
    """Issues the statement of a closed month.

    Attributes:
        session: Prints.
        ledger: The ledger.
        fund: The fund.
        people: Who acts, by role.
        decided: Lets a role propose something and others approve it.
    """

    session: Session
    ledger: Ledger
    fund: Fund
    people: Mapping[str, Member]
    decided: Callable[..., Decision]

    def issue(self, period: str) -> Path:
        """Take a statement through its whole life.

        Args:
            period: A closed month.

        Returns:
            The published file.
        """
        from ledger.issuing import history
        from ledger.statements import life
        from ledger.statements.pki import make_development_pki

        folder = make_development_pki(self.ledger.settings.keys)
        auditor = self.people["auditor"].member_id
        now = self.ledger.clock.now()
        mine = life.new_certificate(auditor, (folder / "auditor.pem").read_bytes(), now)
        self.decided("administrator", wanted.certificate(mine), "approver")
        asked = {"kind": "M", "period": period, "language": LANGUAGE}
        found = self._work("prepare", "finance", asked)
        which = life.Which(found["number"], LANGUAGE)
        self._work("sign", "approver", which._asdict())
        life.send(self.ledger, self.fund, self.people["finance"].member_id, which)
        self._countersign(which, folder)
        publication = life.publication_of(self.ledger, self.fund, which.number)
        self.decided("finance", publication, "approver")
        with self.ledger.database.reading() as connection:
            issue = history.issue(connection, self.fund.fund_id, *which)
        path = life.path_of(self.ledger.settings, self.fund, issue)
        self.session.note(
            f"   {which.number}: {issue.last.bytes:,} bytes, {len(issue.steps)} steps, published in entry "
            f"{issue.last.seq}; its keys are ONLY FOR TRYING"
        )
        return path

    def _work(self, task: str, role: str, asked: dict[str, Any]) -> dict[str, Any]:
        from ledger.statements import worker

        job = worker.start(self.ledger, self.fund, task, self.people[role].member_id, asked)
        found = result_of(
            worker.follow(self.ledger, self.fund, job, lambda step: self._note(task, role, step))
        )
        return {"number": asked.get("number", ""), **found}

    def _note(self, task: str, role: str, step: str) -> None:
        if step:
            self.session.note(f"   {task} by {role}: {step} …")

    def _countersign(self, which: Any, folder: Path) -> None:
        """Do what the auditor does on a machine of their own, and take what comes back."""
        from ledger.issuing import history
        from ledger.statements import life, sign
        from ledger.statements.pki import PASSPHRASE

        with self.ledger.database.reading() as connection:
            issue = history.issue(connection, self.fund.fund_id, *which)
        sent = life.file_of(self.ledger.settings, self.fund, issue)
        key = sign.signing_with_file(
            (folder / "auditor.p12").read_bytes(),
            PASSPHRASE,
            life.trust_in(self.ledger.settings),
            sign.development_stamps(folder),
        )
        with tempfile.NamedTemporaryFile(suffix=".pdf") as back:
            back.write(sign.approve(sent, key, "审计师签署 Signed by the auditor"))
            back.flush()
            asked = {**which._asdict(), "path": back.name, "opinion": "none"}
            self._work("take-back", "auditor", asked)
