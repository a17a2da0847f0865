"""Applications, and what they keep."""
