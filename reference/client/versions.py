"""Versions: of each API, the newest that a client sends, and those that a broker understands."""

from collections.abc import Mapping

import attrs
from kio.schema.api_versions.v4.response import ApiVersionsResponse
from kio.static.protocol import RequestPayload

from ackproof.reference.protocol.apis import API_OF, APIS, Api

NEWEST: Mapping[str, int] = {api.name: api.newest for api in APIS}
"""What a client of today sends, by the names of ``protocol/apis.py``."""


def api_of(body: RequestPayload) -> Api:
    """The API of a request."""
    return API_OF[body.__api_key__]


@attrs.frozen
class BrokerVersions:
    """
    What a broker says that it understands (``NodeApiVersions``).

    Attributes:
        ranges: By API key, the oldest and the newest version.
        finalized_features: The level of each feature that the cluster has.
        finalized_features_epoch: Of that information; -1 if the broker does not know.
    """

    ranges: Mapping[int, tuple[int, int]]
    finalized_features: Mapping[str, int]
    finalized_features_epoch: int = -1

    def usable(self, api: Api, newest: int) -> int | None:
        """The newest version that both sides know, if there is one."""
        if api.key not in self.ranges:
            return None
        low, high = self.ranges[api.key]
        version = newest if newest < high else high
        return version if version >= low else None


def broker_versions(answer: ApiVersionsResponse) -> BrokerVersions:
    """What a broker's *answer* says."""
    return BrokerVersions(
        ranges={known.api_key: (known.min_version, known.max_version) for known in answer.api_keys},
        finalized_features={feature.name: feature.max_version_level for feature in answer.finalized_features},
        finalized_features_epoch=answer.finalized_features_epoch,
    )
