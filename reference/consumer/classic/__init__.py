"""Membership in a classic group: joining, heartbeats, rebalances."""
