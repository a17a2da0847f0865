"""Fetching, and handing out what that brings."""
