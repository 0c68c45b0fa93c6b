"""The log for others: tiles and checkpoint as files, and over HTTP what any static host could serve.

In: what the log holds. Out: files. Guaranteed: immutable files never change.
"""
