"""Histories as files: Jepsen's EDN, and JSON lines of our own."""
