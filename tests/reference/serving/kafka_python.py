"""kafka-python, which has no types, and reads its own files in a way that Python warns of."""

import warnings
from importlib import import_module

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    library = import_module("kafka")
    errors = import_module("kafka.errors")
    assignors = import_module("kafka.coordinator.assignors.range")

KafkaConsumer = library.KafkaConsumer
KafkaProducer = library.KafkaProducer
OffsetAndMetadata = library.OffsetAndMetadata
TopicPartition = library.TopicPartition
RangePartitionAssignor = assignors.RangePartitionAssignor
