"""Looking up offsets: committed ones, starts, ends, and where logs diverge."""
