"""Numbers of batches, and what answers mean for them."""
