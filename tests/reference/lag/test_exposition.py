from prometheus_client.parser import text_string_to_metric_families

from ackproof.reference.lag.exposition import exposed
from ackproof.reference.lag.group import Committed, Group, Member

GROUP = Group(
    'a "group" \\ of\ntwo lines',
    members=(Member("m", "/h", "c", frozenset({("t", 0), ("t", 1)})),),
    committed={("t", 0): Committed(4), ("t", 2): Committed(99)},
    end_offsets={("t", 0): 10, ("t", 1): 10, ("t", 2): 10},
)


OTHER = Group(
    "b",
    "Empty",
    committed={("t", 0): Committed(9), ("u", 0): Committed(1), ("u", 1): Committed(5)},
    end_offsets={("t", 0): 11, ("u", 0): 3},
)


def samples(name: str, *groups: Group) -> dict[tuple[tuple[str, str], ...], float]:
    families = text_string_to_metric_families(exposed(groups))
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def of(group: Group, **labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"consumergroup": group.group_id, **labels}.items()))


def test_a_parser_reads_lag_with_its_labels_whatever_is_in_them() -> None:
    assert samples("kafka_consumergroup_lag", GROUP) == {
        of(GROUP, topic="t", partition="0"): 6,
        of(GROUP, topic="t", partition="2"): -89,
    }


def test_what_is_not_known_has_no_sample() -> None:
    assert of(GROUP, topic="t", partition="1") not in samples("kafka_consumergroup_current_offset", GROUP)


def test_a_partition_ends_where_it_does_whoever_reads_it() -> None:
    assert samples("kafka_topic_partition_current_offset", GROUP, OTHER) == {
        (("partition", "0"), ("topic", "t")): 11,
        (("partition", "1"), ("topic", "t")): 10,
        (("partition", "2"), ("topic", "t")): 10,
        (("partition", "0"), ("topic", "u")): 3,
    }


def test_groups_have_a_sum_for_each_topic_and_a_number_of_members() -> None:
    silent = Group("c", "Empty", end_offsets={("t", 0): 11})

    assert samples("kafka_consumergroup_lag_sum", GROUP, OTHER, silent) == {
        of(GROUP, topic="t"): -83,
        of(OTHER, topic="t"): 2,
        of(OTHER, topic="u"): 2,
    }
    assert samples("kafka_consumergroup_members", GROUP, OTHER) == {of(GROUP): 1, of(OTHER): 0}


def test_names_and_labels_are_those_of_kafka_exporter() -> None:
    families = text_string_to_metric_families(exposed([GROUP, OTHER]))

    assert {sample.name: frozenset(sample.labels) for family in families for sample in family.samples} == {
        "kafka_consumergroup_current_offset": {"consumergroup", "topic", "partition"},
        "kafka_consumergroup_lag": {"consumergroup", "topic", "partition"},
        "kafka_consumergroup_lag_sum": {"consumergroup", "topic"},
        "kafka_consumergroup_members": {"consumergroup"},
        "kafka_topic_partition_current_offset": {"topic", "partition"},
    }


def test_a_gauge_is_written_as_prometheus_reads_it() -> None:
    group = Group("g", committed={("t", 0): Committed(4)}, end_offsets={("t", 0): 10})

    assert 'kafka_consumergroup_lag{consumergroup="g",partition="0",topic="t"} 6.0\n' in exposed([group])
