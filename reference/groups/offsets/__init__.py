"""Offsets: what groups have committed, and for how long."""
