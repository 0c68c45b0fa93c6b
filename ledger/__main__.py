"""`python -m ledger …`: the command line."""

from __future__ import annotations

from ledger.cli.main import main

if __name__ == "__main__":
    main()
