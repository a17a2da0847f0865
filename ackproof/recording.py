"""
Records what the clients of an application do, as a history that ``ackproof check`` judges.

``Journal`` is the file. ``recorded`` of ``confluent``, ``kafka_python`` and ``aio`` wraps a client of confluent-kafka,
kafka-python or aiokafka; no library is needed that the application does not use.
"""

from ackproof.histories.recording import aio, confluent, kafka_python
from ackproof.histories.recording.journal import Journal

__all__ = ["Journal", "aio", "confluent", "kafka_python"]
