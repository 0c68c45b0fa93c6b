"""An empty view under the same server: what single gifts over HTTP are measured against."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__, static_folder=None)


@app.post("/")
def nothing() -> tuple[str, int]:
    """Answer."""
    return "", 201
