"""How often one address, user or token may ask: counts that all workers share.

In: a rule and whom it is about. Out: nothing, or the seconds to wait. Guaranteed: counts are bounded in number and
forgotten when they are old; whom they are about is kept as a hash; and a store that fails limits each worker by itself
and stops nobody's work.
"""
