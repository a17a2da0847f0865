"""Partitions: the replicas on a broker, and who leads them."""
