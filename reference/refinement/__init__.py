"""The refinement map: what a state of the reference is in the model."""
