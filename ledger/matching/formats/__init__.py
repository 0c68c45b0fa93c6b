"""One reader a file format: bytes to lines.

In: the bytes of one file. Out: a `BankFile` or `SettlementFile` of exact amounts, or an error that
names line and field.
Guaranteed: pure, bounded, no float.
"""
