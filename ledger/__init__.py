"""Mingzhang 明账: a donation-to-fund transparency ledger.

The folders follow the way of the data: intake and matching bring events in, the sequencer makes them
entries of the journal and leaves of the log, projections turn entries into pages and statements.
`docs/architecture.md` tells the whole in ten minutes.
"""
