"""Diagrams: a story in the notations that other tools draw."""
