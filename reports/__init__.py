"""The documents: frozen data to PDF.

In: a `Statement` value. Out: PDF bytes. Guaranteed: same value, same bytes.
"""
