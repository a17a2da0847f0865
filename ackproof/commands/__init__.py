"""The commands: what can be said, and what is answered."""
