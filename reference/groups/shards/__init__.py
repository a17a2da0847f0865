"""Shards: the groups of one partition of the internal topic, kept as records of it."""
