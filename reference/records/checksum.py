"""The checksum of batches, CRC-32C."""

from typing import cast

import google_crc32c


def crc32c(data: bytes) -> int:
    """The checksum of *data*."""
    return cast("int", google_crc32c.value(data))  # pyright: ignore[reportUnknownMemberType] its signature has no types
