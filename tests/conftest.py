"""What every test has: Hypothesis draws the same examples in each run, or those of a seed that is asked for."""

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

settings.register_profile("ackproof-tests", derandomize=True, database=None, deadline=None)
settings.register_profile("ackproof-tests-of-seed", derandomize=False, database=None, deadline=None)
settings.load_profile("ackproof-tests")

# Hypothesis also draws what occurs in the modules that are loaded, which depends on what the same worker ran before.
# There is no setting for that.
providers._get_local_constants = Constants  # pyright: ignore[reportPrivateUsage]


def pytest_configure(config: pytest.Config) -> None:
    """``--hypothesis-seed`` has to do with what is drawn, which it has not where examples are always the same."""
    if config.getoption("hypothesis_seed", None) is not None:
        settings.load_profile("ackproof-tests-of-seed")
