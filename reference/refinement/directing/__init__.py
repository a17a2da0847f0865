"""Directing: the reference does what an execution of the model says."""
