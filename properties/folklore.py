"""Systems that show what happens where no pipeline file can, each with the statement that it is about."""

from collections.abc import Callable, Mapping

import attrs

from ackproof.model.beliefs.callbacks import always, asynchronous_commits, unless_outdated
from ackproof.model.beliefs.commits import group_of_two
from ackproof.model.beliefs.compaction import compacted_topic
from ackproof.model.beliefs.keyed import keyed_topic
from ackproof.model.beliefs.partitioner import by_crc32, by_murmur2
from ackproof.model.beliefs.stable import transactional_partition
from ackproof.model.faults import Faults
from ackproof.model.groups.half import group_half
from ackproof.model.groups.rules import EAGER, ClassicRules
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.properties import beliefs
from ackproof.properties.produce import acknowledged_records_survive, no_record_is_stored_twice, what_a_reader_saw_stays
from ackproof.properties.property import Property


@attrs.frozen
class Example:
    """
    A statement about a system.

    Attributes:
        says: What the system is, in a sentence.
        system: The system, made anew.
        is_goal: What every fair execution reaches at last, rather than what is true of every state.
    """

    says: str
    system: Callable[[], System]
    statement: Property
    is_goal: bool = False


KEY = b"order-7"
"""A key that goes to partition 1 of two by murmur2, and to partition 0 by CRC32."""


def produced(
    client: ProducerRules | None = None, brokers: BrokerRules | None = None, records: int = 1, **faults: int
) -> System:
    """A produce half with just these *faults*, each as often as it says."""
    kinds = {name.replace("_", "-"): times for name, times in faults.items()}
    budget = Faults(sum(kinds.values()), tuple(sorted(kinds.items())))
    return produce_half(
        client or ProducerRules(),
        brokers or BrokerRules(),
        records=records,
        faults=budget,
        kinds=frozenset(kinds),
        remembers_visible=True,
    )


def two_members(rules: ClassicRules) -> System:
    """A group of two members and two partitions, one of which may stop."""
    return group_half(rules, members=2, partitions=2, faults=Faults(1), kinds=frozenset({"member-leaves"}))


BEFORE_3_7 = BrokerRules(
    replication_factor=2, keeps_high_watermark_below_min_isr=False, has_eligible_leader_replicas=False
)
UNCLEAN = BrokerRules(replication_factor=2, min_insync_replicas=1, elects_uncleanly=True)
JAVA, LIBRDKAFKA = ("a Java producer", by_murmur2), ("a librdkafka producer", by_crc32)

OF_PRODUCERS: Mapping[str, Example] = {
    "six-in-flight": Example(
        "A client of one's own has six requests in flight, and the leader remembers five batches.",
        lambda: produced(ProducerRules(max_in_flight=6), records=6, response_lost=1),
        no_record_is_stored_twice,
    ),
    "five-in-flight": Example(
        "The same six records with five requests in flight.",
        lambda: produced(ProducerRules(max_in_flight=5), records=6, response_lost=1),
        no_record_is_stored_twice,
    ),
    "send-has-returned": Example(
        "The application takes a return of `send()` for success, and its future is never looked at.",
        lambda: produced(request_lost=1, send_timeout=1),
        beliefs.what_send_took_is_stored_or_on_its_way,
    ),
    "the-future-has-succeeded": Example(
        "The application waits for the future, or the callback, of each send.",
        lambda: produced(request_lost=1, send_timeout=1),
        acknowledged_records_survive,
    ),
    "visible-on-one-replica": Example(
        "Brokers before 3.7: the high watermark moves although fewer replicas than min.insync.replicas are in sync.",
        lambda: produced(brokers=BEFORE_3_7, follower_lag=1, power_loss=1),
        what_a_reader_saw_stays,
    ),
    "visible-before-an-unclean-election": Example(
        "Any version, with `unclean.leader.election.enable=true`.",
        lambda: produced(brokers=UNCLEAN, follower_lag=1, broker_crash=1),
        what_a_reader_saw_stays,
    ),
    "visible-on-enough-replicas": Example(
        "Brokers of 4.3: the high watermark waits for min.insync.replicas, and eligible leader replicas are elected.",
        lambda: produced(brokers=BrokerRules(replication_factor=2), follower_lag=1, power_loss=1),
        what_a_reader_saw_stays,
    ),
}

OF_GROUPS: Mapping[str, Example] = {
    "static-member-stops": Example(
        "Two static members with a `group.instance.id`, two partitions; one member closes.",
        lambda: two_members(attrs.evolve(EAGER, is_static=True)),
        beliefs.every_assigned_partition_is_read,
    ),
    "dynamic-member-stops": Example(
        "The same without `group.instance.id`: who closes sends LeaveGroup, and the group rebalances.",
        lambda: two_members(EAGER),
        beliefs.every_assigned_partition_is_read,
    ),
    "commit-async-again": Example(
        "The callback of a failed `commitAsync` commits the same offset again.",
        lambda: asynchronous_commits(always),
        beliefs.asynchronous_commits_go_forwards,
    ),
    "commit-async-again-unless-outdated": Example(
        "The callback commits again only where nothing was committed since.",
        lambda: asynchronous_commits(unless_outdated),
        beliefs.asynchronous_commits_go_forwards,
    ),
    "commit-by-anybody": Example(
        "Two members, one partition, and each commits what it likes.",
        group_of_two,
        beliefs.offsets_are_committed_by_their_owner,
    ),
    "commit-backwards": Example(
        "The owner commits a lower offset than before.",
        group_of_two,
        beliefs.offsets_are_committed_upwards,
    ),
    "commit-of-an-earlier-generation": Example(
        "What the coordinator does ask for is the generation.",
        lambda: group_of_two(faults=1),
        beliefs.offsets_are_committed_in_the_present_generation,
    ),
}

OF_TOPICS: Mapping[str, Example] = {
    "compaction": Example(
        "A key is written twice to a topic with `cleanup.policy=compact`.",
        lambda: compacted_topic(("x", "a"), ("x", "b")),
        beliefs.every_record_is_still_there,
    ),
    "compaction-keeps-last-values": Example(
        "What compaction does promise.",
        lambda: compacted_topic(("x", "a"), ("x", "b"), ("y", "c")),
        beliefs.the_last_value_of_each_key_is_there,
    ),
    "tombstone-missed": Example(
        "A reader takes longer than `delete.retention.ms` to get to the end.",
        lambda: compacted_topic(("x", "a"), ("x", None), outlasts_readers=False),
        beliefs.a_reader_at_the_end_has_the_last_values,
    ),
    "tombstone-read": Example(
        "`delete.retention.ms` is longer than any reader takes.",
        lambda: compacted_topic(("x", "a"), ("x", None)),
        beliefs.a_reader_at_the_end_has_the_last_values,
    ),
    "lag-of-a-compacted-topic": Example(
        "A key is written twice to a topic with `cleanup.policy=compact`, and nobody has read it yet.",
        lambda: compacted_topic(("x", "a"), ("x", "b")),
        beliefs.the_lag_is_what_is_left_to_read,
    ),
    "lag-of-a-transactional-topic": Example(
        "One record is written in a transaction, which ends.",
        lambda: transactional_partition(records=1),
        beliefs.the_lag_of_committed_transactions_counts_records,
    ),
    "behind-a-hanging-transaction": Example(
        "A transaction is never ended; another producer writes outside any transaction.",
        lambda: transactional_partition(ends=False),
        beliefs.what_others_wrote_is_read,
        is_goal=True,
    ),
    "behind-an-open-transaction": Example(
        "Its producer ends the transaction, or else the coordinator does after `transaction.timeout.ms`.",
        transactional_partition,
        beliefs.what_others_wrote_is_read,
        is_goal=True,
    ),
    "partition-added": Example(
        f"Java sends two records with the key {KEY.decode()} to a topic that gets its second partition between them.",
        lambda: keyed_topic(KEY, JAVA),
        beliefs.records_of_a_key_are_processed_in_order,
    ),
    "partition-added-to-a-drained-topic": Example(
        "Partitions are added while nobody writes and everything has been read.",
        lambda: keyed_topic(KEY, JAVA, waits_for_readers=True),
        beliefs.records_of_a_key_are_processed_in_order,
    ),
    "two-partitioners": Example(
        f"Java and librdkafka, with their defaults, send records with the key {KEY.decode()} one after the other.",
        lambda: keyed_topic(KEY, JAVA, LIBRDKAFKA, partitions=2, faults=0),
        beliefs.records_of_a_key_are_processed_in_order,
    ),
    "one-partitioner": Example(
        "librdkafka with `partitioner=murmur2_random`.",
        lambda: keyed_topic(KEY, JAVA, (LIBRDKAFKA[0], by_murmur2), partitions=2, faults=0),
        beliefs.records_of_a_key_are_processed_in_order,
    ),
}

EXAMPLES: Mapping[str, Example] = {**OF_PRODUCERS, **OF_GROUPS, **OF_TOPICS}
"""Every example by the name that the index of the folklore calls it by."""
