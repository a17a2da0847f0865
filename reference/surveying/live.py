"""A cluster on the network is surveyed."""

import asyncio
from collections.abc import Sequence

from ackproof.reference.kernel.future import spawn
from ackproof.reference.protocol.request import Address
from ackproof.reference.serving.clock import LoopClock
from ackproof.reference.serving.dialling import SocketNetwork
from ackproof.reference.serving.securing import PLAINTEXT, Security
from ackproof.reference.serving.serving import settled
from ackproof.reference.surveying.survey import Survey
from ackproof.reference.surveying.surveying import surveyed

TIMEOUT_MS = 5_000
"""How long each answer is waited for."""


def survey(
    servers: Sequence[Address],
    topics: Sequence[str] = (),
    timeout_ms: int = TIMEOUT_MS,
    security: Security = PLAINTEXT,
) -> Survey:
    """
    What the cluster behind *servers* says of itself; nothing of it is changed, and no topic is created.

    Args:
        servers: Of which one has to answer.
        topics: Those to ask for; if there are none, all but those of Kafka itself.
        timeout_ms: For each answer.
        security: Of the connections.

    Raises:
        UnreachableError: Nobody answers, or not as a broker does.
        UnknownTopicError: A topic is not there.
        NotAllowedError: Something may not be seen.
        SurveyError: The cluster does not tell, for another reason.
    """
    return asyncio.run(_survey(servers, topics, timeout_ms, security))


async def _survey(servers: Sequence[Address], topics: Sequence[str], timeout_ms: int, security: Security) -> Survey:
    clock = LoopClock(asyncio.get_running_loop())
    network = SocketNetwork(clock, security)
    try:
        return await settled(spawn(clock, surveyed(clock, network, servers, topics, timeout_ms)))
    finally:
        await network.close()
