"""What times and rates rule out, and for which numbers of the configuration: questions, answered by z3."""
