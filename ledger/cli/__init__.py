"""The command line: the same calls as the web.

In: arguments and files. Out: a summary line or JSON. Guaranteed: exit code 0 only on success.
"""
