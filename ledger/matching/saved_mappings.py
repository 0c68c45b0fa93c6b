"""Mappings that two people decided: what their decision says, and how they are kept."""

from __future__ import annotations

import json

import orjson

from ledger.errors import FieldError
from ledger.matching import file_history as history
from ledger.matching import store
from ledger.matching.formats.mappings import Mapping, from_json, to_json
from ledger.sequencer.books import Books

MAPPING = "mapping"
"""Names, in the content of a decision of kind `rule`, that it is about a mapping."""


def mapping_content(mapping: Mapping) -> dict[str, object]:
    """Return a mapping as its decision says it: every field, so that a later default changes nothing."""
    found: dict[str, object] = json.loads(to_json(mapping))
    return found


def check_public(mapping: Mapping) -> None:
    """Hold that anyone may read a mapping.

    Args:
        mapping: Found right in itself.

    Raises:
        FieldError: It names an account: that is chosen when a file is taken.
    """
    if mapping.account:
        raise FieldError(field="account", value="", reason="public", do="--account NAME")


def keep_mapping(books: Books, content: dict[str, object], decision: int) -> None:
    """Keep the next version of a mapping that two people decided.

    Args:
        books: The fund's books.
        content: As the decision says it.
        decision: Its number.
    """
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
    name = from_json(text).name
    versions = [
        one.version for one in history.saved_mappings(connection, fund_id) if one.name == name
    ]
    store.add_mapping(
        connection,
        fund_id=fund_id,
        name=name,
        version=max(versions, default=0) + 1,
        content=text,
        decision=decision,
    )
