"""ApiVersions: what this broker serves."""

import re

import attrs
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.api_versions.v4.response import (
    ApiVersion,
    ApiVersionsResponse,
    FinalizedFeatureKey,
    SupportedFeatureKey,
)
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.protocol.apis import API_OF, APIS, Api
from ackproof.reference.protocol.primitive import duration, i16, i64
from ackproof.reference.protocol.request import Request

API_VERSIONS = API_OF[18]
ALTER_PARTITION = 56
"""What only the controller serves."""
SAYS_SOFTWARE_FROM = 3
"""The version from which on clients say what they are (KIP-511)."""
KNOWS_ZERO_FROM = 4
"""The version from which on clients expect that a feature may be at level 0."""

SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")
"""Source: ``ApiVersionsRequest.SOFTWARE_NAME_VERSION_PATTERN``."""

FEATURES = {
    "metadata.version": (7, 30),
    "transaction.version": (0, 2),
    "group.version": (0, 1),
    "eligible.leader.replicas.version": (0, 1),
}
"""The levels that are supported of each feature that clients look at, lowest and highest."""


@attrs.frozen
class ApiVersionsHandler:
    """Source: ``KafkaApis.handleApiVersionsRequest``, ``ApiVersionsResponse``."""

    metadata: MetadataCache

    async def serve(self, request: Request) -> ApiVersionsResponse:
        """The answer, at once; to a version that is not known, that of this very API."""
        body = request.body
        assert isinstance(body, ApiVersionsRequest)
        if not API_VERSIONS.oldest <= request.version <= API_VERSIONS.newest:
            return refused(ErrorCode.unsupported_version, API_VERSIONS)
        if request.version >= SAYS_SOFTWARE_FROM and not is_valid(body):
            return refused(ErrorCode.invalid_request)
        features = self.metadata.image.features
        return ApiVersionsResponse(
            error_code=ErrorCode.none,
            api_keys=API_KEYS,
            throttle_time=duration(0),
            supported_features=tuple(
                SupportedFeatureKey(name=name, min_version=i16(least), max_version=i16(most))
                for name, (least, most) in FEATURES.items()
                if least > 0 or request.version >= KNOWS_ZERO_FROM
            ),
            finalized_features_epoch=i64(self.metadata.image.offset),
            finalized_features=tuple(
                FinalizedFeatureKey(name=name, max_version_level=i16(level), min_version_level=i16(level))
                for name, level in features.items()
                if level > 0
            ),
        )


def version_of(api: Api) -> ApiVersion:
    """What is served of one API."""
    return ApiVersion(api_key=i16(api.key), min_version=i16(api.oldest), max_version=i16(api.newest))


API_KEYS = tuple(version_of(api) for api in APIS if api.key != ALTER_PARTITION)
"""What brokers serve."""


def is_valid(body: ApiVersionsRequest) -> bool:
    """Whether the client says what it is in characters that are allowed."""
    return all(SOFTWARE.fullmatch(text) for text in (body.client_software_name, body.client_software_version))


def refused(error: ErrorCode, *apis: Api) -> ApiVersionsResponse:
    """An answer that is just an error, and what a client may try instead."""
    return ApiVersionsResponse(
        error_code=error, api_keys=tuple(version_of(api) for api in apis), throttle_time=duration(0)
    )
