"""The APIs that are served: each as messages of one version, and the versions that callers may use."""

import attrs


@attrs.frozen
class Api:
    """
    One API.

    Attributes:
        key: Its number on the wire.
        name: Of its folder in ``kio.schema``.
        version: The version whose classes stand for it everywhere but on the wire.
        oldest, newest: The versions that ApiVersions advertises.
    """

    key: int
    name: str
    version: int
    oldest: int
    newest: int


APIS = (
    # Versions 0 to 2 are advertised and refused: older librdkafka looks for version 0 (KAFKA-18659).
    Api(0, "produce", 12, 0, 12),
    Api(1, "fetch", 12, 4, 12),
    Api(2, "list_offsets", 10, 1, 10),
    Api(3, "metadata", 12, 0, 12),
    Api(8, "offset_commit", 9, 2, 9),
    Api(9, "offset_fetch", 9, 1, 9),
    Api(10, "find_coordinator", 6, 0, 6),
    Api(11, "join_group", 9, 0, 9),
    Api(12, "heartbeat", 4, 0, 4),
    Api(13, "leave_group", 5, 0, 5),
    Api(14, "sync_group", 5, 0, 5),
    Api(15, "describe_groups", 6, 0, 6),
    Api(16, "list_groups", 5, 0, 5),
    Api(18, "api_versions", 4, 0, 4),
    Api(19, "create_topics", 7, 2, 7),
    Api(20, "delete_topics", 6, 1, 6),
    Api(21, "delete_records", 2, 0, 2),
    Api(22, "init_producer_id", 5, 0, 5),
    Api(23, "offset_for_leader_epoch", 4, 2, 4),
    Api(24, "add_partitions_to_txn", 5, 0, 5),
    Api(25, "add_offsets_to_txn", 4, 0, 4),
    Api(26, "end_txn", 5, 0, 5),
    Api(27, "write_txn_markers", 2, 1, 2),
    Api(28, "txn_offset_commit", 5, 0, 5),
    Api(32, "describe_configs", 4, 1, 4),
    Api(37, "create_partitions", 3, 0, 3),
    Api(56, "alter_partition", 3, 2, 3),
    Api(60, "describe_cluster", 2, 0, 2),
    Api(68, "consumer_group_heartbeat", 1, 0, 1),
    Api(69, "consumer_group_describe", 1, 0, 1),
)

API_OF = {api.key: api for api in APIS}
"""The API of each key."""
