"""A cluster that runs: what it is asked, without changing anything, and what it says."""
