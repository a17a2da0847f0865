"""Theorems, one file each."""
