"""A broker: what it answers, and how it replicates."""
