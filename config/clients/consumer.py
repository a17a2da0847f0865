"""The table ``[consumer]``."""

from collections.abc import Mapping

from ackproof.config.clients.client import Configured, client_in, note_assumed
from ackproof.config.files.section import Section, choice, refuse_unknown, whole_number
from ackproof.config.pipeline import Commit, CommitWhen, Consumer, GroupProtocol, OffsetReset, Processing, Sink
from ackproof.config.versions import Version, parts

AUTO_COMMIT, GROUP_ID, OFFSET_RESET = "enable.auto.commit", "group.id", "auto.offset.reset"
AUTO_STORE = "enable.auto.offset.store"

COMMITS: tuple[Commit, ...] = ("auto", "sync", "async", "transaction")
COMMITS_WHEN: tuple[CommitWhen, ...] = ("after-processing", "before-processing")
PROCESSINGS: tuple[Processing, ...] = ("in-poll-loop", "handed-off")
SINKS: tuple[Sink, ...] = ("plain", "idempotent", "kafka")

RESETS: Mapping[str, OffsetReset] = {
    **dict.fromkeys(("earliest", "smallest", "beginning"), "earliest"),
    **dict.fromkeys(("latest", "largest", "end"), "latest"),
    "by_duration": "by_duration",
}
"""What a client's word for the offset to start from means; any other is none."""


def consumer_in(section: Section, kafka: Version) -> Consumer:
    """The members of the group of the table."""
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
        auto_offset_reset=_reset(found),
        isolation_level=(found.text("isolation.level") or "read_uncommitted").lower(),
        group_protocol=protocol,
        assignors=_assignors(found, protocol),
        group_instance_id=found.text("group.instance.id") or None,
        stores_offset_itself=found.text(AUTO_STORE) is None or found.flag(AUTO_STORE),
        settings=found.settings.by_key,
    )
    refuse_unknown(section)
    note_assumed(section, _assumed(consumer))
    return consumer


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


def _assignors(found: Configured, protocol: GroupProtocol) -> tuple[str, ...]:
    """What the client offers; under the new protocol at most one, and the broker decides."""
    key = "group.remote.assignor" if protocol == "consumer" else "partition.assignment.strategy"
    return tuple(name.strip() for name in (found.text(key) or "").split(",") if name.strip())


def _assumed(consumer: Consumer) -> Mapping[str, str]:
    """What the application is taken to do where the file does not say."""
    commits_itself = consumer.commit in ("sync", "async")
    stores_itself = consumer.commit == "auto" and not consumer.stores_offset_itself
    return {
        **({} if consumer.commit == "auto" else {"commit": consumer.commit}),
        **({"commit_when": "after-processing"} if commits_itself or stores_itself else {}),
        "processing": "in-poll-loop",
        "instances": "1",
        "sink": "plain",
    }
