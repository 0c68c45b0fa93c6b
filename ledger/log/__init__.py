"""The transparency log in the C2SP formats: hashing, proofs, tiles, signed notes, checkpoints.

In: the bytes of entries. Out: tiles, checkpoints, proofs. Guaranteed: it knows bytes, not entries.
"""
