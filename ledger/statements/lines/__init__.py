"""The coded lines of a statement, section by section, each summed from entries.

In: what a span of entries did to every account (`projections.month`). Out: the frozen values that reports print.
Guaranteed: no line is made from another line; `reports.ties` compares them afterwards.
"""
