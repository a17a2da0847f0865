"""Strimzi's resources."""

from ackproof.config.sources.part import Slot
from tests.config.sources.reading import lines, notes, parts

FILE = """\
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata:
  name: cluster
spec:
  kafka:
    version: 4.1.0
    config:
      min.insync.replicas: 2
      unclean.leader.election.enable: false
      inter.broker.protocol.version: "3.9"
      client.quota.callback.class: org.acme.Quota
      my.plugin.setting: 5
  entityOperator: {}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaTopic
metadata:
  name: orders-v1
spec:
  topicName: Orders
  partitions: 6
  replicas: 3
  config:
    retention.ms: 7200000
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaTopic
metadata:
  name: payments
spec:
  partitions: 6
---
apiVersion: v1
kind: Kafka
spec: {kafka: {config: {min.insync.replicas: 9}}}
"""


def test_a_cluster_configures_brokers() -> None:
    brokers, *_ = parts(FILE)

    assert (brokers.side, brokers.name) == ("broker", "cluster")
    assert brokers.kafka is not None
    assert (brokers.kafka.value, brokers.kafka.line) == ("4.1.0", 7)
    assert lines(brokers.settings) == {
        "min.insync.replicas": ("2", 9),
        "unclean.leader.election.enable": ("false", 10),
        "inter.broker.protocol.version": ("3.9", 11),
        "client.quota.callback.class": ("org.acme.Quota", 12),
    }


def test_a_topic_has_the_name_that_kafka_knows_it_by() -> None:
    _, orders, payments = parts(FILE)

    assert (orders.side, orders.name) == ("topic", "Orders")
    assert lines(orders.settings) == {"replication.factor": ("3", 23), "retention.ms": ("7200000", 25)}
    assert (payments.name, payments.settings) == ("payments", ())


def test_settings_have_a_place_whether_they_are_there_or_not() -> None:
    brokers, orders, payments = parts(FILE)

    assert brokers.slot("min.insync.replicas") == Slot(0, ("spec", "kafka", "config", "min.insync.replicas"))
    assert orders.slot("min.insync.replicas") == Slot(1, ("spec", "config", "min.insync.replicas"))
    assert orders.slot("replication.factor") == Slot(1, ("spec", "replicas"))
    assert payments.slot("replication.factor") == Slot(2, ("spec", "replicas"))


def test_the_key_of_a_topic_does_nothing_to_brokers_and_that_is_said() -> None:
    file = FILE.split("---", maxsplit=1)[0].replace("my.plugin.setting", "flush.messages")

    (brokers,) = parts(file)

    assert "flush.messages" not in lines(brokers.settings)
    assert notes(file) == ["13: flush.messages: brokers pass over it: they call it log.flush.interval.messages"]


def test_what_says_nothing_is_not_there() -> None:
    (_, topic, _) = parts(FILE.replace("replicas: 3", "replicas:"))

    assert lines(topic.settings) == {"retention.ms": ("7200000", 25)}


def test_a_slip_in_a_key_that_matters_is_kept_so_that_somebody_hears_of_it() -> None:
    (brokers,) = parts(FILE.split("---", maxsplit=1)[0].replace("my.plugin.setting", "min.insync.replica"))

    assert lines(brokers.settings)["min.insync.replica"] == ("5", 13)
