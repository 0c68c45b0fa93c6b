"""Doors for closing a month.

In: a decision. Out: a period.closed entry. Guaranteed: a closed month takes no further entries dated in it.
"""
