"""Hold what a fund is set up from: channels, accounts, rates, people, keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.errors import FieldError
from ledger.funds.lists import change_from_json
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.folding import Event, read_rate


class Setup:
    """Reads funds, channels, accounts, rates, members and keys.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "fund.opened": self._fund_opened,
            "channel.opened": self._channel_opened,
            "account.opened": self._account_opened,
            "account.changed": self._account_changed,
            "rate.set": self._rate_set,
            "member.enrolled": self._member_enrolled,
            "member.changed": self._member_changed,
            "member.removed": self._member_removed,
            "list.changed": self._list_changed,
            "key.rotated": self._key_rotated,
            "privacy.erased": self._privacy_erased,
        }

    def _fund_opened(self, event: Event) -> None:
        body = event.value["body"]
        if event.seq != 0:
            raise BrokenEntryError("entries", "opened-twice")
        for name in (
            "name_zh",
            "name_en",
            "promise_zh",
            "promise_en",
            "commodity",
            "zone",
            "origin",
            "log_key",
        ):
            text(body, name)
        self._books.facts.opened = body
        self._books.facts.keys.append((event.seq, body["log_key"]))

    def _channel_opened(self, event: Event) -> None:
        body = event.value["body"]
        name = text(body, "name")
        if name in self._books.facts.channels:
            raise BrokenEntryError("entries", "opened-twice", found=name)
        self._books.facts.channels[name] = (body, event.seq)
        for account in (f"Assets:Platform:{name}", f"Income:Gifts:{name}"):
            self._books.first_use.setdefault(account, event.seq)

    def _account_opened(self, event: Event) -> None:
        account = text(event.value["body"], "account")
        if account in self._books.facts.money_accounts:
            raise BrokenEntryError("entries", "opened-twice", found=account)
        self._books.facts.money_accounts[account] = (event.value["body"], event.seq)
        self._books.first_use.setdefault(account, event.seq)

    def _account_changed(self, event: Event) -> None:
        """Note who stands behind an account from now on.

        Raises:
            BrokenEntryError: There is no such account.
        """
        body, facts = event.value["body"], self._books.facts
        account = text(body, "account")
        if account not in facts.money_accounts:
            raise BrokenEntryError("entries", "no-such-account", found=account)
        opened, seq = facts.money_accounts[account]
        ending = {"number_ending": text(body, "number_ending")}
        facts.money_accounts[account] = ({**opened, **ending}, seq)
        facts.payees[account] = (text(body, "payee"), event.seq)

    def _rate_set(self, event: Event) -> None:
        body = event.value["body"]
        read_rate(body)
        self._books.facts.rates[text(body, "unit"), whole(body, "from_ms", "rates"), event.seq] = (
            body
        )
        self._books.facts.rate_seqs.add(event.seq)

    def _member_enrolled(self, event: Event) -> None:
        body = event.value["body"]
        member = text(body, "member")
        if member in self._books.facts.members and self._books.facts.members[member][2] is None:
            raise BrokenEntryError("entries", "enrolled-twice", found=member)
        self._books.facts.members[member] = (_roles(body), event.seq, None)

    def _member_changed(self, event: Event) -> None:
        member, _, enrolled = self._acting_member(event)
        self._books.facts.members[member] = (_roles(event.value["body"]), enrolled, None)

    def _member_removed(self, event: Event) -> None:
        member, roles, enrolled = self._acting_member(event)
        self._books.facts.members[member] = (roles, enrolled, event.seq)

    def _acting_member(self, event: Event) -> tuple[str, str, int]:
        """Return id, roles and entry of enrolling of the member that an entry is about.

        Raises:
            BrokenEntryError: There is none, or they were removed.
        """
        member = text(event.value["body"], "member")
        roles, enrolled, removed = self._books.facts.members.get(member, ("", -1, None))
        if enrolled < 0 or removed is not None:
            raise BrokenEntryError("entries", "no-such-member", found=member)
        return member, roles, enrolled

    def _list_changed(self, event: Event) -> None:
        """Hold a change of a list to what the list holds: a code is given once.

        Raises:
            BrokenEntryError: It may not be made.
        """
        lists = self._books.facts.lists
        try:
            change = change_from_json(event.value["body"])
            lists.check_change(change)
        except FieldError as error:
            reason = str(error.fields.get("reason", "malformed"))
            raise BrokenEntryError("entries", reason, found=event.value["body"]) from error
        lists.apply(change, event.seq)
        self._books.facts.list_changes[event.seq] = change

    def _key_rotated(self, event: Event) -> None:
        self._books.facts.keys.append((event.seq, text(event.value["body"], "log_key")))

    def _privacy_erased(self, event: Event) -> None:
        body = event.value["body"]
        of, count = body.get("of", "gifts"), whole(body, "count")
        if of == "gifts":
            self._books.facts.erased += count
        elif of == "threads":
            self._books.facts.erased_words += count
        else:
            raise BrokenEntryError("entries", "unknown", found=of)


def _roles(body: Mapping[str, Any]) -> str:
    """Return a member's roles as the table has them; entries of the first version named one role.

    Raises:
        BrokenEntryError: It names none.
    """
    roles = body.get("roles", [body.get("role")])
    if not isinstance(roles, list) or not roles or not all(isinstance(one, str) for one in roles):
        raise BrokenEntryError("entries", "no-roles")
    return ",".join(roles)
