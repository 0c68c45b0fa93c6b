"""Accounts of people, where the library wants Flask and SQL in one place."""
