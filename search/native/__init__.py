"""The search loop compiled: packed states, an exact visited set, threads. Knows numbers and bits, and no model."""
