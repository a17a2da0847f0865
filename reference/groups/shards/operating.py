"""
How a request is carried out: at once on the groups of its partition, and answered when what it wrote is replicated.

Source: ``CoordinatorRuntime``: ``scheduleWriteOperation``, ``scheduleReadOperation``.
"""

from collections.abc import Callable
from typing import TypeVar

from ackproof.reference.groups.errors import answered
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.shards.shards import Shards
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.protocol.errors import KafkaError

T = TypeVar("T")


async def write(shards: Shards, group_id: str, operation: Callable[[Shard], T]) -> T:
    """
    What *operation* returns, once everything written so far is replicated; it may write nothing itself.

    Raises:
        KafkaError: What is to be answered instead.
    """
    try:
        shard = shards.of(group_id)
        result = operation(shard)
        await shard.settled()
    except KafkaError as error:
        raise KafkaError(answered(error.code), error.message) from None
    return result


async def wait(
    shards: Shards, group_id: str, operation: Callable[[Shard, Future[T]], None], refused: Callable[[KafkaError], T]
) -> T:
    """
    What comes into the future that *operation* is handed: at once, or when others have done something.

    What goes wrong with the operation itself is answered by *refused*, unless there is an answer already.
    """
    clock = shards.clock
    answer = Future[T](clock)

    async def run() -> None:
        try:
            await write(shards, group_id, lambda shard: operation(shard, answer))
        except KafkaError as error:
            answer.resolve(refused(error))

    spawn(clock, run())
    return await answer
