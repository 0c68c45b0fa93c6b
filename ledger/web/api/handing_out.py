"""How the API describes files that it hands out as they are."""

from __future__ import annotations

from typing import Any

from ledger.web.api.schemas import BY_TOKEN

FILE: dict[str, Any] = {
    **BY_TOKEN,
    "responses": {
        "200": {
            "description": "The file as it is. That it was read is put on record.",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        },
        **BY_TOKEN["responses"],
    },
}
