"""Faults: what goes wrong in a run."""
