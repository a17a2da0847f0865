"""What topics and brokers are set to, and by whom."""

from collections.abc import Iterable, Iterator, Sequence

from kio.schema.describe_configs.v4.request import DescribeConfigsRequest, DescribeConfigsResource
from kio.schema.describe_configs.v4.response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
)

from ackproof.reference.protocol.primitive import i8
from ackproof.reference.surveying.line import Line
from ackproof.reference.surveying.metadata import check
from ackproof.reference.surveying.survey import DEFAULT_CONFIG, SetValue

TOPIC, BROKER = 2, 4
"""What has settings. Source: ``ConfigResource.Type``."""

SOURCES = {
    1: "DYNAMIC_TOPIC_CONFIG",
    2: "DYNAMIC_BROKER_CONFIG",
    3: "DYNAMIC_DEFAULT_BROKER_CONFIG",
    4: "STATIC_BROKER_CONFIG",
    5: DEFAULT_CONFIG,
    6: "DYNAMIC_BROKER_LOGGER_CONFIG",
    7: "DYNAMIC_CLIENT_METRICS_CONFIG",
    8: "DYNAMIC_GROUP_CONFIG",
}
"""Source: ``DescribeConfigsResponse.ConfigSource``; its words are those of ``ConfigEntry.ConfigSource``."""

WEEK_MS = 7 * 24 * 3_600_000
COMPUTED = {
    "flush.ms": str(2**63 - 1),
    "retention.ms": str(WEEK_MS),
    "segment.jitter.ms": "0",
    "segment.ms": str(WEEK_MS),
}
"""The defaults of what a topic may have from settings of its broker in other units, which no synonym tells of."""

Settings = dict[tuple[int, str], tuple[SetValue, ...]]
"""By what has them, and its name."""


async def settings_of(line: Line, broker_id: int, topics: Sequence[str]) -> Settings:
    """
    What is set of a broker, and of *topics* as it sees them.

    Raises:
        NotAllowedError: It may not be seen.
        SurveyError: It is not told.
    """
    resources = ((BROKER, str(broker_id)), *((TOPIC, topic) for topic in topics))
    body = DescribeConfigsRequest(
        resources=tuple(
            DescribeConfigsResource(resource_type=i8(kind), resource_name=name, configuration_keys=None)
            for kind, name in resources
        ),
        include_synonyms=True,
    )
    answer = await line.ask(body, DescribeConfigsResponse, 1)
    return dict(_told(answer.results, broker_id))


def _told(
    results: Iterable[DescribeConfigsResult], broker_id: int
) -> Iterator[tuple[tuple[int, str], tuple[SetValue, ...]]]:
    for result in results:
        kind, name = int(result.resource_type), str(result.resource_name)
        check(result.error_code, f"the settings of {'topic' if kind == TOPIC else 'broker'} {name}")
        values = (set_value(each, broker_id, kind) for each in result.configs)
        yield (kind, name), tuple(sorted((each for each in values if each), key=lambda each: each.key))


def set_value(entry: DescribeConfigsResourceResult, broker_id: int, kind: int) -> SetValue | None:
    """A setting that somebody has set; None for a default, and for what is secret."""
    source = SOURCES.get(entry.config_source, "UNKNOWN")
    is_computed = kind == TOPIC and COMPUTED.get(entry.name, entry.value) != entry.value
    if entry.value is None or entry.is_sensitive or (source == DEFAULT_CONFIG and not is_computed):
        return None
    set_as = entry.synonyms[0].name if entry.synonyms else entry.name
    return SetValue(entry.name, entry.value, source, broker_id, set_as)
