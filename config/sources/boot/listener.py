"""
What the listeners of an application do, as Spring runs them.

Source: ``KafkaMessageListenerContainer``, ``ContainerProperties``, ``DefaultErrorHandler``,
``DefaultAfterRollbackProcessor``, ``KafkaAnnotationDrivenConfiguration``. An application can set up much of this in its
code, which no file tells.
"""

from collections.abc import Mapping

import attrs

from ackproof.config.pipeline import Setting
from ackproof.config.sources.boot.clients import AUTO_COMMIT, Application, Given, setting_at, transaction_id_prefix
from ackproof.config.sources.boot.names import KAFKA
from ackproof.config.sources.boot.values import Convert, boolean, count, one_of

ACK_MODES = ("RECORD", "BATCH", "TIME", "COUNT", "COUNT_TIME", "MANUAL", "MANUAL_IMMEDIATE")
MANUAL, SELDOM = ("MANUAL", "MANUAL_IMMEDIATE"), ("TIME", "COUNT", "COUNT_TIME")


def words_of(application: Application, consumer: Mapping[str, Given]) -> Mapping[str, Setting]:
    """The words of a pipeline file's ``[consumer]``: what Spring does by default has no file."""
    mode = _property(application, one_of(*ACK_MODES), "listener", "ack-mode")
    batches = _property(application, one_of("SINGLE", "BATCH"), "listener", "type")
    concurrency = _property(application, count, "listener", "concurrency")
    commit = _commit(application, consumer, mode)
    _check(application, mode, batches, commit)
    found = {
        "commit": commit,
        "processing": Setting("processing", "in-poll-loop"),
        "on_processing_failure": _on_failure(application, commit, batches),
        "on_revoke": Setting("on_revoke", "commit" if commit.value == "sync" else "nothing"),
        "close": Setting("close", "clean"),
    }
    if concurrency is not None:
        found["instances"] = attrs.evolve(concurrency, key="instances")
    if commit.value == "sync" and (mode is None or mode.value not in MANUAL):
        found["commit_when"] = Setting("commit_when", "after-processing")
    if commit.value == "transaction":
        found["sink"] = attrs.evolve(commit, key="sink", value="kafka")
    return found


def _property(application: Application, convert: Convert, *name: str) -> Setting | None:
    """A property, by the key as it is written; None where Spring's default is meant."""
    entry = application.entry(*KAFKA, *name)
    value = application.value(entry, convert) if entry else None
    return None if entry is None or value is None else setting_at(entry.key, value, entry.place)


def _commit(application: Application, consumer: Mapping[str, Given], mode: Setting | None) -> Setting:
    """
    How offsets are committed.

    With a ``transaction-id-prefix`` there is a ``KafkaTransactionManager``, which is every container's: it begins a
    transaction before it calls the listener, and sends the offsets to it. Else the container commits, and waits for
    it (``syncCommits``), unless the client does.
    """
    prefix = transaction_id_prefix(application)
    automatic = consumer[AUTO_COMMIT].setting if AUTO_COMMIT in consumer else None
    if prefix is not None:
        message = "with it Spring Boot makes a KafkaTransactionManager, and listeners run in its transactions"
        application.remarks.note(prefix.key, message, prefix.place)
        return attrs.evolve(prefix, key="commit", value="transaction")
    if automatic is not None and (automatic.value or "").strip().lower() == "true":
        return attrs.evolve(automatic, key="commit", value="auto")
    return Setting("commit", "sync") if mode is None else attrs.evolve(mode, key="commit", value="sync")


def _on_failure(application: Application, commit: Setting, batches: Setting | None) -> Setting:
    """
    What happens to a record whose listener throws.

    It is tried ten times, then logged and passed over, with a rollback before each further try or without. A batch
    that is rolled back is tried for ever (``batchRecoverAfterRollback``). Behind topics for retries is a dead-letter
    topic.
    """
    retries = _property(application, boolean, "retry", "topic", "enabled")
    if retries is not None and retries.value == "true":
        return attrs.evolve(retries, key="on_processing_failure", value="dead-letter")
    for_ever = batches is not None and batches.value == "BATCH" and commit.value == "transaction"
    return Setting("on_processing_failure", "retry" if for_ever else "skip")


def _check(application: Application, mode: Setting | None, batches: Setting | None, commit: Setting) -> None:
    """What the container refuses to start with, and what is simplified here."""
    if mode is None:
        return
    if mode.value in MANUAL and commit.value == "auto":
        message = f"Consumer cannot be configured for auto commit for ackMode {mode.value}"
        application.remarks.refuse(mode.key, f"java.lang.IllegalStateException: {message}", mode.place)
    if mode.value == "RECORD" and batches is not None and batches.value == "BATCH":
        message = "Cannot use AckMode.RECORD with a batch listener"
        application.remarks.refuse(mode.key, f"java.lang.IllegalStateException: {message}", mode.place)
    if mode.value in SELDOM and commit.value == "sync":
        message = f"{mode.value} commits less often than once a poll, as it is judged here"
        application.remarks.note(mode.key, message, mode.place)
