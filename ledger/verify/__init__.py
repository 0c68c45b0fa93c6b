"""Recompute everything, with the pure modules only.

In: a database, or a log over HTTP or in a folder. Out: each invariant with its count, or the first entry that breaks it.
Guaranteed: shares no code with the writers but the pure modules.
"""
