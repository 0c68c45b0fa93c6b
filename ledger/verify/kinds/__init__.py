"""What each kind of entry must say: one module a subject, each with a table from kind to rule."""
