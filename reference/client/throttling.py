"""Throttling: a broker asks to be left alone for a while."""

from datetime import timedelta

from kio.static.protocol import ResponsePayload

from ackproof.reference.protocol.primitive import milliseconds


def throttle_ms(response: ResponsePayload) -> int:
    """How long the broker asks to be left alone; 0 where its answer does not say."""
    throttle_time: object = getattr(response, "throttle_time", None)
    return milliseconds(throttle_time) if isinstance(throttle_time, timedelta) else 0
