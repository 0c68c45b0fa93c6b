"""The default lists: diseases and groups of people, by code.

The scheme names 25 diseases and 14 groups; where its text names none that we could read, the row is a
placeholder and says so. A fund's own lists come by entries later.
"""

from __future__ import annotations

from ledger.journal.accounts import UNCLASSIFIED

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
DISEASES_MAX = 25
GROUPS_MAX = 14

DISEASES = {code: (zh, en) for code, zh, en in _DISEASES_NAMED} | {
    f"Disease{number:02}": (f"病种{number}（待定名）", f"Disease {number} (to be named)")
    for number in range(len(_DISEASES_NAMED) + 1, DISEASES_MAX + 1)
}
GROUPS = {code: (zh, en) for code, zh, en in _GROUPS_NAMED} | {
    f"Group{number:02}": (f"人群{number}（待定名）", f"Group {number} (to be named)")
    for number in range(len(_GROUPS_NAMED) + 1, GROUPS_MAX + 1)
}
NOT_CLASSIFIED = ("未分类", "Not classified")


def disease_name(code: str) -> tuple[str, str]:
    """Return a disease's names in Chinese and English; a code outside the list is its own name."""
    return NOT_CLASSIFIED if code == UNCLASSIFIED else DISEASES.get(code, (code, code))


def group_name(code: str) -> tuple[str, str]:
    """Return a group's names in Chinese and English; a code outside the list is its own name."""
    return NOT_CLASSIFIED if code == UNCLASSIFIED else GROUPS.get(code, (code, code))
