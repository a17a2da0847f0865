"""The handlers of a broker, put together."""

from random import Random

from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.create_partitions.v3.request import CreatePartitionsRequest
from kio.schema.create_topics.v7.request import CreateTopicsRequest
from kio.schema.delete_records.v2.request import DeleteRecordsRequest
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest
from kio.schema.describe_cluster.v2.request import DescribeClusterRequest
from kio.schema.describe_configs.v4.request import DescribeConfigsRequest
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.list_offsets.v10.request import ListOffsetsRequest
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.offset_for_leader_epoch.v4.request import OffsetForLeaderEpochRequest
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest

from ackproof.reference.broker.apis.api_versions import ApiVersionsHandler
from ackproof.reference.broker.apis.auto_topics import AutoTopics
from ackproof.reference.broker.apis.delete_records import DeleteRecordsHandler
from ackproof.reference.broker.apis.describe_cluster import DescribeClusterHandler
from ackproof.reference.broker.apis.describe_configs import DescribeConfigsHandler
from ackproof.reference.broker.apis.find_coordinator import FindCoordinatorHandler
from ackproof.reference.broker.apis.list_offsets import ListOffsetsHandler
from ackproof.reference.broker.apis.metadata import MetadataHandler
from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.broker.apis.offset_for_leader_epoch import OffsetForLeaderEpochHandler
from ackproof.reference.broker.apis.topics import TopicsHandler
from ackproof.reference.broker.coordinators import Coordinators
from ackproof.reference.broker.fetches.fetch import FetchHandler
from ackproof.reference.broker.fetches.fetch_session import FetchSessions
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.broker.produces.produce import ProduceHandler
from ackproof.reference.broker.produces.verifying import TransactionVerification
from ackproof.reference.broker.produces.write_txn_markers import WriteTxnMarkersHandler
from ackproof.reference.broker.routes import Routes, by_request, group_routes, transaction_routes
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.channel import ControllerLink
from ackproof.reference.kernel.clock import Clock


class Handlers:
    """
    What a broker serves by itself.

    Attributes:
        finder: Finds coordinators, for the broker too.
    """

    def __init__(
        self,
        clock: Clock,
        settings: BrokerSettings,
        cluster_id: str,
        broker_id: int,
        metadata: MetadataCache,
        replicas: ReplicaManager,
        controller: ControllerLink,
        rng: Random,
    ) -> None:
        auto_topics = AutoTopics(clock, controller, settings)
        self.finder = FindCoordinatorHandler(metadata, auto_topics, settings)
        self._clock = clock
        self._settings = settings
        self._metadata = metadata
        self._replicas = replicas
        self._metadata_handler = MetadataHandler(metadata, auto_topics, settings, cluster_id)
        self._cluster = DescribeClusterHandler(metadata, cluster_id)
        self._configs = DescribeConfigsHandler(broker_id, metadata, settings)
        self._topics = TopicsHandler(clock, controller, settings, self._configs)
        sessions = FetchSessions(clock, rng, settings.max_incremental_fetch_session_cache_slots)
        self._fetch = FetchHandler(clock, replicas, settings, sessions)

    def routes(self, coordinators: Coordinators) -> Routes:
        """The handler of each request."""
        verification = TransactionVerification(self._replicas, coordinators.verifier)
        produce = ProduceHandler(self._replicas, self._metadata, verification)
        markers = WriteTxnMarkersHandler(
            self._clock, self._replicas, coordinators.groups, self._settings.request_timeout_ms
        )
        return {
            ApiVersionsRequest: by_request(ApiVersionsHandler(self._metadata).serve),
            CreatePartitionsRequest: by_request(self._topics.serve),
            CreateTopicsRequest: by_request(self._topics.serve),
            DeleteRecordsRequest: by_request(DeleteRecordsHandler(self._clock, self._replicas).serve),
            DeleteTopicsRequest: by_request(self._topics.serve),
            DescribeClusterRequest: by_request(self._cluster.serve),
            DescribeConfigsRequest: by_request(self._configs.serve),
            FetchRequest: by_request(self._fetch.serve),
            FindCoordinatorRequest: by_request(self.finder.serve),
            ListOffsetsRequest: by_request(ListOffsetsHandler(self._replicas).serve),
            MetadataRequest: by_request(self._metadata_handler.serve),
            OffsetForLeaderEpochRequest: by_request(OffsetForLeaderEpochHandler(self._replicas).serve),
            ProduceRequest: by_request(produce.serve),
            WriteTxnMarkersRequest: by_request(markers.serve),
            **group_routes(coordinators.groups),
            **transaction_routes(coordinators.transactions),
        }
