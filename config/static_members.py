"""Static members (KIP-345), and brokers that do not know them."""

from collections.abc import Iterator, Sequence

from ackproof.config.clients.libraries import LIBRARIES
from ackproof.config.clients.library import Settings
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Consumer, Pipeline
from ackproof.config.versions import Version, since, version_of

KNOWN_SINCE: Version = (2, 3)
"""Brokers that know members by their ``group.instance.id``."""

JOINED_BY: Sequence[tuple[Version, int]] = (((0,), 0), ((0, 10, 1), 1), ((0, 11), 2), ((2,), 3), ((2, 2), 4))
"""The version of JoinGroup that brokers before that know. Source: JoinGroupRequest.json, ``ApiVersion``."""


def is_static(consumer: Consumer, kafka: Version) -> bool:
    """
    Whether members are static: kafka-python takes those that are named for dynamic ones if brokers do not know names.

    Source: kafka-python ``BaseCoordinator.is_dynamic_member``.
    """
    is_passed_over = consumer.client.name == "kafka-python" and kafka < KNOWN_SINCE
    return consumer.group_instance_id is not None and not is_passed_over


def check_instance_id(pipeline: Pipeline, remarks: Remarks) -> None:
    """
    Java refuses to join a group by a name that brokers do not know.

    Source: ``JoinGroupRequest.Builder.build``, ``AbstractCoordinator.joinGroupIfNeeded``.
    """
    consumer, kafka = pipeline.consumer, version_of(pipeline.kafka)
    if consumer is None or consumer.client.name != "java" or not is_nameless(consumer, kafka):
        return
    key = LIBRARIES[consumer.client.name].spell("group.instance.id")
    message = (
        "org.apache.kafka.common.errors.UnsupportedVersionException: The broker join group protocol version "
        f"{since(kafka, JOINED_BY)} does not support usage of config group.instance.id."
    )
    remarks.refuse(key, message, Settings(consumer.settings).place(key))


def is_nameless(consumer: Consumer, kafka: Version) -> bool:
    """Whether members are static for their client, and not for their brokers."""
    return is_static(consumer, kafka) and kafka < KNOWN_SINCE


def unmodelled_names(pipeline: Pipeline) -> Iterator[str]:
    """
    Members that neither leave their group nor are known again.

    Source: librdkafka ``rd_kafka_JoinGroupRequest``, ``RD_KAFKA_CGRP_IS_STATIC_MEMBER``; aiokafka
    ``JoinGroupRequest.build``, ``GroupCoordinator._maybe_leave_group``.
    """
    if pipeline.consumer is not None and is_nameless(pipeline.consumer, version_of(pipeline.kafka)):
        key = LIBRARIES[pipeline.consumer.client.name].spell("group.instance.id")
        yield f"{key} with brokers before 2.3, which do not know it, is not modelled yet"
