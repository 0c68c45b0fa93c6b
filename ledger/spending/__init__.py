"""Doors for what the fund pays for: medicine, by disease and group of people.

In: spending sheets. Out: entries. Guaranteed: nothing is spent that the fund does not hold.
"""
