"""Directing groups: members and their coordinator do what an execution of the model says."""
