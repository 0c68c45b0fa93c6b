"""The activity record: who did or read what, when, from where, and why.

In: one `Activity` for each thing that a person or their token did, and for each reading of personal data. Out: the
record of one thing, of one fund, or all of it. Guaranteed: rows are only added; the database refuses to change or
remove one. What entries say already (each carries its actor) is not told twice: gifts that machines deliver are
entries and nothing else.
"""
