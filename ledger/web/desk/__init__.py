"""The officers' workbench. In: a signed-in user's requests. Out: pages that only members of the fund see, each of
which asked the table of roles first.
"""
