"""Topics that come about because somebody asked for them."""

from collections.abc import Iterable
from contextlib import suppress

from kio.schema.create_topics.v7.request import CreatableTopic, CreatableTopicConfig, CreateTopicsRequest
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.apis.metadata_cache import GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.topic_settings import internal_topic_settings
from ackproof.reference.controller.channel import ControllerLink
from ackproof.reference.controller.topic_names import problem_of
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, spawn, within
from ackproof.reference.protocol.primitive import TopicName, duration, i16, i32
from ackproof.reference.protocol.request import DisconnectedError


class AutoTopics:
    """
    Has topics created by the controller; whoever asked is to ask again.

    Source: ``AutoTopicCreationManager``.
    """

    def __init__(self, clock: Clock, controller: ControllerLink, settings: BrokerSettings) -> None:
        self._clock = clock
        self._controller = controller
        self._settings = settings
        self._asked: set[str] = set()

    def create(self, names: Iterable[str]) -> dict[str, ErrorCode]:
        """What is said of each topic meanwhile: that there is none, or that there cannot be one of that name."""
        errors: dict[str, ErrorCode] = {}
        wanted: list[str] = []
        for name in names:
            is_valid = problem_of(name) is None
            errors[name] = ErrorCode.unknown_topic_or_partition if is_valid else ErrorCode.invalid_topic_exception
            if is_valid and name not in self._asked:
                wanted.append(name)
        if wanted:
            self._asked.update(wanted)
            spawn(self._clock, self._create(wanted))
        return errors

    async def _create(self, names: list[str]) -> None:
        request = CreateTopicsRequest(
            topics=tuple(self._topic(name) for name in names), timeout=duration(self._settings.request_timeout_ms)
        )
        # Whoever wants the topic asks again.
        with suppress(DisconnectedError, TimedOutError):
            await within(self._clock, self._controller.ask(request), self._settings.request_timeout_ms)
        self._asked.difference_update(names)

    def _topic(self, name: str) -> CreatableTopic:
        settings = self._settings
        partitions, replication_factor = {
            GROUP_METADATA_TOPIC: (settings.offsets_topic_num_partitions, settings.offsets_topic_replication_factor),
            TRANSACTION_STATE_TOPIC: (
                settings.transaction_state_log_num_partitions,
                settings.transaction_state_log_replication_factor,
            ),
        }.get(name, (settings.num_partitions, settings.default_replication_factor))
        return CreatableTopic(
            name=TopicName(name),
            num_partitions=i32(partitions),
            replication_factor=i16(replication_factor),
            assignments=(),
            configs=tuple(
                CreatableTopicConfig(name=key, value=value)
                for key, value in internal_topic_settings(settings).get(name, {}).items()
            ),
        )
