"""What happened: traces, their replay and their formats."""
