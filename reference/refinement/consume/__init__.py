"""The consume half: its stage, and what its states are in the model."""
