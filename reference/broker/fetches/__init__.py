"""Fetch: what consumers and followers read."""
