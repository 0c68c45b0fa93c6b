"""One module a platform: its protocol and its fields, bytes to gift events.

In: raw bytes and headers. Out: `GiftEvent` values or named problems. Guaranteed: no database, no clock, no network.
"""
