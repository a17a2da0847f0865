"""Committing, by the application's will or by the client's own."""
