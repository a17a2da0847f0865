"""Groups of several members and partitions: every step of the reference is one of the model."""
