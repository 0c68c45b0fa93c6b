"""A statement's life: built at a checkpoint, kept, published.

In: a closed period. Out: a PDF with its figures inside. Guaranteed: every printed equation holds, or nothing is built.
"""
