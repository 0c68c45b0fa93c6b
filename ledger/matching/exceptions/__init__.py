"""What does not match: raised once, worked on by people, closed by what explains it or by a decision.

In: what was found, and what people do about it. Out: open items with owner, due day, thread and evidence. Guaranteed:
raising and closing are entries; nothing is closed without the entry that explains it or a decision with its reason;
threads and evidence only grow.
"""
