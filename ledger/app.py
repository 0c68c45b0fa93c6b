"""Build the web service: the one place where its parts are joined."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from flask import Flask

from ledger.errors import InvariantError
from ledger.roles import PUBLIC, action_of, does
from ledger.signin.engine import HashCost
from ledger.web import (
    addresses,
    assets,
    compressing,
    forms,
    headers,
    last_good,
    limits,
    metrics,
    problems,
    uploads,
)
from ledger.web.api.door import register_api
from ledger.web.desk.door import register_desk
from ledger.web.public.data import data
from ledger.web.public.files import files
from ledger.web.public.health import health
from ledger.web.public.log import log
from ledger.web.public.outward import outward
from ledger.web.public.pages import pages
from ledger.web.services import EXTENSION, Door, PublicServices, WebSettings
from ledger.web.signin.door import register_signin
from ledger.web.webhooks.door import register_webhooks
from ledger.wiring import Ledger

WEB_FOLDER = Path(__file__).parent / "web"


def create_app(
    settings: WebSettings, services: PublicServices, doors: Iterable[Door] = ()
) -> Flask:
    """Make the app from its settings and services, and nothing else.

    Args:
        settings: What the edge reads of the settings.
        services: What public pages ask for.
        doors: Further audiences (API, webhooks), each adding its own blueprints.

    Returns:
        A WSGI app that holds no state of its own.
    """
    app = Flask("ledger.web", root_path=str(WEB_FOLDER), static_folder=None)
    _configure(app, settings)
    app.extensions[EXTENSION] = services
    addresses.setup(app, settings)
    compressing.setup(app)
    headers.setup(app, settings)
    metrics.setup(app, settings)
    limits.setup(app, settings)
    uploads.setup(app, settings)
    forms.setup(app, settings)
    assets.setup(app)
    _add_public_pages(app)
    for door in doors:
        door(app)
    _check_named(app)
    last_good.setup(app, settings)
    problems.setup(app)  # last: a library behind a door may bring an error shape of its own
    return app


def _check_named(app: Flask) -> None:
    """Hold that every address says what it does: what nobody has thought of is not opened to everybody.

    Raises:
        InvariantError: One does not.
    """
    unnamed = sorted(name for name, view in app.view_functions.items() if action_of(view) is None)
    if unnamed:
        raise InvariantError(reason="address-names-no-action", endpoints=unnamed)


def doors_of(ledger: Ledger, *, cost: HashCost | None = None) -> tuple[Door, ...]:
    """Return the doors: people's sign-in and desk, the API and the platforms' webhooks.

    Args:
        ledger: What they read and write.
        cost: Of hashing a password; lower in tests only.

    Returns:
        Doors for `create_app`.
    """
    return (
        partial(register_signin, ledger=ledger, cost=cost),
        partial(register_desk, ledger=ledger),
        partial(register_api, ledger=ledger),
        partial(register_webhooks, ledger=ledger),
    )


def _configure(app: Flask, settings: WebSettings) -> None:
    app.config["MAX_CONTENT_LENGTH"] = settings.body_max
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.form_max
    app.config["MAX_FORM_PARTS"] = settings.form_parts
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    # One spelling for each address: `//` is not an alias (tlog-tiles asks for that).
    app.url_map.merge_slashes = False


def _add_public_pages(app: Flask) -> None:
    """Add every page twice, once for each language, and what has no language once."""
    app.register_blueprint(pages, name="zh")
    app.register_blueprint(pages, name="en", url_prefix="/en")
    app.register_blueprint(files)
    app.register_blueprint(outward)
    app.register_blueprint(data)
    app.register_blueprint(log)
    app.register_blueprint(health)
    # Whatever is on these faces is for everybody: they ask for nothing that is not.
    for view in app.view_functions.values():
        does(PUBLIC)(view)
