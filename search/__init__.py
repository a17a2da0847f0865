"""Looks for a trace that breaks a property."""
