"""The lists that a fund edits: diseases, groups of people, providers, kinds of management cost. Pure.

In: changes, each an entry. Out: lists as of an entry. Guaranteed: a code is given once and keeps its meaning for ever;
what was retired is offered no more, and what was booked under it keeps its name.

The scheme names 25 diseases and 14 groups; where its text names none that we could read, the item is a placeholder and
says so. A fund gives it a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ledger.errors import FieldError
from ledger.journal.accounts import UNCLASSIFIED, check_component

LISTS = ("disease", "group", "provider", "cost")

CHANGES = ("add", "rename", "retire", "restore")

PROVIDER_KINDS = ("hospital", "clinic", "pharmacy", "supplier", "other")

ITEMS_MAX = 1000
"""Of one list, retired ones counted too."""

NAME_CHARS_MAX = 60

_DISEASES_NAMED = (
    ("RheumatoidArthritis", "类风湿关节炎", "Rheumatoid arthritis"),
    ("Hypertension", "高血压", "Hypertension"),
    ("Diabetes", "糖尿病", "Diabetes"),
    ("Bronchitis", "慢性支气管炎", "Chronic bronchitis"),
    ("LumbarDisc", "腰椎间盘突出", "Lumbar disc herniation"),
    ("Stroke", "脑卒中后遗症", "Stroke, after-effects"),
    ("CoronaryDisease", "冠心病", "Coronary heart disease"),
    ("Gastritis", "慢性胃炎", "Chronic gastritis"),
)
_GROUPS_NAMED = (
    ("LowIncome", "低收入家庭", "Low-income households"),
    ("Disabled", "残疾人", "People with disabilities"),
    ("Orphans", "孤儿和困境儿童", "Orphans and children in need"),
    ("ElderlyAlone", "独居老人", "Elderly people living alone"),
)
_COSTS = (
    ("Salaries", "人员工资", "Salaries"),
    ("Office", "办公费用", "Office"),
    ("Audit", "审计费", "Audit"),
    ("BankCharges", "银行手续费", "Bank charges"),
    ("OtherCosts", "其他管理费用", "Other management costs"),
)
DISEASES_MAX = 25
GROUPS_MAX = 14

_DISEASES = (
    *_DISEASES_NAMED,
    *(
        (f"Disease{number:02}", f"病种{number}（待定名）", f"Disease {number} (to be named)")
        for number in range(len(_DISEASES_NAMED) + 1, DISEASES_MAX + 1)
    ),
)
_GROUPS = (
    *_GROUPS_NAMED,
    *(
        (f"Group{number:02}", f"人群{number}（待定名）", f"Group {number} (to be named)")
        for number in range(len(_GROUPS_NAMED) + 1, GROUPS_MAX + 1)
    ),
)
DEFAULTS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "disease": _DISEASES,
    "group": _GROUPS,
    "provider": (),
    "cost": _COSTS,
}
"""Code, Chinese and English name of what every fund begins with."""

NOT_CLASSIFIED = ("未分类", "Not classified")


class Item(NamedTuple):
    """Something on a list.

    Attributes:
        code: For ever its own.
        zh: Its name now.
        en: The same in English.
        kind: Of a provider, one of `PROVIDER_KINDS`; else empty.
        retired: Whether nothing new may be booked under it.
        seq: Entry that changed it last; None as it came.
    """

    code: str
    zh: str
    en: str
    kind: str = ""
    retired: bool = False
    seq: int | None = None

    @property
    def is_placeholder(self) -> bool:
        """Tell whether the scheme's text gave no name, and the fund has given none yet."""
        return self.seq is None and "待定名" in self.zh


class Change(NamedTuple):
    """A change of a list.

    Attributes:
        list: One of `LISTS`.
        change: One of `CHANGES`.
        code: Of the item.
        zh: Its name from now on; empty for `retire` and `restore`.
        en: The same in English.
        kind: Of a provider.
    """

    list: str
    change: str
    code: str
    zh: str = ""
    en: str = ""
    kind: str = ""


def change_to_json(one: Change) -> dict[str, Any]:
    """Return a change as its entry says it."""
    body: dict[str, Any] = {"list": one.list, "change": one.change, "code": one.code}
    if one.change in ("add", "rename"):
        body |= {"zh": one.zh, "en": one.en}
        if one.list == "provider":
            body["kind"] = one.kind
    return body


def change_from_json(body: Mapping[str, Any]) -> Change:
    """Read a change from its entry.

    Args:
        body: Of a `list.changed`.

    Returns:
        The change; whether it may be made is for `Lists.check_change` to say.

    Raises:
        FieldError: Not texts.
    """
    found = [body.get(name, "") for name in Change._fields]
    if not all(isinstance(one, str) for one in found):
        raise FieldError(field="list", value="", reason="malformed")
    return Change(*found)


class Lists:
    """All lists of a fund, as of some entry.

    Args:
        changes: Each with its entry, in order; made already, and not checked again.
    """

    def __init__(self, changes: Iterable[tuple[int, Change]] = ()) -> None:
        self._items: dict[str, dict[str, Item]] = {
            name: {code: Item(code, zh, en) for code, zh, en in DEFAULTS[name]} for name in LISTS
        }
        for seq, one in changes:
            self.apply(one, seq)

    def items(self, name: str) -> list[Item]:
        """Return everything that was ever on a list, in the order in which it came."""
        return list(self._items[name].values())

    def active(self, name: str) -> list[Item]:
        """Return what may be booked under."""
        return [one for one in self._items[name].values() if not one.retired]

    def get(self, name: str, code: str) -> Item | None:
        """Return an item by its code; None where there never was one."""
        return self._items[name].get(code)

    def names(self, name: str, code: str) -> tuple[str, str]:
        """Return names in Chinese and English; a code outside the list is its own name."""
        if code == UNCLASSIFIED:
            return NOT_CLASSIFIED
        found = self._items[name].get(code)
        return (code, code) if found is None else (found.zh, found.en)

    def find(self, name: str, text: str) -> str | None:
        """Return the code of what may be booked under by its code or by one of its names."""
        for one in self.active(name):
            if text in (one.code, one.zh, one.en):
                return one.code
        return None

    def check(self, name: str, code: str, *, field: str) -> None:
        """Hold that something new may be booked under a code.

        Args:
            name: Of the list.
            code: As given; `Unclassified` is on the lists of diseases and groups.
            field: That it stands in, for the error.

        Raises:
            FieldError: It is not on the list (`not-on-the-list`), or on it no more (`retired`).
        """
        if code == UNCLASSIFIED and name in ("disease", "group"):
            return
        found = self._items[name].get(code)
        if found is None:
            reason = "not-on-the-list" if code else "missing"
            raise FieldError(field=field, value=code[:40], reason=reason)
        if found.retired:
            raise FieldError(field=field, value=code[:40], reason="retired")

    def check_change(self, one: Change) -> None:
        """Hold that a change may be made now.

        Args:
            one: The change.

        Raises:
            FieldError: No such list or change; a code that is not legal, was given before, or is not there; a name
                that is missing, too long, or another item's.
        """
        if one.list not in LISTS:
            raise FieldError(field="list", value=one.list[:20], reason="unknown", known=LISTS)
        if one.change not in CHANGES:
            raise FieldError(
                field="change", value=one.change[:20], reason="unknown", known=CHANGES
            )
        known = self._items[one.list]
        if one.change == "add":
            self._check_new(one)
        else:
            found = known.get(one.code)
            if found is None:
                raise FieldError(field="code", value=one.code[:40], reason="not-on-the-list")
            if found.retired is not (one.change == "restore"):
                reason = "retired" if found.retired else "not-retired"
                raise FieldError(field="code", value=one.code[:40], reason=reason)
        self._check_names(one)

    def _check_new(self, one: Change) -> None:
        known = self._items[one.list]
        try:
            check_component(one.code)
        except FieldError as error:
            raise FieldError(
                field="code", value=one.code[:40], reason="not-a-component"
            ) from error
        given = {code.lower() for code in known} | {UNCLASSIFIED.lower()}
        if one.code.lower() in given:
            raise FieldError(field="code", value=one.code[:40], reason="given-before")
        if len(known) >= ITEMS_MAX:
            raise FieldError(field="code", value=len(known), reason="too-many")

    def _check_names(self, one: Change) -> None:
        if one.change not in ("add", "rename"):
            return
        for field, text in (("zh", one.zh), ("en", one.en)):
            if not text.strip() or text != text.strip():
                raise FieldError(field=field, value="", reason="missing")
            if len(text) > NAME_CHARS_MAX or not text.isprintable():
                raise FieldError(field=field, value=text[:20], reason="too-long")
            for other in self._items[one.list].values():
                if other.code != one.code and text in (other.code, other.zh, other.en):
                    raise FieldError(field=field, value=text, reason="another-items")
        wanted = PROVIDER_KINDS if one.list == "provider" else ("",)
        if one.kind not in wanted:
            raise FieldError(field="kind", value=one.kind[:20], reason="unknown", known=wanted)

    def apply(self, one: Change, seq: int) -> None:
        """Make a change that was checked.

        Args:
            one: The change.
            seq: Its entry.
        """
        items = self._items[one.list]
        if one.change in ("add", "rename"):
            items[one.code] = Item(one.code, one.zh, one.en, one.kind, seq=seq)
        else:
            items[one.code] = items[one.code]._replace(retired=one.change == "retire", seq=seq)
