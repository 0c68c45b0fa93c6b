"""docs/roles.md is the table of the app and the command line as they are."""

from __future__ import annotations

from pathlib import Path

from ledger.role_table import addresses, app_of, commands, markdown
from ledger.roles import ACTIONS, MACHINE, MARKS
from ledger.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_in_the_docs_is_that_of_the_app(tmp_path: Path) -> None:
    app = app_of(load_settings({"LEDGER_HOME": str(tmp_path)}))
    written = (ROOT / "docs" / "roles.md").read_text(encoding="utf-8")
    assert markdown(app) == written, "run `python -m ledger roles --markdown > docs/roles.md`"


def test_whatever_names_nothing_stands_in_the_table_as_nobodys(tmp_path: Path) -> None:
    app = app_of(load_settings({"LEDGER_HOME": str(tmp_path)}))
    app.add_url_rule("/desk/new-page", "new_page", lambda: "")
    assert "| GET | `/desk/new-page` | **nothing** | · |" in markdown(app)


def test_every_address_and_every_command_names_what_it_does(tmp_path: Path) -> None:
    app = app_of(load_settings({"LEDGER_HOME": str(tmp_path)}))
    unnamed = [row for row in (*addresses(app), *commands()) if row.does not in {*ACTIONS, *MARKS}]
    assert unnamed == []
    # What the machine's own shell may do is no page's business.
    assert [row for row in addresses(app) if row.does == MACHINE] == []
