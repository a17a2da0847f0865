"""What the leader of a classic group assigns, and what members tell each other."""
