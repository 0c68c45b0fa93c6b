"""Pages of the sign-in: entering, links, one's own sign-in. What they do is done by `ledger.signin`.

In: forms. Out: pages that say what to do next. Guaranteed: before the sign-in no page tells whether there is a user;
every one works without a script, passkeys apart.
"""
