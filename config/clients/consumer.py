"""The table ``[consumer]``."""

from collections.abc import Mapping

import attrs

from ackproof.config.clients.client import Configured, client_in, note_assumed
from ackproof.config.files.section import Section, choice, refuse_unknown, whole_number
from ackproof.config.pipeline import (
    Close,
    Commit,
    CommitWhen,
    Consumer,
    Faults,
    GroupProtocol,
    OffsetReset,
    OnProcessingFailure,
    OnRevoke,
    Processing,
    Sink,
)
from ackproof.config.versions import Version, parts

AUTO_COMMIT, GROUP_ID, OFFSET_RESET = "enable.auto.commit", "group.id", "auto.offset.reset"
AUTO_STORE = "enable.auto.offset.store"

COMMITS: tuple[Commit, ...] = ("auto", "sync", "async", "transaction", "with-sink")
COMMITS_WHEN: tuple[CommitWhen, ...] = ("after-processing", "before-processing")
PROCESSINGS: tuple[Processing, ...] = ("in-poll-loop", "handed-off")
SINKS: tuple[Sink, ...] = ("plain", "idempotent", "kafka")
ON_PROCESSING_FAILURE: tuple[OnProcessingFailure, ...] = ("retry", "skip", "dead-letter", "stop", "crash")
ON_REVOKE: tuple[OnRevoke, ...] = ("commit", "nothing")
CLOSES: tuple[Close, ...] = ("clean", "none")

TOLD_WITH: Mapping[str, frozenset[str]] = {
    "on_processing_failure": frozenset({"processing-fails"}),
    "on_revoke": frozenset({"member-joins", "member-leaves"}),
    "close": frozenset({"member-leaves"}),
}
"""What is assumed is told where one of these faults can happen."""

RESETS: Mapping[str, OffsetReset] = {
    **dict.fromkeys(("earliest", "smallest", "beginning"), "earliest"),
    **dict.fromkeys(("latest", "largest", "end"), "latest"),
    "by_duration": "by_duration",
}
"""What a client's word for the offset to start from means; any other is none."""


def consumer_in(section: Section, kafka: Version, faults: Faults) -> Consumer:
    """The members of the group of the table; what is assumed of them depends on the *faults* that may happen."""
    found = client_in(section, "consumer", kafka)
    found.library.membership(found.settings, parts(found.client.version), section.remarks)
    _note_reset(section, found)
    protocol = _protocol(found)
    consumer = Consumer(
        client=found.client,
        group_id=_group(section, found),
        commit=_commit(section, found),
        commit_when=choice(section, "commit_when", COMMITS_WHEN) or "after-processing",
        processing=choice(section, "processing", PROCESSINGS) or "in-poll-loop",
        instances=whole_number(section, "instances", 1, 1),
        sink=choice(section, "sink", SINKS) or "plain",
        on_processing_failure=choice(section, "on_processing_failure", ON_PROCESSING_FAILURE) or "retry",
        on_revoke=choice(section, "on_revoke", ON_REVOKE) or "nothing",
        close=choice(section, "close", CLOSES) or "clean",
        auto_offset_reset=_reset(found),
        isolation_level=(found.text("isolation.level") or "read_uncommitted").lower(),
        group_protocol=protocol,
        assignors=_assignors(found, protocol),
        group_instance_id=found.text("group.instance.id") or None,
        stores_offset_itself=found.text(AUTO_STORE) is None or found.flag(AUTO_STORE),
        settings=found.settings.by_key,
    )
    consumer = _under_a_container(section, found, consumer)
    if "on_processing_failure" not in section.values:
        consumer = attrs.evolve(consumer, on_processing_failure=_sensible(consumer))
    refuse_unknown(section)
    _note_instance_id(section, found, consumer)
    _note_close(section, consumer, faults)
    _check_with_sink(section, consumer)
    if consumer.commit == "transaction" and consumer.commit_when == "before-processing":
        section.refuse("commit_when", 'commit = "transaction" commits each offset together with the outputs')
    note_assumed(section, _assumed(consumer, faults))
    return consumer


def _sensible(consumer: Consumer) -> OnProcessingFailure:
    """
    What a sensible application does with a record that it could not process.

    One that commits before it processes accepts that a record is lost rather than processed twice: it goes on. Any
    other tries again until it succeeds.
    """
    return "skip" if consumer.commit_when == "before-processing" and _chooses_when(consumer) else "retry"


def _chooses_when(consumer: Consumer) -> bool:
    """Whether the application decides when an offset counts as done: it commits or stores it by itself."""
    return consumer.commit in ("sync", "async") or (consumer.commit == "auto" and not consumer.stores_offset_itself)


def _check_with_sink(section: Section, consumer: Consumer) -> None:
    """What does not go together with offsets in the sink's own transaction."""
    if consumer.commit != "with-sink":
        return
    wrong = {
        "sink": (consumer.sink == "kafka", 'needs a sink outside of Kafka, not sink = "kafka"'),
        "commit_when": (consumer.commit_when == "before-processing", "stores each offset together with the result"),
        "on_revoke": (consumer.on_revoke == "commit", "commits nothing to the group that on_revoke could commit"),
    }
    for key, (is_wrong, why) in wrong.items():
        if is_wrong:
            section.refuse(key, f'commit = "with-sink" {why}')


def _commit(section: Section, found: Configured) -> Commit:
    """How the application commits: as it says, else as ``enable.auto.commit`` says. The two must not contradict."""
    named = choice(section, "commit", COMMITS)
    automatic = found.flag(AUTO_COMMIT)
    if named is None:
        return "auto" if automatic else "sync"
    if found.is_given(AUTO_COMMIT) and automatic != (named == "auto"):
        key = found.library.spell(AUTO_COMMIT)
        message = f'{key}={str(automatic).lower()} contradicts commit = "{named}"'
        section.remarks.refuse(key, message, found.place(AUTO_COMMIT))
    return named


def _group(section: Section, found: Configured) -> str | None:
    group = found.text(GROUP_ID) or None
    if group is None:
        section.remarks.note(found.library.spell(GROUP_ID), "not given: taken as set by the application", section.place)
    return group


def _protocol(found: Configured) -> GroupProtocol:
    return "consumer" if (found.text("group.protocol") or "").lower() == "consumer" else "classic"


def _reset(found: Configured) -> OffsetReset:
    return RESETS.get((found.text(OFFSET_RESET) or "latest").lower().partition(":")[0], "none")


def _note_reset(section: Section, found: Configured) -> None:
    """What a new group skips decides much, so the default is told; clients in Python take any word for none."""
    value = (found.text(OFFSET_RESET) or "latest").lower().partition(":")[0]
    if not found.is_given(OFFSET_RESET):
        key = found.library.spell(OFFSET_RESET)
        section.remarks.note(key, f"not given: the client's default is {value}", section.place)
    if value not in RESETS and value not in ("none", "error"):
        key = found.library.spell(OFFSET_RESET)
        section.remarks.note(key, f"{value} is not known to the client, which takes none", found.place(OFFSET_RESET))
    if value not in RESETS and section.values.get("commit") != "with-sink":
        key = found.library.spell(OFFSET_RESET)
        message = "a group that has committed nothing does not start: its polls end in an error"
        section.remarks.note(key, message, found.place(OFFSET_RESET))


def _under_a_container(section: Section, found: Configured, consumer: Consumer) -> Consumer:
    """
    A container that commits by itself does so once the listener has returned, whatever other threads are still at.

    Source: spring-kafka ``KafkaMessageListenerContainer.ListenerConsumer``: ``ackCurrent``, ``processCommits``.
    """
    commits_itself = "commit_when" in found.words and consumer.commit in ("sync", "async")
    if not commits_itself or consumer.processing != "handed-off" or consumer.commit_when == "before-processing":
        return consumer
    if "commit_when" not in section.values:
        return attrs.evolve(consumer, commit_when="before-processing")
    message = (
        "a container commits once the listener has returned, also what other threads have not processed: "
        'that is commit_when = "before-processing", unless the listener returns a future or acknowledges by itself'
    )
    section.remarks.note(section.path_of("commit_when"), message, section.place_of("commit_when"))
    return consumer


def _note_instance_id(section: Section, found: Configured, consumer: Consumer) -> None:
    """Several instances from one file would all be the same member, and fence each other (KIP-345)."""
    if consumer.group_instance_id and consumer.instances > 1:
        key = found.library.spell("group.instance.id")
        message = (
            f"each of the {consumer.instances} instances is taken to have one of its own: the same one fences others"
        )
        section.remarks.note(key, message, found.place("group.instance.id"))


def _note_close(section: Section, consumer: Consumer, faults: Faults) -> None:
    """
    An application that an exception ends may close its consumer on the way out, which commits what poll has returned.

    Source: ``ConsumerCoordinator.close``, ``AsyncKafkaConsumer.close``; kafka-python ``KafkaConsumer.close``; aiokafka
    ``GroupCoordinator.close``.
    """
    crashes = consumer.on_processing_failure == "crash" and "processing-fails" in faults.kinds and faults.at_most > 0
    if crashes and consumer.commit == "auto" and consumer.stores_offset_itself and consumer.close == "clean":
        message = (
            "crash is a process that dies: where the exception closes the consumer (finally, try with resources) it is "
            '"stop", which commits all that poll has returned, and loses what is not processed'
        )
        key = "on_processing_failure"
        section.remarks.note(section.path_of(key), message, section.place_of(key))


def _assignors(found: Configured, protocol: GroupProtocol) -> tuple[str, ...]:
    """What the client offers; under the new protocol at most one, and the broker decides."""
    key = "group.remote.assignor" if protocol == "consumer" else "partition.assignment.strategy"
    return tuple(name.strip() for name in (found.text(key) or "").split(",") if name.strip())


def _assumed(consumer: Consumer, faults: Faults) -> Mapping[str, str]:
    """What the application is taken to do where the file does not say."""
    possible = frozenset(faults.kinds if faults.at_most else ())
    of_faults: Mapping[str, str] = {
        "on_processing_failure": consumer.on_processing_failure,
        **({} if consumer.commit == "with-sink" else {"on_revoke": consumer.on_revoke}),
        "close": consumer.close,
    }
    return {
        **({} if consumer.commit == "auto" else {"commit": consumer.commit}),
        **({"commit_when": consumer.commit_when} if _chooses_when(consumer) else {}),
        "processing": "in-poll-loop",
        "instances": "1",
        "sink": "plain",
        **{key: value for key, value in of_faults.items() if TOLD_WITH[key] & possible},
    }
