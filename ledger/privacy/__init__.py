"""What the public entry must not say: pseudonyms, commitments, and the erasable table behind them.

In: personal fields of a gift. Out: salted commitments for the entry, and one erasable row.
Guaranteed: erasing the row leaves every proof valid and no way back to the person.
"""
