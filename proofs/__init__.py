"""Proofs with z3: what holds for any number of records, retries and replicas."""
