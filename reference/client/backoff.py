"""How long a client waits before it tries again."""

from random import Random

import attrs

JITTER = 0.2


@attrs.frozen
class ExponentialBackoff:
    """
    Twice as long for each attempt that failed before, with jitter.

    Source: KIP-580; ``ExponentialBackoff``.
    """

    initial_ms: int
    max_ms: int
    rng: Random

    def backoff_ms(self, attempts: int) -> int:
        """How long to wait after *attempts* failed ones before this."""
        if self.max_ms <= self.initial_ms:
            return self.max_ms
        # Only the exponent is bounded before the jitter, so that the longest back-off has some as well.
        longest = self.max_ms / max(self.initial_ms, 1)
        term = self.initial_ms * min(2.0 ** min(attempts, 62), longest)
        return min(int(term * self.rng.uniform(1 - JITTER, 1 + JITTER)), self.max_ms)
