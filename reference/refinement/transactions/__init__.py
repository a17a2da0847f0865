"""The refinement of transactions: what a state of clients, coordinators and logs is in the model."""
