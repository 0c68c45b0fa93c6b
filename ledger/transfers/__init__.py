"""Doors for moving money into the fund: proposed, approved, sent, confirmed.

In: decisions of members and bank lines. Out: entries. Guaranteed: two people decide, and no more leaves than is there.
"""
