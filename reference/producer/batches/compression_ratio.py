"""How well a topic's records compress: what a producer guesses from the batches before."""

IMPROVING_STEP = 0.005
DETERIORATING_STEP = 0.05
SAFETY_FACTOR = 1.05
"""By how much compressed records are taken to be larger than guessed."""


class CompressionRatios:
    """
    A guess for each topic: quick to take batches for larger, slow to take them for smaller.

    Source: ``CompressionRatioEstimator``, which all producers of a process share; here each has its own.
    """

    def __init__(self) -> None:
        self._ratios: dict[str, float] = {}

    def of(self, topic: str) -> float:
        """What part of its size a batch of *topic* is expected to keep."""
        return self._ratios.get(topic, 1.0)

    def observed(self, topic: str, ratio: float) -> None:
        """A batch of *topic* kept this part of its size."""
        guess = self.of(topic)
        if ratio > guess:
            self._ratios[topic] = max(guess + DETERIORATING_STEP, ratio)
        elif ratio < guess:
            self._ratios[topic] = max(guess - IMPROVING_STEP, ratio)

    def start_at(self, topic: str, ratio: float) -> None:
        """Guess this from now on, as a batch was too large."""
        self._ratios[topic] = ratio
