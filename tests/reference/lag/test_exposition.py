from prometheus_client.parser import text_string_to_metric_families

from ackproof.reference.lag.exposition import exposed
from ackproof.reference.lag.group import Committed, Group, Member

GROUP = Group(
    'a "group" \\ of\ntwo lines',
    members=(Member("m", "/h", "c", frozenset({("t", 0), ("t", 1)})),),
    committed={("t", 0): Committed(4), ("t", 2): Committed(99)},
    end_offsets={("t", 0): 10, ("t", 1): 10, ("t", 2): 10},
)


def samples(name: str, *groups: Group) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(exposed(groups))
    return {
        (sample.labels["consumergroup"], *filter(None, [sample.labels.get("partition")])): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def test_a_parser_reads_lag_with_its_labels_whatever_is_in_them() -> None:
    assert samples("kafka_consumergroup_lag", GROUP) == {(GROUP.group_id, "0"): 6, (GROUP.group_id, "2"): -89}


def test_what_is_not_known_has_no_sample() -> None:
    assert (GROUP.group_id, "1") not in samples("kafka_consumergroup_current_offset", GROUP)
    assert samples("kafka_consumergroup_log_end_offset", GROUP)[GROUP.group_id, "1"] == 10


def test_groups_have_a_sum_and_a_number_of_members() -> None:
    empty = Group("b", "Empty")

    assert samples("kafka_consumergroup_lag_sum", GROUP, empty) == {(GROUP.group_id,): -83, ("b",): 0}
    assert samples("kafka_consumergroup_members", GROUP, empty) == {(GROUP.group_id,): 1, ("b",): 0}


def test_a_gauge_is_written_as_prometheus_reads_it() -> None:
    group = Group("g", committed={("t", 0): Committed(4)}, end_offsets={("t", 0): 10})

    assert 'kafka_consumergroup_lag{consumergroup="g",partition="0",topic="t"} 6.0\n' in exposed([group])
