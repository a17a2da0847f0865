"""Requests: batches on their way, and what becomes of them."""
