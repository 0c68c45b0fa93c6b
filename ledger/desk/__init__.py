"""What officers do that touches several doors at once: reconcile, close a month.

In: files and decisions of members. Out: entries, each with the line that proves it, in one commit.
Guaranteed: a line and the entry that explains it are joined in the transaction that makes the entry.
"""
