"""What every test has: Hypothesis draws the same examples in each run."""

from hypothesis import settings

settings.register_profile("ackproof-tests", derandomize=True, database=None, deadline=None)
settings.load_profile("ackproof-tests")
