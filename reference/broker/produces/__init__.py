"""Produce: what producers write."""
