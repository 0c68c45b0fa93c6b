"""The rule of two: what two people decide, and nobody can decide alone.

In: what a member proposes, and what others make of it. Out: an entry for each step, and the moment in which a proposal
may be carried out. Guaranteed: nobody fills a slot of a decision that they proposed or edited in any version, whatever
their roles are by then; an edit takes the approvals away; a slot is filled once; after its end a decision does not
change. The database holds the same, so that no other way of writing gets round it, and two approvals at the same
moment cannot either.
"""
