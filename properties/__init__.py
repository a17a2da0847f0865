"""What must hold: claims and invariants, each with its source, and the verdict on them."""
