"""The consume half: the log as readers see it, a group and its coordinator, consumers, and what they process."""
