"""Repairs: the smallest changes of a configuration that make its claims hold, each verified by the search."""
