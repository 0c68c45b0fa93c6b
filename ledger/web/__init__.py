"""The service over HTTP, by audience: public pages, API, webhooks, the log.

In: requests. Out: pages, JSON, problems. Guaranteed: no SQL here, and no decision.
"""
