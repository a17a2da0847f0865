"""Directing transactions: clients, coordinators and logs do what an execution of the model says."""
