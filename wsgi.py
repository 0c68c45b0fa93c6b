"""The app from the settings, nothing else."""

from __future__ import annotations

from ledger.app import create_app, doors_of
from ledger.settings import from_environment
from ledger.wiring import build_services

settings = from_environment()
services = build_services(settings)
app = create_app(settings, services, doors_of(services.ledger))
