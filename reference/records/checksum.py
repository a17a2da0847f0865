"""The checksum of batches, CRC-32C."""

from collections.abc import Callable
from typing import cast

import google_crc32c

crc32c = cast("Callable[[bytes], int]", google_crc32c.value)  # pyright: ignore[reportUnknownMemberType] it has no types
"""The checksum of some bytes."""
