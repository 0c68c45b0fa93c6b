"""What the readers of `formats/` hand on: files of banks, wallets and platforms, and lines.

Pure. Amounts are integers in minor units, a bank line's with our sign: plus came to us, minus went
out. Times are aware and keep the zone of the file, so that their date is the day that the bank
printed.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ledger.errors import BalanceTieError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

LINE_KINDS = ("ordinary", "fee", "interest")
"""`fee` is what the bank or wallet took for itself, `interest` what it paid; neither is a gift."""

LINE_STATES = ("booked", "pending", "information")
"""Only `booked` is money that moved; `pending` may still change or vanish, `information` never becomes money."""

NO_CURRENCY = "none"
"""In place of the currency of a closing balance that states none."""

REFERENCE_LENGTH_MIN = 8
"""Shorter runs of letters and digits are words, months and prices, and prove nothing."""

_RUN = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class BankLine:
    """One movement of one account, as its bank or wallet states it.

    Attributes:
        line_no: Line of the file where the row ends, from 1; where a file has several on one line,
            the number of the bank line in the file.
        account: Account as the file names it; empty where the file does not say (WeChat Pay).
        booked_at: Aware instant, in the zone of the file.
        amount_minor: Signed minor units: plus into our account, minus out of it.
        commodity: ISO 4217 code.
        balance_minor: Balance after this line in minor units, where the file has it.
        bank_id: The bank's own number of this line, where it has one.
        references: Runs of letters, digits and hyphens found in the texts, in order, each once.
        counterparty: The other party's name as given. Personal data.
        text: Purpose and remark as given, with single spaces. May hold personal data.
        kind: One of `LINE_KINDS`.
        state: One of `LINE_STATES`. Only lines that are booked are ever stored or matched.
        value_day: The day from which the bank counts interest, where it is stated.
        earlier_twins: How many equal lines stand in earlier statements of the same file; counted
            when the file is read.
    """

    line_no: int
    account: str
    booked_at: datetime
    amount_minor: int
    commodity: str
    balance_minor: int | None
    bank_id: str | None
    references: tuple[str, ...]
    counterparty: str
    text: str
    kind: str = "ordinary"
    state: str = "booked"
    value_day: date | None = None
    earlier_twins: int = 0


class Notice(NamedTuple):
    """Something that an officer should look at, and that does not bar a file.

    Attributes:
        line_no: Line of the file, from 1.
        field: As the format names it.
        reason: For example `number-reused`, `day-does-not-exist`.
    """

    line_no: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class BankFile:
    """One statement of one account; a file may hold several.

    Attributes:
        format: Name of the reader: `ccb_corporate`, `camt053`, `mt940` and so on.
        account: As in its lines.
        commodity: ISO 4217 code of every line.
        opening_minor: Balance before the first line in minor units, if known.
        closing_minor: Balance after the last line in minor units, if known.
        first_day: First day that the file covers, in its own zone; None without lines and without
            a stated period.
        last_day: Last day that it covers, likewise.
        lines: Booked lines, oldest first where balances or times say so, else as in the file.
        number: The bank's number of the statement, where it has one.
        pending: Lines that are not booked: shown, never stored, never matched, not in any sum.
        notices: What is odd in it.
        closing_commodity: What the closing balance is stated in, where that is not `commodity`:
            another code, or `NO_CURRENCY`. Such a statement cannot tie.
    """

    format: str
    account: str
    commodity: str
    opening_minor: int | None
    closing_minor: int | None
    first_day: date | None
    last_day: date | None
    lines: tuple[BankLine, ...]
    number: str = ""
    pending: tuple[BankLine, ...] = ()
    notices: tuple[Notice, ...] = ()
    closing_commodity: str = ""

    @property
    def sum_minor(self) -> int:
        """The sum of the booked lines in minor units."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def ties(self) -> bool | None:
        """Whether opening + lines = closing; None where the file does not state both."""
        if self.opening_minor is None or self.closing_minor is None:
            return None
        if self.closing_commodity:
            return False
        return self.opening_minor + self.sum_minor == self.closing_minor


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """What a platform owes for a period.

    Sums are in minor units (fen for CNY), deductions zero or negative.

    Attributes:
        line_no: Line of the file where the row ends, from 1.
        platform: For example `kuaishou`.
        period: Month in the platform's zone, `2026-10`.
        gross: Gifts before anything was taken.
        refund: Taken back from givers' gifts.
        share_rate: The platform's share as stated, `0.50`; a label, not used to compute.
        share: The platform's share.
        income: gross + refund + share.
        tax: Withheld tax.
        net: income + tax; what is paid.
        statement_no: The platform's number of the settlement.
        commodity: ISO 4217 code of the sums.
        gross_units: Gross in what the channel's gifts are counted in, where that is another
            commodity than the sums: cents of a foreign currency, or a platform's units.
        unit: That commodity; empty where it is the same.
        payout_fee: What the platform says that it may keep of the payout, zero or negative; not in the net.
    """

    line_no: int
    platform: str
    period: str
    gross: int
    refund: int
    share_rate: str
    share: int
    income: int
    tax: int
    net: int
    statement_no: str
    commodity: str
    gross_units: int | None = None
    unit: str = ""
    payout_fee: int = 0


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """A sheet of settlements.

    Attributes:
        format: `settlement_csv`.
        lines: In the order of the file; statement numbers of a platform are unique.
    """

    format: str
    lines: tuple[SettlementLine, ...]


def check_chain(file: BankFile, name: str = "") -> None:
    """Prove that a statement adds up.

    Each balance must follow from the one before, and opening + lines = closing.

    Args:
        file: Lines oldest first. A line without a balance is carried along to the next that has
            one.
        name: File name for the error.

    Raises:
        BalanceTieError: The first balance that does not follow; fields as `_held` gives them.

    Source:
        Reconciliation rules, section 3 (import), rule 3.
    """
    running = file.opening_minor
    for line in file.lines:
        if running is not None:
            running += line.amount_minor
            stated = line.balance_minor
            if stated is not None and stated != running:
                raise BalanceTieError(
                    **_held(file, name, line.line_no, "balance", (running, stated))
                )
        else:
            running = line.balance_minor
    if running is None or file.closing_minor is None:
        return
    if file.closing_minor != running or file.closing_commodity:
        at = file.lines[-1].line_no if file.lines else 0
        raise BalanceTieError(**_held(file, name, at, "closing", (running, file.closing_minor)))


def _held(
    file: BankFile, name: str, line_no: int, field: str, balances: tuple[int, int]
) -> dict[str, object]:
    """Return the fields of the error for a balance that does not follow: all that an officer is shown.

    Args:
        file: The statement.
        name: File name.
        line_no: Where the balance stands.
        field: `balance` or `closing`.
        balances: As expected and as found, minor units.

    Returns:
        `file`, `line`, `field`, `expected`, `found`, the statement's `figures`, `difference_minor`
        (found − expected); and `reason` where the closing balance is in another currency or none.
    """
    expected, found = balances
    fields: dict[str, object] = {
        "file": name,
        "line": line_no,
        "field": field,
        "expected": expected,
        "found": found,
        **figures(file),
        "difference_minor": found - expected,
    }
    if file.closing_commodity and field == "closing":
        none = file.closing_commodity == NO_CURRENCY
        fields["reason"] = "no-currency" if none else "other-currency"
        fields["found_currency"] = "" if none else file.closing_commodity
    return fields


def figures(file: BankFile) -> dict[str, object]:
    """Return what is shown of a statement, without its account number.

    Args:
        file: A statement, whether it ties or not.

    Returns:
        `account_ending`, `currency`, `first_day`, `last_day` (ISO 8601 or None), `opening_minor`,
        `closing_minor`, `sum_minor` and `lines` (how many are booked).
    """
    return {
        "account_ending": file.account[-4:],
        "currency": file.commodity,
        "first_day": file.first_day.isoformat() if file.first_day else None,
        "last_day": file.last_day.isoformat() if file.last_day else None,
        "opening_minor": file.opening_minor,
        "closing_minor": file.closing_minor,
        "sum_minor": file.sum_minor,
        "lines": len(file.lines),
    }


def oldest_first(lines: Sequence[BankLine]) -> tuple[BankLine, ...]:
    """Put the lines of an export in the order in which they happened.

    Exports are written newest or oldest first and do not say which. Times cannot decide (a fee and
    its payment share a second), so the balances do; where neither order ties, the file's own order
    stays and `check_chain` complains.

    Args:
        lines: In the order of the file.

    Returns:
        The same lines, perhaps turned round.

    Source:
        Inputs, section 6.5: "decide by the balance chain".
    """
    given = tuple(lines)
    turned = given[::-1]
    return turned if not _follows(given) and _follows(turned) else given


def _follows(lines: Sequence[BankLine]) -> bool:
    return all(
        before.balance_minor is None
        or after.balance_minor is None
        or before.balance_minor + after.amount_minor == after.balance_minor
        for before, after in pairwise(lines)
    )


def opening_of(lines: Sequence[BankLine]) -> int | None:
    """Return the balance before the first line in minor units, or None if it has none."""
    if not lines or lines[0].balance_minor is None:
        return None
    return lines[0].balance_minor - lines[0].amount_minor


def closing_of(lines: Sequence[BankLine]) -> int | None:
    """Return the balance after the last line in minor units, or None if it has none."""
    return lines[-1].balance_minor if lines else None


def line_identity(line: BankLine, ordinal: int) -> str:
    """Name a line so that it is the same in every file that holds it.

    With the bank's own number that number, the day and the amount are the identity: two lines with
    different numbers are never one, whatever else is equal, and a number that a bank gives to two
    movements (a batch reference, a FITID used again) loses neither. Without: account, day, amount,
    direction and text. Lines that are equal in all that are told apart by an ordinal.

    Args:
        line: The line.
        ordinal: Which of the equal lines of its day in its file it is, from 0.

    Returns:
        64 hex digits (SHA-256); a digest, because accounts and texts are personal data and
        identities end in logs.

    Source:
        Reconciliation rules, section 3 (import), rule 2.
    """
    return _digest(*_likeness(line), str(ordinal))


def line_identities(file: BankFile) -> tuple[str, ...]:
    """Return the identity of every line of a statement, equal lines of the same day being counted."""
    seen: Counter[tuple[str, ...]] = Counter()
    identities = []
    for line in file.lines:
        likeness = _likeness(line)
        identities.append(line_identity(line, line.earlier_twins + seen[likeness]))
        seen[likeness] += 1
    return tuple(identities)


def count_twins(files: Sequence[BankFile]) -> tuple[BankFile, ...]:
    """Let the lines of a file with several statements know their twins in the earlier ones.

    A bank cuts a long day into pages, and equal lines may stand on two of them.

    Args:
        files: All statements of one file, in its order.

    Returns:
        The same statements, `earlier_twins` set in their lines.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    counted = []
    for file in files:
        lines = tuple(replace(line, earlier_twins=seen[_likeness(line)]) for line in file.lines)
        counted.append(replace(file, lines=lines))
        seen.update(map(_likeness, lines))
    return tuple(counted)


def reused_numbers(lines: Sequence[BankLine], field: str) -> tuple[Notice, ...]:
    """Find lines whose bank number stands on an earlier line of another day or amount.

    Args:
        lines: Of one statement.
        field: What the format calls the number.

    Returns:
        A notice for each such line.
    """
    first: dict[str, tuple[str, ...]] = {}
    return tuple(
        Notice(line.line_no, field, "number-reused")
        for line in lines
        if line.bank_id is not None
        and first.setdefault(line.bank_id, _likeness(line)) != _likeness(line)
    )


def _likeness(line: BankLine) -> tuple[str, ...]:
    """Return what two lines have in common that nothing but an ordinal tells apart."""
    movement = (
        line.account,
        line.commodity,
        line.booked_at.date().isoformat(),
        str(abs(line.amount_minor)),
        "out" if line.amount_minor < 0 else "in",
    )
    if line.bank_id is not None:
        return ("bank-id", *movement, line.bank_id)
    return ("row", *movement, normalise_text(line.text))


def _digest(*parts: str) -> str:
    # JSON keeps the parts apart: "ab","c" and "a","bc" differ.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def normalise_text(text: str) -> str:
    """Return text in NFKC (full-width to half-width), every run of white space one space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def references_in(*texts: str) -> tuple[str, ...]:
    """Find what could be a reference: runs of 8 or more ASCII letters, digits and inner hyphens.

    Args:
        texts: Fields of a line, searched one by one, so that nothing grows together across two
            fields.

    Returns:
        Each run once, in order of appearance, for example `("KU-ST-202610", "WD20261101")`.

    Source:
        Reconciliation rules, section 3 (import), rule 6.
    """
    found: dict[str, None] = {}
    for text in texts:
        for run in _RUN.findall(normalise_text(text)):
            reference = run.strip("-")
            if len(reference) >= REFERENCE_LENGTH_MIN:
                found[reference] = None
    return tuple(found)


def comparable(reference: str) -> str:
    """Return a reference as it is compared: normalised, upper case, without leading zeros."""
    return normalise_text(reference).upper().lstrip("0") or "0"


def is_number(reference: str) -> bool:
    """Return whether a reference is one run, such as `WD20261101`, and not a purpose in words."""
    return _RUN.fullmatch(comparable(reference)) is not None


def carries_reference(line: BankLine, reference: str) -> bool:
    """Tell whether a line names one of our references.

    Args:
        line: Bank line.
        reference: A number such as `WD20261101`, or a longer purpose that we gave the bank;
            compared without regard to case, width and leading zeros. Shorter than 8 characters is
            never found.

    Returns:
        True if the line has it as a whole: `WD2026110` is not in `WD20261101`.
    """
    wanted = comparable(reference)
    if len(normalise_text(reference)) < REFERENCE_LENGTH_MIN:
        return False
    if any(comparable(run) == wanted for run in line.references):
        return True
    if is_number(reference):
        return False
    bounded = rf"(?<![A-Z0-9-]){re.escape(wanted)}(?![A-Z0-9-])"
    return re.search(bounded, normalise_text(line.text).upper()) is not None
