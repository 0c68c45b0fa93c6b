"""How fast it is on this machine, each figure beside what the machine could do at best.

In: nothing but a folder and a database of its own. Out: figures. Guaranteed: never opens an existing ledger; every
limit is measured in the same run, on the same disk, just before or after what it limits.
"""
