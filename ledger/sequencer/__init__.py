"""The one writer: decisions to entries to receipts, many to a commit.

In: decisions from any thread or process. Out: receipts. Guaranteed: what was acknowledged is durable, numbered without
gaps, hashed, posted and signed in the same commit.
"""
