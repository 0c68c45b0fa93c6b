"""Audit packs: everything that an auditor takes away, in one zip that is checked without us.

In: a snapshot of the database and the published files. Out: a zip with the log, its checkpoints and proofs, registers
with their dictionary, evidence, statements, the activity record, a manifest, and the program that checks all of it.
Guaranteed: the same state gives the same bytes; row by row, so memory does not grow with the number of gifts; a public
pack holds nothing that is not public anyway.

`scope.py` says what a pack covers, `zipping.py` writes the file, `private.py` has the registers for auditors alone,
`evidence.py` the files that prove entries, and `writing.py` joins them.
"""
