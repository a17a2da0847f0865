"""CreateTopics, DeleteTopics and CreatePartitions: the controller decides, this broker hands on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import attrs
from kio.schema.create_partitions.v3.request import CreatePartitionsRequest
from kio.schema.create_topics.v7.request import CreatableTopic, CreateTopicsRequest
from kio.schema.create_topics.v7.response import CreatableTopicConfigs, CreatableTopicResult, CreateTopicsResponse
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest, DeleteTopicState
from kio.schema.errors import ErrorCode
from kio.static.protocol import ResponsePayload

from ackproof.reference.broker.apis.describe_configs import DescribeConfigsHandler
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.channel import ControllerLink
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, within
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import milliseconds
from ackproof.reference.protocol.request import DisconnectedError, Request

DELETION_DISABLED_FROM = 3
"""The version of DeleteTopics from which on clients know that error."""


AskForTopics = CreateTopicsRequest | DeleteTopicsRequest | CreatePartitionsRequest


def names_some_once(body: AskForTopics) -> bool:
    """Whether there is something to be done; what is named twice is refused before that."""
    named = [topic if isinstance(topic, DeleteTopicState) else topic.name for topic in body.topics]
    return 1 in Counter(named).values()


@attrs.frozen
class TopicsHandler:
    """Source: ``ForwardingManager``, ``ControllerApis``; ``KafkaEventQueue`` for the time that it may take."""

    clock: Clock
    controller: ControllerLink
    settings: BrokerSettings
    configs: DescribeConfigsHandler

    async def serve(self, request: Request) -> ResponsePayload:
        """
        The controller's answer; one that may take no time comes too late, and nothing is done.

        Raises:
            KafkaError: REQUEST_TIMED_OUT: there is none. TOPIC_DELETION_DISABLED.
        """
        body = request.body
        assert isinstance(body, AskForTopics)
        if isinstance(body, DeleteTopicsRequest) and not self.settings.delete_topic_enable:
            knows = request.version >= DELETION_DISABLED_FROM
            raise KafkaError(ErrorCode.topic_deletion_disabled if knows else ErrorCode.invalid_request)
        if milliseconds(body.timeout) <= 0 and names_some_once(body):
            raise KafkaError(ErrorCode.request_timed_out)
        try:
            answer = await within(self.clock, self.controller.ask(body), self.settings.request_timeout_ms)
        except (DisconnectedError, TimedOutError):
            raise KafkaError(ErrorCode.request_timed_out) from None
        if isinstance(body, CreateTopicsRequest) and isinstance(answer, CreateTopicsResponse):
            return self._with_configs(body, answer)
        return answer

    def _with_configs(self, body: CreateTopicsRequest, answer: CreateTopicsResponse) -> CreateTopicsResponse:
        """The controller's answer with the settings that the topics have now."""
        asked: Mapping[str, CreatableTopic] = {topic.name: topic for topic in body.topics}
        return replace(answer, topics=tuple(self._with_config(asked[each.name], each) for each in answer.topics))

    def _with_config(self, asked: CreatableTopic, result: CreatableTopicResult) -> CreatableTopicResult:
        if result.error_code is not ErrorCode.none:
            return result
        given = {config.name: config.value for config in asked.configs if config.value is not None}
        entries = self.configs.topic_entries(given)
        return replace(
            result,
            configs=tuple(
                CreatableTopicConfigs(
                    name=each.name,
                    value=each.value,
                    read_only=each.read_only,
                    config_source=each.config_source,
                    is_sensitive=each.is_sensitive,
                )
                for each in entries
            ),
        )
