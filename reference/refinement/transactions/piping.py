"""An application that consumes, processes and produces in transactions, as the model has it."""

from collections.abc import Mapping

import attrs

from ackproof.model.transactions.rules import ApplicationRules, TransactionRules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.record import GroupMetadata
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.refinement.consume.records import offsets_of
from ackproof.reference.refinement.transactions.application import StagedProducer
from ackproof.reference.refinement.transactions.setting import INPUT, PLACE
from ackproof.reference.simulator.applications.content import Content
from ackproof.reference.simulator.applications.producing import BytesProducer
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import NEWEST_CONSUMER
from ackproof.reference.simulator.world import World

POLL_MS = 20

RANKS = 10
"""Of members: who has the lowest is assigned the partition."""


class StagedPipe(StagedProducer):
    """
    One instance of a group, which reads the only partition of its log.

    Attributes:
        consumer: Its client, from when its producer is initialised on.
        is_to_rewind: It has to go back to what is committed.
        generation: How often it was assigned the partition.
    """

    def __init__(
        self,
        world: World,
        application: ApplicationRules,
        rules: TransactionRules,
        settings: tuple[ProducerSettings, ConsumerSettings],
        records: int,
    ) -> None:
        super().__init__(world, application, rules, settings[0], records)
        self.consumer: Consumer | None = None
        self.is_to_rewind = False
        self.generation = 0
        self._consumer_settings = settings[1]
        self._assigned_to: GroupMetadata | None = None
        self._place: int | None = None

    def crash(self) -> None:
        """Its process dies."""
        super().crash()
        self.consumer, self.is_to_rewind = None, False

    async def work(self, process: Process, producer: BytesProducer) -> None:
        """Read, and write what it makes of that."""
        if self.consumer is None:
            node, rng = self.world.network.node(process), self.world.own_rng()
            settings = self._consumer_settings
            if self.application.instances > 1:
                # Which member is assigned the partition goes by their names.
                settings = attrs.evolve(settings, client_id=f"{self._rng.randrange(RANKS)}-{self.name}")
            self.consumer = Consumer(process, node, settings, NEWEST_CONSUMER, rng, transactions=self.rules)
            self.consumer.subscribe([INPUT])
        if self.is_to_rewind:
            await self._rewind(self.consumer)
        records = await self.consumer.poll(POLL_MS)
        while not self.is_joined:
            records = await self.consumer.poll(POLL_MS)
        if records:
            await self.transact(process, producer, records[0].offset, records[-1].offset + 1)

    async def _rewind(self, consumer: Consumer) -> None:
        committed = (await consumer.committed([PLACE]))[PLACE]
        if committed is None:
            consumer.seek_to_beginning([PLACE])
        else:
            consumer.seek(PLACE, committed.offset, committed.leader_epoch)
        self.is_to_rewind = False

    async def finish(self, producer: BytesProducer) -> None:
        """The offsets of what it has read go into the transaction."""
        assert self.consumer is not None
        await producer.send_offsets_to_transaction(offsets_of(self.upto), self.consumer.group_metadata)
        self.has_sent_offsets = True

    def committed(self) -> None:
        """The transaction is committed, and it knows."""

    def content(self, record: int) -> Content:
        """What it makes of a record."""
        return Content(f"{self.name}/{record}", f"{self.name}-t{self.serial}", f"producer/{record}")

    def given_up(self) -> None:
        """The transaction is aborted, or will be: it goes back to what is committed."""
        self.is_in_transaction, self.is_to_rewind = False, True

    def look(self) -> bool:
        """
        Whether it has the partition, as far as it knows.

        How often it was assigned it is counted here, and where it was is remembered: a position that its client has to
        validate, as somebody else leads, is still the one.
        """
        positions: Mapping[TopicPartition, int | None] = {}
        if self.is_up and self.consumer is not None:
            positions = self.consumer.view().positions
        owner = self.consumer.group_metadata if self.consumer is not None and PLACE in positions else None
        self.generation += owner not in (None, self._assigned_to)
        if self.is_to_rewind or owner is None or owner != self._assigned_to:
            self._place = None
        if not self.is_to_rewind and positions.get(PLACE) is not None:
            self._place = positions[PLACE]
        self._assigned_to = owner
        return owner is not None

    @property
    def owns(self) -> bool:
        """Whether it had the partition as it was looked at last."""
        return self._assigned_to is not None

    @property
    def member_id(self) -> str:
        """What its group calls it; empty while it is no member, as far as it knows."""
        return "" if self.consumer is None else self.consumer.view().member.member_id

    @property
    def generation_id(self) -> int:
        """The generation of its group in which it was assigned something last, as far as it knows; -1 for none."""
        return -1 if self.consumer is None else self.consumer.group_metadata.generation

    @property
    def is_joined(self) -> bool:
        """Whether it is in its group, and has its assignment, as far as it knows."""
        if self.consumer is None:
            return False
        view = self.consumer.view().member
        return view.state == "stable" and self.generation_id == view.epoch

    @property
    def place(self) -> int | None:
        """Where its next transaction starts; None if it has to ask for that first."""
        return None if self.consumer is None or self.is_to_rewind else self._place
