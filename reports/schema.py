"""The JSON Schema of `figures.json`, made from the values that it is made of: it cannot fall behind them.

Source:
    JSON Schema, draft 2020-12.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, Final

from reports.statement import FORMAT, Approval, Statement

ADDRESS: Final = "/schemas/figures.json"
"""Where it is served."""

_PLAIN: Final[dict[Any, dict[str, Any]]] = {
    int: {"type": "integer"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
}
_LEFT_OUT: Final = {Approval: {"member"}}


def figures_schema() -> dict[str, Any]:
    """Return the schema.

    Returns:
        A JSON value; each kind of row stands once, under `$defs`.
    """
    defs: dict[str, Any] = {}
    whole = _object(Statement, defs)
    line = {"type": ["integer", "null"]}
    whole["properties"] |= {
        "format": {"const": FORMAT},
        "lines": {"type": "object", "additionalProperties": line},
    }
    whole["required"] = sorted(whole["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "figures.json of a Mingzhang statement",
        "description": "Amounts are whole minor units of `commodity`; days ISO 8601, instants RFC 3339 in UTC; null"
        " is what the ledger cannot know, never zero; counts of people may be `<5` or `*`.",
        **whole,
        "$defs": dict(sorted(defs.items())),
    }


def _object(kind: Any, defs: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind, None, _names(kind))
    names = [one.name for one in fields(kind) if one.name not in _LEFT_OUT.get(kind, set())]
    return {
        "type": "object",
        "properties": {name: _of(hints[name], defs) for name in names},
        "required": sorted(names),
        "additionalProperties": False,
    }


def _names(kind: Any) -> dict[str, Any]:
    """Give the names that annotations use and that only type checkers import."""
    from reports import flow_data

    return {"Flow": flow_data.Flow, **vars(flow_data)} if kind is Statement else {}


def _of(hint: Any, defs: dict[str, Any]) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if is_dataclass(hint):
        name = getattr(hint, "__name__", "")
        if name not in defs:
            defs[name] = {}
            defs[name] = _object(hint, defs)
        return {"$ref": f"#/$defs/{name}"}
    return _joined(hint, defs)


def _joined(hint: Any, defs: dict[str, Any]) -> dict[str, Any]:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return {"anyOf": [_of(one, defs) for one in parts]}
    if origin is typing.Literal:
        return {"enum": list(parts)}
    if origin is tuple and parts[-1:] == (Ellipsis,):
        return {"type": "array", "items": _of(parts[0], defs)}
    assert origin is tuple, hint
    return {
        "type": "array",
        "prefixItems": [_of(one, defs) for one in parts],
        "minItems": len(parts),
        "maxItems": len(parts),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(figures_schema(), ensure_ascii=False, indent=1) + "\n")
