"""The state of transactions: decided, logged, and then in effect."""
