"""Lag: how far behind a group is, and why."""
