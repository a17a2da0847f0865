"""Membership with the consumer protocol (KIP-848): heartbeats, reconciliation."""
