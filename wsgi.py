"""The app from the settings, nothing else."""

from __future__ import annotations

from ledger.app import create_app
from ledger.settings import from_environment
from ledger.wiring import build_services

settings = from_environment()
app = create_app(settings, build_services(settings))
