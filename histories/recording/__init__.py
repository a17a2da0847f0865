"""Writes histories of what real clients do: a client is wrapped, and what it does becomes lines of a file."""
