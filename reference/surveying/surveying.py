"""A cluster is asked what it is; nothing of it is changed."""

from collections.abc import Sequence

import attrs

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.request import Address, Network
from ackproof.reference.surveying.line import Line, lined
from ackproof.reference.surveying.metadata import Layout, layout
from ackproof.reference.surveying.releases import release_of
from ackproof.reference.surveying.settings import BROKER, TOPIC, Settings, settings_of
from ackproof.reference.surveying.survey import Survey, SurveyedBroker, UnreachableError

METADATA_VERSION = "metadata.version"


async def surveyed(
    clock: Clock, network: Network, servers: Sequence[Address], topics: Sequence[str], timeout_ms: int
) -> Survey:
    """
    What the cluster behind *servers* says of itself.

    Args:
        clock: For how long answers are waited for.
        network: To reach brokers.
        servers: Of which one has to answer.
        topics: Those to ask for; if there are none, all but those of Kafka itself.
        timeout_ms: For each answer.

    Raises:
        SurveyError: It can not be told.
    """
    first = await _first(clock, network, servers, timeout_ms)
    found = await layout(first, topics)
    settings: Settings = {}
    brokers: list[SurveyedBroker] = []
    for broker_id in _asked(found):
        address = found.addresses[broker_id]
        line = first if address == first.address else await _advertised(first, network, broker_id, address)
        kept = [topic for topic, keeper in found.keepers.items() if keeper == broker_id]
        settings |= await settings_of(line, broker_id, kept)
        release = release_of(line.supported_level(METADATA_VERSION))
        brokers.append(SurveyedBroker(broker_id, address, settings[BROKER, str(broker_id)], release))
    return Survey(
        found.cluster_id,
        tuple(attrs.evolve(topic, settings=settings[TOPIC, topic.name]) for topic in found.topics),
        tuple(brokers),
        first.versions.finalized_features,
    )


def _asked(found: Layout) -> list[int]:
    """The brokers to ask, any one if there is no topic."""
    return sorted(set(found.keepers.values())) or [min(found.addresses)]


async def _first(clock: Clock, network: Network, servers: Sequence[Address], timeout_ms: int) -> Line:
    """The first of *servers* that can be asked."""
    problems: list[UnreachableError] = []
    for address in servers:
        try:
            return await lined(clock, network, address, timeout_ms)
        except UnreachableError as problem:
            problems.append(problem)
    raise UnreachableError("; ".join(map(str, problems)) or "no server is named")


async def _advertised(first: Line, network: Network, broker_id: int, address: Address) -> Line:
    """A broker at the address that it advertises."""
    try:
        return await lined(first.clock, network, address, first.timeout_ms)
    except UnreachableError as problem:
        raise UnreachableError(f"broker {broker_id}, at the address that it advertises: {problem}") from None
