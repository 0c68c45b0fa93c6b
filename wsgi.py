"""The app from the settings, and its logs, nothing else."""

from __future__ import annotations

from ledger.app import create_app, doors_of
from ledger.logs import configure_logs
from ledger.settings import from_environment
from ledger.wiring import build_services, open_ledger

settings = from_environment()
# A worker is a process of its own: what is left out of logs is left out there too.
configure_logs(settings.log_level, settings.log_format)
services = build_services(settings, open_ledger(settings, in_a_hurry=True))
app = create_app(settings, services, doors_of(services.ledger))
