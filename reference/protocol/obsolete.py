"""What callers of old versions do not know: error codes, which get others in their place, and fields."""

from collections.abc import Mapping
from typing import cast

from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType
from kio.static.protocol import Entity, Payload

Codes = Mapping[ErrorCode, ErrorCode]

FENCED: Codes = {ErrorCode.producer_fenced: ErrorCode.invalid_producer_epoch}
LATER_CODES: Mapping[int, tuple[int, Codes]] = {
    1: (6, {ErrorCode.kafka_storage_error: ErrorCode.not_leader_or_follower}),
    20: (3, {ErrorCode.topic_deletion_disabled: ErrorCode.invalid_request}),
    22: (4, FENCED),
    24: (2, FENCED),
    25: (2, FENCED),
    26: (2, FENCED),
    28: (2, {ErrorCode.coordinator_load_in_progress: ErrorCode.coordinator_not_available}),
}
"""
By the key of an API: the first version whose callers know some codes, and what the others get. Source: ``KafkaApis``.
"""

LATER_FIELDS: Mapping[tuple[int, str], int] = {
    (1, "forgotten_topics_data"): 7,
    (2, "isolation_level"): 2,
    (3, "allow_auto_topic_creation"): 4,
    (3, "include_topic_authorized_operations"): 8,
    (8, "group_instance_id"): 7,
    (10, "key_type"): 1,
    (11, "group_instance_id"): 5,
    (12, "group_instance_id"): 3,
    (14, "group_instance_id"): 3,
    (15, "include_authorized_operations"): 3,
    (16, "states_filter"): 4,
    (16, "types_filter"): 5,
    (22, "producer_id"): 3,
    (22, "producer_epoch"): 3,
    (28, "generation_id"): 3,
    (28, "member_id"): 3,
    (28, "group_instance_id"): 3,
    (32, "include_documentation"): 3,
    (60, "endpoint_type"): 1,
    (68, "subscribed_topic_regex"): 1,
}
"""
By the key of an API and a field of its requests: the first version that has it. A client does not send a request
without it where it says something. Source: fields that are not ``ignorable`` in Kafka's message definitions.
"""


def codes_of(entity: type[Entity]) -> Codes:
    """What error codes become in (a part of) an answer of an old version."""
    if entity.__type__ not in {EntityType.response, EntityType.nested}:
        return {}
    api_key = int(cast("type[Payload]", entity).__api_key__)
    version, codes = LATER_CODES.get(api_key, (0, {}))
    return codes if entity.__version__ < version else {}
