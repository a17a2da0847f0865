"""Fetchers: how followers get what their leaders have."""
