"""Directed runs of pipelines in one piece."""
