"""Recompute everything, with the pure modules only.

In: a database (`database.py`), a log over HTTP or in a folder (`outside.py`), or a receipt (`receipt.py`).
Out: a report (`report.py`): each invariant with its count, or the first place that breaks it.
Guaranteed: shares no code with the writers but the pure modules; what is malformed is a named failure, never a
traceback; memory does not grow with the number of gifts (but for 4 bytes each in a file).

How a database is read, in the order of the modules:

1. `entries.py` reads one entry and proves it canonical by encoding it again; `gifts.py` reads gifts in their usual
   form, which a pattern proves canonical, many at once and in columns.
2. `folding.py` sums up a run of some thousand entries, in a process of its own: what is relative to the run's
   start is checked there, and what depends on the start is handed on as *offsets*.
3. `rows.py` holds that run's rows (entries, postings, balances, tiles, checkpoints, private parts) to what was
   summed up; `openings.py` opens commitments with the private parts.
4. `replay.py` joins the runs, oldest first: offsets, the money line, sessions, transfers, everything that has to go
   in order.
5. `tree.py` joins the hashes: each checkpoint is a tree that the entries make, so each extends the earlier ones.
6. `projections.py` holds the tables that pages read to what the entries say.
"""
