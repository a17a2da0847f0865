"""Stories: an execution as people draw it, with lanes, messages between them, and what each lane holds."""
