"""Pieces of the API's description: JSON Schema, parameters and answers, as OpenAPI 3.1 writes them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

WHOLE: Json = {"type": "integer"}
MAYBE: Json = {"type": ["integer", "null"]}
MINOR: Json = {**WHOLE, "description": "Minor units."}
TEXT: Json = {"type": "string"}
SHORT: Json = {**TEXT, "minLength": 1, "maxLength": 200}
TRUTH: Json = {"type": "boolean"}
DATE: Json = {**TEXT, "format": "date"}
HASH: Json = {**TEXT, "pattern": "^[0-9a-f]{64}$"}
BYTES: Json = {"schema": {"type": "string", "format": "binary"}}


def shape(**properties: Json) -> Json:
    """Describe an object of an answer: all its fields are there."""
    return {"type": "object", "required": [*properties], "properties": properties}


def many(one: Json) -> Json:
    """Describe an array."""
    return {"type": "array", "items": one}


def parameter(name: str, description: str, schema: Json) -> Json:
    """Describe what an address may ask for behind its `?`."""
    return {"name": name, "in": "query", "description": description, "schema": schema}


def answer(description: str, schema: Json) -> Json:
    """Describe an answer in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}
