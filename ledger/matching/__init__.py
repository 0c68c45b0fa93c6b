"""Doors for settlement and bank files: lines to matches and exceptions.

In: files as platforms and banks write them. Out: settlements, payouts, confirmed transfers; what fits
nothing stays open. Guaranteed: the same file or line twice does nothing; a file that does not tie is held.
"""
