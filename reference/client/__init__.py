"""What producers and consumers share: nodes to ask, and what they know of the cluster."""
