"""Reading: positions, fetches and what they bring, of a consumer with or without a group."""

from random import Random

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.client.nodes import Nodes
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.fetch.collecting import Collecting, Fetch, LagWatch
from ackproof.reference.consumer.fetch.fetching import Fetching
from ackproof.reference.consumer.group import Group
from ackproof.reference.consumer.interest import ConsumerInterest
from ackproof.reference.consumer.offsets.committed import Committed
from ackproof.reference.consumer.offsets.listing import Listing
from ackproof.reference.consumer.offsets.resetting import Resetting
from ackproof.reference.consumer.offsets.validating import Validating
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.signalling import Signal
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.request import Network


class Reading:
    """
    What reads partitions, put together.

    Source: the constructor of ``ClassicKafkaConsumer``.
    """

    def __init__(
        self,
        clock: Clock,
        network: Network,
        settings: ConsumerSettings,
        rng: Random,
        transactions: TransactionRules,
        lag_watch: LagWatch | None,
        *,
        validates_positions: bool = True,
    ) -> None:
        self.signal = Signal(clock)
        self.subscription = Subscription(settings.reset)
        self.nodes = Nodes(clock, network, settings, rng)
        self.requests = Requests(self.nodes, self.signal)
        interest = ConsumerInterest(self.subscription, settings)
        self.metadata = Metadata(clock, self.nodes, settings, rng, interest)
        self.metadata.on_update(self.signal.notify)
        self.listing = Listing(self.requests, self.metadata, settings, interest)
        self._resetting = Resetting(clock, self.listing, self.metadata, self.subscription, settings)
        self._validating = Validating(
            clock, self.requests, self.metadata, self.subscription, settings, validates_positions
        )
        self.fetching = Fetching(
            clock,
            self.requests,
            self.metadata,
            self.subscription,
            settings,
            pops_any_abort=transactions.reader_pops_any_abort,
        )
        self._lag_watch = lag_watch
        self._collecting = Collecting(
            clock, self.fetching.buffer, self.metadata, self.subscription, settings, lag_watch
        )

    def collect(self, most: int) -> Fetch:
        """What can be handed out, *most* records at most."""
        return self._collecting.collect(most)

    def send_fetches(self) -> None:
        """Fetch what is not buffered, unless its leader has changed: then that is asked first."""
        self._validating.validate_on_change()
        if self._lag_watch is not None:
            self._lag_watch.keep(self.subscription.assigned)
        self.fetching.send()

    async def update_positions(self, group: Group | None, until: Deadline) -> bool:
        """
        Look up positions that there are not, and check those that may be wrong; whether all is under way.

        Raises:
            NoOffsetForPartitionError, LogTruncationError: Without ``auto.offset.reset``.
            KafkaError: Something can not be looked up.

        Source: ``ClassicKafkaConsumer.updateFetchPositions``.
        """
        self._validating.validate_if_needed()
        if self.subscription.has_all_positions():
            return True
        if group is not None:
            initializing = self.subscription.where(lambda state: state.is_initializing)
            committed = await group.committed.fetch(initializing, until)
            if committed is None:
                return False
            self._start_from(committed)
        self.subscription.reset_initializing()
        self._resetting.reset_if_needed()
        return True

    def _start_from(self, committed: Committed) -> None:
        for partition, offset in committed.items():
            state = self.subscription.find(partition)
            # Meanwhile it may have been given up, or sought elsewhere.
            if offset is None or state is None or not state.is_initializing:
                continue
            if offset.leader_epoch is not None:
                self.metadata.saw_epoch(*partition, offset.leader_epoch)
            leader = self.metadata.leader_of(*partition)
            state.seek_unvalidated(Position(offset.offset, offset.leader_epoch, leader))
            state.committed = offset.offset
