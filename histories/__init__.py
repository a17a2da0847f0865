"""Histories of real systems: what clients sent, polled and committed, and what of it should not have happened."""
