"""Auditors' own working papers. In: what an auditor writes. Out: every version of it, for auditors only. Nothing of it
enters the ledger.
"""
