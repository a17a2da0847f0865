"""Bugs of consumers: what clients commit by themselves, and where they start."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.config.reading import pipeline_in
from ackproof.config.systems import goal_system, system_for
from ackproof.model.consume.auto_commit import (
    JAVA,
    LIBRDKAFKA,
    AutoCommit,
    behind_the_last_event,
)
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import RECONCILING
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.properties.claims import GOALS
from ackproof.properties.consume import every_record_is_processed_or_can_still_be, no_record_is_processed_twice

Kinds = frozenset[str]


@bug(
    "KAFKA-2942",
    "Records that poll is about to return are committed, and lost if the process dies",
    affected="0.9.0.0",
    fixed_in="0.9.0.1",
    source="KAFKA-2942; PR #623",
    breaks="no-loss",
    statement=every_record_is_processed_or_can_still_be,
    faults={"consumer-crash": 1},
    had=attrs.evolve(JAVA, is_sent_at_hand_out=True),
    fixed=JAVA,
)
def poll_commits_what_it_returns(rules: AutoCommit, faults: Faults, kinds: Kinds) -> System:
    """
    ``KafkaConsumer.poll`` sends the next fetches before it returns, and so runs delayed tasks: an automatic commit too.

    By then the positions have moved. ``ConsumerNetworkClient.quickPoll``, which came with the fix, runs none.
    """
    return consume_half(ConsumerRules(rules, "auto"), records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-14196",
    "Records that poll returns while the last commit before a rebalance is on its way are processed twice",
    affected="3.2.1 and 3.2.2",
    fixed_in="3.2.3, 3.3.0",
    source="KAFKA-14196; PR #12603",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"member-joins": 1},
    had=attrs.evolve(JAVA, covers_what_is_revoked=False),
    fixed=JAVA,
)
def poll_goes_on_behind_the_last_commit(rules: AutoCommit, faults: Faults, kinds: Kinds) -> System:
    """
    ``ConsumerCoordinator.onJoinPrepare`` no longer waits for its commit, and poll goes on returning records meanwhile.

    They are revoked without a commit. Since the fix ``SubscriptionState.markPendingRevocation`` holds them back.
    Simplified: the commit that is on its way covers less than they, and is left out.
    """
    return consume_half(ConsumerRules(rules, "auto"), records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-18641",
    "Records that poll has not returned are committed by another thread, and lost if the process dies",
    affected="group.protocol=consumer of 3.7 to 3.9, and again of 4.2 and 4.3",
    fixed_in="4.0",
    source="KAFKA-18641; PR #18737; seen with 3.9.2, 4.2.0 and 4.3.1",
    breaks="no-loss",
    statement=every_record_is_processed_or_can_still_be,
    faults={"consumer-crash": 1},
    had="java 4.3.1",
    fixed="java 4.1.1",
)
def another_thread_reads_the_positions(client: str, faults: Faults, kinds: Kinds) -> System:
    """``CommitRequestManager`` reads ``SubscriptionState.allConsumed`` on a thread that poll does not wait for."""
    config: dict[str, object] = {"group.protocol": "consumer", "auto.offset.reset": "earliest"}
    return half_of(client, config, "no-loss", faults, kinds)


@bug(
    "KAFKA-16203",
    "A consumer that had nothing to commit when its interval was over never commits by itself again",
    affected="group.protocol=consumer of 3.7",
    fixed_in="3.8",
    source="KAFKA-16203; PR #15282",
    breaks="drains",
    statement=GOALS["drains"][1],
    faults={},
    had="java 3.7.2",
    fixed="java 3.8.1",
    is_goal=True,
)
def a_commit_of_nothing_is_the_last(client: str, faults: Faults, kinds: Kinds) -> System:
    """``CommitRequestManager.maybeAutoCommit`` notes that a request is under way when a commit of nothing has ended."""
    config: dict[str, object] = {"group.protocol": "consumer", "auto.offset.reset": "earliest"}
    return goal_system(pipeline_in(document(client, config, faults, kinds)), "drains")


@bug(
    "KAFKA-20332",
    "A partition moves while its former owner is still processing records that poll has returned",
    affected="group.protocol=consumer of 3.7 to 4.2",
    fixed_in="4.3",
    source="KAFKA-20332; PR #21897",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"member-joins": 1},
    had=True,
    fixed=False,
)
def another_thread_revokes(is_in_background: bool, faults: Faults, kinds: Kinds) -> System:
    """
    ``AbstractMembershipManager.maybeReconcile`` revokes on the background thread, whatever poll has collected.

    A ConsumerRebalanceListener would have had it wait: its callbacks run in poll.
    """
    rules = ConsumerRules(rejoins_in_background=is_in_background, rebalancing=RECONCILING)
    return consume_half(rules, records=1, faults=faults, kinds=kinds)


@bug(
    "librdkafka #4844",
    "The event at the end of a partition counts as a record in a batch: the next record is never read",
    affected="2.2.0 to 2.13.1, with enable.partition.eof",
    fixed_in="2.13.2",
    source="librdkafka #4844, #5213; CHANGELOG 2.13.2",
    breaks="no-loss",
    statement=every_record_is_processed_or_can_still_be,
    faults={"member-leaves": 1},
    had=attrs.evolve(LIBRDKAFKA, stored=behind_the_last_event),
    fixed=LIBRDKAFKA,
)
def the_end_counts_as_a_record(rules: AutoCommit, faults: Faults, kinds: Kinds) -> System:
    """``rd_kafka_q_serve_rkmessages`` moves the application's position behind all of a batch, events and errors too."""
    return consume_half(ConsumerRules(rules, "auto"), records=2, faults=faults, kinds=kinds)


@bug(
    "librdkafka #4208",
    "Records collected for a batch that a rebalance empties are committed and never returned",
    affected="2.0.0 to 2.0.2",
    fixed_in="2.1.0",
    source="librdkafka #4208; CHANGELOG 2.0.0 (known issues), 2.1.0",
    breaks="no-loss",
    statement=every_record_is_processed_or_can_still_be,
    faults={"member-joins": 1},
    had=attrs.evolve(LIBRDKAFKA, collects=True),
    fixed=LIBRDKAFKA,
)
def what_is_collected_is_stored(rules: AutoCommit, faults: Faults, kinds: Kinds) -> System:
    """``rd_kafka_fetch_op_app_prepare`` stores what a batch collects; ``rd_kafka_purge_outdated_messages`` drops it."""
    return consume_half(ConsumerRules(rules, "auto"), records=1, faults=faults, kinds=kinds)


@bug(
    "kafka-python #2628",
    "A group starts over because it was not told in time what it had committed",
    affected="2.2.0 to 2.2.8",
    fixed_in="2.2.9",
    source="kafka-python #2628, #2629",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"coordinator-failover": 1, "member-leaves": 1},
    had="kafka-python 2.2.8",
    fixed="kafka-python 2.2.9",
)
def no_answer_is_taken_for_no_offset(client: str, faults: Faults, kinds: Kinds) -> System:
    """``KafkaConsumer._update_fetch_positions`` resets positions when fetching the committed offsets has timed out."""
    config: dict[str, object] = {"auto_offset_reset": "earliest", "enable_auto_commit": False}
    return half_of(client, config, "no-duplicates", faults, kinds, commit_when="before-processing")


def half_of(
    client: str, config: dict[str, object], basic: str, faults: Faults, kinds: Kinds, **application: object
) -> System:
    """The system that decides a claim of a pipeline that has just this consumer."""
    pipeline = pipeline_in(document(client, config, faults, kinds, **application))
    return system_for(pipeline, "consume", basic)


def document(
    client: str, config: dict[str, object], faults: Faults, kinds: Kinds, **application: object
) -> dict[str, object]:
    """A pipeline of one record in the words of a pipeline file."""
    return {
        "consumer": {"client": client, "config": config, **application},
        "faults": {"at_most": faults.left, "kinds": sorted(kinds), "limits": dict(faults.limits)},
        "bounds": {"records": 1},
    }
