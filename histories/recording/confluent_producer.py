"""A producer of confluent-kafka that records what it does."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import attrs

from ackproof.histories.recording.librdkafka import Message, Place, Producer, following
from ackproof.histories.recording.recorder import part
from ackproof.histories.recording.sending import Sending

Kind = type[BaseException] | None
Delivery = Callable[..., None]


@attrs.define(eq=False)
class RecordedProducer:
    """
    A producer that records what it does; everything else it does as before.

    Attributes:
        on_delivery: What the client was told to call for records that say nothing else.
    """

    client: Producer
    sending: Sending
    on_delivery: Delivery | None

    def __getattr__(self, name: str) -> Any:  # whatever the library has
        """What is not recorded."""
        if name == "produce_batch":
            raise AttributeError("produce_batch is not recorded: use produce")
        return getattr(self.client, name)

    def __len__(self) -> int:
        """How many records are on their way."""
        return len(self.client)

    def __bool__(self) -> bool:
        """It is a producer, also if no record is on its way."""
        return True

    def __enter__(self) -> Self:
        """Produce until the end of the block."""
        return self

    def __exit__(self, _kind: Kind, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        """Send what is left."""
        self.client.flush()

    def produce(
        self,
        topic: str,
        value: object = None,
        key: object = None,
        partition: int = -1,
        callback: Delivery | None = None,
        on_delivery: Delivery | None = None,
        **given: object,
    ) -> None:
        """Send a record."""
        sent, given["headers"] = self.sending.send(topic, partition, key, value, given.get("headers"))
        heard = on_delivery or callback or self.on_delivery

        def delivered(error: object, message: Message) -> None:
            if error is None:
                self.sending.delivered(sent, topic, message.partition(), message.offset())
            else:
                sent.at = part(topic, message.partition())
                self.sending.given_up(sent, error)
            if heard is not None:
                heard(error, message)

        with self.sending.handing_over(sent):
            self.client.produce(topic, value=value, key=key, partition=partition, on_delivery=delivered, **given)

    def begin_transaction(self) -> None:
        """Begin a transaction."""
        self.client.begin_transaction()
        self.sending.begin_transaction()

    def send_offsets_to_transaction(self, positions: Sequence[Place], group_metadata: object, *given: float) -> None:
        """Commit offsets in it."""
        self.client.send_offsets_to_transaction(positions, group_metadata, *given)
        self.sending.offsets_added(self.sending.recorder.journal.group_of(group_metadata), following(positions))

    def commit_transaction(self, *given: float) -> None:
        """Commit it."""
        with self.sending.committing():
            self.client.commit_transaction(*given)

    def abort_transaction(self, *given: float) -> None:
        """Abort it."""
        with self.sending.aborting():
            self.client.abort_transaction(*given)
