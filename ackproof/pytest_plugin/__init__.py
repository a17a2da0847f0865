"""What the pytest plugin does once it is used; ``ackproof_pytest`` is its door."""
