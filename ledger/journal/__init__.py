"""The append-only double-entry journal: accounts, entries, postings, balances.

In: drafts, from the sequencer only. Out: history to read. Guaranteed: nothing stored is ever changed.
"""
