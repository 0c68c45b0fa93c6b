"""Doors for a statement's life: built, signed, with the auditor, countersigned or returned, published.

In: what somebody did with a file, by its hash. Out: an entry for each step. Guaranteed: steps follow each other, each
names the file that the one before left, and whoever prepared a statement does not sign it.
"""
