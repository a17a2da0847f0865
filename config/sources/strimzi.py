"""
Strimzi's resources: ``Kafka`` configures the brokers, ``KafkaTopic`` a topic.

Source: the custom resources of ``kafka.strimzi.io`` (``KafkaClusterSpec``, ``KafkaTopicSpec``).
"""

from collections.abc import Iterable, Iterator

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Setting
from ackproof.config.sources.broker_keys import instead_of, is_meant
from ackproof.config.sources.part import Part, Slot
from ackproof.config.sources.tree import Document, Leaf
from ackproof.config.topic import REPLICATION_FACTOR

GROUP = "kafka.strimzi.io/"
BROKERS = ("spec", "kafka", "config")
TOPIC = ("spec", "config")


def parts_in(documents: Iterable[Document], file: str, remarks: Remarks) -> Iterator[Part]:
    """What the resources in a file say of topics and brokers."""
    for document in documents:
        version, kind = (document.leaf(key) for key in ("apiVersion", "kind"))
        if version and kind and version.value.startswith(GROUP):
            if kind.value == "Kafka":
                yield _brokers(document, file, remarks)
            elif kind.value == "KafkaTopic":
                yield _topic(document, file)


def _brokers(document: Document, file: str, remarks: Remarks) -> Part:
    all_of_them = list(_settings(document, BROKERS, file))
    for setting, _ in all_of_them:
        if synonym := instead_of(setting.key):
            remarks.note(setting.key, f"brokers pass over it: they call it {synonym}", setting.place)
    found = [(setting, leaf) for setting, leaf in all_of_them if is_meant(setting.key)]
    version = document.leaf("spec", "kafka", "version")
    return Part(
        "broker",
        _text(document, "metadata", "name"),
        tuple(setting for setting, _ in found),
        kafka=Setting("kafka", version.written, file, version.line) if version else None,
        slots={setting.key: Slot(document.number, leaf.path) for setting, leaf in found},
        new_slot=lambda key: Slot(document.number, (*BROKERS, key)),
    )


def _topic(document: Document, file: str) -> Part:
    found = list(_settings(document, TOPIC, file))
    replicas = document.leaf("spec", "replicas")
    is_said = replicas is not None and not replicas.is_null
    factor = (
        [(Setting(REPLICATION_FACTOR, replicas.value, file, replicas.line), replicas)] if replicas and is_said else []
    )
    return Part(
        "topic",
        _text(document, "spec", "topicName") or _text(document, "metadata", "name"),
        tuple(setting for setting, _ in (*factor, *found)),
        slots={setting.key: Slot(document.number, leaf.path) for setting, leaf in (*factor, *found)},
        new_slot=lambda key: Slot(
            document.number, ("spec", "replicas") if key == REPLICATION_FACTOR else (*TOPIC, key)
        ),
    )


def _settings(document: Document, path: tuple[str, ...], file: str) -> Iterator[tuple[Setting, Leaf]]:
    """The settings under a *path*, each with the value that it comes from."""
    for rest, leaf in document.under(*path):
        key = ".".join(rest)
        if not leaf.is_null:
            yield Setting(key, leaf.value, file, leaf.line), leaf


def _text(document: Document, *path: str) -> str | None:
    leaf = document.leaf(*path)
    return leaf.written if leaf else None
