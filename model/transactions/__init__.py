"""Transactions: coordinator, markers and fencing, consume-process-produce and the transactional producer alone."""
