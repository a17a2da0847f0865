"""Batches: records wait in memory until they are sent."""
