"""The application's rebalance listener, told while a rebalance is under way."""

from collections.abc import Iterable
from typing import Literal

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.errors import ListenerError, WakeupError
from ackproof.reference.consumer.listener import RebalanceListener

Told = Literal["revoked", "assigned", "lost"]


async def tell(
    listener: RebalanceListener | None, told: Told, partitions: Iterable[TopicPartition]
) -> Exception | None:
    """
    Tell it what became of *partitions*; the error that it raises, which must not stop the rebalance.

    Raises:
        WakeupError: Poll was interrupted meanwhile.

    Source: ``ConsumerRebalanceListenerInvoker``.
    """
    if listener is None:
        return None
    of = {
        "revoked": listener.on_partitions_revoked,
        "assigned": listener.on_partitions_assigned,
        "lost": listener.on_partitions_lost,
    }[told]
    try:
        await of(tuple(sorted(partitions)))
    except WakeupError:
        raise
    except Exception as error:  # the application's errors are its own; poll raises this one later
        return error
    return None


def listener_error(cause: Exception) -> ListenerError:
    """What poll raises for an error of the listener."""
    error = ListenerError("the rebalance listener raised an error")
    error.__cause__ = cause
    return error
