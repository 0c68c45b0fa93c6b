"""Questions that viewers ask in public. In: what somebody writes. Out: a number, later the question with its answer.

Guaranteed: nothing is shown before an officer has read it; nothing of it enters the ledger; its text can be erased.
"""
