"""Replaying: counterexamples in bytes and offsets."""
