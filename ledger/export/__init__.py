"""Hand everything out: tiles, beancount, CSV.

In: history. Out: files. Guaranteed: complete, in the order of the entries.
"""
