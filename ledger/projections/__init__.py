"""What pages and statements show, joined from the stored rows.

In: a reading connection. Out: frozen values. Guaranteed: no figure is derived from other figures.
"""
