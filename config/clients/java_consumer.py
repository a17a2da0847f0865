"""How the settings of a Java consumer fit together."""

from ackproof.config.clients.java import raised, wrapped
from ackproof.config.clients.library import Settings
from ackproof.config.files.problems import Remarks
from ackproof.config.versions import Version, since

GROUP_ID, AUTO_COMMIT = "group.id", "enable.auto.commit"
SESSION_TIMEOUT, HEARTBEAT = "session.timeout.ms", "heartbeat.interval.ms"
NOT_WITH_CLASSIC = ("group.remote.assignor", "share.acknowledgement.mode")
NOT_WITH_CONSUMER = ("partition.assignment.strategy", HEARTBEAT, SESSION_TIMEOUT, "share.acknowledgement.mode")

CHECKS_PROTOCOL_SINCE = (((0,), False), ((4, 0), True))
"""Whether a setting of the other group protocol is refused (``ConsumerConfig.checkUnsupportedConfigsPostProcess``)."""

REFUSES_EMPTY_GROUP_SINCE = (((0,), False), ((4, 0), True))
"""Whether an empty group.id is refused; before, it was deprecated."""


def membership(settings: Settings, version: Version, remarks: Remarks) -> None:
    """Settings that do not fit together are problems."""
    is_classic = (settings.text("group.protocol") or "classic").lower() == "classic"
    if since(version, CHECKS_PROTOCOL_SINCE):
        _check_protocol(settings, remarks, is_classic=is_classic)
    if is_classic and settings.number(HEARTBEAT) >= settings.number(SESSION_TIMEOUT):
        key = HEARTBEAT if settings.is_given(HEARTBEAT) else SESSION_TIMEOUT
        problem = "Heartbeat must be set lower than the session timeout"
        remarks.refuse(key, wrapped("consumer", problem, "java.lang.IllegalArgumentException"), settings.place(key))
    _check_group(settings, version, remarks)


def _check_protocol(settings: Settings, remarks: Remarks, *, is_classic: bool) -> None:
    protocol, keys = ("CLASSIC", NOT_WITH_CLASSIC) if is_classic else ("CONSUMER", NOT_WITH_CONSUMER)
    for key in settings.given(keys):
        problem = f"{key} cannot be set when group.protocol={protocol}"
        remarks.refuse(key, raised(problem), settings.place(key))


def _check_group(settings: Settings, version: Version, remarks: Remarks) -> None:
    """Source: ``ConsumerConfig.maybeOverrideEnableAutoCommit``, ``ClassicKafkaConsumer``."""
    group = settings.text(GROUP_ID)
    if group is None and settings.is_given(AUTO_COMMIT) and settings.flag(AUTO_COMMIT):
        exception = "org.apache.kafka.common.errors.InvalidConfigurationException"
        problem = f"{AUTO_COMMIT} cannot be set to true when default group id (null) is used."
        remarks.refuse(AUTO_COMMIT, f"{exception}: {problem}", settings.place(AUTO_COMMIT))
    if group == "" and settings.is_given(GROUP_ID):
        problem = f"The configured {GROUP_ID} should not be an empty string or whitespace."
        if since(version, REFUSES_EMPTY_GROUP_SINCE):
            exception = "org.apache.kafka.common.errors.InvalidGroupIdException"
            remarks.refuse(GROUP_ID, wrapped("consumer", problem, exception), settings.place(GROUP_ID))
        else:
            remarks.note(GROUP_ID, f"deprecated, and refused from 4.0 on: {problem}", settings.place(GROUP_ID))
