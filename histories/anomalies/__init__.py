"""Anomalies: one kind of thing that went wrong in a history, one module."""
