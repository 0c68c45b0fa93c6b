"""Where every fen is: intervals on lines of accounts, and the segments between them.

In: money-moving drafts. Out: segments. Guaranteed: nets telescope exactly; no row per gift.
"""
