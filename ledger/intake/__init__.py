"""Doors for gifts: platform event to entry.

In: raw deliveries, files and API calls. Out: gifts on the ledger, or rows given back with line, field and reason.
Guaranteed: a platform event becomes at most one entry; nothing that arrived is dropped.
"""
