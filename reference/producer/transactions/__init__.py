"""Transactions, as the producer sees them."""
