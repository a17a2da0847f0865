"""
Files of what sets up Kafka's clients by itself: frameworks that ackproof does not know, each known by its keys.

Source: ``DistributedConfig``, ``StandaloneConfig``, ``MirrorMakerConfig``, ``StreamsConfig``, ``KafkaSourceOptions`` of
Flink, and the configuration reference of each of the others.
"""

import re
from collections.abc import Iterable, Sequence

import attrs

from ackproof.config.clients.definitions import ever_known
from ackproof.config.clients.libraries import LIBRARIES, MATTERS
from ackproof.config.clients.library import Side as ClientSide
from ackproof.config.files.nearest import near_miss
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Setting
from ackproof.config.sources.part import Part, Side

CLIENTS: tuple[Side, ...] = ("producer", "consumer")


@attrs.frozen
class Framework:
    """
    What sets up clients by itself.

    Attributes:
        keys: How a key begins, with ``=`` and its value behind it, that nobody else has.
    """

    name: str
    keys: re.Pattern[str]


FRAMEWORKS = tuple(
    Framework(name, re.compile(f"(?:{keys})"))
    for name, keys in (
        ("Debezium Server", r"(quarkus\.)?debezium\.(sink|source|format)\."),
        ("MirrorMaker", r"clusters=|[^=>]+->[^=>]+\.|kind=KafkaMirrorMaker"),
        (
            "Kafka Connect",
            r"([^=]*\.)?connector\.class=|(key|value)\.converter=|(config|offset|status)\.storage\.|plugin\.path="
            r"|offset\.flush\.interval\.ms=|([^=]*\.environment\.)?CONNECT_|kind=KafkaConnect",
        ),
        ("ksqlDB", r"ksql\.|([^=]*\.environment\.)?KSQL_"),
        (
            "Kafka Streams",
            r"application\.(id|server)=|processing\.guarantee=|num\.(stream\.threads|standby\.replicas)=|state\.dir="
            r"|default\.(key|value)\.serde=|(main|restore|global)\.consumer\.|spring\.kafka\.streams\.|kafka-streams\.",
        ),
        ("Spring Cloud Stream", r"spring\.cloud\.stream\."),
        ("SmallRye Reactive Messaging", r"(\"?%[^=.]+\"?\.)?mp\.messaging\."),
        ("Quarkus", r"(\"?%[^=.]+\"?\.)?quarkus\."),
        ("Micronaut", r"micronaut\.|kafka\.(producers|consumers|streams)\."),
        ("Camel", r"camel\."),
        ("Flink", r"flink\.|execution\.checkpointing\.|(job|task)manager\.|partition\.discovery\.interval\.ms="),
        ("Alpakka", r"(akka|pekko)\.kafka\."),
    )
)
"""In the order in which the first one counts."""

BESIDE_CLIENTS = ("spring.", "camel.component.kafka.")
"""How their keys begin that may stand beside the clients of a Spring application; other words are that one's own."""

IS_NEITHER = "no properties file, nor YAML: write keys as KEY=VALUE into one, or into a pipeline file"
"""What is said of a file of another kind."""

OF_BROKERS = re.compile(r"(process\.roles|(node|broker)\.id|log\.dirs?|(advertised\.)?listeners)=")
"""How the file of a broker is known."""


def tell(settings: Iterable[Setting], parts: Sequence[Part], remarks: Remarks) -> bool:
    """
    Say so if *settings* are of a framework: a problem, or a notice where clients are known beside it.

    Args:
        parts: What is known in the file.

    Returns:
        Whether that is a problem.
    """
    has_clients = any(part.side in CLIENTS for part in parts)
    of_them = (each for each in settings if _framework(each) and (not parts or each.key.startswith(BESIDE_CLIENTS)))
    found = next(of_them, None) if has_clients or not parts else None
    if found is None:
        return False
    of_it, way = f"a key as {_framework(found)} has it", "sets up clients, and commits, in its own way"
    if has_clients:
        remarks.note(found.key, f"{of_it}, which {way}: those clients are not judged", found.place)
        return False
    advice = "To judge one of them, write all that it is given, without a prefix, into a properties file"
    remarks.refuse(found.key, f"{of_it}, which ackproof does not know: it {way}. {advice}", found.place)
    return True


def _framework(setting: Setting) -> str | None:
    """The framework that has a *setting*, if it is one of those."""
    text = f"{setting.key}={setting.value}"
    return next((each.name for each in FRAMEWORKS if each.keys.match(text)), None)


def check_client(settings: Sequence[Setting], side: Side, remarks: Remarks) -> None:
    """Say so if a properties file that is to be a client's has none of a client's keys: Java would take it."""
    if side not in ("producer", "consumer") or not settings:
        return
    of_broker = next((each for each in settings if OF_BROKERS.match(f"{each.key}=")), None)
    if of_broker is not None:
        advice = "give the file with --topic, or under [topic]"
        remarks.refuse(of_broker.key, f"a key of brokers, in a file for a {side}: {advice}", of_broker.place)
    elif not any(_is_meant_for(side, each.key) for each in settings):
        none = f"neither this nor any other key of the file is one that a {side} has"
        advice = "ackproof reads those of Kafka's clients, as KEY=VALUE and without a prefix"
        remarks.refuse(settings[0].key, f"{none}: {advice}", settings[0].place)


def _is_meant_for(side: ClientSide, key: str) -> bool:
    """Whether a *key* is one that some client of this *side* has, or a slip of one that verdicts depend on."""
    tables = tuple(library.tables[side] for library in LIBRARIES.values())
    return key in ever_known(tables) or near_miss(key, MATTERS[side]) is not None
