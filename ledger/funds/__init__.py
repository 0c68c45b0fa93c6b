"""Doors for setting up: funds, channels, accounts, rates, members and keys.

In: a decision of an administrator. Out: one entry each, and the rows that pages and other doors read.
Guaranteed: no fund, channel, account, rate or member exists without the entry that made it.
"""
